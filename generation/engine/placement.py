"""Where the subject stands and what space that leaves for the title."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine.cutout import Subject
from generation.engine.pixels import (
    Box,
    Pixels,
    Random,
    Raster,
    Size,
    bounds_of,
    from_picture,
)
from generation.engine.text import Column
from generation.engine.variety import Variety

type Side = Literal["left", "right", "center"]
type Edges = NDArray[np.int64]
type Chance = tuple[Variety, Random]

MARGIN: Final = 0.06  # of the shorter side
GAP: Final = 0.035  # of the shorter side, between the subject's outline and the title
SOLID: Final = 0.04

WIDE_PHOTO_WIDTH: Final = 0.54  # of the canvas: the most a person beside a title takes
WIDE_PHOTO_HEIGHT: Final = 0.97
WIDE_FREE_WIDTH: Final = 0.48
WIDE_FREE_HEIGHT: Final = 0.86  # a subject nothing cut off keeps air around it
WIDE_ICON_HEIGHT: Final = 0.76
WIDE_ICON_WIDTH: Final = 0.45
WIDEST: Final = 0.62  # of the canvas: wider than this leaves no title
MOST_SUNK: Final = 0.28  # of the height: the most air above a head
ALONE_HEIGHT: Final = 0.94
FLUSH: Final = 1.002  # a little over the edge, so that no hairline shows
ALONE_TALLEST: Final = 1.6  # canvas heights a subject may have before it is shown whole instead
ALONE_ICON_HEIGHT: Final = 0.70
FACE_FILLS: Final = 0.46  # of the canvas: the height of face that a close-up aims at
CLOSEST: Final = 1.45  # the most a subject is brought closer than its full figure
SHIFT: Final = 0.03  # of the width: how far the seed moves a free subject

TALL_TITLE_SHARE: Final = {"9:16": 0.30, "2:3": 0.33, "4:5": 0.36, "1:1": 0.37}
TALL_TOP: Final = {"9:16": 0.085}  # what the player's own controls cover
TALL_ICON_WIDTH: Final = 0.74
TALL_PHOTO_WIDTH: Final = 0.96
FARTHER_BELOW: Final = (1.0, 0.86, 0.93)  # by the seed's motif
ASIDE_BELOW: Final = 0.3  # of the free width
ASIDE_ALONE: Final = 0.05  # of the width
FACE_ABOVE: Final = 0.90  # of the room: where a chin may be at the lowest

BADGE: Final = (0.14, 0.14)  # of width and height: where 16:9 players print the length


@dataclass(frozen=True, slots=True)
class Standing:
    """A subject on the canvas: its layer, what it covers, and how it got there."""

    layer: Raster
    box: Box
    scale: float

    @property
    def alpha(self) -> Pixels:
        return from_picture(self.layer.getchannel("A"))

    @property
    def colors(self) -> Pixels:
        return from_picture(self.layer.convert("RGB"))


@dataclass(frozen=True, slots=True)
class Spot:
    """The place for a subject: a scale, and where its top left corner goes."""

    scale: float
    left: float
    top: float


def margin_of(size: Size) -> int:
    return int(size.unit * MARGIN)


def badge_of(size: Size) -> Box | None:
    """The corner in which players print the length; tall players print none."""
    if not size.is_wide:
        return None
    left, top = int(size.width * (1 - BADGE[0])), int(size.height * (1 - BADGE[1]))
    return Box(left, top, size.width, size.height)


def sides_for(subject: Subject, variety: Variety) -> tuple[Side, ...]:
    """A subject cut off at one side must stand at that side; others change sides by the seed."""
    is_cut_left, is_cut_right = subject.cuts.left is not None, subject.cuts.right is not None
    if is_cut_left != is_cut_right:
        return ("left",) if is_cut_left else ("right",)
    if variety.is_odd:
        return ("left", "right") if is_cut_left else ("left",)
    return ("right", "left") if is_cut_left else ("right",)


def inner_cut(subject: Subject, side: Side) -> float | None:
    """From which share of its height on the subject is cut off toward the middle."""
    return {"left": subject.cuts.right, "right": subject.cuts.left, "center": None}[side]


def beside(subject: Subject, size: Size, side: Side, chance: tuple[float, Random]) -> Spot | None:
    """This function will stand the subject beside a title, or find that it cannot stand there."""
    closeness, random = chance
    scale, top_room = (
        _scale_beside(subject, size, closeness),
        size.height * (1 - WIDE_PHOTO_HEIGHT),
    )
    if subject.cuts.top:
        scale, top_room = max(scale, size.height / subject.raster.height * FLUSH), 0.0
    cut = inner_cut(subject, side)
    sunk = 0.0
    if cut is not None:
        scale, sunk = _hiding(cut, subject, size, (scale, top_room))
    if sunk > MOST_SUNK * size.height or (sunk > top_room and subject.cuts.top):
        return None
    if _width_shown(subject, scale, size, top_room) > WIDEST * size.width:
        return None
    left = _left_beside(subject, size, side, scale, random)
    return Spot(scale, left, max(sunk, _top_beside(subject, size, scale, top_room)))


def _hiding(
    cut: float, subject: Subject, size: Size, start: tuple[float, float]
) -> tuple[float, float]:
    """Grow the subject, then sink it, until its inner cut lies below the canvas."""
    scale, top_room = start
    start_row = max(cut * subject.raster.height, 1)
    widest = WIDEST * size.width / subject.raster.width
    scale = max(scale, min((size.height - top_room) / start_row, widest))
    return scale, size.height - start_row * scale


def _scale_beside(subject: Subject, size: Size, closeness: float) -> float:
    width, height = subject.raster.size
    if subject.is_icon:
        return (
            closeness
            * subject.fill
            * min(WIDE_ICON_HEIGHT * size.height / height, WIDE_ICON_WIDTH * size.width / width)
        )
    if not subject.cuts.bottom:
        free = min(WIDE_FREE_HEIGHT * size.height / height, WIDE_FREE_WIDTH * size.width / width)
        return closeness * free
    fitting = min(WIDE_PHOTO_HEIGHT * size.height / height, WIDE_PHOTO_WIDTH * size.width / width)
    if subject.face is None:
        return min(fitting * closeness, _widest_scale(subject, size))
    close_up = FACE_FILLS * size.height / max(subject.face.height, 1)
    aimed = min(max(fitting, close_up), fitting * CLOSEST)
    return closeness * min(aimed, _widest_scale(subject, size))


def _widest_scale(subject: Subject, size: Size) -> float:
    """How close a person may come before too little is left for the title."""
    return WIDE_PHOTO_WIDTH * size.width / max(subject.raster.width, 1) * 1.08


def _width_shown(subject: Subject, scale: float, size: Size, top: float) -> float:
    rows = max(1, int((size.height - top) / scale))
    alpha = from_picture(subject.raster.getchannel("A"))[:rows]
    box = bounds_of(alpha)
    return box.width * scale if box else 0.0


def _left_beside(subject: Subject, size: Size, side: Side, scale: float, random: Random) -> float:
    width = subject.raster.width * scale
    shift = float(random.uniform(-SHIFT, SHIFT)) * size.width
    if subject.cuts.left is not None and side == "left":
        return -1
    if subject.cuts.right is not None and side == "right":
        return size.width - width + 1
    center = 0.735 * size.width if side == "right" else 0.265 * size.width
    left = center - width / 2 + shift
    if subject.cuts.bottom:
        return left
    return float(np.clip(left, 0.02 * size.width, 0.98 * size.width - width))


def _top_beside(subject: Subject, size: Size, scale: float, top_room: float) -> float:
    height = subject.raster.height * scale
    if subject.cuts.top:
        return -1
    if subject.cuts.bottom:
        return max(top_room, size.height - height) if height < size.height else top_room
    return (size.height - height) / 2


def below(subject: Subject, size: Size, top: float, chance: Chance) -> Spot | None:
    """This function will stand the subject under a title that ends at `top`."""
    width, height = subject.raster.size
    room = size.height - top
    share = TALL_ICON_WIDTH if subject.is_icon else TALL_PHOTO_WIDTH
    both = subject.cuts.left is not None and subject.cuts.right is not None
    air = 0.0 if subject.cuts.bottom else 0.06 * size.height
    scale = min(share * size.width / width, (room - air) / height)
    if subject.cuts.bottom:
        scale = max(scale, _closer_below(subject, size, room))
    variety = chance[0]
    usual = FARTHER_BELOW[variety.motif]
    scale *= usual if variety.framing is None else min(1.0, variety.framing)
    if both:
        scale = max(scale, size.width / width * FLUSH)
    if subject.cuts.top:
        return None
    left = _left_below(subject, size, scale, chance)
    if subject.cuts.bottom:
        spot_top = max(top, size.height - height * scale)
    else:
        spot_top = top + (room - height * scale) / 2
    return Spot(scale, left, spot_top)


def _closer_below(subject: Subject, size: Size, room: float) -> float:
    """Whom the photo cut at the waist may come closer, until the face nears the lower edge."""
    width, height = subject.raster.size
    lowest = subject.face.bottom if subject.face else height / CLOSEST
    return min(TALL_PHOTO_WIDTH * size.width / width, FACE_ABOVE * room / max(lowest, 1))


def _left_below(subject: Subject, size: Size, scale: float, chance: Chance) -> float:
    width = subject.raster.width * scale
    cuts = subject.cuts
    if cuts.left is not None and cuts.right is not None:
        return (size.width - width) / 2
    if cuts.left is not None:
        return -1
    if cuts.right is not None:
        return size.width - width + 1
    free = size.width - width
    variety, random = chance
    aside = variety.sign * ASIDE_BELOW + float(random.uniform(-0.05, 0.05))
    return free / 2 + aside * max(free, 0)


def alone(subject: Subject, size: Size, chance: Chance) -> Spot | None:
    """This function will stand the subject where no title has to be."""
    if subject.cuts.any_side or subject.cuts.top:
        return _alone_cut(subject, size)
    width, height = subject.raster.size
    share = ALONE_ICON_HEIGHT if subject.is_icon else ALONE_HEIGHT
    scale = min(share * size.height / height, 0.86 * size.width / width)
    if subject.cuts.bottom:
        return Spot(scale, (size.width - width * scale) / 2, size.height - height * scale)
    variety, random = chance
    scale = min(variety.closeness, 1.0) * scale
    shift = (variety.sign * ASIDE_ALONE + float(random.uniform(-SHIFT, SHIFT))) * size.width
    left = (size.width - width * scale) / 2 + shift
    return Spot(scale, left, (size.height - height * scale) / 2)


def _alone_cut(subject: Subject, size: Size) -> Spot | None:
    width, height = subject.raster.size
    scale = ALONE_HEIGHT * size.height / height
    if subject.cuts.top:
        scale = size.height / height * FLUSH
    if subject.cuts.left is not None and subject.cuts.right is not None:
        # Either the cuts lie below the canvas, or the subject spans all of it.
        cut = max(min(subject.cuts.left, subject.cuts.right), 1e-3)
        hidden = ALONE_HEIGHT * size.height / (cut * height)
        scale = max(scale, min(hidden, size.width / width * FLUSH))
    if scale * height > ALONE_TALLEST * size.height:
        return None
    left = _edge_left(subject, size, width * scale)
    top = -1.0 if subject.cuts.top else max(size.height * 0.05, size.height - height * scale)
    return Spot(scale, left, top if subject.cuts.bottom or subject.cuts.top else top / 2)


def _edge_left(subject: Subject, size: Size, width: float) -> float:
    if subject.cuts.left is not None and subject.cuts.right is not None:
        return (size.width - width) / 2
    return -1.0 if subject.cuts.left is not None else size.width - width + 1


def stood(subject: Subject, spot: Spot, size: Size) -> Standing:
    width, height = subject.raster.size
    scaled = subject.raster.resize(
        (max(2, round(width * spot.scale)), max(2, round(height * spot.scale))),
        Image.Resampling.LANCZOS,
    )
    layer = Image.new("RGBA", (size.width, size.height))
    layer.paste(scaled, (round(spot.left), round(spot.top)))
    alpha = from_picture(layer.getchannel("A"))
    return Standing(layer, bounds_of(alpha) or Box(0, 0, 0, 0), spot.scale)


def column_beside(size: Size, taken: Pixels) -> Column:
    """The space that the subject and its outline leave free, within the margins."""
    margin, gap = margin_of(size), int(size.unit * GAP)
    solid = taken > SOLID
    is_left = solid[:, : size.width // 2].sum() > solid[:, size.width // 2 :].sum()
    lefts = np.full(size.height, margin)
    rights = np.full(size.height, size.width - margin)
    if is_left:
        last = size.width - solid[:, ::-1].argmax(axis=1) + gap
        lefts = np.maximum(lefts, _widest_near(np.where(solid.any(axis=1), last, margin), gap))
    else:
        first = np.where(solid.any(axis=1), solid.argmax(axis=1) - gap, size.width - margin)
        rights = np.minimum(rights, -_widest_near(-first, gap))
    return _column(size, (margin, size.height - margin), lefts, rights)


def _widest_near(edge: Edges, gap: int) -> Edges:
    """The gap holds above and below as well: each row takes the widest of its neighbors."""
    padded = np.pad(edge, gap, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * gap + 1)
    return np.asarray(windows.max(axis=1))


def _column(size: Size, rows: tuple[int, int], lefts: Edges, rights: Edges) -> Column:
    badge = badge_of(size)
    if badge is not None:
        rights[badge.top :] = np.minimum(rights[badge.top :], badge.left)
    return Column(rows[0], rows[1], lefts.astype(np.int32), rights.astype(np.int32))


def _open_column(size: Size, margin: int, rows: tuple[int, int]) -> Column:
    lefts, rights = np.full(size.height, margin), np.full(size.height, size.width - margin)
    return _column(size, rows, lefts, rights)


def column_above(size: Size, aspect: str) -> Column:
    margin = margin_of(size)
    top = max(margin, int(size.height * TALL_TOP.get(aspect, 0)))
    share = TALL_TITLE_SHARE.get(aspect, 0.36)
    return _open_column(size, margin, (top, top + int(size.height * share)))


def column_alone(size: Size, aspect: str) -> Column:
    """All of the canvas within its margins."""
    margin = int(margin_of(size) * 1.3)
    top = max(margin, int(size.height * TALL_TOP.get(aspect, 0)))
    return _open_column(size, margin, (top, size.height - top))
