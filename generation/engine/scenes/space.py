"""Space: a nebula, stars, and a ringed planet lit from one side."""

import math
from typing import Final

import numpy as np

from generation.engine.color import color_of, colored, ramp
from generation.engine.noise import Grain, noise, stretched, wave
from generation.engine.pixels import (
    Pixels,
    Random,
    Size,
    blurred,
    empty,
    filled,
    floats,
    grid,
    over,
    sampled,
    screen,
    smoothstep,
)

VOID: Final = color_of("#04050f")
STAR_EVERY: Final = 650
SUNWARD: Final = (-0.72, -0.35, 0.6)
RING_TILT: Final = 0.30
RING_FLATNESS: Final = 4.2
PLANET: Final = 0.24  # of the shorter side


def space(size: Size, colors: list[Pixels], random: Random, planet: tuple[float, float]) -> Pixels:
    pixels = _nebula(size, colors, random)
    pixels = _stars(pixels, size, random)
    return _planet(pixels, size, (colors, random), planet)


def _nebula(size: Size, colors: list[Pixels], random: Random) -> Pixels:
    columns, rows = grid(size)
    dust = noise(random, size, Grain(cells=3, octaves=7, gain=0.55))
    drift = noise(random, size, Grain(cells=3, octaves=5))
    swirled = sampled(
        dust,
        _folded(columns * size.width + (drift - 0.5) * size.width * 0.55, size.width),
        _folded(rows * size.height + (drift[::-1] - 0.5) * size.height * 0.55, size.height),
    )
    lane = np.abs((rows - 0.5) - (columns - 0.5) * 0.5 + (drift - 0.5) * 0.4)
    dense = stretched(swirled) ** 1.9 * smoothstep(0.75, 0.05, floats(lane))
    table = ramp([(0, colors[0]), (0.35, colors[1]), (0.7, colors[2]), (1, colors[3])])
    hue = colored(table, floats(stretched(drift) * 0.65 + dense * 0.45))
    return screen(filled(size, VOID), hue * floats(dense * 1.05)[..., None])


def _folded(places: Pixels, length: int) -> Pixels:
    """Beyond an edge the noise is mirrored, so that it has no seam."""
    return floats(length - 1 - np.abs(length - 1 - np.abs(places)))


def _stars(pixels: Pixels, size: Size, random: Random) -> Pixels:
    count = size.width * size.height // STAR_EVERY
    points = empty(size)
    points[random.integers(0, size.height, count), random.integers(0, size.width, count)] = (
        random.random(count) ** 6
    )
    haloes = blurred(floats((points > 0.6) * points), 1.4) * 7
    return screen(
        pixels, floats(np.clip(points + haloes, 0, 1))[..., None] * floats([0.95, 0.97, 1])
    )


def _planet(
    pixels: Pixels, size: Size, look: tuple[list[Pixels], Random], place: tuple[float, float]
) -> Pixels:
    colors, random = look
    columns, rows = grid(size)
    x = (columns - place[0]) * size.width / (PLANET * size.unit)
    y = (rows - place[1]) * size.height / (PLANET * size.unit)
    squared = x * x + y * y
    z = np.sqrt(np.clip(1 - squared, 0, 1))
    light = np.clip(x * SUNWARD[0] + y * SUNWARD[1] + z * SUNWARD[2], 0, 1)
    bands = _bands(size, (colors, random), floats(y))
    ball = bands * (light**0.9 * 1.15 + 0.02)[..., None]
    ball = screen(floats(ball), colors[3] * ((1 - z) ** 2.5 * light * 1.1)[..., None])
    halo = np.exp(-np.clip(np.sqrt(squared) - 1, 0, 9) * 9) * (squared > 1)
    halo = halo * np.clip(0.35 - (x * 0.72 + y * 0.35) * 0.4, 0, 1)
    pixels = screen(pixels, colors[2] * floats(halo * 0.7)[..., None])
    pixels = over(pixels, ball, smoothstep(1.0, 0.985, floats(squared)))
    return _ringed(pixels, (floats(x), floats(y)), floats(squared), (colors[3], random))


def _bands(size: Size, look: tuple[list[Pixels], Random], y: Pixels) -> Pixels:
    colors, random = look
    wobble = noise(random, size, Grain(cells=9, octaves=4)) - 0.5
    line = wave(random, 512, 26)
    value = np.interp((y + wobble * 0.16 + 1.2) / 2.4, np.linspace(0, 1, 512), line)
    return colored(ramp([(0, colors[1]), (0.5, colors[2]), (1, colors[3])]), floats(value))


def _ringed(
    pixels: Pixels, place: tuple[Pixels, Pixels], squared: Pixels, look: tuple[Pixels, Random]
) -> Pixels:
    x, y = place
    cosine, sine = math.cos(RING_TILT), math.sin(RING_TILT)
    along, across = x * cosine + y * sine, (y * cosine - x * sine) * RING_FLATNESS
    away = np.hypot(along, across)
    grooves = np.interp(away, np.linspace(1.3, 2.2, 60), look[1].random(60))
    ring = smoothstep(1.35, 1.42, floats(away)) * smoothstep(2.15, 2.05, floats(away))
    in_front = np.where((across < 0) & (squared < 1), 0, 1)
    return over(pixels, look[0] * 0.95, floats(ring * (0.35 + 0.65 * grooves) * in_front * 0.75))
