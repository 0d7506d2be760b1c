"""Pixels to a labelled JPEG of a bounded size."""

import io
from dataclasses import dataclass
from typing import Final

from PIL import Image

from generation.engine.metadata import exif_block, xmp_packet
from generation.engine.pixels import Box, Pixels, from_picture, to_picture

MOST_BYTES: Final = 2 * 1024 * 1024
QUALITIES: Final = (93, 88, 82, 74, 64)
FULL_COLOR: Final = 0  # no chroma subsampling: colored letters stay crisp
PLATE_QUALITY: Final = 95  # it is encoded once more with every title that is set on it


@dataclass(frozen=True, slots=True)
class Encoded:
    data: bytes
    quality: int

    @property
    def is_reduced(self) -> bool:
        """Whether the file was too heavy at the quality that we like best."""
        return self.quality < QUALITIES[0]


def encoded(pixels: Pixels, source: str) -> Encoded:
    """This function will encode as well as a file of two megabytes allows."""
    for quality in QUALITIES:
        attempt = Encoded(_saved(pixels, source, quality), quality)
        if len(attempt.data) <= MOST_BYTES:
            break
    return attempt


def plate_of(pixels: Pixels, source: str) -> bytes:
    return _saved(pixels, source, PLATE_QUALITY)


def decoded(data: bytes, area: Box | None = None) -> Pixels:
    """The pixels as people get them, all or those of an area."""
    with Image.open(io.BytesIO(data)) as picture:
        whole = picture.convert("RGB")
    if area is not None:
        whole = whole.crop((area.left, area.top, area.right, area.bottom))
    return from_picture(whole)


def _saved(pixels: Pixels, source: str, quality: int) -> bytes:
    target = io.BytesIO()
    # Not with `optimize`: for that Pillow sets aside a byte a pixel, which a rough picture exceeds.
    to_picture(pixels).save(
        target, "JPEG", quality=quality, subsampling=FULL_COLOR,
        exif=exif_block(), xmp=xmp_packet(source),
    )  # fmt: skip
    return target.getvalue()
