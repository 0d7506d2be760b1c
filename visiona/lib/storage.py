"""Where files live and how they are addressed: privately, for a short time."""

import errno
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, cast
from urllib.parse import quote, urlencode, urljoin
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.core.exceptions import SuspiciousFileOperation
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.utils import validate_file_name
from whitenoise.storage import CompressedManifestStaticFilesStorage

from visiona.lib.errors import NotAllowed, Unavailable

SALT = "visiona.files"
TICKET_SALT = "visiona.files.ticket"
TICKET_SECONDS = 300
QUARANTINE = "quarantine"
"""The folder of what strangers sent and nobody has looked at: never served."""
UNFINISHED_KEPT_SECONDS = 3600
QUARANTINE_KEPT_SECONDS = 24 * 3600
CONTENT_TYPES = {
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".png": "image/png",
    ".mp4": "video/mp4",
}
"""What is shown in a page; everything else is only ever saved to disk."""
MISSING = (FileNotFoundError, IsADirectoryError, NotADirectoryError)

logger = logging.getLogger(__name__)


class StorageUnavailable(Unavailable):
    """The disk is full or broken, or the bucket does not answer: to be tried again."""

    default_detail = "Files cannot be stored or read at the moment. Try again in a minute."


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """Where to POST one file as a form: these fields first, then the file as `file`."""

    url: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Permit:
    """What a ticket of local storage allows: this file, of this type, up to this size."""

    name: str
    content_type: str
    max_bytes: int


