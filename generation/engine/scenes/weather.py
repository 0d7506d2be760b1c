"""What falls, hangs or shines between us and a place: rain, snow, fog, a rainbow."""

from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.color import colored, ramp
from generation.engine.noise import Grain, noise, wave
from generation.engine.pixels import (
    WHITE,
    Box,
    Pixels,
    Random,
    Size,
    blurred,
    empty,
    floats,
    from_picture,
    grid,
    over,
    screen,
    size_of,
    smoothstep,
)

DROPS: Final = 900
FLAKES: Final = ((1.1, 520), (2.4, 170), (5.0, 44))  # radius in thousandths, and how many
BOW: Final = ramp(
    [(0, "#7a3fd0"), (0.2, "#3f6fe0"), (0.4, "#35c46a"), (0.6, "#f4e04a"), (0.8, "#f58f2e"),
     (1, "#e23b3b")]
)  # fmt: skip
STEAM: Final = 0.34
BOW_RADIUS, BOW_WIDTH = 0.62, 0.055


def rained_on(pixels: Pixels, random: Random) -> Pixels:
    size = size_of(pixels)
    far, near = (_streaks(size, random, *layer) for layer in ((DROPS, 0.022, 1), (220, 0.06, 2)))
    light = np.clip(blurred(far, 1) * 0.55 + near * 0.38, 0, 1)
    mist = grid(size)[1] * 0.06
    return screen(pixels, floats([0.82, 0.90, 1.0]) * floats(light + mist)[..., None])


def _streaks(size: Size, random: Random, count: int, length: float, width: int) -> Pixels:
    picture = Image.new("L", (size.width, size.height))
    pen = ImageDraw.Draw(picture)
    slant = 0.16
    for x, y, share in zip(
        random.random(count), random.random(count) * 1.1 - 0.1, random.random(count), strict=True
    ):
        long = length * size.height * (0.5 + share)
        left, top = float(x) * size.width * 1.1, float(y) * size.height
        pen.line((left, top, left - long * slant, top + long), int(60 + 130 * share), width)
    return from_picture(picture)


def snowed_on(pixels: Pixels, random: Random) -> Pixels:
    size = size_of(pixels)
    for radius, count in FLAKES:
        points = empty(size)
        points[random.integers(0, size.height, count), random.integers(0, size.width, count)] = (
            0.4 + 0.6 * random.random(count)
        )
        spread = max(0.8, radius * size.unit / 1000)
        flakes = np.clip(blurred(points, spread) * spread * spread * 7, 0, 1)
        pixels = screen(pixels, WHITE * floats(flakes * 0.85)[..., None])
    return pixels


def fogged(pixels: Pixels, color: Pixels, horizon: float, random: Random) -> Pixels:
    """Banks that lie over the ground; nothing of them reaches our feet."""
    size = size_of(pixels)
    rows = grid(size)[1]
    drift = noise(random, size, Grain(cells=3, octaves=5, stretch=0.4))
    bank = np.exp(-(((rows - horizon - 0.05 + (drift - 0.5) * 0.30) / 0.19) ** 2))
    veil = 0.20 * smoothstep(1.0, 0.2, rows)
    air = color * 0.75 + floats([0.88, 0.90, 0.92]) * 0.25 * float(color.mean() + 0.2)
    return over(pixels, floats(np.clip(air, 0, 1)), floats(np.clip(bank * 0.78 + veil, 0, 0.92)))


def steamed(pixels: Pixels, box: Box, random: Random) -> Pixels:
    """Wisps that rise from the top of a box and lose themselves."""
    size = size_of(pixels)
    tall = int(box.height * 0.85)
    area = Box(box.left, box.top - tall, box.right, box.top + box.height // 8).grown(0, size)
    if area.width < 2 or area.height < 2:
        return pixels
    part = Size(area.width, area.height)
    columns, rows = grid(part)
    haze = np.zeros_like(rows)
    for start in (0.36, 0.48, 0.60):
        sway = (wave(random, part.height, 5) - 0.5)[:, None] * 0.34 * (1 - rows)
        wide = 0.030 + 0.085 * (1 - rows)
        haze += np.exp(-(((columns - start + 0.04 - sway) / wide) ** 2)) * (0.5 + 0.5 * rows)
    curls = 0.45 + 0.9 * noise(random, part, Grain(cells=5, octaves=3))
    fade = smoothstep(0.0, 0.55, rows) * smoothstep(1.0, 0.90, rows)
    result = pixels.copy()
    window = (slice(area.top, area.bottom), slice(area.left, area.right))
    light = floats(np.clip(haze * curls * fade * STEAM, 0, 0.7))
    result[window] = screen(pixels[window], WHITE * light[..., None])
    return result


def rainbowed(pixels: Pixels, sky: Pixels, horizon: float) -> Pixels:
    size = size_of(pixels)
    columns, rows = grid(size)
    away = np.hypot((columns - 0.42) * size.aspect, (rows - horizon - 0.10) * 1.0)
    place = (away / max(size.aspect, 0.75) - BOW_RADIUS + BOW_WIDTH) / BOW_WIDTH
    band = smoothstep(0.0, 0.25, floats(place)) * smoothstep(1.0, 0.75, floats(place))
    fade = smoothstep(horizon + 0.02, horizon - 0.30, rows) * 0.35 + 0.25
    light = colored(BOW, floats(place)) * floats(band * fade * sky)[..., None]
    return screen(pixels, light)
