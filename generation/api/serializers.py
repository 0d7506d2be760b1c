"""What goes in and out of the API of jobs, photos and assets."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import QueryDict
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from generation.catalog import KINDS, MAX_PROMPT, MAX_TITLE, THUMBNAIL
from generation.models import Asset, Job, Upload
from visiona.lib.serializers import OutputSerializer, StrictSerializer
from visiona.lib.storage import absolute

UPLOAD_TYPES = [
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/avif",
    "application/octet-stream",  # what a browser says of a file that it does not know
]


class NothingYet(serializers.UUIDField):
    """A reference to something that this person cannot have: only null is right."""

    def to_internal_value(self, data: Any) -> UUID:
        super().to_internal_value(data)
        raise serializers.ValidationError("There is no such thing of yours.", code="not_found")


class ThumbnailInput(StrictSerializer):
    """Order thumbnails."""

    kind = serializers.ChoiceField(choices=[THUMBNAIL.name])
    title = serializers.CharField(max_length=MAX_TITLE)
    style: Any = serializers.ChoiceField(choices=THUMBNAIL.options["style"], default="bold")
    color_scheme = serializers.ChoiceField(
        choices=THUMBNAIL.options["color_scheme"], default="sunset"
    )
    aspect_ratio = serializers.ChoiceField(
        choices=THUMBNAIL.options["aspect_ratio"], default="16:9"
    )
    text_overlay = serializers.BooleanField(default=True)
    prompt = serializers.CharField(max_length=MAX_PROMPT, allow_blank=True, default="")
    photo_id = serializers.UUIDField(allow_null=True, default=None)
    clone_id = NothingYet(allow_null=True, required=False)
    project_id = NothingYet(allow_null=True, required=False)
    count = serializers.IntegerField(min_value=1, max_value=THUMBNAIL.max_count, default=1)


INPUTS: dict[str, type[serializers.Serializer[Any]]] = {THUMBNAIL.name: ThumbnailInput}


def read_order(data: Any) -> tuple[str, dict[str, Any]]:
    """Return the kind and the cleaned params of an order, or raise ValidationError."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(kind, str) or kind not in INPUTS:
        known = ", ".join(KINDS)
        raise serializers.ValidationError(
            {"kind": [ErrorDetail(f"Choose one of: {known}.", code="invalid_choice")]}
        )
    order = INPUTS[kind](data=data)
    order.is_valid(raise_exception=True)
    params = dict(order.validated_data)
    for name in ("kind", "clone_id", "project_id"):
        params.pop(name, None)
    if params.get("photo_id"):
        params["photo_id"] = str(params["photo_id"])
    return kind, params


class QuoteLineOutput(serializers.Serializer[Any]):
    label: Any = serializers.CharField()
    amount = serializers.IntegerField()


class QuoteOutput(serializers.Serializer[Any]):
    price = serializers.IntegerField()
    lines = QuoteLineOutput(many=True)


class PriceOutput(serializers.Serializer[Any]):
    kind = serializers.CharField(source="name")
    price = serializers.IntegerField()
    unit = serializers.CharField()
    options = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))


class AddressField(serializers.URLField):
    """A signed address that works for a quarter of an hour or longer."""

    def to_representation(self, value: str) -> str:
        return absolute(value)


class AssetOutput(OutputSerializer[Asset]):
    url = AddressField(read_only=True)
    thumbnail_url = AddressField(read_only=True)
    enhanced_prompt = serializers.CharField(default=None, allow_null=True, read_only=True)
    job_id = serializers.UUIDField(allow_null=True)
    clone_id = serializers.UUIDField(default=None, allow_null=True)
    project_id = serializers.UUIDField(default=None, allow_null=True)
    post_id = serializers.UUIDField(default=None, allow_null=True)
    params = serializers.DictField()

    class Meta:
        model = Asset
        fields: ClassVar = [
            "id",
            "kind",
            "source",
            "url",
            "thumbnail_url",
            "width",
            "height",
            "duration_seconds",
            "bytes",
            "content_type",
            "prompt",
            "enhanced_prompt",
            "params",
            "job_id",
            "clone_id",
            "project_id",
            "provider",
            "seed",
            "title",
            "starred",
            "post_id",
            "alt_text",
            "created_at",
        ]


class AssetChange(StrictSerializer):
    title = serializers.CharField(max_length=200, allow_blank=True, required=False)
    starred = serializers.BooleanField(required=False)


class TitleInput(StrictSerializer):
    title = serializers.CharField(max_length=MAX_TITLE)


class AssetIds(StrictSerializer):
    ids = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=100)


class DeletedOutput(serializers.Serializer[Any]):
    deleted = serializers.IntegerField()


class JobErrorOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    stage = serializers.CharField()


class JobOutput(OutputSerializer[Job]):
    """A job with what it made so far."""

    eta_seconds = serializers.IntegerField(allow_null=True)
    enhanced_prompt = serializers.CharField(default=None, allow_null=True, read_only=True)
    assets = serializers.SerializerMethodField()
    clone_id = serializers.UUIDField(default=None, allow_null=True)
    error = serializers.SerializerMethodField()
    params = serializers.DictField()

    class Meta:
        model = Job
        fields: ClassVar = [
            "id",
            "kind",
            "status",
            "stage",
            "progress",
            "eta_seconds",
            "price",
            "captured",
            "released",
            "provider",
            "params",
            "enhanced_prompt",
            "assets",
            "clone_id",
            "error",
            "request_id",
            "created_at",
            "started_at",
            "finished_at",
        ]

    @extend_schema_field(AssetOutput(many=True))
    def get_assets(self, job: Job) -> Any:
        made = self.context["assets"].get(job.pk, [])
        return AssetOutput(made, many=True).data

    @extend_schema_field(JobErrorOutput(allow_null=True))
    def get_error(self, job: Job) -> Any:
        if not job.error_code:
            return None
        error = {"code": job.error_code, "detail": job.error_detail, "stage": job.error_stage}
        return JobErrorOutput(error).data


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


class UploadInput(StrictSerializer):
    """Announce a file."""

    filename = serializers.CharField(max_length=1000)
    bytes = serializers.IntegerField(min_value=1)
    content_type = serializers.ChoiceField(choices=UPLOAD_TYPES)


class UploadTicketOutput(serializers.Serializer[Any]):
    """Where to POST the file as a form within five minutes: the fields first, then `file`."""

    id = serializers.UUIDField()
    url = AddressField()
    fields: Any = serializers.DictField(child=serializers.CharField())


class UploadErrorOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class UploadOutput(OutputSerializer[Upload]):
    """A file on its way in, and what became of it."""

    status: Any = serializers.ChoiceField(
        source="state", choices=["waiting", "checking", "clean", "refused"]
    )
    error = serializers.SerializerMethodField()
    photo = serializers.SerializerMethodField()

    class Meta:
        model = Upload
        fields: ClassVar = [
            "id",
            "filename",
            "bytes",
            "status",
            "error",
            "photo",
            "created_at",
        ]

    @extend_schema_field(UploadErrorOutput(allow_null=True))
    def get_error(self, upload: Upload) -> Any:
        if not upload.error_code:
            return None
        return UploadErrorOutput({"code": upload.error_code, "detail": upload.error_detail}).data

    @extend_schema_field(PhotoOutput(allow_null=True))
    def get_photo(self, upload: Upload) -> Any:
        if upload.photo is None or upload.photo.deleted_at:
            return None
        return PhotoOutput(upload.photo).data
