"""What goes in and out of the keys' API."""

from typing import ClassVar

from rest_framework import serializers

from accounts.models import ApiToken
from visiona.lib.serializers import StrictSerializer


class ApiKeyInput(StrictSerializer):
    name = serializers.CharField(max_length=80)
    monthly_limit = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, allow_null=True
    )


class ApiKeyOutput(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields: ClassVar = ["id", "name", "prefix", "monthly_limit", "created_at", "last_used_at"]


class NewApiKeyOutput(ApiKeyOutput):
    """The one answer that carries the secret."""

    secret = serializers.CharField()

    class Meta(ApiKeyOutput.Meta):
        fields: ClassVar = [*ApiKeyOutput.Meta.fields, "secret"]
