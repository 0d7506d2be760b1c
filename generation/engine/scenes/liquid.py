"""Liquid color: an abstract surface that folds, with light gliding over it."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from generation.engine.color import colored, ramp
from generation.engine.noise import Grain, noise, stretched
from generation.engine.pixels import (
    WHITE,
    Pixels,
    Random,
    Size,
    blurred,
    floats,
    grid,
    sampled,
    screen,
)

TOWARD_LIGHT: Final = np.array([-0.5, -0.62, 0.6], dtype=np.float32)
FOLDS: Final = 21.0
GLOSS: Final = 42


def liquid(size: Size, colors: Sequence[Pixels], random: Random) -> Pixels:
    columns, rows = grid(size)
    first = noise(random, size, Grain(cells=1.5, octaves=4, gain=0.42))
    second = noise(random, size, Grain(cells=1.5, octaves=4, gain=0.42))
    pull = float(random.uniform(0.75, 1.1))
    bent = sampled(
        first,
        floats((columns + (second - 0.5) * pull) % 1 * size.width),
        floats((rows + (first - 0.5) * pull) % 1 * size.height),
    )
    longest = max(size.width, size.height)
    bent = blurred(bent, longest / 150)
    surface = blurred(floats(bent * 2.2 + (np.sin(bent * FOLDS) * 0.5 + 0.5) * 0.06), 2.4)
    light, shine = _lit(surface, longest)
    tone = floats(stretched(bent) * 0.85 + (second - 0.5) * 0.55)
    table = ramp(list(zip((0, 0.34, 0.68, 1), colors, strict=True)))
    pixels = floats(colored(table, tone) * (0.30 + 0.92 * light)[..., None])
    pixels = screen(pixels, WHITE * (shine * 0.55)[..., None])
    return screen(pixels, blurred(floats(WHITE * (shine * 0.5)[..., None]), longest / 60))


def _lit(surface: Pixels, longest: int) -> tuple[Pixels, Pixels]:
    """How much light each spot gets, and where it mirrors the lamp."""
    down, across = np.gradient(surface * longest * 0.35)
    flat = 1 / np.sqrt(across * across + down * down + 1)
    x, y, z = TOWARD_LIGHT
    light = np.clip((-across * x - down * y + z) * flat, 0, 1)
    half = TOWARD_LIGHT + np.array([0, 0, 1], dtype=np.float32)
    half = half / np.linalg.norm(half)
    shine = np.clip((-across * half[0] - down * half[1] + half[2]) * flat, 0, 1) ** GLOSS
    return floats(light), floats(shine)
