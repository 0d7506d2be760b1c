"""A place ready for what is to stand in it: its pixels, its light and its footing."""

from dataclasses import dataclass
from typing import Final, Literal

from generation.engine.color import color_of
from generation.engine.pixels import WHITE, Pixels
from generation.engine.scenes.hours import Hour
from generation.engine.scenes.terrain import Landscape

type Footing = Literal["ground", "grass", "water", "air", "deep", "stage", "table"]

HIGH_REACH, LOW_REACH = 0.30, 0.62  # how long a shadow falls, in heights of what throws it


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """`x` is the share of the width where it stands; a light behind throws shadows toward us."""

    color: Pixels
    ambient: Pixels
    fog: Pixels
    strength: float
    x: float
    is_behind: bool = True
    reach: float = HIGH_REACH

    @classmethod
    def of(cls, hour: Hour) -> "Light":
        return cls(
            color=hour.light,
            ambient=hour.ambient,
            fog=hour.fog,
            strength=hour.strength,
            x=hour.sun[0],
            reach=LOW_REACH if hour.sun_is_low else HIGH_REACH,
        )

    @property
    def side(self) -> int:
        return -1 if self.x < 0.5 else 1


SOFTBOX: Final = Light(color=WHITE, ambient=WHITE, fog=WHITE, strength=1.0, x=0.25, is_behind=False)
STARLIGHT: Final = Light(
    color=color_of("#fff4ea"), ambient=color_of("#6d66a8"), fog=color_of("#0b0920"),
    strength=0.95, x=0.1, is_behind=False,
)  # fmt: skip
SEA_LIGHT: Final = Light(
    color=color_of("#d8fbff"), ambient=color_of("#69c6d8"), fog=color_of("#0f6f9f"),
    strength=0.95, x=0.62, is_behind=False,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """`floor` is the row, as a share of the height, on which things stand."""

    pixels: Pixels
    light: Light
    footing: Footing
    floor: float
    horizon: float
    label: str
    land: Landscape | None = None
    hour: Hour | None = None
    aside: tuple[float, float] | None = None  # what things had better not cover
