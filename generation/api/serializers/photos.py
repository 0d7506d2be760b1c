"""Photos in and out."""

from typing import Any, ClassVar

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from generation.api.serializers.fields import AddressField
from generation.models import Asset
from visiona.lib.serializers import StrictSerializer


class CoachIssueOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    advice = serializers.CharField()


class CoachOutput(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=["good", "usable", "poor"])
    issues = CoachIssueOutput(many=True)


class PhotoOutput(serializers.ModelSerializer[Asset]):
    url = AddressField(read_only=True)
    coach = CoachOutput()

    class Meta:
        model = Asset
        fields: ClassVar = [
            "id",
            "url",
            "width",
            "height",
            "bytes",
            "sha256",
            "coach",
            "created_at",
        ]


class PhotoInput(StrictSerializer):
    file = serializers.FileField()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, QueryDict) and len(data.getlist("file")) > 1:
            one = ErrorDetail("Send one file with each request.", code="too_many")
            raise serializers.ValidationError({"file": [one]})
        return super().to_internal_value(data)
