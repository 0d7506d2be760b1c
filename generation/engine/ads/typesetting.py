"""Set an ad's words: eyebrow, headline, subline, button and badge, in the room that is theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numpy as np

from generation.engine.emphasis import Word
from generation.engine.fonts import Face
from generation.engine.pixels import Box, Size
from generation.engine.text import Block, Column, Setting
from generation.engine.titles import Title, read_words
from generation.engine.zones import set_words

ROLES: Final = ("eyebrow", "headline", "subline", "call_to_action", "badge")
HEADLINE_FACES: Final = {
    "studio": Face(
        font="DMSerifDisplay_400Regular", leading=1.02, cap=0.66, descent=0.23, tracking=-0.008
    ),
    "bold": Face(font="Anton_400Regular", leading=1.08, cap=0.86, descent=0.04, uppercase=True),
    "dark": Face(font="Syne_800ExtraBold", leading=1.06, cap=0.70, descent=0.2, tracking=-0.01),
    "lifestyle": Face(
        font="PlayfairDisplay_700Bold", leading=1.08, cap=0.71, descent=0.24, tracking=-0.006
    ),
    "fresh": Face(
        font="BricolageGrotesque_800ExtraBold", leading=1.0, cap=0.66, descent=0.2, tracking=-0.016
    ),
}
LARGEST: Final = {"studio": 0.128, "bold": 0.168, "dark": 0.112, "lifestyle": 0.118, "fresh": 0.12}
SMALLEST: Final = 0.042
TEXT: Final = Face(font="Inter_500Medium", leading=1.36, cap=0.73, descent=0.22)
SEMIBOLD: Final = Face(font="Inter_600SemiBold", leading=1.3, cap=0.73, descent=0.22)
SPACED: Final = replace(SEMIBOLD, uppercase=True, tracking=0.13, descent=0.02)
HEAVY: Final = Face(font="Montserrat_800ExtraBold", leading=1.02, cap=0.70, descent=0.06)

# All of these are shares of the shorter side.
EYEBROW, SUBLINE, CALL = 0.0235, 0.0345, 0.0305
LEAST_SIZE: Final = 0.0185
SCALES: Final = (1.0, 0.86, 0.72, 0.6)  # of the small words, until the headline has room
GAPS: Final = {"eyebrow": 0.046, "headline": 0.038, "subline": 0.05}  # below each
PILL: Final = 0.082  # how tall a button is
PILL_PADDING: Final = 0.041
ARROW: Final = 0.052  # with the gap before it
TALL, TALL_SCALE = 1.6, 1.14
WIDE_SCALE: Final = 1.22  # of the headline, where it has half of a wide canvas
BADGE: Final = 0.09  # its radius
BADGE_FILLED: Final = 1.36  # radii that its words may be wide
HEADLINE_LINES, SUBLINE_LINES = 3, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where words may stand: the zone of the text, where the button is, the badge's middle."""

    zone: Box
    is_centered: bool
    anchor: float  # 0: at the zone's top
    call: tuple[int, int] | None  # middle or edge of the button, and its top; None: below the text
    widest_call: int
    badge: tuple[int, int]

    def as_facts(self) -> dict[str, Any]:
        return {
            "zone": self.zone.as_list(),
            "is_centered": self.is_centered,
            "anchor": self.anchor,
            "call": list(self.call) if self.call else None,
            "widest_call": self.widest_call,
            "badge": list(self.badge),
        }

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        call, badge = facts["call"], facts["badge"]
        return cls(
            zone=Box(*facts["zone"]),
            is_centered=facts["is_centered"],
            anchor=facts["anchor"],
            call=(call[0], call[1]) if call else None,
            widest_call=facts["widest_call"],
            badge=(badge[0], badge[1]),
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one role; `ground` is what is drawn under them: a button's or a badge's box."""

    role: str
    block: Block
    ground: Box | None = None

    @property
    def box(self) -> Box:
        return self.ground or self.block.box


@dataclass(frozen=True, slots=True)
class Typeset:
    pieces: tuple[Piece, ...]
    is_rtl: bool

    @property
    def lines(self) -> tuple[Piece, ...]:
        """What stands on the picture itself."""
        return tuple(piece for piece in self.pieces if piece.ground is None)


@dataclass(frozen=True, slots=True)
class Manuscript:
    """An ad's words, read: what is empty is not among them."""

    titles: Mapping[str, Title]
    style: str
    has_emoji: bool

    @property
    def is_rtl(self) -> bool:
        told = self.titles.get("headline") or next(iter(self.titles.values()), None)
        return told is not None and told.is_rtl


def unit_of(size: Size) -> int:
    """What words are measured by; a phone held upright shows them a little smaller."""
    return int(size.unit * TALL_SCALE) if size.height > TALL * size.width else size.unit


def read_copy(copy: Mapping[str, str], style: str) -> Manuscript:
    """This function will read the words. Raises ValueError naming those that no font has."""
    faces = {
        "eyebrow": SPACED, "headline": HEADLINE_FACES[style], "subline": TEXT,
        "call_to_action": SEMIBOLD, "badge": HEAVY,
    }  # fmt: skip
    titles: dict[str, Title] = {}
    has_emoji = False
    for role in ROLES:
        text = copy.get(role, "")
        if not text.strip():
            continue
        title = read_words(text, faces[role])
        if title.warnings:
            letters = title.warnings[0].rsplit(": ", 1)[-1]
            raise ValueError(f"{role}: no font here has the letters {letters}; write it otherwise")
        has_emoji = has_emoji or bool(title.emoji)
        if title.words:
            titles[role] = _in_one(title) if role == "eyebrow" else title
    if "headline" not in titles:
        raise ValueError("headline: must have a word that can be drawn")
    return Manuscript(titles, style, has_emoji)


def _in_one(title: Title) -> Title:
    """Spaced letters need wider gaps between words: those of the line's own spaces."""
    if title.is_rtl or title.face.font != SPACED.font:
        return title
    return replace(title, words=(Word(title.text),))


def typeset(manuscript: Manuscript, room: Room, size: Size) -> Typeset:
    """This function will set all the words in their room, the headline as large as it can be."""
    return _Setter(manuscript, room, size).typeset()


class _Setter:
    __slots__ = ("manuscript", "room", "size", "unit")

    def __init__(self, manuscript: Manuscript, room: Room, size: Size) -> None:
        self.manuscript = manuscript
        self.room = room
        self.size = size
        self.unit = unit_of(size)

    def typeset(self) -> Typeset:
        column = self._column()
        pieces = self._badge()
        if self.room.call is not None:
            pieces += self._button_at(*self.room.call)
        return Typeset((*column, *pieces), self.manuscript.is_rtl)

    def _column(self) -> list[Piece]:
        """Eyebrow, headline, subline and perhaps the button, one below the other."""
        zone, titles = self.room.zone, self.manuscript.titles
        has_button = self.room.call is None and "call_to_action" in titles
        least = int(self.unit * SMALLEST * 1.2)
        for scale in SCALES:
            small = self._small(scale)
            heights = {role: block.box.height for role, block in small.items()}
            if has_button:
                heights["call_to_action"] = int(self.unit * PILL)
            present = [role for role in ROLES if role in heights or role == "headline"]
            gaps = {role: int(self.unit * GAPS[role] * scale) for role in present[:-1]}
            rest = zone.height - sum(heights.values()) - sum(gaps.values())
            if rest >= least:
                break
        else:
            raise ValueError("subline: is too long for the room beside the product; shorten it")
        headline = self._headline(rest)
        heights["headline"] = headline.box.height
        total = sum(heights.values()) + sum(gaps.values())
        top = zone.top + int(max(0, zone.height - total) * self.room.anchor)
        pieces: list[Piece] = []
        for role in present:
            if role == "call_to_action":
                pieces += self._button_at(self._start(), top)
            else:
                block = headline if role == "headline" else small[role]
                pieces.append(Piece(role, _moved(block, top - block.box.top)))
            top += heights[role] + gaps.get(role, 0)
        return pieces

    def _small(self, scale: float) -> dict[str, Block]:
        shares = (("eyebrow", EYEBROW, 1), ("subline", SUBLINE, SUBLINE_LINES))
        return {
            role: self._text(role, share * scale, lines)
            for role, share, lines in shares
            if role in self.manuscript.titles
        }

    def _start(self) -> int:
        zone = self.room.zone
        if self.room.is_centered:
            return (zone.left + zone.right) // 2
        return zone.right if self.manuscript.is_rtl else zone.left

    def _headline(self, height: int) -> Block:
        share = LARGEST[self.manuscript.style] * (WIDE_SCALE if self.size.is_wide else 1)
        largest = int(self.unit * share)
        return self._set("headline", (largest, int(self.unit * SMALLEST)), height, HEADLINE_LINES)

    def _text(self, role: str, share: float, lines: int) -> Block:
        sizes = (int(self.unit * share), int(self.unit * LEAST_SIZE))
        return self._set(role, sizes, self.size.height, lines)

    def _set(self, role: str, sizes: tuple[int, int], height: int, lines: int) -> Block:
        zone = self.room.zone
        column = _column_of(Box(zone.left, 0, zone.right, height), self.size)
        title = self.manuscript.titles[role]
        setting = Setting(
            face=title.face,
            largest=sizes[0],
            smallest=sizes[1],
            most_lines=lines,
            centered=self.room.is_centered,
            anchor=0.0,
            is_rtl=self.manuscript.is_rtl,
        )
        return set_words(title, column, setting, self.size)

    def _button_at(self, across: int, top: int) -> list[Piece]:
        title = self.manuscript.titles.get("call_to_action")
        if title is None:
            return []
        padding, height = int(self.unit * PILL_PADDING), int(self.unit * PILL)
        arrow = int(self.unit * ARROW)
        widest = self.room.widest_call - 2 * padding - arrow
        block = self._one_line(title, int(self.unit * CALL), widest)
        width = block.box.width + 2 * padding + arrow
        zone = self.room.zone
        if self.room.is_centered:
            left = across - width // 2
        else:
            left = across - width if across > (zone.left + zone.right) / 2 else across
        ground = Box(left, top, left + width, top + height)
        inner = left + padding + (arrow if self.manuscript.is_rtl else 0)
        return [Piece("call_to_action", _centered(block, inner, ground), ground)]

    def _badge(self) -> list[Piece]:
        title = self.manuscript.titles.get("badge")
        if title is None:
            return []
        radius = int(self.unit * BADGE)
        across, down = self.room.badge
        ground = Box(across - radius, down - radius, across + radius, down + radius)
        side = int(radius * BADGE_FILLED)
        box = Box(0, 0, side, int(side * 0.8))
        setting = Setting(
            face=title.face, largest=int(radius * 0.62), smallest=int(radius * 0.16),
            most_lines=3, centered=True, is_rtl=title.is_rtl,
        )  # fmt: skip
        block = set_words(title, _column_of(box, self.size), setting, self.size)
        return [Piece("badge", _centered(block, across - block.box.width // 2, ground), ground)]

    def _one_line(self, title: Title, largest: int, widest: int) -> Block:
        box = Box(0, 0, widest, self.size.height)
        smallest = int(self.unit * LEAST_SIZE)
        setting = Setting(
            face=title.face, largest=largest, smallest=smallest, most_lines=1, anchor=0.0,
            is_rtl=title.is_rtl,
        )  # fmt: skip
        return set_words(title, _column_of(box, self.size), setting, self.size)


def _column_of(box: Box, size: Size) -> Column:
    rows = np.ones(size.height, dtype=np.int32)
    return Column(box.top, box.bottom, rows * box.left, rows * box.right)


def _moved(block: Block, down: int, right: int = 0) -> Block:
    words = tuple(
        replace(word, left=word.left + right, baseline=word.baseline + down) for word in block.words
    )
    return replace(block, words=words)


def _centered(block: Block, left: int, ground: Box) -> Block:
    """The block with its letters, not their descenders, in the middle of its ground's height."""
    baselines = [word.baseline for word in block.words]
    face, size = block.setting.face, block.size
    middle = (min(baselines) - face.cap * size + max(baselines)) / 2
    down = round((ground.top + ground.bottom) / 2 - middle)
    return _moved(block, down, left - block.box.left)
