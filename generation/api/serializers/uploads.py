"""Files on their way in."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.api.serializers.fields import AddressField
from generation.api.serializers.photos import PhotoOutput
from generation.models import Upload
from visiona.lib.serializers import OutputSerializer, StrictSerializer

UPLOAD_TYPES = [
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/heic",
    "image/heif",
    "image/avif",
    "application/octet-stream",  # what a browser says of a file that it does not know
]


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
