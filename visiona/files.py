"""Serve and take the files of local storage, only at addresses that we signed."""

import re
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.db import transaction
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    StreamingHttpResponse,
    UnreadablePostError,
)
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from visiona.lib.errors import FieldError, InvalidInput, Malformed, NotFound, TooLarge
from visiona.lib.storage import (
    StorageUnavailable,
    content_type_of,
    disposition_of,
    is_signed,
    outages_named,
    permit_of,
    servable,
)

CHUNK = 64 * 1024
RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})|bytes=-(\d{1,15})")


@require_safe
def serve(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer with the file; the signature is the permission. Raises NotFound."""
    asked: Any = request.GET
    if not is_signed(name, expires=asked.get("expires", ""), signature=asked.get("signature", "")):
        raise NotFound("This address has expired or was changed. Reload the page.")
    try:
        file = default_storage.open(servable(name))
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, SuspiciousFileOperation):
        raise NotFound("This file is gone.") from None
    response = _whole_or_part(file, request.headers.get("Range", ""), content_type_of(name))
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=900"
    response["Content-Disposition"] = disposition_of(name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _whole_or_part(file: "File[bytes]", asked: str, content_type: str) -> HttpResponseBase:
    """Answer with the bytes that were asked for: players go to a moment of a film by them."""
    part = RANGE.fullmatch(asked)
    if part is None:  # several parts, or no bytes: whoever asks so may be sent the whole
        return FileResponse(file, content_type=content_type)
    size = file.size
    first, last = _bounds(part, size)
    if first > last:
        file.close()
        refusal = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
        refusal["Content-Range"] = f"bytes */{size}"
        return refusal
    answer = StreamingHttpResponse(
        _bytes_of(file, first, last),
        status=HTTPStatus.PARTIAL_CONTENT,
        content_type=content_type,
    )
    answer["Content-Length"] = str(last - first + 1)
    answer["Content-Range"] = f"bytes {first}-{last}/{size}"
    return answer


def _bounds(part: re.Match[str], size: int) -> tuple[int, int]:
    first, last, from_end = part.groups()
    if from_end:
        return max(0, size - int(from_end)), size - 1 if int(from_end) else -1
    return int(first), min(int(last), size - 1) if last else size - 1


def _bytes_of(file: "File[bytes]", first: int, last: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        left = last - first + 1
        while left > 0:
            chunk = file.read(min(CHUNK, left))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk


class LimitedUpload(TemporaryFileUploadHandler):
    """Writes what comes to a temporary file, and stops when it is more than was agreed."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__()
        self.max_bytes = max_bytes
        self.is_exceeded = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if start + len(raw_data) > self.max_bytes:
            self.is_exceeded = True
            # The rest is read and dropped: who is cut off never sees the answer.
            raise StopUpload(connection_reset=False)
        super().receive_data_chunk(raw_data, start)
        return None

    def abandon(self) -> None:
        """Close the file that could not be written: what it still holds does not fit either."""
        with suppress(OSError):
            self.file.close()


@csrf_exempt
@require_POST
@transaction.non_atomic_requests
def receive(request: HttpRequest) -> HttpResponse:
    """Take the one file that a ticket is for; its signature is the permission.

    Answers like a bucket. Raises NotAllowed, TooLarge, InvalidInput and StorageUnavailable.
    """
    permit = permit_of(request.GET.get("ticket", ""))
    upload = LimitedUpload(permit.max_bytes)
    request.upload_handlers = [upload]
    try:
        with outages_named(but=(UnreadablePostError,)):
            file = request.FILES.get("file")
    except UnreadablePostError:
        raise Malformed("The file did not arrive whole. Send it again.") from None
    except StorageUnavailable:
        upload.abandon()
        raise
    if upload.is_exceeded:
        raise TooLarge(f"Send at most {permit.max_bytes:,} bytes.")
    if request.POST.get("Content-Type") != permit.content_type:
        detail = f"Send the field Content-Type as it was given to you: {permit.content_type}."
        raise InvalidInput([FieldError("Content-Type", "mismatch", detail)])
    if file is None or not file.size:
        detail = "Send the file in a form, after the other fields, and not empty."
        raise InvalidInput([FieldError("file", "required", detail)])
    default_storage.save(permit.name, file)
    return HttpResponse(status=204)
