"""The small pictures that stand for large ones."""

import io

from PIL import Image

PREVIEW_SIDE = 640
PREVIEW_QUALITY = 82


def preview_of(data: bytes) -> bytes:
    """Return a WebP of at most 640 px a side."""
    with Image.open(io.BytesIO(data)) as picture:
        small = picture.convert("RGB")
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    small.save(out, "WEBP", quality=PREVIEW_QUALITY)
    return out.getvalue()
