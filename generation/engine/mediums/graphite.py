"""A pencil drawing: contours, and hatching where it is dark."""

import math
from typing import Final

import numpy as np

from generation.engine.mediums.edges import edges, smoothed
from generation.engine.noise import Grain, noise
from generation.engine.pixels import (
    Pixels,
    Random,
    blurred,
    brightness,
    floats,
    grid,
    size_of,
    smoothstep,
)

PAPER: Final = floats([0.975, 0.965, 0.94])
LEAD: Final = floats([0.17, 0.17, 0.20])
# The angle of each layer of hatching, and how dark it must be for it to be laid.
HATCHING: Final = ((0.80, 0.24, 0.26), (0.98, 0.44, 0.30), (0.62, 0.62, 0.34), (2.30, 0.80, 0.34))
LINES: Final = 150  # along the longer side


def pencil(pixels: Pixels, random: Random) -> Pixels:
    size = size_of(pixels)
    longest = max(size.width, size.height)
    light = brightness(smoothed(pixels, max(2, longest // 400)))
    low, high = np.percentile(light[::4, ::4], [2, 98])
    light = floats(np.clip((light - low) / max(high - low, 0.2), 0, 1) ** 0.70)
    tooth = noise(random, size, Grain(cells=longest / 3, octaves=2))
    lines = _contours(pixels, longest) * (0.70 + 0.6 * tooth)
    hatched = _hatched(floats(1 - light), longest, random) * (0.60 + 0.8 * tooth)
    rubbed = smoothstep(0.35, 1.0, blurred(floats(1 - light), longest / 300)) * 0.34
    lead = floats(np.clip(lines + hatched + rubbed * (0.7 + 0.6 * tooth), 0, 0.96))
    across, down = grid(size)
    inside = np.minimum(np.minimum(across, 1 - across), np.minimum(down, 1 - down))
    ragged = noise(random, size, Grain(cells=9, octaves=4)) - 0.5
    lead = lead * smoothstep(0.005, 0.075, floats(inside + ragged * 0.10))
    paper = PAPER * (0.965 + 0.05 * tooth)[..., None]
    return floats(paper * (1 - lead)[..., None] + LEAD * lead[..., None])


def _contours(pixels: Pixels, longest: int) -> Pixels:
    fine = sum(edges(blurred(floats(pixels[..., channel]), 1.0)) for channel in range(3))
    broad = sum(edges(blurred(floats(pixels[..., channel]), longest / 380)) for channel in range(3))
    return floats(np.clip(smoothstep(0.10, 0.62, floats(fine)) * 0.8
                          + smoothstep(0.06, 0.40, floats(broad)) * 0.5, 0, 1))  # fmt: skip


def _hatched(dark: Pixels, longest: int, random: Random) -> Pixels:
    size = size_of(dark)
    rows, columns = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    sway = noise(random, size, Grain(cells=5, octaves=2)) * 7
    pressure = noise(random, size, Grain(cells=30, octaves=2))
    total = np.zeros_like(dark)
    for angle, needed, strength in HATCHING:
        along = columns * math.cos(angle) + rows * math.sin(angle)
        stroke = np.sin(along * (2 * math.pi * LINES / longest) + sway)
        total += (
            smoothstep(needed, needed + 0.22, dark)
            * smoothstep(-0.25, 0.75, floats(stroke))
            * strength
            * (0.6 + 0.8 * pressure)
        )
    return floats(total)
