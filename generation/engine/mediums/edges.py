"""What several mediums need: smoothing that keeps edges, and finding those edges."""

import numpy as np

from generation.engine.pixels import Pixels, brightness, floats, size_of


def smoothed(pixels: Pixels, radius: int) -> Pixels:
    """Kuwahara's filter: each pixel takes the mean of the calmest of four squares around it."""
    size = size_of(pixels)
    span = radius + 1
    padded = np.pad(pixels, ((radius, radius), (radius, radius), (0, 0)), mode="reflect")
    light = brightness(padded)
    means = np.stack([_box(padded[..., channel], span) for channel in range(3)], axis=-1)
    spread = _box(light * light, span) - _box(light, span) ** 2
    best, result = None, None
    for down, across in ((0, 0), (0, radius), (radius, 0), (radius, radius)):
        window = (slice(down, down + size.height), slice(across, across + size.width))
        if best is None or result is None:
            best, result = spread[window].copy(), means[window].copy()
            continue
        calmer = spread[window] < best
        result[calmer] = means[window][calmer]
        best = np.where(calmer, spread[window], best)
    assert result is not None  # noqa: S101 - the loop ran
    return floats(result)


def _box(values: Pixels, span: int) -> Pixels:
    sums = np.pad(values, ((1, 0), (1, 0))).cumsum(0, dtype=np.float64).cumsum(1)
    square = sums[span:, span:] - sums[:-span, span:] - sums[span:, :-span] + sums[:-span, :-span]
    return floats(square / (span * span))


def slopes(values: Pixels) -> tuple[Pixels, Pixels]:
    across, down = np.zeros_like(values), np.zeros_like(values)
    across[:, 1:-1] = values[:, 2:] - values[:, :-2]
    down[1:-1] = values[2:] - values[:-2]
    return across, down


def edges(values: Pixels) -> Pixels:
    return floats(np.hypot(*slopes(values)))
