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
    Standing,
    alone,
    below,
    beside,
    column_above,
    column_alone,
    column_beside,
    side_for,
    stood,
)
from generation.engine.text import Block, Column, Setting, set_title
from generation.engine.titles import Title

USUAL_LARGEST: Final = 0.25  # of the shorter side
LARGEST: Final = {"bold": 0.36, "cinematic": 0.36, "neon": 0.22}
SMALLEST: Final = 0.062  # of the shorter side: readable when the picture is 120 pixels wide
MOST_LINES: Final = 5
PADDING: Final = {"bold": 0.10, "playful": 0.07, "neon": 0.04}  # sizes
CENTERED_WHEN_TALL: Final = frozenset({"bold", "playful", "neon", "cinematic"})
CENTERED_ALONE: Final = frozenset({"bold", "playful", "neon"})
ALONE_WIDTH: Final = {"minimal": 0.66, "editorial": 0.74, "cinematic": 0.80}
ALONE_ANCHOR: Final = {"cinematic": 0.92}  # a film title stands low, its place above it
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
    side = side_for(subject, random)
    spot = beside(subject, wish.size, side, random)
    if spot is None and wish.photo is not None:
        return _panel_beside(wish, title, side, wish.photo)
    if spot is None:
        raise ValueError("photo: the subject does not fit")
    standing = stood(subject, spot, wish.size)
    taken = covered_by(wish.style, standing.alpha)
    column = column_beside(wish.size, taken)
    block = _best_anchored(title, column, _setting(wish, title, centered=False))
    return _layout(wish, side, standing, block, taken)


def _best_anchored(title: Title, column: Column, setting: Setting) -> Block:
    """Beside a head there is more room than beside shoulders: the title may move up."""
    best = set_title(title.words, column, setting)
    for anchor in ANCHORS[1:]:
        block = set_title(title.words, column, replace(setting, anchor=anchor))
        is_longer = best.is_cut and not block.is_cut
        if is_longer or block.size > best.size * ANCHOR_COST:
            best = block
    return best


def _panel_beside(wish: Wish, title: Title, side: Side, photo: Photo) -> Layout:
    panel = panel_beside(photo, wish.size, wish.style, side)
    taken = np.maximum(panel.mask, panel.stripe)
    column = column_beside(wish.size, taken)
    block = set_title(title.words, column, _setting(wish, title, centered=False))
    return _panel_layout(wish, side, panel, block)


def _panel_layout(wish: Wish, side: Side, panel: Panel, block: Block | None) -> Layout:
    taken = np.maximum(panel.mask, panel.stripe)
    focus, reach = _focus_of(taken, wish.size)
    return Layout(side, None, panel, block, taken, focus, reach)


def _stacked(wish: Wish, subject: Subject, title: Title, random: Random) -> Layout:
    """The title first: what it leaves is the subject's."""
    setting = _setting(wish, title, centered=wish.style in CENTERED_WHEN_TALL)
    column = column_above(wish.size, wish.aspect)
    block = set_title(title.words, column, replace(setting, anchor=0.0))
    top = block.box.bottom + int(wish.size.unit * GAP * 1.4)
    spot = below(subject, wish.size, top, random)
    if spot is None and wish.photo is not None:
        panel = panel_below(wish.photo, wish.size, wish.style, top)
        return _panel_layout(wish, "center", panel, block)
    if spot is None:
        raise ValueError("photo: the subject does not fit")
    standing = stood(subject, spot, wish.size)
    taken = covered_by(wish.style, standing.alpha)
    return _layout(wish, "center", standing, block, taken)


def _without_title(wish: Wish, random: Random) -> Layout:
    assert wish.subject is not None  # noqa: S101 - laid_out looked
    spot = alone(wish.subject, wish.size, random)
    if spot is None and wish.photo is not None:
        panel = panel_below(wish.photo, wish.size, "minimal", 0)
        return _panel_layout(wish, "center", panel, None)
    if spot is None:
        raise ValueError("photo: the subject does not fit")
    standing = stood(wish.subject, spot, wish.size)
    taken = covered_by(wish.style, standing.alpha)
    return _layout(wish, "center", standing, None, taken)


def _typographic(wish: Wish) -> Layout:
    """No subject: the title has the canvas to itself."""
    focus = (0.82, 0.30) if wish.style not in CENTERED_ALONE else (0.5, 0.5)
    nothing = empty(wish.size)
    if wish.title is None:
        return Layout("center", None, None, None, nothing, (0.5, 0.5), 0.9)
    centered = wish.style in CENTERED_ALONE
    growth = ALONE_GROWTH.get(wish.style, USUAL_GROWTH)
    setting = _setting(wish, wish.title, centered=centered, growth=growth)
    setting = replace(setting, anchor=ALONE_ANCHOR.get(wish.style, 0.5))
    column = _narrowed(column_alone(wish.size, wish.aspect), wish)
    return Layout(
        "center", None, None, set_title(wish.title.words, column, setting), nothing, focus, 0.9
    )


def _narrowed(column: Column, wish: Wish) -> Column:
    if not wish.size.is_wide:
        return column
    limit = int(wish.size.width * ALONE_WIDTH.get(wish.style, 1.0))
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
