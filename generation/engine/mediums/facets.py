"""Low poly: the picture as flat triangles, smaller where there is more to see."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.pixels import (
    Pixels,
    Random,
    blurred,
    floats,
    from_picture,
    resized,
    size_of,
)

CELLS: Final = 40  # along the longer side
JITTER: Final = 0.82
FINE: Final = 2
UNEVEN: Final = 0.035


def low_poly(pixels: Pixels, random: Random) -> Pixels:
    size = size_of(pixels)
    cell = max(size.width, size.height) / CELLS
    across, down = int(size.width / cell) + 3, int(size.height / cell) + 3
    columns = (np.arange(across)[None] - 1 + (random.random((down, across)) - 0.5) * JITTER) * cell
    rows = (np.arange(down)[:, None] - 1 + (random.random((down, across)) - 0.5) * JITTER) * cell
    corners = floats(np.stack([columns, rows], axis=-1))
    soft = blurred(pixels, cell * 0.22)
    picture = Image.new("RGB", (size.width * FINE, size.height * FINE))
    pen = ImageDraw.Draw(picture)
    for row in range(down - 1):
        for column in range(across - 1):
            _square(pen, corners[row : row + 2, column : column + 2], soft, random)
    return resized(from_picture(picture), size, Image.Resampling.BOX)


def _square(pen: ImageDraw.ImageDraw, corners: Pixels, soft: Pixels, random: Random) -> None:
    """Two triangles, cut along the diagonal whose ends differ less."""
    (first, second), (third, fourth) = corners
    falling = np.abs(_at(soft, first) - _at(soft, fourth)).sum()
    rising = np.abs(_at(soft, second) - _at(soft, third)).sum()
    halves = (
        ((first, second, fourth), (first, fourth, third))
        if falling <= rising
        else ((first, second, third), (second, fourth, third))
    )
    for half in halves:
        color = _at(soft, floats(np.mean(half, axis=0))) * (1 + float(random.normal(0, UNEVEN)))
        fill = tuple(int(value * 255) for value in np.clip(color, 0, 1))
        pen.polygon([(float(x) * FINE, float(y) * FINE) for x, y in half], fill=fill)


def _at(pixels: Pixels, place: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    column, row = int(np.clip(place[0], 0, width - 1)), int(np.clip(place[1], 0, height - 1))
    return floats(pixels[row, column])
