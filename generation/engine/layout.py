"""Lay the picture out: who stands where, and how large the title can be beside it."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from generation.engine.cutout import Photo, Subject
from generation.engine.dressing import covered_by
from generation.engine.panels import Panel, panel_below, panel_beside
from generation.engine.pixels import Box, Pixels, Random, Size, bounds_of, empty
from generation.engine.placement import (
    GAP,
    Side,
    Spot,
    Standing,
    alone,
    below,
    beside,
    column_above,
    column_alone,
    column_beside,
    sides_for,
    stood,
)
from generation.engine.text import Block, Column
from generation.engine.titles import Title
from generation.engine.variety import Variety
from generation.engine.zones import Zone, banded, set_in

type Text = tuple[Zone, Block] | tuple[None, None]

USUAL_LARGEST: Final = 0.25  # of the shorter side
LARGEST: Final = {"bold": 0.36, "cinematic": 0.36, "neon": 0.22}
CENTERED_WHEN_TALL: Final = frozenset({"bold", "playful", "neon", "cinematic"})
CENTERED_ALONE: Final = frozenset({"bold", "playful", "neon"})
ALONE_WIDTH: Final = {"minimal": 0.66, "editorial": 0.74, "cinematic": 0.80}
STANDS_RIGHT: Final = frozenset({"minimal", "editorial"})  # every other time, when alone
ANCHORS: Final = (0.5, 0.3, 0.12)
MIDDLE: Final = (0.5,)
TOP: Final = (0.0,)
ALONE_GROWTH: Final = {"cinematic": 0.74}
USUAL_GROWTH: Final = 1.25  # a title with the picture to itself may be this much larger


@dataclass(frozen=True, slots=True)
class Wish:
    """What has to go on the canvas."""

    style: str
    aspect: str
    size: Size
    title: Title | None
    subject: Subject | None
    photo: Photo | None
    variety: Variety


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is. `taken` is all that the subject and its outline cover."""

    side: Side
    standing: Standing | None
    panel: Panel | None
    zone: Zone | None
    block: Block | None
    taken: Pixels
    focus: tuple[float, float]
    reach: float


def laid_out(wish: Wish, random: Random) -> Layout:
    if wish.subject is None:
        return _typographic(wish)
    if wish.title is None:
        return _without_title(wish, random)
    if wish.size.is_wide:
        return _side_by_side(wish, wish.subject, wish.title, random)
    return _stacked(wish, wish.subject, wish.title, random)


def _zone(
    wish: Wish, column: Column, anchors: tuple[float, ...], *, centered: bool, growth: float = 1.0
) -> Zone:
    share = LARGEST.get(wish.style, USUAL_LARGEST) * growth
    return Zone(
        column=banded(column, wish.size),
        largest=int(wish.size.unit * share),
        anchors=anchors,
        floor=wish.size.height,
        centered=centered,
    )


def _block(wish: Wish, title: Title, zone: Zone) -> Block:
    return set_in(zone, title, wish.style, wish.size)


def _side_by_side(wish: Wish, subject: Subject, title: Title, random: Random) -> Layout:
    side, spot = _stand_beside(wish, subject, random)
    if spot is None and wish.photo is not None:
        return _panel_beside(wish, title, wish.photo)
    if spot is None:
        raise ValueError("photo: the subject does not fit")
    standing = stood(subject, spot, wish.size)
    taken = covered_by(wish.style, standing.alpha)
    # Beside a head there is more room than beside shoulders: the title may move up.
    zone = _zone(wish, column_beside(wish.size, taken), ANCHORS, centered=False)
    return _layout(wish, (side, standing), (zone, _block(wish, title, zone)), taken)


def _stand_beside(wish: Wish, subject: Subject, random: Random) -> tuple[Side, Spot | None]:
    """As the seed would have it; where that cannot be, as near to it as can be."""
    for side in sides_for(subject, wish.variety):
        for closeness in dict.fromkeys((wish.variety.closeness, 1.0)):
            spot = beside(subject, wish.size, side, (closeness, random))
            if spot is not None:
                return side, spot
    return "right", None


def _panel_beside(wish: Wish, title: Title, photo: Photo) -> Layout:
    side: Side = "left" if wish.variety.is_odd else "right"
    panel = panel_beside(photo, wish.size, wish.style, (side, wish.variety))
    taken = np.maximum(panel.mask, panel.stripe)
    zone = _zone(wish, column_beside(wish.size, taken), MIDDLE, centered=False)
    return _panel_layout(wish, (side, panel), (zone, _block(wish, title, zone)))


def _panel_layout(wish: Wish, place: tuple[Side, Panel], text: Text) -> Layout:
    (side, panel), (zone, block) = place, text
    taken = np.maximum(panel.mask, panel.stripe)
    focus, reach = _focus_of(taken, wish.size)
    return Layout(side, None, panel, zone, block, taken, focus, reach)


