"""Take photos from people: cleaned, re-encoded, owned."""

import hashlib
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from generation.errors import ImageTooLarge
from generation.media import photos as media
from generation.models import Asset
from generation.services import files
from visiona.lib import clock
from visiona.lib.errors import NotFound
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User


def add_photo(*, user: "User", upload: "UploadedFile[Any]") -> Asset:
    """Clean an uploaded picture and keep it as the person's photo.

    Raises ImageTooLarge and UnreadableImage; then nothing is kept.
    """
    if (upload.size or 0) > settings.MAX_PHOTO_BYTES:
        limit = settings.MAX_PHOTO_BYTES // 2**20
        raise ImageTooLarge(f"This file is larger than {limit} MB. Send a smaller one.")
    photo = media.clean(upload.read())
    photo_id = uuid7()
    folder = f"people/{user.pk}/photos/{photo_id}"
    asset = Asset(
        id=photo_id,
        user_id=user.pk,
        source=Asset.Source.UPLOAD,
        title=(upload.name or "")[:200],
        alt_text="Your photo",
        **files.keep_picture(name=f"{folder}.jpg", data=photo.data, renditions=photo.renditions),
        content_type="image/jpeg",
        width=photo.width,
        height=photo.height,
        bytes=len(photo.data),
        sha256=hashlib.sha256(photo.data).hexdigest(),
        coach=photo.coach,
    )
    asset.save(force_insert=True)
    return asset


def remove_photo(*, user: "User", photo_id: UUID) -> None:
    """Put the photo in the bin. Raises NotFound."""
    mine = Asset.objects.filter(user_id=user.pk, pk=photo_id).uploaded().kept()
    if not mine.update(deleted_at=clock.now()):
        raise NotFound("There is no such photo, or it is not yours.")
