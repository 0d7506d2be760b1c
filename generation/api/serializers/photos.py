"""Photos in and out."""

from typing import Any, ClassVar

from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from generation.api.serializers.fields import AddressField
from generation.models import Asset
from generation.services import coaching
from generation.services.files import PORTRAIT
from visiona.lib.serializers import StrictSerializer

VERDICTS = ["good", "usable", "poor"]


class CoachIssueOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    advice = serializers.CharField()


class CoachOutput(serializers.Serializer[Any]):
    verdict = serializers.ChoiceField(choices=VERDICTS)
    issues = CoachIssueOutput(many=True)


class VerdictOutput(serializers.Serializer[Any]):
    """What a photo is worth to a clone; one that `counts` is learned from."""

    verdict = serializers.ChoiceField(choices=VERDICTS)
    score = serializers.IntegerField()
    counts = serializers.BooleanField()
    issues = CoachIssueOutput(many=True)


class PhotoOutput(serializers.ModelSerializer[Asset]):
    """A photo. `coach` judges it as a picture, `portrait` as one of somebody whose clone is to be
    made, and is null until it was looked at for that.
    """

    url = AddressField(read_only=True)
    coach = CoachOutput()
    portrait = serializers.SerializerMethodField()

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
            "portrait",
            "created_at",
        ]

    @extend_schema_field(VerdictOutput(allow_null=True))
    def get_portrait(self, photo: Asset) -> Any:
        measures = photo.facts.get(PORTRAIT)
        if not measures:
            return None
        return VerdictOutput(coaching.judge(measures=measures, subject="person")).data


class PhotoInput(StrictSerializer):
    file = serializers.FileField()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, QueryDict) and len(data.getlist("file")) > 1:
            one = ErrorDetail("Send one file with each request.", code="too_many")
            raise serializers.ValidationError({"file": [one]})
        return super().to_internal_value(data)
