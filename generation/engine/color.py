"""Colors: mixed and shaded in OKLab, where equal steps look equal, and measured as WCAG does."""

import math
from collections.abc import Sequence

import numpy as np

from generation.engine.pixels import LUMA, Pixels, floats

RAMP_STEPS = 512
FLARE = 0.05  # the light that WCAG adds to both sides of a contrast

TO_CONE = floats(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = floats(
    [
        [0.2104542553, 0.793617785, -0.0040720468],
        [1.9779984951, -2.428592205, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.808675766],
    ]
)
FROM_CONE = floats(np.linalg.inv(TO_CONE))
FROM_LAB = floats(np.linalg.inv(TO_LAB))


def color_of(code: str) -> Pixels:
    digits = code.removeprefix("#")
    return floats([int(digits[place : place + 2], 16) for place in (0, 2, 4)]) / np.float32(255)


def code_of(color: Pixels) -> str:
    return "#" + "".join(f"{value:02x}" for value in bytes_of(color))


def bytes_of(color: Pixels) -> tuple[int, int, int]:
    red, green, blue = (round(float(value) * 255) for value in np.clip(color, 0, 1))
    return red, green, blue


def to_linear(color: Pixels) -> Pixels:
    bent = ((np.maximum(color, 0) + 0.055) / 1.055) ** 2.4
    return floats(np.where(color <= 0.04045, color / 12.92, bent))


def to_srgb(light: Pixels) -> Pixels:
    safe = np.clip(light, 0, None)
    return floats(np.where(safe <= 0.0031308, safe * 12.92, 1.055 * safe ** (1 / 2.4) - 0.055))


def to_oklab(color: Pixels) -> Pixels:
    return floats(np.cbrt(to_linear(floats(color)) @ TO_CONE.T) @ TO_LAB.T)


def from_oklab(lab: Pixels) -> Pixels:
    light = floats((lab @ FROM_LAB.T) ** 3 @ FROM_CONE.T)
    return floats(np.clip(to_srgb(light), 0, 1))


def mixed(first: Pixels, second: Pixels, share: float) -> Pixels:
    return from_oklab(to_oklab(first) * (1 - share) + to_oklab(second) * share)


def changed(
    color: Pixels, *, lightness: float = 0.0, chroma: float = 1.0, turn: float = 0.0
) -> Pixels:
    """The color made lighter, stronger, or turned around the hue circle (in radians)."""
    lab = to_oklab(color)
    cosine, sine = math.cos(turn), math.sin(turn)
    green_red, blue_yellow = lab[1] * chroma, lab[2] * chroma
    turned = [
        np.clip(lab[0] + lightness, 0, 1),
        green_red * cosine - blue_yellow * sine,
        green_red * sine + blue_yellow * cosine,
    ]
    return from_oklab(floats(turned))


def lightness_of(color: Pixels) -> float:
    return float(to_oklab(color)[0])


def ramp(stops: Sequence[tuple[float, Pixels | str]]) -> Pixels:
    """A table of colors that runs through the stops."""
    places = [place for place, _ in stops]
    labs = floats([to_oklab(_as_color(color)) for _, color in stops])
    steps = np.linspace(0, 1, RAMP_STEPS)
    channels = [np.interp(steps, places, labs[:, index]) for index in range(3)]
    return from_oklab(floats(np.stack(channels, axis=-1)))


def _as_color(color: Pixels | str) -> Pixels:
    return color_of(color) if isinstance(color, str) else color


def colored(table: Pixels, values: Pixels) -> Pixels:
    """Look each value between 0 and 1 up in a ramp."""
    places = (np.clip(values, 0, 1) * (len(table) - 1)).astype(np.int32)
    return table[places]


def luminance(pixels: Pixels) -> Pixels:
    return floats(to_linear(pixels) @ LUMA)


def contrast_of(first: float, second: float) -> float:
    """The WCAG ratio between two luminances."""
    lighter, darker = max(first, second), min(first, second)
    return (lighter + FLARE) / (darker + FLARE)


def contrast_between(first: Pixels, second: Pixels) -> float:
    return contrast_of(float(luminance(first)), float(luminance(second)))
