"""Clones, what allows them and what is left of them, as the API shows them."""

from typing import Any, ClassVar

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.api.serializers.fields import AddressField, DistinctListField
from generation.api.serializers.photos import VerdictOutput
from generation.catalog import MAX_NAME, MOST_CLONE_PHOTOS, TRAINING
from generation.models import Clone, Consent, Removal
from generation.services.coaching import Readiness
from visiona.lib.serializers import OutputSerializer, StrictSerializer
from visiona.lib.storage import absolute

SUBJECTS = TRAINING.options["subject"]


class CloneErrorOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class CloneOutput(OutputSerializer[Clone]):
    """A trained likeness. `error` is what its last training failed with: one that was ready before
    that stays ready.
    """

    subject: Any = serializers.ChoiceField(choices=SUBJECTS)
    progress = serializers.SerializerMethodField()
    eta_seconds = serializers.SerializerMethodField()
    parameters = serializers.DictField()
    error = serializers.SerializerMethodField()
    cover_url = serializers.SerializerMethodField()
    job_id = serializers.UUIDField(allow_null=True)
    photos_deleted_on = serializers.SerializerMethodField()
    has_free_retraining = serializers.BooleanField()

    class Meta:
        model = Clone
        fields: ClassVar = [
            "id",
            "name",
            "trigger_word",
            "subject",
            "status",
            "progress",
            "eta_seconds",
            "parameters",
            "error",
            "cover_url",
            "job_id",
            "provider",
            "license",
            "photo_count",
            "photos_deleted_on",
            "has_free_retraining",
            "trained_at",
            "created_at",
        ]

    def get_progress(self, clone: Clone) -> int:
        if clone.is_ready:
            return 100
        return clone.job.progress if clone.job else 0

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_eta_seconds(self, clone: Clone) -> Any:
        return clone.job.eta_seconds if clone.job else None

    @extend_schema_field(CloneErrorOutput(allow_null=True))
    def get_error(self, clone: Clone) -> Any:
        if clone.job is None or not clone.job.error_code:
            return None
        error = {"code": clone.job.error_code, "detail": clone.job.error_detail}
        return CloneErrorOutput(error).data

    @extend_schema_field(AddressField(allow_null=True))
    def get_cover_url(self, clone: Clone) -> Any:
        cover = self.context["covers"].get(clone.pk)
        return absolute(cover.thumbnail_url) if cover else None

    @extend_schema_field(serializers.DateField(allow_null=True))
    def get_photos_deleted_on(self, clone: Clone) -> Any:
        """The day on which its photos were deleted, or will be."""
        at = clone.photos_deleted_at or clone.photos_kept_until
        return at.date().isoformat() if at else None


class CloneChange(StrictSerializer):
    """What is left out stays."""

    name = serializers.CharField(max_length=MAX_NAME, required=False)


class ReadinessInput(StrictSerializer):
    """Photos that a clone might be made of."""

    photo_ids = DistinctListField(
        child=serializers.UUIDField(), min_length=1, max_length=MOST_CLONE_PHOTOS
    )
    subject: Any = serializers.ChoiceField(choices=SUBJECTS, default=TRAINING.defaults["subject"])


class JudgedPhotoOutput(VerdictOutput):
    """One photo of a set, judged with the others: of two that are the same, the first counts."""

    id = serializers.UUIDField()


class ReadinessOutput(serializers.Serializer[Any]):
    """How well the photos will serve: `counted` of them, and in `missing` what would be better."""

    score = serializers.IntegerField()
    is_ready = serializers.BooleanField()
    counted = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField())
    photos = serializers.SerializerMethodField()

    @extend_schema_field(JudgedPhotoOutput(many=True))
    def get_photos(self, found: Readiness) -> Any:
        judged = zip(self.context["photo_ids"], found.judgments, strict=True)
        return [{"id": str(photo_id), **VerdictOutput(one).data} for photo_id, one in judged]


class TriggerWordOutput(serializers.Serializer[Any]):
    trigger_word = serializers.CharField()


class ShotOutput(serializers.Serializer[Any]):
    title = serializers.CharField()
    prompt = serializers.CharField()


class PackOutput(serializers.Serializer[Any]):
    """A set of pictures of a clone, and the price of all of them."""

    name = serializers.CharField()
    label: Any = serializers.CharField()
    description = serializers.CharField()
    price = serializers.IntegerField()
    shots = ShotOutput(many=True)


class MomentField(serializers.DateTimeField):
    """A moment that is stored as text; null where there is none yet."""

    def to_representation(self, value: Any) -> Any:
        moment = parse_datetime(value)
        return super().to_representation(moment) if moment else None


class PlaceOutput(serializers.Serializer[Any]):
    """One place that a clone was in, and what became of it there."""

    place = serializers.CharField()
    label: Any = serializers.CharField()
    state = serializers.ChoiceField(choices=["waiting", "done", "kept"])
    count = serializers.IntegerField()
    detail = serializers.CharField()
    at = MomentField(allow_null=True)


class RemovalOutput(OutputSerializer[Removal]):
    """The receipt of a clone that was removed; its places fill up until it is finished."""

    places = PlaceOutput(many=True)

    class Meta:
        model = Removal
        fields: ClassVar = [
            "id",
            "clone_id",
            "name",
            "reason",
            "with_pictures",
            "places",
            "requested_at",
            "finished_at",
        ]


class AgreementOutput(serializers.Serializer[Any]):
    """The words that have to be agreed to, by who is pictured; `text` is all of them."""

    pictured = serializers.ChoiceField(choices=Consent.Pictured.choices)
    statement = serializers.CharField()
    purpose = serializers.CharField()
    retention = serializers.CharField()
    text = serializers.CharField()


class ConsentOutput(OutputSerializer[Consent]):
    """What was agreed to before a clone was made, word for word; it is kept when that is gone."""

    class Meta:
        model = Consent
        fields: ClassVar = [
            "id",
            "clone_id",
            "pictured",
            "is_adult",
            "purpose",
            "retention_days",
            "version",
            "text",
            "given_at",
            "withdrawn_at",
        ]
