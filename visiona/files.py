"""Serve the files of local storage, only under addresses that we signed."""

from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from visiona.lib.errors import NotFound
from visiona.lib.storage import is_signed

CONTENT_TYPES = {".jpg": "image/jpeg", ".webp": "image/webp", ".png": "image/png"}


@require_safe
def serve(request: HttpRequest, name: str) -> FileResponse:
    """Answer with the file; the signature is the permission. Raises NotFound."""
    asked: Any = request.GET
    if not is_signed(name, expires=asked.get("expires", ""), signature=asked.get("signature", "")):
        raise NotFound("This address has expired or was changed. Reload the page.")
    try:
        file = default_storage.open(name)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise NotFound("This file is gone.") from None
    kind = CONTENT_TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
    response = FileResponse(file, content_type=kind)
    response["Cache-Control"] = "private, max-age=900"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
