"""The scene an ad is painted for: where the product and the words will be, and its hues."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from generation.engine.ads.arrangement import Arrangement
from generation.engine.ads.families import Family
from generation.engine.ads.palette import Palette
from generation.engine.color import from_oklab, to_oklab
from generation.engine.pixels import Box, Pixels, Random, Size, floats, grid, resized

SHRINK: Final = 2  # what is soft is painted this much smaller
# Where a product has no color of its own: sand, sage, dusk blue, blush.
LENT_HUES: Final = (1.25, 2.5, 4.3, 0.35)
LENT_CHROMA: Final = 0.09
LEAST_CHROMA, MOST_CHROMA = 0.06, 0.19


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    arrangement: Arrangement
    palette: Palette
    family: Family
    random: Random
    number: int  # of the seed: picks motifs, so that neighbors differ

    @property
    def size(self) -> Size:
        return self.arrangement.size

    @property
    def spot(self) -> Box:
        return self.arrangement.spot

    @property
    def stands(self) -> bool:
        return self.arrangement.stance == "stands"

    @property
    def middle(self) -> tuple[float, float]:
        return self.arrangement.middle

    @property
    def light_side(self) -> int:
        """-1 where the light comes from the left: the side of the words."""
        return 1 if self.arrangement.text_side == "right" else -1

    @property
    def hue(self) -> float:
        if self.palette.is_neutral:
            return LENT_HUES[self.number % len(LENT_HUES)]
        lab = to_oklab(self.palette.accent)
        return math.atan2(float(lab[2]), float(lab[1]))

    @property
    def chroma(self) -> float:
        """How strong the product's own color is, within what a ground can bear."""
        if self.palette.is_neutral:
            return LENT_CHROMA
        lab = to_oklab(self.palette.accent)
        return min(max(float(np.hypot(lab[1], lab[2])), LEAST_CHROMA), MOST_CHROMA)

    def tone(self, lightness: float, chroma: float, turn: float = 0.0) -> Pixels:
        """A color of the scene's hue, or one turned away from it (in radians)."""
        angle = self.hue + turn
        lab = [lightness, chroma * math.cos(angle), chroma * math.sin(angle)]
        return from_oklab(floats(lab))

    def pick[Option](self, options: tuple[Option, ...]) -> Option:
        return options[self.number % len(options)]

    def softly(self, paint: Callable[[Size], Pixels]) -> Pixels:
        """What has no sharp edge, painted small and enlarged."""
        small = Size(self.size.width // SHRINK, self.size.height // SHRINK)
        return floats(np.clip(resized(paint(small), self.size), 0, 1))

    def from_point(self, size: Size, x: float, y: float) -> tuple[Pixels, Pixels]:
        """How far right and down of a point each pixel is, in shorter sides."""
        columns, rows = grid(size)
        right = floats((columns - x) * (size.width / size.unit))
        down = floats((rows - y) * (size.height / size.unit))
        return right, down
