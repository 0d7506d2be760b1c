"""Take in a picture that somebody else's model made: checked, marked, in our format."""

import io
from typing import Final

from PIL import Image, UnidentifiedImageError

from generation.engine.encode import encoded
from generation.engine.metadata import TRAINED, xmp_packet
from generation.engine.picture import Picture
from generation.engine.pixels import from_picture

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MOST_PIXELS: Final = 24_000_000
ALT_TEXT: Final = "A picture made by an AI model"


def imported(data: bytes, *, seed: int | None) -> Picture:
    """This function will return the picture as a marked JPEG.

    Raises ValueError for what is not a JPEG, PNG or WebP picture of at most 24 megapixels.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError("data: has too many pixels")
            whole = picture.convert("RGB")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as error:
        raise ValueError("data: is no picture that can be read") from error
    file = encoded(from_picture(whole), TRAINED)
    return Picture(
        data=file.data,
        plate=None,
        mark=xmp_packet(TRAINED),
        width=whole.width,
        height=whole.height,
        content_type="image/jpeg",
        seed=seed,
        alt_text=ALT_TEXT,
        facts={},
    )
