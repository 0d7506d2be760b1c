"""Pixels to a labelled JPEG of a bounded size."""

import io
from typing import Final

from generation.engine.metadata import exif_block, xmp_packet
from generation.engine.pixels import Pixels, to_picture

MOST_BYTES: Final = 2 * 1024 * 1024
QUALITIES: Final = (93, 88, 82, 74, 64)
FULL_COLOR: Final = 0  # no chroma subsampling: colored letters stay crisp


def jpeg_of(pixels: Pixels, source: str) -> bytes:
    data = b""
    for quality in QUALITIES:
        data = _saved(pixels, source, quality)
        if len(data) <= MOST_BYTES:
            break
    return data


def _saved(pixels: Pixels, source: str, quality: int) -> bytes:
    target = io.BytesIO()
    to_picture(pixels).save(
        target, "JPEG", quality=quality, subsampling=FULL_COLOR, optimize=True,
        exif=exif_block(), xmp=xmp_packet(source),
    )  # fmt: skip
    return target.getvalue()
