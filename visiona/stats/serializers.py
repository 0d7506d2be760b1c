"""What goes out of the API of everybody's numbers; money is in millionths of a US dollar."""

from typing import Any

from rest_framework import serializers

GROUPS = ("user", "provider", "operation", "day")


class UsersOutput(serializers.Serializer[Any]):
    """People: all at the end of the time, those who came in it, and those who made something."""

    total = serializers.IntegerField(source="users")
    new = serializers.IntegerField(source="new_users")
    active = serializers.IntegerField(source="active_users")


class CreditsOutput(serializers.Serializer[Any]):
    """Credits given and spent in the time, and held at its end."""

    granted = serializers.IntegerField()
    spent = serializers.IntegerField()
    held = serializers.IntegerField()


class OutcomeOutput(serializers.Serializer[Any]):
    """How many jobs of a kind that were ordered in the time have come to what."""

    kind = serializers.CharField()
    status = serializers.CharField()
    count = serializers.IntegerField()


class LatencyOutput(serializers.Serializer[Any]):
    """What a step of an operation took."""

    operation = serializers.CharField()
    step = serializers.CharField()
    count = serializers.IntegerField()
    p50_ms = serializers.FloatField()
    p95_ms = serializers.FloatField()


class FailureOutput(serializers.Serializer[Any]):
    """What requests failed of, and the ids of the last of them."""

    error_name = serializers.CharField()
    count = serializers.IntegerField()
    request_ids = serializers.ListField(child=serializers.CharField())


class StatsOutput(serializers.Serializer[Any]):
    """What everybody did in a time, what it cost and brought."""

    start = serializers.DateTimeField(source="period.start")
    end = serializers.DateTimeField(source="period.end")
    users = UsersOutput(source="*")
    jobs = OutcomeOutput(source="outcomes", many=True)
    assets = serializers.IntegerField()
    currency = serializers.SerializerMethodField()
    provider_cost_micro_usd = serializers.IntegerField(source="cost")
    unpriced_calls = serializers.IntegerField(source="unpriced")
    revenue_micro_usd = serializers.IntegerField(source="revenue")
    margin_micro_usd = serializers.IntegerField(source="margin")
    requests = serializers.IntegerField(source="rates.requests")
    cache_rate = serializers.FloatField(source="rates.cache_rate")
    fallback_rate = serializers.FloatField(source="rates.fallback_rate")
    failures = FailureOutput(many=True)
    latencies = LatencyOutput(many=True)

    def get_fields(self) -> dict[str, Any]:
        # Not as the others are: nothing of ours takes the name of a builtin of Python.
        return {**super().get_fields(), "credits": CreditsOutput(source="*")}

    def get_currency(self, _stats: Any) -> str:
        return "USD"


class CostOutput(serializers.Serializer[Any]):
    """What calls to providers that have something in common used and cost."""

    key = serializers.CharField()
    calls = serializers.IntegerField()
    failures = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    images = serializers.IntegerField()
    seconds = serializers.FloatField()
    cost_micro_usd = serializers.IntegerField()
    unpriced = serializers.IntegerField()
