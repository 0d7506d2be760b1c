"""Where things stand in a shot: the product, the words, the captions, as shares of the frame."""

from dataclasses import dataclass, replace
from typing import Final

from generation.engine.film.board import Board, Scene
from generation.engine.pixels import Size

OVERSCAN: Final = 1.16  # a plate is this much larger than the frame, so that a camera can move
BLEED: Final = 1.06  # where the foot of a product is that its photo cut off


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    left: float
    top: float
    right: float
    bottom: float

    @property
    def mirrored(self) -> "Area":
        return replace(self, left=1 - self.right, right=1 - self.left)


@dataclass(frozen=True, slots=True, kw_only=True)
class Staging:
    """`across` and `foot` are where the product stands; it is at most so wide and so high."""

    across: float
    foot: float
    width: float
    height: float
    words: Area
    captions: float  # how far down the captions' last line ends
    centered: bool
    stands: bool

    @property
    def mirrored(self) -> "Staging":
        return replace(self, across=1 - self.across, words=self.words.mirrored)


WIDE_WORDS: Final = Area(left=0.065, top=0.14, right=0.47, bottom=0.78)
TALL_WORDS: Final = Area(left=0.08, top=0.10, right=0.92, bottom=0.33)
SQUARE_WORDS: Final = Area(left=0.08, top=0.06, right=0.92, bottom=0.285)

_WIDE: Final = {
    "whole": Staging(
        across=0.70, foot=0.835, width=0.40, height=0.66,
        words=WIDE_WORDS, captions=0.955, centered=False, stands=True,
    ),
    "close": Staging(
        across=0.73, foot=1.20, width=0.52, height=1.08,
        words=WIDE_WORDS, captions=0.955, centered=False, stands=False,
    ),
}  # fmt: skip
_TALL: Final = {
    "whole": Staging(
        across=0.5, foot=0.775, width=0.76, height=0.40,
        words=TALL_WORDS, captions=0.885, centered=True, stands=True,
    ),
    "close": Staging(
        across=0.5, foot=0.96, width=1.10, height=0.60,
        words=TALL_WORDS, captions=0.885, centered=True, stands=False,
    ),
}  # fmt: skip
_SQUARE: Final = {
    "whole": Staging(
        across=0.5, foot=0.84, width=0.68, height=0.47,
        words=SQUARE_WORDS, captions=0.955, centered=True, stands=True,
    ),
    "close": Staging(
        across=0.5, foot=1.12, width=0.92, height=0.78,
        words=SQUARE_WORDS, captions=0.955, centered=True, stands=False,
    ),
}  # fmt: skip


def staging_of(board: Board, scene: Scene) -> Staging:
    """This function will say where things stand in a scene."""
    staging = _shape_of(board.size)[scene.framing]
    if "bottom" in board.cut_edges:
        staging = replace(staging, foot=max(staging.foot, BLEED))
    staging = replace(staging, stands=staging.stands and board.stands)
    return staging.mirrored if _is_mirrored(board) else staging


def plate_size(size: Size) -> Size:
    """How large the plates of a film are."""
    return Size(round(size.width * OVERSCAN), round(size.height * OVERSCAN))


def on_plate(share: float) -> float:
    """A place in the frame as a place in the plate, when the camera looks at its middle."""
    return 0.5 + (share - 0.5) / OVERSCAN


def _shape_of(size: Size) -> dict[str, Staging]:
    if size.width == size.height:
        return _SQUARE
    return _WIDE if size.is_wide else _TALL


def _is_mirrored(board: Board) -> bool:
    """A product cut off at its left stands at the left; the rest is a matter of reading."""
    if not board.size.is_wide:
        return False
    is_cut_left = "left" in board.cut_edges and "right" not in board.cut_edges
    is_cut_right = "right" in board.cut_edges and "left" not in board.cut_edges
    return is_cut_left or (board.is_rtl and not is_cut_right)
