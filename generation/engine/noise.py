"""Noise: grids of chance, smoothed and summed over octaves, the same for the same seed."""

from dataclasses import dataclass

import numpy as np

from generation.engine.pixels import Pixels, Random, Size, empty, floats, resized

SPARE_CELLS = 3
TAIL_PERCENT = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain:
    """How coarse the noise begins (cells along the longer side) and how it refines."""

    cells: float = 4
    octaves: int = 5
    gain: float = 0.5
    stretch: float = 1.0
    ridged: bool = False


def noise(random: Random, size: Size, grain: Grain | None = None) -> Pixels:
    grain = grain or Grain()
    total, weight, cells, loudness = empty(size), 0.0, grain.cells, 1.0
    for _ in range(grain.octaves):
        lattice = _lattice(size, cells, grain.stretch)
        if lattice.width > size.width or lattice.height > size.height:
            break
        total += loudness * _octave(random, size, lattice, ridged=grain.ridged)
        weight += loudness
        loudness *= grain.gain
        cells *= 2
    return floats(total / max(weight, loudness))


def _lattice(size: Size, cells: float, stretch: float) -> Size:
    longest = max(size.width, size.height)
    return Size(
        max(2, int(cells * size.width / longest * stretch) + SPARE_CELLS),
        max(2, int(cells * size.height / longest) + SPARE_CELLS),
    )


def _octave(random: Random, size: Size, lattice: Size, *, ridged: bool) -> Pixels:
    chance = random.random((lattice.height, lattice.width), dtype=np.float32)
    smooth = resized(chance, size)
    return floats(1 - np.abs(2 * smooth - 1)) if ridged else smooth


def wave(random: Random, length: int, cells: int) -> Pixels:
    """A smooth line of chance, between 0 and 1."""
    chance = random.random((1, cells), dtype=np.float32)
    return floats(resized(chance, Size(length, 1))[0])


def stretched(values: Pixels) -> Pixels:
    """The same shape, using all of 0 to 1."""
    low, high = np.percentile(values[::4, ::4], [TAIL_PERCENT, 100 - TAIL_PERCENT])
    return floats(np.clip((values - low) / (high - low + 1e-6), 0, 1))
