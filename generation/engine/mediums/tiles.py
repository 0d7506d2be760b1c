"""Pixel art: few large pixels in few colors, with a little ordered dither."""

from typing import Final

import numpy as np
from PIL import Image

from generation.engine.finish import Grade, graded
from generation.engine.pixels import (
    Pixels,
    Random,
    Size,
    floats,
    from_picture,
    resized,
    size_of,
    to_picture,
)

ACROSS: Final = 176  # pixels along the longer side
COLORS: Final = 40
VIVID: Final = Grade(contrast=0.32, saturation=1.28)
BAYER: Final = floats([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16 - 0.47
DITHER: Final = 0.040


def pixel_art(pixels: Pixels, random: Random) -> Pixels:
    size = size_of(pixels)
    scale = ACROSS / max(size.width, size.height)
    small = Size(round(size.width * scale), round(size.height * scale))
    coarse = resized(graded(pixels, VIVID), small, Image.Resampling.BOX)
    shift = int(random.integers(4))
    pattern = np.tile(np.roll(BAYER, shift, 1), (small.height // 4 + 1, small.width // 4 + 1))
    dithered = coarse + (pattern[: small.height, : small.width] * DITHER)[..., None]
    few = to_picture(floats(dithered)).quantize(COLORS, kmeans=2, dither=Image.Dither.NONE)
    large = few.convert("RGB").resize((size.width, size.height), Image.Resampling.NEAREST)
    return from_picture(large)
