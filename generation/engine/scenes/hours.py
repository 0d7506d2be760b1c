"""The hours of the day: the sky's colors, where the light stands, and what it does to the land."""

from dataclasses import dataclass, replace
from typing import Final

from generation.engine.color import color_of, ramp
from generation.engine.pixels import Pixels

HIGHEST_OF_TALL: Final = 0.46  # of the way down to the horizon


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    sky: Pixels  # a ramp, from the zenith to the horizon
    sun: tuple[float, float]  # share of the width; share of the way down to the horizon
    light: Pixels
    ambient: Pixels
    fog: Pixels
    strength: float = 1.0
    has_moon: bool = False
    has_stars: bool = False
    has_aurora: bool = False
    haze: float = 1.0  # how thick the air is
    clouds: float = 1.0

    @property
    def is_dark(self) -> bool:
        return self.strength < 0.9

    def with_high_sun(self) -> "Hour":
        """Where the picture is narrow, peaks hide a low sun: it stands clear of them."""
        across = 0.5 + (self.sun[0] - 0.5) * 0.8
        return replace(self, sun=(across, min(self.sun[1], HIGHEST_OF_TALL)))

    @property
    def sun_is_low(self) -> bool:
        return self.sun[1] >= 0.6


def _hour(
    sky: str,
    sun: tuple[float, float],
    colors: str,
    strength: float,
    signs: str = "",
    air: tuple[float, float] = (1.0, 1.0),
) -> Hour:
    codes = sky.split()
    places = {
        2: (0.0, 1.0),
        3: (0.0, 0.55, 1.0),
        4: (0.0, 0.45, 0.82, 1.0),
        5: (0, 0.35, 0.62, 0.82, 1),
    }
    light, ambient, fog = (color_of(code) for code in colors.split())
    return Hour(
        sky=ramp(list(zip(places[len(codes)], codes, strict=True))),
        sun=sun,
        light=light,
        ambient=ambient,
        fog=fog,
        strength=strength,
        has_moon="moon" in signs,
        has_stars="stars" in signs,
        has_aurora="aurora" in signs,
        haze=air[0],
        clouds=air[1],
    )


HOURS: Final = {
    "day": _hour(
        "#0b4fb3 #2f8ae6 #8cc9f7 #d8effd",
        (0.70, 0.56),
        "#fff3d6 #86b4ea #a3cdf2",
        1.05,
        air=(0.62, 0.35),
    ),
    "alpenglow": _hour(
        "#1b4fae #4f8be0 #f29ab0 #ffd9b8",
        (0.66, 0.78),
        "#ffb38f #8f9fe0 #d8a9c8",
        1.08,
        air=(0.66, 0.4),
    ),
    "sunset": _hour(
        "#241f52 #6d3f86 #e0685f #ffab66 #ffdf9e", (0.5, 0.88), "#ffb36b #8a6fae #f0a683", 1.05
    ),
    "sunrise": _hour(
        "#2f66c8 #7fa8ee #ffb99c #ffe6b8",
        (0.36, 0.80),
        "#ffcf97 #98aee6 #f0c0ae",
        1.05,
        air=(0.7, 0.45),
    ),
    "night": _hour(
        "#03061a #0b1a44 #1e3a74 #38588f",
        (0.74, 0.30),
        "#a9c3ff #243a70 #1c2f5e",
        0.5,
        "moon stars",
    ),
    "neon": _hour(
        "#07031c #2a0b5c #a3189a #ff5fa2", (0.5, 0.72), "#ff6fb0 #5a2bb0 #7a1f94", 0.75, "stars"
    ),
    "mars": _hour("#5a3a35 #a8714f #d9a679 #ecc79c", (0.7, 0.45), "#ffe9d0 #a0715a #cf9c72", 0.95),
    "moon": _hour("#010206 #070a14", (0.2, 0.3), "#ffffff #141a2a #0a0e1a", 1.05, "stars"),
    "overcast": _hour("#5c6c7d #95a4b2 #c4ced6", (0.5, 0.3), "#e8eef2 #9aa8b6 #b9c4cd", 0.75),
    "golden": _hour(
        "#2f70bf #86b6dc #ffd083 #ffe6a6",
        (0.74, 0.70),
        "#ffcb78 #a0a6c4 #f2cd94",
        1.08,
        air=(0.7, 0.45),
    ),
    "aurora": _hour(
        "#02051a #0a2040 #1c4a63", (0.2, 0.2), "#9fd8ff #1f4a66 #17405a", 0.55, "stars aurora"
    ),
}
