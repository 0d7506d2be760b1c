"""Write ZIPs of stored files: while they are being sent, or the same bytes for the same files."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.files.storage import default_storage

UNIX, READABLE = 3, 0o644


class _Outbox(io.RawIOBase):
    """Keeps what the archive writes until it is sent; it cannot be gone back in."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def take(self) -> bytes:
        """Return what waits and forget it."""
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken


def packed(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a ZIP of these files, each given by its name and bytes.

    It says nothing of when, where or by whom it was made: the same files are the same bytes.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files:
            entry = zipfile.ZipInfo(name)
            entry.create_system = UNIX
            entry.external_attr = READABLE << 16
            archive.writestr(entry, data)
    return out.getvalue()


def zip_chunks(files: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """Yield a ZIP of stored files, each given by its name in the ZIP and in storage.

    Pictures do not get smaller by compression, so there is none. A file that is gone is left out.
    """
    outbox = _Outbox()
    with zipfile.ZipFile(outbox, "w", zipfile.ZIP_STORED) as archive:
        for name, stored in files:
            try:
                source = default_storage.open(stored)
            except FileNotFoundError:
                continue
            with source, archive.open(name, "w") as target:
                for chunk in source.chunks():
                    target.write(chunk)
                    yield outbox.take()
    yield outbox.take()
