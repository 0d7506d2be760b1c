"""A comic: flat colors, dots of a printing screen, and black outlines."""

from typing import Final

import numpy as np

from generation.engine.finish import Grade, graded
from generation.engine.mediums.edges import edges, smoothed
from generation.engine.pixels import (
    Pixels,
    Random,
    blurred,
    brightness,
    floats,
    size_of,
    smoothstep,
)

LEVELS: Final = 5
PRINT: Final = Grade(contrast=0.28, saturation=1.45)
DOTS: Final = 120  # along the longer side
SQUARE_ROOT_OF_HALF: Final = 0.7071


def comic(pixels: Pixels, random: Random) -> Pixels:
    size = size_of(pixels)
    longest = max(size.width, size.height)
    calm = smoothed(smoothed(pixels, max(3, longest // 260)), 2)
    dots = _dots(1 - brightness(calm), longest, float(random.uniform(0, 1)))
    stepped = np.round(calm * LEVELS) / LEVELS
    flat = graded(floats(calm * 0.35 + stepped * 0.65), PRINT)
    printed = flat * (1 - 0.26 * dots)[..., None]
    contour = sum(edges(blurred(floats(calm[..., channel]), 1.5)) for channel in range(3))
    ink = smoothstep(0.22, 0.50, floats(contour))
    return floats(np.clip(printed * (1 - ink * 0.94)[..., None], 0, 1))


def _dots(dark: Pixels, longest: int, phase: float) -> Pixels:
    cell = max(5.0, longest / DOTS)
    rows, columns = np.mgrid[0 : dark.shape[0], 0 : dark.shape[1]].astype(np.float32)
    u = (columns + rows) * SQUARE_ROOT_OF_HALF / cell + phase
    v = (columns - rows) * SQUARE_ROOT_OF_HALF / cell
    away = np.hypot(u - np.round(u), v - np.round(v))
    return smoothstep(-0.06, 0.06, floats(np.sqrt(np.clip(dark - 0.12, 0, 1) / 1.6) - away))
