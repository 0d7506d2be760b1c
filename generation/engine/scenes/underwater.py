"""Under water: light falling in shafts, caustics on the sand, bubbles."""

from typing import Final

import numpy as np

from generation.engine.color import color_of, colored, ramp
from generation.engine.noise import Grain, noise, wave
from generation.engine.pixels import (
    WHITE,
    Pixels,
    Random,
    Size,
    blurred,
    floats,
    grid,
    over,
    sampled,
    screen,
    smoothstep,
)

DEPTHS: Final = ramp([(0, "#7fe3ea"), (0.25, "#1fa6c4"), (0.6, "#0b5f8f"), (1, "#052a4e")])
SAND: Final = ramp([(0, "#1f6f86"), (1, "#d9cf9a")])
SHAFT: Final = color_of("#c9fbff")
FLOOR: Final = 0.72
CAUSTICS: Final = 480
BUBBLES: Final = 60


def underwater(size: Size, random: Random) -> Pixels:
    rows = grid(size)[1]
    haze = noise(random, size, Grain(cells=3, octaves=3)) - 0.5
    pixels = colored(DEPTHS, floats(rows * 1.05 + haze * 0.08))
    pixels = _shafts(pixels, size, random)
    pixels = _floor(pixels, size, random)
    return _bubbled(pixels, size, random)


def _shafts(pixels: Pixels, size: Size, random: Random) -> Pixels:
    columns, rows = grid(size)
    angle = np.arctan2(columns - 0.62, rows + 0.35)
    beams = np.interp(angle, np.linspace(-1.6, 1.6, 90), random.random(90))
    beams = blurred(floats(np.clip(beams - 0.45, 0, 1) * 1.6), size.width / 120)
    return screen(pixels, SHAFT * floats(beams * smoothstep(1.05, 0, rows) * 0.55)[..., None])


def _floor(pixels: Pixels, size: Size, random: Random) -> Pixels:
    columns, rows = grid(size)
    depth = np.clip((rows - FLOOR) / (1 - FLOOR), 1e-3, 1)
    across, along = (columns - 0.5) / (depth * 0.8 + 0.25), 1 / (depth * 0.8 + 0.25)
    net = noise(random, Size(CAUSTICS, CAUSTICS), Grain(cells=9, octaves=2, ridged=True))
    light = sampled(
        net,
        floats((across * 0.32 + 0.5) % 1 * (CAUSTICS - 1)),
        floats((along * 0.55) % 1 * (CAUSTICS - 1)),
    )
    sand = colored(SAND, floats(depth * 0.55 + 0.15)) * (0.72 + 0.9 * light**5)[..., None]
    swell = (wave(random, size.width, 7) - 0.5) * 0.06
    lies = smoothstep(-0.012, 0.012, floats(rows - FLOOR - swell[None]))
    return over(pixels, floats(sand * (1 - 0.35 * (1 - depth))[..., None]), lies * 0.95)


def _bubbled(pixels: Pixels, size: Size, random: Random) -> Pixels:
    columns, rows = grid(size)
    for _ in range(BUBBLES):
        x, y = random.random(2)
        radius = random.uniform(0.003, 0.016)
        window = (
            slice(
                max(0, int((y - 3 * radius) * size.height)), int((y + 3 * radius) * size.height) + 1
            ),
            slice(
                max(0, int((x - 3 * radius) * size.width)), int((x + 3 * radius) * size.width) + 1
            ),
        )
        away = floats(np.hypot((columns[window] - x) * size.aspect, rows[window] - y) / radius)
        light = smoothstep(1.1, 0.95, away) * (0.12 + 0.5 * smoothstep(0.5, 1, away))
        pixels[window] = screen(pixels[window], WHITE * floats(light * 0.8)[..., None])
    return pixels
