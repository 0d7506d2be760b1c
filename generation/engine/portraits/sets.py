"""What is behind a person: a photographed place out of focus, a painted one, or a paper roll."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from generation.engine.color import changed, color_of, colored, ramp
from generation.engine.noise import Grain, noise
from generation.engine.pixels import (
    Pixels,
    Random,
    Size,
    blurred,
    brightness,
    floats,
    grid,
    resized,
    screen,
    smoothstep,
)
from generation.engine.portraits.reading import Brief
from generation.engine.prompts import Reading
from generation.engine.scenes.backdrop import View, view_into
from generation.engine.scenes.places import set_up
from generation.engine.vocabulary import SCENES

YAW_SPREAD: Final = 0.018
PAINTED_SIDE: Final = 430  # painted places are out of focus: no larger than that
PAINTED_BLUR: Final = 0.006
DEEP_BLUR: Final = 0.014


@dataclass(frozen=True, slots=True)
class Place:
    """A view into a panorama; `horizon` is the row, as a share of the height, where it lies."""

    panorama: str
    yaws: tuple[float, ...]
    exposure: float = 0.8
    bokeh: float = 0.024
    horizon: float = 0.52
    look: str | None = None


PHOTOGRAPHED: Final = {
    "office": Place("lobby", (0.56, 0.68), 0.78, 0.026, 0.46),
    "lobby": Place("bridge", (0.12, 0.83), 0.75, 0.018, 0.50),
    "home": Place("apartment", (0.56, 0.63), 0.72, 0.024, 0.48),
    "kitchen": Place("apartment", (0.07, 0.60), 0.72, 0.022, 0.48),
    "cafe": Place("esplanade", (0.62, 0.03, 0.55), 0.85, 0.030, 0.46, "warm"),
    "workshop": Place("workshop", (0.25, 0.80), 0.62, 0.022, 0.50),
    "warehouse": Place("warehouse", (0.55, 0.76), 0.66, 0.022, 0.50),
    "laboratory": Place("lab", (0.30, 0.14, 0.90), 0.62, 0.024, 0.50),
    "hall": Place("hall", (0.56, 0.12), 0.46, 0.022, 0.38),
    "stage": Place("hall", (0.88, 0.86), 0.34, 0.030, 0.34, "cinematic"),
    "park": Place("park", (0.30, 0.42), 0.66, 0.020, 0.56),
    "hills": Place("sunrise", (0.42, 0.58), 0.52, 0.018, 0.56),
    "sunrise": Place("sunrise", (0.58, 0.50), 0.28, 0.020, 0.52, "warm"),
    "sunset": Place("sunset", (0.615, 0.58), 0.32, 0.020, 0.50, "warm"),
    "forest": Place("forest", (0.50, 0.36, 0.62), 0.85, 0.022, 0.54),
    "city": Place("city", (0.44, 0.56, 0.72), 0.66, 0.018, 0.62, "cinematic"),
    "harbor": Place("venice", (0.70, 0.62), 0.68, 0.016, 0.54),
    "sky": Place("sky", (0.35, 0.60), 0.75, 0.010, 0.86),
    "club": Place("esplanade", (0.50, 0.60, 0.02), 0.20, 0.036, 0.52, "neon"),
}
# What a panorama shows was taken in one hour: a prompt that names another gets a painted place.
ITS_HOURS: Final = {
    "park": {"day"}, "hills": {"day", "sunrise", "golden"}, "sunrise": {"sunrise", "golden", "day"},
    "sunset": {"sunset", "golden", "sunrise"}, "forest": {"day", "golden", "sunrise"},
    "city": {"day", "overcast"}, "harbor": {"day", "sunset", "sunrise", "overcast"},
    "sky": {"day"}, "club": {"neon", "night"},
}  # fmt: skip
WATERSIDE: Final = frozenset({"beach", "island", "harbor"})
PAINTED_AS: Final = {
    "park": "hills", "sunrise": "hills", "sunset": "island", "harbor": "island", "sky": "clouds",
    "night": "mountain", "skyline": "city",
}  # fmt: skip
GROUND_COLORS: Final = ("#8e959f", "#2e333b")
DARK_COLORS: Final = ("#4a4e57", "#0c0d10")
VIVID_COLORS: Final = ("#ff8fab", "#d84a86")
SOFT_COLORS: Final = ("#f2f0ec", "#c3bfb8")
NEON: Final = tuple(color_of(code) for code in ("#ff2ea6", "#16d5ff", "#ffd166", "#9b5cff"))
LIGHTS: Final = 42


def background(brief: Brief, size: Size, random: Random) -> tuple[Pixels, str, str | None]:
    """The pixels, what they show, and the look that the place itself suggests."""
    if brief.place == "studio":
        return _paper_roll(brief, size, random), "studio", None
    by_water = brief.place in WATERSIDE and brief.hour in ITS_HOURS["sunset"]
    name = "sunset" if by_water else brief.place
    place, hours = PHOTOGRAPHED.get(name), ITS_HOURS.get(name)
    if place and (hours is None or brief.hour is None or brief.hour in hours):
        pixels = _seen(place, size, random)
        if name == "club":
            pixels = _lit_by_neon(pixels, random)
        return pixels, brief.place, place.look
    return _painted(brief, size, random)


def _seen(place: Place, size: Size, random: Random) -> Pixels:
    """A view with the horizon where the place wants it, as a shift lens would have it."""
    tall = round(2 * max(place.horizon, 1 - place.horizon) * size.height)
    yaw = place.yaws[int(random.integers(len(place.yaws)))]
    turn = float(random.uniform(-YAW_SPREAD, YAW_SPREAD))
    view = View((yaw + turn) % 1, exposure=place.exposure, bokeh=place.bokeh)
    pixels = view_into(place.panorama, Size(size.width, tall), view)
    top = round(tall / 2 - place.horizon * size.height)
    top = min(max(0, top), tall - size.height)
    return pixels[top : top + size.height]


def _painted(brief: Brief, size: Size, random: Random) -> tuple[Pixels, str, str | None]:
    scene = PAINTED_AS.get(brief.place, brief.place)
    scene = scene if scene in SCENES else "city"
    hour = brief.hour or ("neon" if brief.place == "skyline" else None)
    scale = PAINTED_SIDE / max(size.width, size.height)
    small = Size(round(size.width * scale), round(size.height * scale))
    setting = set_up(_as_reading(brief, scene, hour), small, random)
    blur = DEEP_BLUR if "bokeh" in brief.features else PAINTED_BLUR
    soft = blurred(setting.pixels, blur * max(small.width, small.height))
    pixels = floats(np.clip(resized(soft, size, Image.Resampling.BICUBIC), 0, 1))
    return pixels, setting.label, "neon" if hour == "neon" else None


def _as_reading(brief: Brief, scene: str, hour: str | None) -> Reading:
    return Reading(
        scene=scene, hour=hour, features=brief.features, style=None, look=brief.look, framing=None,
        palette=None, colors=brief.colors, cast=(), avoided=brief.avoided, understood=(),
        ignored=(), negated=(),
    )  # fmt: skip


def _paper_roll(brief: Brief, size: Size, random: Random) -> Pixels:
    """Lit behind the head, falling off to the corners."""
    middle, edge = _roll_colors(brief)
    columns, rows = grid(size)
    across = 0.66 if brief.light == "side" else 0.5
    away = np.hypot((columns - across) * min(size.aspect, 1.3), rows - 0.36)
    cloth = noise(random, size, Grain(cells=3, octaves=5)) - 0.5
    fall = smoothstep(0.04, 0.98, floats(away + cloth * 0.10))
    return colored(ramp([(0, middle), (1, edge)]), fall)


def _roll_colors(brief: Brief) -> tuple[Pixels, Pixels]:
    if brief.colors:
        color = color_of(brief.colors[0])
        if len(brief.colors) > 1:
            return color, color_of(brief.colors[1])
        return changed(color, lightness=0.06), changed(color, lightness=-0.24, chroma=0.9)
    middle, edge = _codes_of(brief)
    return color_of(middle), color_of(edge)


def _codes_of(brief: Brief) -> tuple[str, str]:
    if brief.look == "noir" or brief.light == "side":
        return DARK_COLORS
    if brief.look in {"pastel", "soft"} or brief.light == "soft":
        return SOFT_COLORS
    return VIVID_COLORS if brief.look == "vivid" else GROUND_COLORS


def _lit_by_neon(pixels: Pixels, random: Random) -> Pixels:
    """Two colored lights from the sides, and lamps far out of focus."""
    size = Size(pixels.shape[1], pixels.shape[0])
    columns, rows = grid(size)
    left = smoothstep(0.78, 0.0, floats(np.hypot(columns - 0.06, rows - 0.25)))
    right = smoothstep(0.82, 0.0, floats(np.hypot(columns - 0.96, rows - 0.45)))
    lit = screen(floats(pixels * 0.75), floats(NEON[0] * (left * 0.72)[..., None]))
    lit = screen(lit, floats(NEON[1] * (right * 0.68)[..., None]))
    for _ in range(LIGHTS):
        _add_lamp(lit, random)
    return lit


def _add_lamp(pixels: Pixels, random: Random) -> None:
    height, width = pixels.shape[:2]
    radius = float(random.uniform(0.006, 0.03)) * max(width, height * 0.8)
    x, y = float(random.random()) * width, float(random.random()) * height * 0.75
    left, right = int(max(0, x - radius - 2)), int(min(width, x + radius + 2))
    top, bottom = int(max(0, y - radius - 2)), int(min(height, y + radius + 2))
    rows, columns = np.mgrid[top:bottom, left:right]
    away = floats(np.hypot(columns - x, rows - y) / radius)
    disc = smoothstep(1.06, 0.94, away) * (0.35 + 0.4 * smoothstep(0.6, 1.0, away))
    color = NEON[int(random.integers(len(NEON)))] * float(random.uniform(0.2, 0.7))
    window = (slice(top, bottom), slice(left, right))
    pixels[window] = screen(pixels[window], floats(color * disc[..., None]))


def brighter_side(pixels: Pixels) -> int:
    """-1 where the light comes from the left, 1 from the right."""
    upper = brightness(pixels[: int(len(pixels) * 0.6)]).mean(axis=0)
    left, right = np.array_split(upper, 2)
    return 1 if right.mean() >= left.mean() else -1