class LocalStorage(FileSystemStorage):
    """Files on this machine's disk, under addresses that are signed and expire."""

    def _open(self, name: str, mode: str = "rb") -> "File[bytes]":
        with outages_named(but=MISSING):
            opened: File[bytes] = super()._open(name, mode)  # type: ignore[misc] # not in the stubs
            return opened

    def _save(self, name: str, content: "File[bytes]") -> str:
        """Write beside the place and move there: a file is whole, whoever is killed in the middle.

        A slow worker may write what another has delivered meanwhile.
        """
        unfinished = f"{name}.{uuid4().hex}.part"
        with outages_named():
            try:
                super()._save(unfinished, content)  # type: ignore[misc] # the stubs leave it out
                with Path(self.path(unfinished)).open("rb") as written:
                    os.fsync(written.fileno())
                Path(self.path(unfinished)).replace(self.path(name))
            finally:
                self.delete(unfinished)
        return name

    def delete(self, name: str) -> None:
        with outages_named():
            super().delete(name)

    def url(self, name: str | None) -> str:
        """Return an address that serves this file for fifteen to thirty minutes.

        The expiry is rounded, so that a page shown twice lets the browser use its cache.
        """
        served = servable(str(name))
        window = settings.FILE_ADDRESS_SECONDS
        expires = (int(time.time()) // window + 2) * window
        query = urlencode({"expires": expires, "signature": _sign(served, expires)})
        return f"{self.base_url}{quote(served)}?{query}"

    def ticket(self, *, name: str, content_type: str, max_bytes: int) -> UploadTicket:
        """Return the address of our own that takes this file (visiona/files.py).

        All that is allowed is signed into the address: it is checked before a byte is read.
        """
        signed = signing.dumps([name, content_type, max_bytes], salt=TICKET_SALT)
        query = urlencode({"ticket": signed})
        return UploadTicket(f"{self.base_url}?{query}", {"Content-Type": content_type})

    def is_ready(self) -> bool:
        """Whether files can be kept: the folder is there, or can be made, and takes files."""
        with outages_named():
            Path(self.location).mkdir(parents=True, exist_ok=True)
            return os.access(self.location, os.W_OK | os.X_OK)

    def erase_leftovers(self) -> int:
        """Erase what killed writers and forgotten uploads left behind; return how many files."""
        now, erased = time.time(), 0
        for folder, _, files in os.walk(self.location):
            waiting = Path(folder).relative_to(self.location).parts[:1] == (QUARANTINE,)
            for name in files:
                if name.endswith(".part"):
                    kept_for = UNFINISHED_KEPT_SECONDS
                elif waiting:
                    kept_for = QUARANTINE_KEPT_SECONDS
                else:
                    continue
                erased += _erase_if_before(Path(folder, name), now - kept_for)
        return erased


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # untyped
    """Hashed and compressed static files, with the imports of ES modules rewritten."""

    support_js_module_import_aggregation = True


def ticket(*, name: str, content_type: str, max_bytes: int) -> UploadTicket:
    """Say where somebody may POST this one file within five minutes: only into quarantine."""
    validate_file_name(name, allow_relative_path=True)
    if not name.startswith(f"{QUARANTINE}/"):
        raise SuspiciousFileOperation("What is sent to us goes into quarantine first.")
    storage = cast("Any", default_storage)
    made: UploadTicket = storage.ticket(name=name, content_type=content_type, max_bytes=max_bytes)
    return made


def permit_of(signed: str) -> Permit:
    """Return what a ticket of local storage allows. Raises NotAllowed when it is not ours."""
    try:
        return Permit(*signing.loads(signed, salt=TICKET_SALT, max_age=TICKET_SECONDS))
    except signing.BadSignature:
        raise NotAllowed(
            "This upload address has expired or was changed. Ask for a new one."
        ) from None


def erase_leftovers() -> int:
    """Erase what killed writers and forgotten uploads left in the storage; return how many."""
    erased: int = cast("Any", default_storage).erase_leftovers()
    return erased


def absolute(address: str) -> str:
    """Return an address for programs, which have no page to resolve it against."""
    return urljoin(f"{settings.PUBLIC_URL}/", address)


def is_signed(name: str, *, expires: str, signature: str) -> bool:
    """Whether an address was made by us for this file and is still in time."""
    if not (expires.isascii() and expires.isdigit()):
        return False
    promised = f"{name}:{expires}"
    try:  # knows the keys of before (SECRET_KEY_FALLBACKS)
        ours = signing.Signer(salt=SALT).unsign(f"{promised}:{signature}") == promised
    except signing.BadSignature:
        return False
    return ours and int(expires) >= time.time()


def is_in_quarantine(name: str) -> bool:
    """Whether this names a file that nobody has looked at."""
    return PurePosixPath(name).parts[:1] == (QUARANTINE,)


def servable(name: str) -> str:
    """Return the name if it may have an address at all; raises SuspiciousFileOperation."""
    validate_file_name(name, allow_relative_path=True)
    if is_in_quarantine(name):
        raise SuspiciousFileOperation("What is in quarantine is never served.")
    return name


def content_type_of(name: str) -> str:
    """Return the type that a file is served as, by the ending that we gave it."""
    return CONTENT_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")


def disposition_of(name: str) -> str:
    """Return whether a browser may show the file, with the name that we made for it."""
    path = PurePosixPath(name)
    shown = "inline" if path.suffix in CONTENT_TYPES else "attachment"
    return f'{shown}; filename="{path.name}"'


@contextmanager
def outages_named(but: tuple[type[OSError], ...] = ()) -> Iterator[None]:
    """Raise StorageUnavailable for what the disk refuses, but for what the caller can explain."""
    try:
        yield
    except but:
        raise
    except OSError as error:
        reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
        logger.error("storage.unavailable", extra={"reason": reason})  # noqa: TRY400 (no names)
        raise StorageUnavailable from error


def _sign(name: str, expires: int | str) -> str:
    return signing.Signer(salt=SALT).signature(f"{name}:{expires}")


def _erase_if_before(path: Path, moment: float) -> int:
    try:
        if path.stat().st_mtime >= moment:
            return 0
        path.unlink()
    except FileNotFoundError:  # its writer came to an end meanwhile
        return 0
    return 1
