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
    badge_of,
    below,
    beside,
    column_above,
    column_alone,
    column_beside,
    sides_for,
    stood,
)
from generation.engine.text import Block, Column, Setting, set_title
from generation.engine.titles import Title
from generation.engine.variety import Variety

USUAL_LARGEST: Final = 0.25  # of the shorter side
LARGEST: Final = {"bold": 0.36, "cinematic": 0.36, "neon": 0.22}
SMALLEST: Final = 0.062  # of the shorter side: readable when the picture is 120 pixels wide
MOST_LINES: Final = 5
PADDING: Final = {"bold": 0.10, "playful": 0.07, "neon": 0.04}  # sizes
CENTERED_WHEN_TALL: Final = frozenset({"bold", "playful", "neon", "cinematic"})
CENTERED_ALONE: Final = frozenset({"bold", "playful", "neon"})
ALONE_WIDTH: Final = {"minimal": 0.66, "editorial": 0.74, "cinematic": 0.80}
STANDS_RIGHT: Final = frozenset({"minimal", "editorial"})  # every other time, when alone
ANCHORS: Final = (0.5, 0.3, 0.12)
ANCHOR_COST: Final = 1.05  # leaving the middle must make the title this much larger
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
    block: Block | None
    taken: Pixels
    focus: tuple[float, float]
    reach: float

    @property
    def occupied(self) -> tuple[Box, ...]:
        """What ornaments keep off: the title, the subject with its outline, the photo."""
        subject = bounds_of(self.taken)
        return tuple(box for box in (self.block and self.block.box, subject) if box)


def laid_out(wish: Wish, random: Random) -> Layout:
    if wish.subject is None:
        return _typographic(wish)
    if wish.title is None:
        return _without_title(wish, random)
    if wish.size.is_wide:
        return _side_by_side(wish, wish.subject, wish.title, random)
    return _stacked(wish, wish.subject, wish.title, random)


def _setting(wish: Wish, title: Title, *, centered: bool, growth: float = 1.0) -> Setting:
    unit = wish.size.unit
    return Setting(
        face=title.face,
        largest=int(unit * LARGEST.get(wish.style, USUAL_LARGEST) * growth),
        smallest=int(unit * SMALLEST),
        most_lines=MOST_LINES,
        centered=centered,
        padding=PADDING.get(wish.style, 0.0),
    )


def _side_by_side(wish: Wish, subject: Subject, title: Title, random: Random) -> Layout:
    side, spot = _stand_beside(wish, subject, random)
    if spot is None and wish.photo is not None:
        return _panel_beside(wish, title, wish.photo)
    if spot is None:
        raise ValueError("photo: the subject does not fit")
    standing = stood(subject, spot, wish.size)
    taken = covered_by(wish.style, standing.alpha)
    column = column_beside(wish.size, taken)
    block = _best_anchored(wish, title, column)
    return _layout(wish, side, standing, block, taken)


def _stand_beside(wish: Wish, subject: Subject, random: Random) -> tuple[Side, Spot | None]:
    """As the seed would have it; where that cannot be, as near to it as can be."""
    for side in sides_for(subject, wish.variety):
        for closeness in dict.fromkeys((wish.variety.closeness, 1.0)):
            spot = beside(subject, wish.size, side, (closeness, random))
            if spot is not None:
                return side, spot
    return "right", None


def _best_anchored(wish: Wish, title: Title, column: Column) -> Block:
    """Beside a head there is more room than beside shoulders: the title may move up."""
    setting = _setting(wish, title, centered=False)
    best = _set(wish, title, column, setting)
    for anchor in ANCHORS[1:]:
        block = _set(wish, title, column, replace(setting, anchor=anchor))
        is_longer = best.is_cut and not block.is_cut
        if is_longer or block.size > best.size * ANCHOR_COST:
            best = block
    return best


