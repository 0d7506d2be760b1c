"""Where a title may stand in a picture, kept so that another can be set there later."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from generation.engine.pixels import Box, Pixels, Size
from generation.engine.placement import GAP, badge_of
from generation.engine.text import Block, Column, Setting, set_title
from generation.engine.titles import Title

SMALLEST: Final = 0.062  # of the shorter side: readable when the picture is 120 pixels wide
MOST_LINES: Final = 5
PADDING: Final = {"bold": 0.10, "playful": 0.07, "neon": 0.04}  # sizes
ANCHOR_COST: Final = 1.05  # leaving the first anchor must make the title this much larger
BANDS: Final = 90  # in the shorter side: how finely the outline of the free space is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """The free space, and how a title is set in it: the first anchor unless another gains much."""

    column: Column
    largest: int
    anchors: tuple[float, ...]
    floor: int  # the first row below that is taken
    centered: bool = False

    def above(self, taken: Pixels, block: Block, size: Size) -> "Zone":
        """This zone, ending where what stands under its title begins."""
        rows = np.flatnonzero(taken.max(axis=1) > 0)
        floor = int(rows[0]) if len(rows) else size.height
        lowest = max(block.box.bottom, floor - int(size.unit * GAP))
        column = replace(self.column, bottom=min(self.column.bottom, lowest))
        return replace(self, column=column, floor=floor)

    def holds(self, box: Box) -> bool:
        """Whether nothing but the ground is there, margins aside."""
        is_between = box.left >= self.column.left(box.top, box.bottom) and box.right <= (
            self.column.right(box.top, box.bottom)
        )
        return is_between and box.bottom <= self.floor

    def as_facts(self) -> dict[str, Any]:
        """In values that JSON can hold, the outline as runs of rows that are alike."""
        lefts, rights = self.column.left_by_row, self.column.right_by_row
        changes = np.flatnonzero((np.diff(lefts) != 0) | (np.diff(rights) != 0)) + 1
        ends = [*changes.tolist(), len(lefts)]
        return {
            "rows": [self.column.top, self.column.bottom],
            "outline": [[end, int(lefts[end - 1]), int(rights[end - 1])] for end in ends],
            "largest": self.largest,
            "anchors": list(self.anchors),
            "floor": self.floor,
            "centered": self.centered,
        }


def zone_of(facts: Mapping[str, Any]) -> Zone:
    """The zone that these facts were made of."""
    ends = [end for end, _, _ in facts["outline"]]
    lengths = np.diff([0, *ends])
    lefts = np.repeat([left for _, left, _ in facts["outline"]], lengths).astype(np.int32)
    rights = np.repeat([right for _, _, right in facts["outline"]], lengths).astype(np.int32)
    top, bottom = facts["rows"]
    return Zone(
        column=Column(top, bottom, lefts, rights),
        largest=facts["largest"],
        anchors=tuple(facts["anchors"]),
        floor=facts["floor"],
        centered=facts["centered"],
    )


def banded(column: Column, size: Size) -> Column:
    """The column with an outline in steps, each as narrow as the narrowest of its rows."""
    starts = np.arange(0, size.height, max(1, size.unit // BANDS))
    lengths = np.diff([*starts, size.height])
    lefts = np.maximum.reduceat(column.left_by_row, starts)
    rights = np.minimum.reduceat(column.right_by_row, starts)
    return replace(
        column, left_by_row=np.repeat(lefts, lengths), right_by_row=np.repeat(rights, lengths)
    )


def set_in(zone: Zone, title: Title, style: str, size: Size) -> Block:
    """This function will set the title in the zone as large as it can be."""
    setting = Setting(
        face=title.face,
        largest=zone.largest,
        smallest=int(size.unit * SMALLEST),
        most_lines=MOST_LINES,
        centered=zone.centered,
        padding=PADDING.get(style, 0.0),
        is_rtl=title.is_rtl,
    )
    best: Block | None = None
    for anchor in zone.anchors:
        block = _clear_of_badge(title, zone.column, replace(setting, anchor=anchor), size)
        is_longer = best is not None and best.is_cut and not block.is_cut
        if best is None or is_longer or block.size > best.size * ANCHOR_COST:
            best = block
    assert best is not None  # noqa: S101 - every zone has an anchor
    return best


def _clear_of_badge(title: Title, column: Column, setting: Setting, size: Size) -> Block:
    """The title as large as it can be with its whole box off the badge's corner."""
    block, badge = set_words(title, column, setting, size), badge_of(size)
    if badge is None or not block.box.overlaps(badge):
        return block
    aside = replace(column, right_by_row=np.minimum(column.right_by_row, badge.left - 1))
    above = replace(column, bottom=min(column.bottom, badge.top - 1))
    blocks = [set_words(title, clear, setting, size) for clear in (above, aside)]
    chosen = max(blocks, key=lambda block: (not block.is_cut, block.size))
    return replace(chosen, is_moved=True)


def set_words(title: Title, column: Column, setting: Setting, size: Size) -> Block:
    """Lines that start at the right are lines that start at the left, seen in a mirror."""
    if not setting.is_rtl:
        return set_title(title.words, column, setting)
    block = set_title(title.words, column.mirrored(size.width), setting)
    return block.mirrored(size.width)
