"""What goes out of the wallet's API."""

from typing import ClassVar

from rest_framework import serializers

from credits.models import Entry

KIND_NAMES = {"adjust": "adjustment"}


class ExpiringOutput(serializers.Serializer[dict[str, object]]):
    amount = serializers.IntegerField()
    at = serializers.DateTimeField()


class WalletOutput(serializers.Serializer[dict[str, object]]):
    available = serializers.IntegerField()
    held = serializers.IntegerField()
    granted_total = serializers.IntegerField()
    spent_total = serializers.IntegerField()
    next_refill_at = serializers.DateTimeField(allow_null=True)
    expiring = ExpiringOutput(many=True)


class EntryOutput(serializers.ModelSerializer[Entry]):
    kind = serializers.SerializerMethodField()
    amount = serializers.IntegerField(source="balance_change")
    job_id = serializers.SerializerMethodField()

    class Meta:
        model = Entry
        fields: ClassVar = [
            "id",
            "kind",
            "amount",
            "balance_after",
            "reason",
            "job_id",
            "created_at",
        ]

    def get_kind(self, entry: Entry) -> str:
        return KIND_NAMES.get(entry.kind, entry.kind)

    def get_job_id(self, entry: Entry) -> str | None:
        return entry.reference or None
