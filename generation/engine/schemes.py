"""The nine color schemes: a ground, a main color, an accent, a companion and an ink each."""

from dataclasses import dataclass
from typing import Final

from generation.engine.color import color_of, contrast_between, lightness_of
from generation.engine.pixels import WHITE, Pixels

NEAR_BLACK: Final = color_of("#101216")
LIGHT_GROUND: Final = 0.6  # OKLab lightness from which a ground counts as light


@dataclass(frozen=True, slots=True)
class Scheme:
    name: str
    ground: Pixels
    main: Pixels
    accent: Pixels
    companion: Pixels
    ink: Pixels

    @property
    def is_light(self) -> bool:
        return lightness_of(self.ground) > LIGHT_GROUND

    @property
    def on_accent(self) -> Pixels:
        return readable_on(self.accent)


def readable_on(color: Pixels) -> Pixels:
    """White or near-black, whichever is easier to read on the color."""
    return max((WHITE, NEAR_BLACK), key=lambda ink: contrast_between(ink, color))


def _scheme(name: str, *codes: str) -> Scheme:
    ground, main, accent, companion, ink = (color_of(code) for code in codes)
    return Scheme(name, ground, main, accent, companion, ink)


SCHEMES: Final = {
    scheme.name: scheme
    for scheme in (
        _scheme("sunset", "#1d1233", "#ff5e3a", "#ffd23f", "#ff3d81", "#ffffff"),
        _scheme("ocean", "#04243f", "#00a6c8", "#7df9e9", "#2f6bff", "#ffffff"),
        _scheme("neon", "#0b0322", "#ff2fa0", "#22e3ff", "#8a3dff", "#ffffff"),
        _scheme("mono", "#0f1013", "#4a4e57", "#f5f5f5", "#8d94a0", "#ffffff"),
        _scheme("lime", "#0d1a10", "#1f8f4d", "#c7ff3e", "#39d98a", "#ffffff"),
        _scheme("royal", "#150a3b", "#6a3df5", "#ffcf3f", "#ff6ad5", "#ffffff"),
        _scheme("red", "#160405", "#e01e2b", "#ffe14a", "#ff7a3d", "#ffffff"),
        _scheme("cream", "#f6efe2", "#e9d9bd", "#d94f2b", "#2f6f62", "#1a1a1a"),
        _scheme("sky", "#eaf4ff", "#bcdcff", "#1468ff", "#ff8a5c", "#0d1730"),
    )
}
