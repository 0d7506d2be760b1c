"""The darkroom: bloom, grade, vignette and grain that make drawn and taken parts one picture."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from generation.engine.color import color_of
from generation.engine.pixels import (
    WHITE,
    Pixels,
    Random,
    Size,
    blurred,
    brightness,
    floats,
    grid,
    resized,
    screen,
    size_of,
    smoothstep,
)

BLOOM_THRESHOLD = 0.78
BLOOM_RADIUS = 0.03
BLOOM_SHRINK = 4
GRAIN = 0.010
GRAIN_IN_EXTREMES = 0.4  # grain hardly shows in pure black and white, as on film
S_CURVE = 0.16
MIDDLE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """How the picture is developed: contrast, saturation and a tint at either end."""

    contrast: float = 0.0
    saturation: float = 1.0
    shadows: Pixels | None = None
    highlights: Pixels | None = None
    strength: float = 0.12


ON_FILM = Grade(  # for what stands in front: skin must stay skin
    contrast=0.22,
    saturation=0.98,
    shadows=color_of("#0a5a78"),
    highlights=color_of("#ffb066"),
    strength=0.06,
)
FILM = Grade(
    contrast=0.45,
    saturation=1.04,
    shadows=color_of("#0a5a78"),
    highlights=color_of("#ffb066"),
    strength=0.14,
)


def graded(pixels: Pixels, grade: Grade) -> Pixels:
    bounded = np.clip(pixels, 0, 1)
    curved = bounded - grade.contrast * S_CURVE * np.sin(2 * np.pi * bounded)
    gray = brightness(floats(curved))[..., None]
    tinted = gray + (curved - gray) * grade.saturation
    if grade.shadows is not None:
        tinted = tinted + (grade.shadows - MIDDLE) * (grade.strength * (1 - gray) ** 2)
    if grade.highlights is not None:
        tinted = tinted + (grade.highlights - MIDDLE) * (grade.strength * gray**2)
    return floats(np.clip(tinted, 0, 1))


def bloomed(pixels: Pixels, strength: float) -> Pixels:
    """Let what is very bright shine a little over its edges."""
    size = size_of(pixels)
    small = Size(size.width // BLOOM_SHRINK, size.height // BLOOM_SHRINK)
    bright = np.clip(pixels - BLOOM_THRESHOLD, 0, 1) / (1 - BLOOM_THRESHOLD)
    glow = resized(floats(bright), small, Image.Resampling.BOX)
    glow = blurred(glow, BLOOM_RADIUS * max(small.width, small.height))
    return screen(pixels, resized(glow, size) * strength)


def vignetted(pixels: Pixels, strength: float) -> Pixels:
    columns, rows = grid(size_of(pixels))
    distance = ((columns - MIDDLE) ** 2 + (rows - MIDDLE) ** 2) * 2
    return floats(pixels * (1 - strength * smoothstep(0.25, 1.1, distance))[..., None])


def grained(pixels: Pixels, random: Random, strength: float = GRAIN) -> Pixels:
    chance = random.standard_normal(pixels.shape[:2], dtype=np.float32)
    middle = 1 - np.abs(2 * brightness(pixels) - 1)
    speckle = chance * strength * (GRAIN_IN_EXTREMES + (1 - GRAIN_IN_EXTREMES) * middle)
    return floats(pixels + speckle[..., None])


def lightened(pixels: Pixels, share: float) -> Pixels:
    return floats(pixels + (WHITE - pixels) * share)