def _set(wish: Wish, title: Title, column: Column, setting: Setting) -> Block:
    """The title as large as it can be with its whole box off the badge's corner."""
    block = set_title(title.words, column, setting)
    badge = badge_of(wish.size)
    if badge is None or not block.box.overlaps(badge):
        return block
    aside = replace(column, right_by_row=np.minimum(column.right_by_row, badge.left - 1))
    above = replace(column, bottom=min(column.bottom, badge.top - 1))
    blocks = [set_title(title.words, clear, setting) for clear in (above, aside)]
    return max(blocks, key=lambda block: (not block.is_cut, block.size))


def _panel_beside(wish: Wish, title: Title, photo: Photo) -> Layout:
    side: Side = "left" if wish.variety.is_odd else "right"
    panel = panel_beside(photo, wish.size, wish.style, (side, wish.variety))
    taken = np.maximum(panel.mask, panel.stripe)
    column = column_beside(wish.size, taken)
    block = _set(wish, title, column, _setting(wish, title, centered=False))
    return _panel_layout(wish, side, panel, block)


def _panel_layout(wish: Wish, side: Side, panel: Panel, block: Block | None) -> Layout:
    taken = np.maximum(panel.mask, panel.stripe)
    focus, reach = _focus_of(taken, wish.size)
    return Layout(side, None, panel, block, taken, focus, reach)


def _stacked(wish: Wish, subject: Subject, title: Title, random: Random) -> Layout:
    """The title first: what it leaves is the subject's."""
    is_usual = not wish.variety.is_odd
    setting = _setting(wish, title, centered=(wish.style in CENTERED_WHEN_TALL) == is_usual)
    column = column_above(wish.size, wish.aspect)
    block = set_title(title.words, column, replace(setting, anchor=0.0))
    top = block.box.bottom + int(wish.size.unit * GAP * 1.4)
    spot = below(subject, wish.size, top, (wish.variety, random))
    if spot is None and wish.photo is not None:
        panel = panel_below(wish.photo, wish.size, wish.style, (top, wish.variety))
        return _panel_layout(wish, "center", panel, block)
    if spot is None:
        raise ValueError("photo: the subject does not fit")
    standing = stood(subject, spot, wish.size)
    taken = covered_by(wish.style, standing.alpha)
    return _layout(wish, "center", standing, block, taken)


def _without_title(wish: Wish, random: Random) -> Layout:
    assert wish.subject is not None  # noqa: S101 - laid_out looked
    spot = alone(wish.subject, wish.size, (wish.variety, random))
    if spot is None and wish.photo is not None:
        panel = panel_below(wish.photo, wish.size, "minimal", (0, wish.variety))
        return _panel_layout(wish, "center", panel, None)
    if spot is None:
        raise ValueError("photo: the subject does not fit")
    standing = stood(wish.subject, spot, wish.size)
    taken = covered_by(wish.style, standing.alpha)
    return _layout(wish, "center", standing, None, taken)


def _typographic(wish: Wish) -> Layout:
    """No subject: the title has the canvas to itself, and the seed moves it about."""
    nothing = empty(wish.size)
    if wish.title is None:
        return Layout("center", None, None, None, nothing, (0.5, 0.5), 0.9)
    centered, anchor, focus = _composed(wish)
    growth = ALONE_GROWTH.get(wish.style, USUAL_GROWTH)
    setting = _setting(wish, wish.title, centered=centered, growth=growth)
    column = _narrowed(column_alone(wish.size, wish.aspect), wish, centered=centered)
    block = _set(wish, wish.title, column, replace(setting, anchor=anchor))
    return Layout("center", None, None, block, nothing, focus, 0.9)


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


def _layout(
    wish: Wish, side: Side, standing: Standing, block: Block | None, taken: Pixels
) -> Layout:
    focus, reach = _focus_of(standing.alpha, wish.size)
    return Layout(side, standing, None, block, taken, focus, reach)


def _focus_of(mask: Pixels, size: Size) -> tuple[tuple[float, float], float]:
    """The middle of what is seen of the subject, and its extent in shorter sides."""
    box = bounds_of(mask) or Box(0, 0, size.width, size.height)
    focus_x = (box.left + box.right) / 2 / size.width
    focus_y = (box.top + box.bottom) / 2 / size.height
    extent = min(max(box.width, box.height) / size.unit, 1.1)
    return (focus_x, focus_y - 0.02), max(0.55, extent)