def _stacked(wish: Wish, subject: Subject, title: Title, random: Random) -> Layout:
    """The title first: what it leaves is the subject's."""
    is_usual = not wish.variety.is_odd
    centered = (wish.style in CENTERED_WHEN_TALL) == is_usual
    zone = _zone(wish, column_above(wish.size, wish.aspect), TOP, centered=centered)
    block = _block(wish, title, zone)
    top = block.box.bottom + int(wish.size.unit * GAP * 1.4)
    spot = below(subject, wish.size, top, (wish.variety, random))
    if spot is None and wish.photo is not None:
        panel = panel_below(wish.photo, wish.size, wish.style, (top, wish.variety))
        taken = np.maximum(panel.mask, panel.stripe)
        return _panel_layout(wish, ("center", panel), (zone.above(taken, block, wish.size), block))
    if spot is None:
        raise ValueError("photo: the subject does not fit")
    standing = stood(subject, spot, wish.size)
    taken = covered_by(wish.style, standing.alpha)
    zone = zone.above(taken, block, wish.size)
    return _layout(wish, ("center", standing), (zone, block), taken)


def _without_title(wish: Wish, random: Random) -> Layout:
    assert wish.subject is not None  # noqa: S101 - laid_out looked
    spot = alone(wish.subject, wish.size, (wish.variety, random))
    if spot is None and wish.photo is not None:
        panel = panel_below(wish.photo, wish.size, "minimal", (0, wish.variety))
        return _panel_layout(wish, ("center", panel), (None, None))
    if spot is None:
        raise ValueError("photo: the subject does not fit")
    standing = stood(wish.subject, spot, wish.size)
    taken = covered_by(wish.style, standing.alpha)
    return _layout(wish, ("center", standing), (None, None), taken)


def _typographic(wish: Wish) -> Layout:
    """No subject: the title has the canvas to itself, and the seed moves it about."""
    nothing = empty(wish.size)
    if wish.title is None:
        return Layout("center", None, None, None, None, nothing, (0.5, 0.5), 0.9)
    centered, anchor, focus = _composed(wish)
    growth = ALONE_GROWTH.get(wish.style, USUAL_GROWTH)
    column = _narrowed(column_alone(wish.size, wish.aspect), wish, centered=centered)
    if wish.title.is_rtl:
        column, focus = column.mirrored(wish.size.width), (1 - focus[0], focus[1])
    zone = _zone(wish, column, (anchor,), centered=centered, growth=growth)
    block = _block(wish, wish.title, zone)
    return Layout("center", None, None, zone, block, nothing, focus, 0.9)


def _composed(wish: Wish) -> tuple[bool, float, tuple[float, float]]:
    """Whether the lines are centered, where they stand, and where the eye goes beside them."""
    is_odd, is_centered = wish.variety.is_odd, wish.style in CENTERED_ALONE
    if wish.style == "cinematic":
        return is_odd, 0.92, (0.82, 0.30)  # a film title stands low, its place above it
    if wish.size.is_wide:
        if is_centered:
            return not is_odd, 0.5, (0.84, 0.44) if is_odd else (0.5, 0.5)
        return False, 0.5, (0.18 if is_odd else 0.82, 0.30)
    across = 0.5 if is_centered else 0.82
    anchor, down = (0.12, 0.68) if is_odd else (0.86, 0.26)
    return is_centered, anchor, (across, down)


def _narrowed(column: Column, wish: Wish, *, centered: bool) -> Column:
    """On a wide canvas the title leaves one side to what is painted there."""
    if not wish.size.is_wide or centered:
        return column
    share = ALONE_WIDTH.get(wish.style, 0.72 if wish.variety.is_odd else 1.0)
    if wish.variety.is_odd and wish.style in STANDS_RIGHT:
        limit = int(wish.size.width * (1 - share))
        return replace(column, left_by_row=np.maximum(column.left_by_row, limit))
    limit = int(wish.size.width * share)
    return replace(column, right_by_row=np.minimum(column.right_by_row, limit))


def _layout(wish: Wish, place: tuple[Side, Standing], text: Text, taken: Pixels) -> Layout:
    (side, standing), (zone, block) = place, text
    focus, reach = _focus_of(standing.alpha, wish.size)
    return Layout(side, standing, None, zone, block, taken, focus, reach)


def _focus_of(mask: Pixels, size: Size) -> tuple[tuple[float, float], float]:
    """The middle of what is seen of the subject, and its extent in shorter sides."""
    box = bounds_of(mask) or Box(0, 0, size.width, size.height)
    focus_x = (box.left + box.right) / 2 / size.width
    focus_y = (box.top + box.bottom) / 2 / size.height
    extent = min(max(box.width, box.height) / size.unit, 1.1)
    return (focus_x, focus_y - 0.02), max(0.55, extent)
