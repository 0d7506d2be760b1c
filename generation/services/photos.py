"""Take photos from people: cleaned, re-encoded, owned."""

import hashlib
import threading
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count, Sum

from generation import selectors
from generation.errors import ImageTooLarge, InfectedFile, QuotaReached, UnreadableImage
from generation.media import photos as media
from generation.media import sandbox
from generation.media.photos import CleanPhoto, Refused
from generation.media.renditions import preview_width
from generation.media.sandbox import SandboxUnavailable
from generation.models import Asset
from generation.providers import local
from generation.services import files
from visiona.lib import antivirus, clock
from visiona.lib.antivirus import Verdict
from visiona.lib.db.locks import wait_for_turn
from visiona.lib.errors import Conflict, NotFound, Unavailable
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

MAX_TITLE = 200
BEING_LEARNED = "A clone is being trained on this photo. Delete it when that has ended."
MEGABYTE = 2**20

COACHES = 2
_coaches = threading.BoundedSemaphore(COACHES)

REFUSALS = {
    "not_a_picture": "Send a JPEG, PNG, WebP, HEIC or AVIF picture.",
    "damaged": "This file is damaged or cut off. Save the picture again and send that.",
    "too_costly": "This picture takes too long to read. Save it as a JPEG and send that.",
    "too_small": f"Too small: use at least {media.MIN_SIDE}x{media.MIN_SIDE} pixels.",
    "bad_shape": "Too long and narrow: crop it first.",
    "animated": "Send a still picture, not an animation.",
}
TOO_MANY_PIXELS = (
    f"Too many pixels. A JPEG or PNG may have {media.MAX_PIXELS // media.MEGAPIXEL} megapixels and"
    f" {media.MAX_SIDE} pixels a side, other pictures fewer: save it smaller, or as a JPEG."
)


def add_photo(*, user: "User", upload: "UploadedFile[Any]") -> Asset:
    """Clean an uploaded picture and keep it as the person's photo.

    Raises what `keep_photo` raises; then nothing is kept.
    """
    check_size(size=upload.size or 0)
    return keep_photo(user_id=user.pk, raw=upload.read(), title=upload.name or "")


def keep_photo(*, user_id: UUID, raw: bytes, title: str) -> Asset:
    """Clean the picture in these bytes and keep it; the same bytes again are the same photo.

    Raises ImageTooLarge, UnreadableImage, InfectedFile, QuotaReached and Unavailable; then
    nothing is kept.
    """
    check_size(size=len(raw))
    original = hashlib.sha256(raw).hexdigest()
    known = _known(user_id, original)
    if known:
        return known
    # The same bytes may have been kept just now: they take no room of their own.
    check_room(user_id=user_id, besides=original)
    _check_virus(raw)
    photo = _cleaned(raw)
    asset = _described(user_id, photo, title=title, original_sha256=original)
    saved = None
    try:
        files.keep_picture(name=asset.file, data=photo.data, renditions=photo.renditions)
        saved = _saved(asset)
    finally:
        if saved is not asset:
            files.discard(names=asset.file_names)
    return saved


def measures_of(*, photo: Asset) -> dict[str, Any]:
    """Return what the coach measured of a photo; one that came before it did is measured now."""
    if files.PORTRAIT not in photo.facts:
        photo.facts = {**photo.facts, files.PORTRAIT: _measured(files.read(name=photo.file))}
        Asset.objects.filter(pk=photo.pk).update(facts=photo.facts)
    measures: dict[str, Any] = photo.facts[files.PORTRAIT]
    return measures


def remove_photo(*, user: "User", photo_id: UUID) -> None:
    """Put the photo in the bin. Raises NotFound, and Conflict while a clone is trained on it."""
    if selectors.is_being_learned(user=user, photo_id=photo_id):
        raise Conflict(BEING_LEARNED)
    mine = Asset.objects.filter(user_id=user.pk, pk=photo_id).uploaded().kept()
    if not mine.update(deleted_at=clock.now()):
        raise NotFound("There is no such photo, or it is not yours.")


@transaction.atomic
def restore_photo(*, user: "User", photo_id: UUID) -> None:
    """Take the photo out of the bin. Raises NotFound and QuotaReached.

    Where the same file has been sent again meanwhile, the photo that it became stays alone.
    """
    lock_uploads_of(user_id=user.pk)
    binned = Asset.objects.filter(user_id=user.pk, pk=photo_id).uploaded().deleted().first()
    if binned is None:
        raise NotFound("There is no such photo in your bin.")
    if binned.original_sha256 and _known(user.pk, binned.original_sha256):
        return
    check_room(user_id=user.pk, size=binned.bytes)
    Asset.objects.filter(pk=binned.pk).update(deleted_at=None)


