"""Arrange an ad anew for each format: the text first, then the product in the room that is left."""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from generation.engine.ads.formats import Format
from generation.engine.ads.prepared import Prepared
from generation.engine.ads.silhouette import Stance
from generation.engine.ads.typesetting import (
    BADGE,
    PILL,
    Manuscript,
    Room,
    Typeset,
    typeset,
    unit_of,
)
from generation.engine.pixels import Box, Raster, Size

type Side = Literal["left", "right"]

SLENDER: Final = 0.56  # width by height: a slimmer product stands beside the text on a square
TEXT_SHARE: Final = {"1:1": 0.30, "4:5": 0.32, "9:16": 0.32}  # of the height, above the product
LEAST_TEXT: Final = 0.19  # of the height, kept for words even where there are few
LEAST_BUTTON: Final = 0.13  # more, where the button is among them
TEXT_WIDTH: Final = {"16:9": 0.44, "1:1": 0.50, "4:5": 0.50}  # of the width, beside the product
GAP: Final = 0.035  # of the shorter side
STARTING: Final = frozenset({"bold", "studio"})  # styles whose lines may start together
MOST_GROWTH: Final = 3.2  # times: a photo smaller than that would look torn
FRAME: Final = 0.016  # of the shorter side: the paper around a photo that is kept whole
AIR_ABOVE: Final = 0.10  # of the height, above a product beside the text
FLOOR: Final = 0.10  # of the height, below it
BADGE_AIR: Final = 0.02  # of the shorter side, between the badge and other words
WORDS_COST, PRODUCT_COST = 60.0, 1.6  # in shorter sides away from the product's upper corner
COARSE: Final = 48  # the product's outline is looked at this coarsely
SOLID: Final = 128
BEYOND: Final = 3  # pixels over the canvas' edge, so that no line shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """`spot` is the product's box; where it bleeds, it reaches beyond the canvas."""

    size: Size
    safe: Box
    room: Room
    spot: Box
    stance: Stance
    text_side: Side | None  # None: the text is above

    @property
    def base(self) -> int:
        """The row that the product stands on."""
        return self.spot.bottom

    @property
    def middle(self) -> tuple[float, float]:
        """Where the eye should go, as shares of width and height."""
        seen = self.spot.grown(0, self.size)
        return (
            (seen.left + seen.right) / 2 / self.size.width,
            (seen.top + seen.bottom) / 2 / self.size.height,
        )


def arranged(
    prepared: Prepared, manuscript: Manuscript, target: tuple[str, Format], *, is_odd: bool
) -> tuple[Arrangement, Typeset]:
    """This function will find room for the words, then for the product, then set the words."""
    ratio, form = target
    is_beside = ratio == "16:9" or (ratio != "9:16" and _is_slender(prepared))
    arrange = _beside if is_beside else _stacked
    arrangement = arrange(prepared, manuscript, target, is_odd=is_odd)
    alpha = prepared.product.getchannel("A")
    arrangement = replace(arrangement, room=_with_badge(arrangement, manuscript, alpha))
    return arrangement, typeset(manuscript, arrangement.room, form.size)


def _is_slender(prepared: Prepared) -> bool:
    return prepared.aspect < SLENDER and prepared.stance in {"stands", "lies"}


def _stacked(
    prepared: Prepared, manuscript: Manuscript, target: tuple[str, Format], *, is_odd: bool
) -> Arrangement:
    ratio, form = target
    size, safe, unit = form.size, form.safe, form.size.unit
    is_centered = manuscript.style not in STARTING or is_odd or ratio == "9:16"
    sinks = prepared.cuts.bottom and prepared.stance == "bleeds"
    top_of_button = safe.bottom - int(unit_of(size) * PILL)
    start = safe.right if manuscript.is_rtl else safe.left
    edge = (safe.left + safe.right) // 2 if is_centered else start
    call = None if sinks else (edge, top_of_button)
    zone = Box(safe.left, safe.top, safe.right, safe.top + int(size.height * TEXT_SHARE[ratio]))
    room = Room(zone=zone, is_centered=is_centered, anchor=0.0, call=call,
                widest_call=zone.width, badge=(0, 0))  # fmt: skip
    pieces = [piece for piece in typeset(manuscript, room, size).pieces if piece.role != "badge"]
    button = next((piece.box for piece in pieces if not sinks and piece.ground), None)
    ends = max(piece.box.bottom for piece in pieces if piece.box != button)
    gap = int(unit * GAP)
    least = LEAST_TEXT + (LEAST_BUTTON if sinks else 0.0)
    ends = max(ends, safe.top + int(size.height * least))  # other words may come
    free = Box(safe.left, ends + gap, safe.right, safe.bottom if sinks else top_of_button - gap)
    spot = _spot(prepared, free, size)
    if button and not is_centered and prepared.stance != "bleeds":
        beside = _beside_button(free, button, safe, gap)
        larger = _spot(prepared, beside, size)
        if larger.width > spot.width:
            spot, room = larger, replace(room, widest_call=button.width)
    zone = replace(zone, bottom=max(ends, spot.top - gap))
    return Arrangement(
        size=size, safe=safe, room=replace(room, zone=zone), spot=spot, stance=prepared.stance,
        text_side=None,
    )  # fmt: skip


