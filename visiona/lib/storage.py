"""Where files live and how they are addressed: privately, for a short time."""

import os
import time
from pathlib import Path
from urllib.parse import quote, urlencode, urljoin
from uuid import uuid4

from django.conf import settings
from django.core import signing
from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.crypto import constant_time_compare
from whitenoise.storage import CompressedManifestStaticFilesStorage

SALT = "visiona.files"


class LocalStorage(FileSystemStorage):
    """Files on this machine's disk, under addresses that are signed and expire."""

    def _save(self, name: str, content: "File[bytes]") -> str:
        """Write beside the place and move there: a file is whole, whoever is killed in the middle.

        A slow worker may write what another has delivered meanwhile.
        """
        unfinished = f"{name}.{uuid4().hex}.part"
        try:
            super()._save(unfinished, content)  # type: ignore[misc] # the stubs leave it out
            with Path(self.path(unfinished)).open("rb") as written:
                os.fsync(written.fileno())
            Path(self.path(unfinished)).replace(self.path(name))
        finally:
            self.delete(unfinished)
        return name

    def url(self, name: str | None) -> str:
        """Return an address that serves this file for fifteen to thirty minutes.

        The expiry is rounded, so that a page shown twice lets the browser use its cache.
        """
        window = settings.FILE_ADDRESS_SECONDS
        expires = (int(time.time()) // window + 2) * window
        query = urlencode({"expires": expires, "signature": _sign(str(name), expires)})
        return f"{self.base_url}{quote(str(name))}?{query}"


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc] # untyped
    """Hashed and compressed static files, with the imports of ES modules rewritten."""

    support_js_module_import_aggregation = True


def absolute(address: str) -> str:
    """Return an address for programs, which have no page to resolve it against."""
    return urljoin(f"{settings.PUBLIC_URL}/", address)


def is_signed(name: str, *, expires: str, signature: str) -> bool:
    """Whether an address was made by us for this file and is still in time."""
    if not (expires.isascii() and expires.isdigit()):
        return False
    return constant_time_compare(signature, _sign(name, expires)) and int(expires) >= time.time()


def _sign(name: str, expires: int | str) -> str:
    return signing.Signer(salt=SALT).signature(f"{name}:{expires}")
