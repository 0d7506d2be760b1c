"""What goes in and out of the APIs of the wallet and of API keys."""

from typing import Any, ClassVar

from rest_framework import serializers

from accounts.services import MAX_KEY_NAME, MAX_MONTHLY_LIMIT
from credits.models import Entry
from visiona.lib.serializers import StrictSerializer

KIND_NAMES = {"adjust": "adjustment", "revoke": "adjustment", "lapse": "expiry"}


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
        return entry.job_id or None


class ApiKeyInput(StrictSerializer):
    name = serializers.CharField(max_length=MAX_KEY_NAME)
    monthly_limit = serializers.IntegerField(
        min_value=1, max_value=MAX_MONTHLY_LIMIT, required=False, allow_null=True
    )


class ApiKeyChange(ApiKeyInput):
    name = serializers.CharField(max_length=MAX_KEY_NAME, required=False)


class ApiKeyOutput(serializers.Serializer[Any]):
    """A key of somebody's programs; the context says what each has `spent` this month."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField()
    monthly_limit = serializers.IntegerField(allow_null=True)
    spent_this_month = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)

    def get_spent_this_month(self, key: Any) -> int:
        return int(self.context["spent"][key.pk])


class NewApiKeyOutput(ApiKeyOutput):
    """The one answer that carries the secret."""

    secret = serializers.CharField()
