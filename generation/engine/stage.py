"""The stage a background is painted for: its size, its colors, and where the subject will stand."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from generation.engine.pixels import Pixels, Random, Size, floats, grid
from generation.engine.schemes import Scheme
from generation.engine.variety import Variety

LEAST_ROOM: Final = 0.34
MOST_ASIDE: Final = 0.42  # shorter sides that a shape may stand beside the subject
SHARP: Final = 0.0022  # of the shorter side: as soft as a drawn edge should be


@dataclass(frozen=True, slots=True)
class Stage:
    """Focus is where the eye should go, as shares of width and height; reach is how large that is,
    in shorter sides."""

    size: Size
    scheme: Scheme
    random: Random
    variety: Variety
    focus: tuple[float, float]
    reach: float
    has_subject: bool
    room: float  # shorter sides from the focus to where the title begins

    def shape_at(self, radius: float) -> tuple[float, float]:
        """Where a shape of this radius stands behind the subject, clear of the title."""
        away = min(max(radius - self.room, 0.0), MOST_ASIDE)
        x, y = self.focus
        if not self.size.is_wide:
            return x, y + away * self.size.unit / self.size.height
        side = 1 if x > 0.5 else -1
        return x + side * away * self.size.unit / self.size.width, y

    def fitting(self, radius: float) -> float:
        """The radius, but no larger than what leaves the title alone."""
        return min(radius, max(self.room, LEAST_ROOM))

    def distance(self, x: float, y: float) -> Pixels:
        """How far each pixel is from the point, in shorter sides."""
        right, down = self.offset(x, y)
        return floats(np.hypot(right, down))

    def offset(self, x: float, y: float) -> tuple[Pixels, Pixels]:
        columns, rows = grid(self.size)
        right = (columns - x) * (self.size.width / self.size.unit)
        down = (rows - y) * (self.size.height / self.size.unit)
        return floats(right), floats(down)

    def from_focus(self) -> Pixels:
        return self.distance(*self.focus)

    @property
    def motif(self) -> int:
        """Which of a style's three motifs: never that of the seed before."""
        return self.variety.motif

    @property
    def is_left(self) -> bool:
        """Whether the eye should go to the left half."""
        return self.focus[0] < 0.5


def inside(edge: Pixels, softness: float = SHARP) -> Pixels:
    """1 where the signed distance is negative, 0 where it is positive, soft between."""
    return floats(np.clip(0.5 - edge / (2 * softness), 0, 1))