def _beside(
    prepared: Prepared, manuscript: Manuscript, target: tuple[str, Format], *, is_odd: bool
) -> Arrangement:
    ratio, form = target
    size, safe, unit = form.size, form.safe, form.size.unit
    side = _text_side(prepared, is_rtl=manuscript.is_rtl)
    width = int(size.width * TEXT_WIDTH[ratio]) - safe.left
    gap = int(unit * GAP)
    left = safe.left if side == "left" else safe.right - width
    zone = Box(left, safe.top, left + width, safe.bottom)
    room = Room(zone=zone, is_centered=False, anchor=0.5, call=None,
                widest_call=width, badge=(0, 0))  # fmt: skip
    top = int(size.height * AIR_ABOVE)
    floor = size.height - int(size.height * FLOOR)
    edges = (zone.right + gap, safe.right) if side == "left" else (safe.left, zone.left - gap)
    free = Box(edges[0], top, edges[1], floor)
    spot = _spot(prepared, free, size)
    return Arrangement(
        size=size, safe=safe, room=room, spot=spot, stance=prepared.stance, text_side=side
    )


def _text_side(prepared: Prepared, *, is_rtl: bool) -> Side:
    cuts = prepared.cuts
    if prepared.stance == "bleeds" and cuts.any_side:
        return "left" if cuts.right is not None else "right"
    return "right" if is_rtl else "left"


def _spot(prepared: Prepared, free: Box, size: Size) -> Box:
    """The product as large as the free room lets it be, run off the canvas where it was cut."""
    cuts, bleeds = prepared.cuts, prepared.stance == "bleeds"
    sinks = bleeds and cuts.bottom
    left = 0 if bleeds and cuts.left is not None else free.left
    right = size.width if bleeds and cuts.right is not None else free.right
    bottom = size.height if sinks else free.bottom
    raster = prepared.product
    scale = min((right - left) / raster.width, (bottom - free.top) / raster.height, MOST_GROWTH)
    width, height = max(2, round(raster.width * scale)), max(2, round(raster.height * scale))
    x = left + (right - left - width) // 2
    y = free.top + (bottom - free.top - height) // 2
    if bleeds and cuts.left is not None:
        x = -BEYOND
    elif bleeds and cuts.right is not None:
        x = size.width - width + BEYOND
    if sinks:
        y = size.height - height + BEYOND
    elif prepared.stance == "stands":
        y = _stood(free, height, size)
    return Box(x, y, x + width, y + height)


def _stood(free: Box, height: int, size: Size) -> int:
    """On its floor, but not far below the middle of the room if it is low."""
    spare = free.height - height
    return free.top + spare - min(int(spare * 0.38), int(size.unit * 0.2))


def _beside_button(free: Box, button: Box, safe: Box, gap: int) -> Box:
    """The room that reaches down to the button's foot, on its other side."""
    if button.left > (safe.left + safe.right) / 2:
        return Box(safe.left, free.top, button.left - gap, safe.bottom)
    return Box(button.right + gap, free.top, safe.right, safe.bottom)


def _with_badge(arrangement: Arrangement, manuscript: Manuscript, alpha: Raster) -> Room:
    """The room with the badge where it hides no word and little of the product, near its head."""
    size, room, safe = arrangement.size, arrangement.room, arrangement.safe
    spot, radius = arrangement.spot.grown(0, size), int(size.unit * BADGE)
    margin = int(size.unit * BADGE_AIR)
    set_pieces = typeset(manuscript, room, size).pieces
    grounds = [piece.ground for piece in set_pieces if piece.ground and piece.role != "badge"]
    words = [box.grown(margin, size) for box in (room.zone, *grounds)]
    solid = np.asarray(alpha.resize((COARSE, COARSE), Image.Resampling.BOX)) > SOLID
    corner = (spot.right - radius * 0.4, spot.top + radius * 0.6)
    step = radius * 2 // 3
    best: tuple[float, tuple[int, int]] | None = None
    for x in range(safe.left + radius, safe.right - radius + 1, step):
        for y in range(safe.top + radius, safe.bottom - radius + 1, step):
            box = Box(x - radius, y - radius, x + radius, y + radius)
            hidden = _hidden(box, words) / (4 * radius * radius)
            covered = _covered(box, arrangement.spot, solid)
            away = float(np.hypot(x - corner[0], y - corner[1])) / size.unit
            cost = hidden * WORDS_COST + covered * PRODUCT_COST + away
            if best is None or cost < best[0]:
                best = (cost, (x, y))
    return replace(room, badge=best[1] if best else (0, 0))


def _covered(box: Box, spot: Box, solid: NDArray[np.bool_]) -> float:
    """How much of the badge lies over the product."""
    columns = (np.linspace(box.left, box.right, 7)[1:-1] - spot.left) / spot.width * COARSE
    rows = (np.linspace(box.top, box.bottom, 7)[1:-1] - spot.top) / spot.height * COARSE
    across = columns[(columns >= 0) & (columns < COARSE)].astype(int)
    down = rows[(rows >= 0) & (rows < COARSE)].astype(int)
    return float(solid[np.ix_(down, across)].sum()) / 25


def _hidden(box: Box, others: list[Box]) -> int:
    """How many pixels of the others the box lies over."""
    total = 0
    for other in others:
        across = min(box.right, other.right) - max(box.left, other.left)
        down = min(box.bottom, other.bottom) - max(box.top, other.top)
        total += max(0, across) * max(0, down)
    return total
