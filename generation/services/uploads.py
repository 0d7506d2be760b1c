"""Take files in two steps: they lie in quarantine until a worker has made photos of them.

The row is the queue, as with jobs. Checking a file twice does no harm: the same bytes of one
person are one photo. So a claim needs no token, only a time after which others may try.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, transaction

from generation import selectors
from generation.errors import NotReceived, QuotaReached
from generation.models import Asset, Upload
from generation.services import files, photos
from visiona.lib import clock, live, request_id, storage
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import AppError, Unavailable
from visiona.lib.queue import enqueue
from visiona.lib.request_id import uuid7
from visiona.lib.storage import UploadTicket

if TYPE_CHECKING:
    from accounts.models import User

CHECK_UPLOAD = "generation.tasks.check_upload"
LEASE = timedelta(minutes=2)
RETRY_AFTER = timedelta(seconds=20)
MAX_ATTEMPTS = 3
ABANDONED_AFTER = timedelta(hours=24)
FORGOTTEN_AFTER = timedelta(days=7)
SWEEP_LIMIT = 200
DETAIL_LENGTH = 300

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file did not become a photo."""

    code: str
    detail: str


NEVER_CAME = Refusal("not_received", "This file never arrived. Send it again.")
NOT_CHECKED = Refusal("not_checked", "This file could not be checked. Send it again.")


def begin(
    *, user: "User", filename: str, size: int, content_type: str
) -> tuple[Upload, UploadTicket]:
    """Expect a file of the person's; return its row and where to send it within five minutes.

    Raises ImageTooLarge and QuotaReached.
    """
    photos.check_size(size=size)
    upload = Upload(
        id=uuid7(),
        user_id=user.pk,
        filename=photos.title_of(filename=filename),
        content_type=content_type,
        bytes=size,
        request_id=request_id.current(),
    )
    ticket = storage.ticket(name=upload.quarantine_name, content_type=content_type, max_bytes=size)
    with transaction.atomic():
        photos.lock_uploads_of(user_id=user.pk)
        photos.check_room(user_id=user.pk)
        _check_unfinished(user)
        upload.save(force_insert=True)
    return upload, ticket


def complete(*, user: "User", upload_id: UUID) -> Upload:
    """Say that the file has been sent: a worker looks at it next. Said again, it changes nothing.

    Raises NotFound, and NotReceived while the file is not there.
    """
    upload = selectors.upload_of(user=user, upload_id=upload_id)
    if upload.received_at or upload.is_final:
        return upload
    with storage.outages_named():
        has_arrived = default_storage.exists(upload.quarantine_name)
    if not has_arrived:
        raise NotReceived
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk, received_at=None).update(received_at=clock.now())
        enqueue(CHECK_UPLOAD, upload_id=str(upload.pk))
    return selectors.upload_of(user=user, upload_id=upload_id)


@transaction.atomic
def cancel(*, user: "User", upload_id: UUID) -> None:
    """Take the file back, or forget how it ended; a photo that it became stays.

    Raises NotFound.
    """
    upload = selectors.upload_of(user=user, upload_id=upload_id)
    Upload.objects.filter(pk=upload.pk).delete()
    transaction.on_commit(lambda: _erase(upload), robust=True)


def check_upload(*, upload_id: UUID) -> bool:
    """Look at this file if it waits for that; tell whether we did."""
    return _check_next(pk=upload_id)


def check_due(*, waiting_for: timedelta = timedelta()) -> bool:
    """Look at the file that has waited longest, if one has waited so long; tell whether we did."""
    return _check_next(received_at__lte=clock.now() - waiting_for)


def sweep() -> int:
    """Wake workers for files that wait, and end what was given up; return how many were woken."""
    with act_as_worker():
        end_abandoned()
        waiting = list(Upload.objects.due().order_by("received_at").only("id")[:SWEEP_LIMIT])
        for upload in waiting:
            enqueue(CHECK_UPLOAD, upload_id=str(upload.pk))
    return len(waiting)


