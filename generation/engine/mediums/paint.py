"""Oil on canvas and watercolor on paper."""

import math
from typing import Final

import numpy as np

from generation.engine.mediums.edges import edges, slopes, smoothed
from generation.engine.noise import Grain, noise
from generation.engine.pixels import (
    LUMA,
    Pixels,
    Random,
    Size,
    blurred,
    brightness,
    floats,
    grid,
    over,
    resized,
    sampled,
    size_of,
    smoothstep,
)

STROKE_STEPS: Final = 7
PAPER: Final = floats([0.97, 0.96, 0.93])
RICHER: Final = 1.16


def oil(pixels: Pixels, random: Random) -> Pixels:
    """Strokes follow the shapes; the light catches on the ridges of the paint."""
    size = size_of(pixels)
    longest = max(size.width, size.height)
    rich = _richer(pixels, RICHER)
    flat = smoothed(smoothed(rich, max(3, longest // 200)), max(2, longest // 330))
    direction = _along_shapes(flat, size, random)
    bristles = noise(random, size, Grain(cells=longest / 5, octaves=2))
    ridges = _dragged(bristles, direction, longest / 85)
    mixed = _dragged_colors(flat, direction, longest / 170)
    across, down = slopes(floats(ridges * 1.1 + brightness(mixed) * 0.30))
    relief = floats(across + down)
    variation = (noise(random, size, Grain(cells=26, octaves=3)) - 0.5) * 0.10
    painted = mixed * (1 + relief * 0.95 + variation)[..., None] + (relief * 0.10)[..., None]
    return floats(np.clip(painted, 0, 1))


def _richer(pixels: Pixels, saturation: float) -> Pixels:
    gray = brightness(pixels)[..., None]
    return floats(np.clip(gray + (pixels - gray) * saturation, 0, 1))


def _along_shapes(flat: Pixels, size: Size, random: Random) -> Pixels:
    """The angle of the stroke at each pixel: along edges where there are any, else drifting."""
    small = Size(size.width // 4, size.height // 4)
    light = blurred(resized(brightness(flat), small), 3)
    across, down = slopes(light)
    twice_x = blurred(floats(across * across - down * down), 6)
    twice_y = blurred(floats(2 * across * down), 6)
    strength = np.hypot(twice_x, twice_y)
    drift = noise(random, small, Grain(cells=3, octaves=2)) * 2 * math.pi
    weight = 4e-4
    angle = 0.5 * np.arctan2(
        twice_y + weight * np.sin(drift) * 0.2,
        twice_x + weight * np.cos(drift) * 0.2 * (strength < weight),
    )
    return resized(floats(angle + math.pi / 2), size)


def _dragged(values: Pixels, angle: Pixels, length: float) -> Pixels:
    """The mean along each pixel's stroke."""
    rows, columns = np.mgrid[0 : values.shape[0], 0 : values.shape[1]].astype(np.float32)
    cosine, sine = np.cos(angle), np.sin(angle)
    total = np.zeros_like(values)
    for share in np.linspace(-1, 1, STROKE_STEPS, dtype=np.float32):
        total += sampled(
            values, columns + cosine * (length * share), rows + sine * (length * share)
        )
    return floats(total / STROKE_STEPS)


def _dragged_colors(pixels: Pixels, angle: Pixels, length: float) -> Pixels:
    rows, columns = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]].astype(np.float32)
    cosine, sine = np.cos(angle), np.sin(angle)
    total = np.zeros_like(pixels)
    for share in (-1.0, -0.4, 0.4, 1.0):
        total += sampled(
            pixels, columns + cosine * (length * share), rows + sine * (length * share)
        )
    return floats(total / 4)


def watercolor(pixels: Pixels, random: Random) -> Pixels:
    """Color that ran on wet paper: pale, pooled at its edges, and a white margin."""
    size = size_of(pixels)
    longest = max(size.width, size.height)
    radius = max(3, longest // 190)
    rows, columns = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32)
    wobble = [noise(random, size, Grain(cells=24, octaves=4)) - 0.5 for _ in range(2)]
    calm = smoothed(_richer(pixels, 1.30), radius)
    run = sampled(calm, columns + wobble[0] * radius * 5, rows + wobble[1] * radius * 5)
    run = blurred(run, 1.2)
    rims = edges(blurred(floats(run @ LUMA), 1.5))
    pigment = noise(random, size, Grain(cells=6, octaves=6))
    washed = 1 - (1 - run) * (0.60 + 0.52 * pigment)[..., None]
    washed = washed - np.clip(rims * 1.3, 0, 0.26)[..., None]
    tooth = noise(random, size, Grain(cells=longest / 4, octaves=2))
    washed = washed * (0.94 + 0.11 * tooth)[..., None]
    across, down = grid(size)
    inside = np.minimum(np.minimum(across, 1 - across), np.minimum(down, 1 - down))
    painted = smoothstep(0.012, 0.055, floats(inside + (pigment - 0.5) * 0.12))
    paper = PAPER * (0.955 + 0.05 * tooth)[..., None]
    return over(floats(paper), floats(np.clip(washed, 0, 1)), painted)
