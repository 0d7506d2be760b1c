"""A meadow at our feet: blades of grass, and flowers among them."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.color import bytes_of, color_of
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

FINE: Final = 2  # blades are drawn this many times larger, so that they come out smooth
BLADES: Final = 5200
BLOSSOMS: Final = 240
TALLEST: Final = 0.062  # of the height, at the lower edge
FAR_ROW: Final = 0.62  # of the height: farther grass is too small to see
PETALS: Final = ("#e8413c", "#f7c62f", "#fbf7ee", "#a45bd6", "#f48fb6", "#ffffff")
LIT: Final = 0.55


def grown(
    pixels: Pixels, rows: tuple[float, float], random: Random, light: Pixels, *, blossoms: bool
) -> Pixels:
    """This function will let grass grow between two rows, in the colors of what lies under it."""
    size = size_of(pixels)
    top = max(0, int((rows[0] - 2 * TALLEST) * size.height))
    strip = pixels[top:]
    fine = Size(size.width * FINE, strip.shape[0] * FINE)
    picture = to_picture(resized(strip, fine, Image.Resampling.BILINEAR))
    share = (rows[1] - rows[0]) / (1.05 - FAR_ROW)
    pen = ImageDraw.Draw(picture)
    places = np.sort(rows[0] + random.random(int(BLADES * share)) ** 0.8 * (rows[1] - rows[0]))
    flowering = set(random.integers(0, len(places), int(BLOSSOMS * share)) if blossoms else ())
    for number, row in enumerate(places):
        across = float(random.random())
        near = max(0.05, (float(row) - FAR_ROW + 0.06) / (1.06 - FAR_ROW))
        foot = (across * fine.width, (float(row) * size.height - top) * FINE)
        color = _under(pixels, across, float(row))
        _blade(pen, (foot, near * TALLEST * size.height * FINE), (color, light), random)
        if number in flowering:
            _blossom(pen, foot, near * TALLEST * size.height * FINE, (light, random))
    result = pixels.copy()
    small = Size(size.width, strip.shape[0])
    result[top:] = resized(from_picture(picture), small, Image.Resampling.BOX)
    return result


def _under(pixels: Pixels, across: float, row: float) -> Pixels:
    height, width = pixels.shape[:2]
    color: Pixels = pixels[min(height - 1, int(row * height)), min(width - 1, int(across * width))]
    return color


def _blade(
    pen: ImageDraw.ImageDraw,
    stands: tuple[tuple[float, float], float],
    look: tuple[Pixels, Pixels],
    random: Random,
) -> None:
    (across, down), height = stands
    tall = height * float(random.uniform(0.45, 1.0))
    bend = tall * float(random.uniform(-0.45, 0.45))
    half = max(0.9, tall * 0.045)
    tone = float(random.uniform(0.62, 1.22))
    color = look[0] * tone + look[1] * (0.10 * max(0.0, tone - 0.8))
    middle = (across + bend * 0.35, down - tall * 0.55)
    outline = [
        (across - half, down), (middle[0] - half * 0.8, middle[1]), (across + bend, down - tall),
        (middle[0] + half * 0.8, middle[1]), (across + half, down),
    ]  # fmt: skip
    pen.polygon(outline, fill=bytes_of(floats(color)))


def _blossom(
    pen: ImageDraw.ImageDraw,
    foot: tuple[float, float],
    height: float,
    look: tuple[Pixels, Random],
) -> None:
    light, random = look
    petal = color_of(PETALS[int(random.integers(len(PETALS)))])
    tall, radius = height * float(random.uniform(0.6, 1.05)), height * 0.13
    across, down = foot[0] + height * float(random.uniform(-0.2, 0.2)), foot[1] - tall
    color = floats(petal * (0.35 + LIT * light) + 0.08)
    pen.line((foot, (across, down)), fill=(70, 110, 40), width=max(1, int(radius * 0.35)))
    for angle in np.linspace(0, 2 * np.pi, 6)[:-1]:
        at_x, at_y = across + np.cos(angle) * radius * 0.75, down + np.sin(angle) * radius * 0.55
        pen.ellipse((at_x - radius * 0.6, at_y - radius * 0.5, at_x + radius * 0.6,
                     at_y + radius * 0.5), fill=bytes_of(color))  # fmt: skip
    pen.ellipse((across - radius * 0.4, down - radius * 0.35, across + radius * 0.4,
                 down + radius * 0.35), fill=(232, 176, 40))  # fmt: skip