def end_abandoned() -> None:
    """Refuse what is a day old and still waits, and forget what ended a week ago."""
    with act_as_worker():
        now = clock.now()
        old = Upload.objects.unfinished().filter(created_at__lt=now - ABANDONED_AFTER)
        for upload in old[:SWEEP_LIMIT]:
            _end(upload, refusal=NOT_CHECKED if upload.received_at else NEVER_CAME)
        Upload.objects.filter(finished_at__lt=now - FORGOTTEN_AFTER).delete()


def _check_unfinished(user: "User") -> None:
    unfinished = Upload.objects.filter(user_id=user.pk).unfinished().count()
    if unfinished >= settings.MAX_UNFINISHED_UPLOADS:
        raise QuotaReached(
            f"{unfinished} of your files are still on their way, which is the most at once."
            " Wait until they have arrived, or cancel some.",
            limit=settings.MAX_UNFINISHED_UPLOADS,
        )


def _check_next(**which: Any) -> bool:
    with act_as_worker():
        upload = _claim(**which)
        if upload is None:
            return False
        with request_id.bound(upload.request_id):
            _check(upload)
        return True


@transaction.atomic
def _claim(**which: Any) -> Upload | None:
    """Take a file that waits. Workers pass each other by: nobody waits for what is taken."""
    waiting = Upload.objects.due().filter(**which).order_by("received_at")
    upload: Upload | None = waiting.select_for_update(skip_locked=True).first()
    if upload is None:
        return None
    upload.attempts += 1
    upload.lease_until = clock.now() + LEASE
    upload.save(update_fields=["attempts", "lease_until"])
    return upload


def _check(upload: Upload) -> None:
    """Make a photo of the file, refuse it, or put it back: then it waits for a better moment."""
    if upload.attempts > MAX_ATTEMPTS:  # whoever looked at it never came to an end
        _end(upload, refusal=NOT_CHECKED)
        return
    try:
        photo = photos.keep_photo(user_id=upload.user_id, raw=_read(upload), title=upload.filename)
    except (OperationalError, InterfaceError):
        raise  # without the database nothing can be noted: the lease runs out, then it is due
    except Unavailable:
        _put_back(upload)
    except AppError as error:
        _end(upload, refusal=Refusal(error.code, error.detail))
    else:
        _end(upload, photo=photo)


def _read(upload: Upload) -> bytes:
    """Return what lies in quarantine, at most a byte more than is allowed. Raises NotReceived."""
    try:
        with default_storage.open(upload.quarantine_name) as file:
            return bytes(file.read(settings.MAX_PHOTO_BYTES + 1))
    except FileNotFoundError:
        raise NotReceived(NEVER_CAME.detail) from None


def _put_back(upload: Upload) -> None:
    """The fault was ours: try again later, as if it had not been tried."""
    mine = Upload.objects.unfinished().filter(pk=upload.pk)
    mine.update(attempts=upload.attempts - 1, lease_until=clock.now() + RETRY_AFTER)


def _end(upload: Upload, *, photo: Asset | None = None, refusal: Refusal | None = None) -> None:
    """Note how it ended, tell the person's pages, and erase what lies in quarantine."""
    with transaction.atomic():
        Upload.objects.unfinished().filter(pk=upload.pk).update(
            status=Upload.Status.REFUSED if refusal else Upload.Status.CLEAN,
            photo=photo,
            error_code=refusal.code if refusal else "",
            error_detail=refusal.detail[:DETAIL_LENGTH] if refusal else "",
            finished_at=clock.now(),
            lease_until=None,
        )
        live.announce(user_id=upload.user_id, event="asset.created")
    if refusal:
        logger.info("generation.upload.refused", extra={"code": refusal.code})
    _erase(upload)


def _erase(upload: Upload) -> None:
    """Erase the file; what cannot be erased now, or arrives later, is found within a day."""
    files.discard(names=[upload.quarantine_name])