def title_of(*, filename: str) -> str:
    """Return the last part of a file's name, without what cannot be printed."""
    last = filename.replace("\\", "/").rpartition("/")[2]
    return "".join(filter(str.isprintable, last)).strip()[:MAX_TITLE]


def check_size(*, size: int) -> None:
    """Raise ImageTooLarge for a file of more bytes than we read."""
    if size > settings.MAX_PHOTO_BYTES:
        limit = settings.MAX_PHOTO_BYTES // MEGABYTE
        raise ImageTooLarge(f"This file is larger than {limit} MB. Send a smaller one.")


def check_room(*, user_id: UUID, size: int = 1, besides: str = "") -> None:
    """Raise QuotaReached when a photo of this size is more than one person may keep.

    The one of the bytes with this hash does not count.
    """
    mine = Asset.objects.filter(user_id=user_id).uploaded().kept()
    if besides:
        mine = mine.exclude(original_sha256=besides)
    kept = mine.aggregate(photos=Count("pk"), size=Sum("bytes", default=0))
    if kept["photos"] >= settings.MAX_PHOTOS:
        raise QuotaReached(
            f"You keep {kept['photos']} photos, and {settings.MAX_PHOTOS} is the most."
            " Delete some that you no longer need, then send this one again.",
            limit=settings.MAX_PHOTOS,
        )
    if kept["size"] + size > settings.MAX_PHOTO_STORAGE_BYTES:
        limit = settings.MAX_PHOTO_STORAGE_BYTES // MEGABYTE
        raise QuotaReached(
            f"Your photos take up all of your {limit} MB."
            " Delete some that you no longer need, then send this one again.",
            limit=settings.MAX_PHOTO_STORAGE_BYTES,
        )


def lock_uploads_of(*, user_id: UUID) -> None:
    """Let one transaction at a time add to what this person keeps."""
    wait_for_turn(f"uploads:{user_id}")


def _known(user_id: UUID, original_sha256: str) -> Asset | None:
    """Return the photo that the person has of these very bytes."""
    mine = Asset.objects.filter(user_id=user_id, original_sha256=original_sha256)
    known: Asset | None = mine.uploaded().kept().first()
    return known


def _check_virus(raw: bytes) -> None:
    verdict = antivirus.scan(raw)
    if verdict is Verdict.INFECTED:
        raise InfectedFile
    if verdict is Verdict.UNAVAILABLE:
        raise Unavailable("Files cannot be checked for viruses just now. Try again in a minute.")


def _cleaned(raw: bytes) -> CleanPhoto:
    try:
        return sandbox.clean(raw)
    except SandboxUnavailable:
        raise Unavailable("Too many pictures arrive at once. Try again in a moment.") from None
    except Refused as refused:
        if refused.reason == "too_many_pixels":
            raise ImageTooLarge(TOO_MANY_PIXELS) from None
        reason = refused.reason if refused.reason in REFUSALS else "damaged"
        raise UnreadableImage(REFUSALS[reason], reason=reason) from None


def _measured(data: bytes) -> dict[str, Any]:
    """Have the coach look at a photo; few at a time, because each takes 80 MB for a moment."""
    with _coaches:
        return local.measured(data)


def _described(user_id: UUID, photo: CleanPhoto, *, title: str, original_sha256: str) -> Asset:
    """Return the photo's row, not saved yet, with the names that its files will have."""
    photo_id = uuid7()
    name = f"people/{user_id}/photos/{photo_id}.jpg"
    renditions = files.rendition_names(name=name, widths=photo.renditions)
    return Asset(
        id=photo_id,
        user_id=user_id,
        source=Asset.Source.UPLOAD,
        title=title_of(filename=title),
        alt_text="Your photo",
        file=name,
        preview=renditions[preview_width(renditions)],
        renditions={str(width): copy for width, copy in renditions.items()},
        original_sha256=original_sha256,
        content_type="image/jpeg",
        width=photo.width,
        height=photo.height,
        bytes=len(photo.data),
        sha256=hashlib.sha256(photo.data).hexdigest(),
        coach=media.coach(photo.issues),
        facts={files.PORTRAIT: _measured(photo.data)},
    )


@transaction.atomic
def _saved(asset: Asset) -> Asset:
    """Save the photo if there is room; return the one that is kept of the same bytes."""
    lock_uploads_of(user_id=asset.user_id)
    known = _known(asset.user_id, asset.original_sha256)
    if known is None:
        check_room(user_id=asset.user_id, size=asset.bytes)
        asset.save(force_insert=True)
    return known or asset
