"""Set a title: the largest size at which its words fit the free space, in lines of equal width."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generation.engine.emphasis import Word
from generation.engine.fonts import Face, font_for, width_share
from generation.engine.pixels import Box
from generation.engine.scripts import can_hyphenate, in_visual_order
from generation.engine.syllables import broken

LINE_COST: Final = 1.13  # one more line must make the title this much larger to be worth it
STUMP: Final = 0.36  # of the widest line: a shorter one looks left over
UNEVEN_COST: Final = 1.3  # a title with a stump must be this much larger to be worth it
PIECES: Final = (14, 10, 7)  # letters that the pieces of a broken word may have about
BROKEN_GAIN: Final = 1.45  # how much larger the title must become for a word to be broken
SPACE: Final = 0.26  # of the size, between words; display faces set their own too wide
STRESS_GAP: Final = 0.17  # where a stressed piece on its plate joins another
ELLIPSIS: Final = "\u2026"


@dataclass(frozen=True, slots=True)
class Column:
    """The free space for a title: how far it goes to either side in each row."""

    top: int
    bottom: int
    left_by_row: NDArray[np.int32]
    right_by_row: NDArray[np.int32]

    def left(self, top: float, bottom: float) -> int:
        """Where lines that start together may start between these rows."""
        return int(self.left_by_row[_rows(top, bottom)].max(initial=0))

    def right(self, top: float, bottom: float) -> int:
        return int(self.right_by_row[_rows(top, bottom)].min(initial=1 << 20))

    def mirrored(self, width: int) -> "Column":
        """As it is seen in a mirror, on a canvas of this width."""
        return replace(
            self, left_by_row=width - self.right_by_row, right_by_row=width - self.left_by_row
        )


def _rows(top: float, bottom: float) -> slice:
    first = max(0, int(top))
    return slice(first, max(first + 1, int(np.ceil(bottom))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How a title may be set: sizes in pixels, padding in sizes."""

    face: Face
    largest: int
    smallest: int
    most_lines: int
    centered: bool = False
    padding: float = 0.0  # what outline and plates add around the letters
    anchor: float = 0.5  # where the block stands in the column, 0 at its top
    is_rtl: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A word where it is drawn: its left end on the baseline."""

    word: Word
    left: float
    baseline: float
    width: float
    line: int


@dataclass(frozen=True)
class Block:
    """A title that has been set."""

    words: tuple[Placed, ...]
    size: int
    setting: Setting
    is_cut: bool = False
    is_moved: bool = False  # away from where a player prints over the picture

    @cached_property
    def box(self) -> Box:
        """What the block covers, outline and plates included."""
        padding = self.setting.padding * self.size
        face = self.setting.face
        lefts = [word.left for word in self.words]
        rights = [word.left + word.width for word in self.words]
        baselines = [word.baseline for word in self.words]
        return Box(
            int(min(lefts) - padding),
            int(min(baselines) - face.cap * self.size - padding),
            int(max(rights) + padding) + 1,
            int(max(baselines) + face.descent * self.size + padding) + 1,
        )

    @property
    def line_count(self) -> int:
        return len({word.line for word in self.words})

    def mirrored(self, width: int) -> "Block":
        """The same block seen in a mirror, its letters as they were."""
        words = tuple(
            replace(word, left=width - word.left - word.width) for word in reversed(self.words)
        )
        return replace(self, words=words)


def word_width(word: Word, face: Face) -> float:
    """In sizes of the font."""
    text = face.shaped(word.text)
    return width_share(font_of(word, face), text) + face.tracking * max(0, len(text) - 1)


def font_of(word: Word, face: Face) -> str:
    font = face.slanted if word.stressed and face.slanted else face.font
    return font_for(font, face.shaped(word.text))


def set_title(words: Sequence[Word], column: Column, setting: Setting) -> Block:
    """This function will set the title as large as it fits, shortened at a word if it must be."""
    return _whole(words, column, setting) or _shortened(words, column, setting)


def _whole(words: Sequence[Word], column: Column, setting: Setting) -> Block | None:
    """All of the words, long ones broken only where the title gains much by it."""
    best = _largest(words, column, setting)
    for longest in PIECES:
        pieces = _broken(words, longest)
        if len(pieces) == len(words):
            continue
        block = _largest(pieces, column, setting)
        if block and (best is None or block.size > best.size * BROKEN_GAIN):
            best = block
    return best


def _shortened(words: Sequence[Word], column: Column, setting: Setting) -> Block:
    """Drop words from the end until the rest fits; in a column for nothing, set one letter."""
    for count in range(len(words) - 1, 0, -1):
        last = replace(words[count - 1], text=words[count - 1].text.rstrip(",;:-") + ELLIPSIS)
        block = _whole([*words[: count - 1], last], column, setting)
        if block:
            return replace(block, is_cut=True)
    lenient = replace(setting, smallest=8, most_lines=setting.most_lines + 3)
    for count in range(len(words[0].text), 0, -1):
        start = [Word(words[0].text[:count] + ELLIPSIS)]
        block = _whole(start, column, lenient)
        if block:
            return replace(block, is_cut=True)
    raise ValueError("title: there is no room for it")


def _broken(words: Sequence[Word], longest: int) -> list[Word]:
    """The words with long ones in pieces."""
    pieces: list[Word] = []
    for word in words:
        if not can_hyphenate(word.text):
            pieces.append(word)
            continue
        *starts, end = broken(word.text, longest)
        pieces.extend(replace(word, text=piece, is_broken=True) for piece in starts)
        pieces.append(replace(word, text=end))
    return pieces


@dataclass(frozen=True, slots=True)
class Run:
    """Words as the setter sees them: how wide they are, and after which a line must end."""

    widths: Sequence[float]
    gaps: Sequence[float]  # before each, unless it begins a line
    stops: frozenset[int]

    def between(self, before: int | None, after: int) -> float:
        """The gap between two words that stand side by side, whichever is read first."""
        if before is None:
            return 0.0
        return self.gaps[max(before, after)] if abs(before - after) == 1 else SPACE

    def needed(self, start: int, end: int) -> float:
        return sum(self.widths[start:end])


def _run_of(words: Sequence[Word], face: Face) -> Run:
    stops = frozenset(index for index, word in enumerate(words) if word.is_broken)
    gaps = [_gap(before, word) for before, word in pairwise([words[0], *words])]
    return Run([word_width(word, face) for word in words], gaps, stops)


def _gap(before: Word, word: Word) -> float:
    if not word.is_joined:
        return SPACE
    return 0.0 if word.stressed == before.stressed else STRESS_GAP


def _largest(words: Sequence[Word], column: Column, setting: Setting) -> Block | None:
    run = _run_of(words, setting.face)
    best_worth, best_size, best_count = 0.0, 0, 0
    for count in range(1, min(setting.most_lines, len(words)) + 1):
        size = _largest_size(run, column, setting, count)
        if size < setting.smallest:
            continue
        worth = size if _is_even(run, column, setting, (size, count)) else size / UNEVEN_COST
        if worth > best_worth * LINE_COST:
            best_worth, best_size, best_count = worth, size, count
    return _placed(words, column, setting, best_size, best_count) if best_count else None


def _is_even(run: Run, column: Column, setting: Setting, choice: tuple[int, int]) -> bool:
    """No line is a stump beside the others."""
    size, count = choice
    ends = _line_ends(run, _limits(column, setting, size, count) or [], size)
    starts = [0, *ends[:-1]]
    lines = [run.needed(start, end) for start, end in zip(starts, ends, strict=True)]
    return min(lines) >= STUMP * max(lines)


def _largest_size(run: Run, column: Column, setting: Setting, count: int) -> int:
    low, high = setting.smallest - 1, setting.largest
    while low < high:
        middle = (low + high + 1) // 2
        limits = _limits(column, setting, middle, count)
        if limits is not None and _fits(run, limits, middle):
            low = middle
        else:
            high = middle - 1
    return low


def _baselines(column: Column, setting: Setting, size: int, count: int) -> list[float] | None:
    face = setting.face
    padding = setting.padding * size
    height = face.cap * size + (count - 1) * face.leading * size + face.descent * size + 2 * padding
    room = column.bottom - column.top - height
    if room < 0:
        return None
    first = column.top + room * setting.anchor + padding + face.cap * size
    return [first + line * face.leading * size for line in range(count)]


def _limits(column: Column, setting: Setting, size: int, count: int) -> list[float] | None:
    """How wide each line may be at this size, or None when there is no height for them."""
    baselines = _baselines(column, setting, size, count)
    if baselines is None:
        return None
    face, padding = setting.face, setting.padding * size
    rows = [
        (base - face.cap * size - padding, base + face.descent * size + padding)
        for base in baselines
    ]
    left = column.left(rows[0][0], rows[-1][1])
    return [column.right(top, bottom) - left - 2 * padding for top, bottom in rows]


def _fits(run: Run, limits: Sequence[float], size: int) -> bool:
    """Fill each line with all it can hold: if the words fit at all, they fit so."""
    line, used = 0, 0.0
    for index, width in enumerate(run.widths):
        if index - 1 in run.stops:
            line, used = line + 1, 0.0
        needed = width * size
        while line < len(limits):
            gap = run.gaps[index] * size if used else 0.0
            if used + gap + needed <= limits[line]:
                used += gap + needed
                break
            line, used = line + 1, 0.0
        else:
            return False
    return True


def _line_ends(run: Run, limits: Sequence[float], size: int) -> list[int]:
    """Break the words so that the lines are as equal in width as can be."""
    best: list[dict[int, tuple[float, list[int]]]] = [{0: (0.0, [])}]
    for limit in limits:
        # A line in which nothing fits stays empty.
        reached = {start: (cost, [*ends, start]) for start, (cost, ends) in best[-1].items()}
        for start, (cost, ends) in best[-1].items():
            _extend(reached, (run, start, size), limit, (cost, ends))
        best.append(reached)
    count = len(run.widths)
    finished = [state[count] for state in best[1:] if count in state]
    return min(finished, key=lambda item: item[0])[1]


def _extend(
    reached: dict[int, tuple[float, list[int]]],
    line: tuple[Run, int, int],
    limit: float,
    so_far: tuple[float, list[int]],
) -> None:
    run, start, size = line
    used = 0.0
    for end in range(start + 1, len(run.widths) + 1):
        gap = run.gaps[end - 1] if end > start + 1 else 0.0
        # Added up as `_fits` does it: what fits there by a hair has to fit here.
        used = used + gap * size + run.widths[end - 1] * size
        if used > limit:
            return
        cost = so_far[0] + used * used
        if end not in reached or cost < reached[end][0]:
            reached[end] = (cost, [*so_far[1], end])
        if end - 1 in run.stops:
            return


def _placed(
    words: Sequence[Word], column: Column, setting: Setting, size: int, count: int
) -> Block:
    measured = _run_of(words, setting.face)
    limits = _limits(column, setting, size, count) or []
    ends = _line_ends(measured, limits, size)
    baselines = _baselines(column, setting, size, len(ends)) or []
    padding = setting.padding * size
    top, bottom = (
        baselines[0] - setting.face.cap * size,
        baselines[-1] + setting.face.descent * size,
    )
    start_at = column.left(top - padding, bottom + padding) + padding
    placed: list[Placed] = []
    start = 0
    for line, end in enumerate(ends):
        used = sum(measured.gaps[start + 1 : end]) + measured.needed(start, end)
        left = start_at
        if setting.centered:
            left += (limits[line] - used * size) / 2
        ways = [word.is_rtl for word in words[start:end]]
        before: int | None = None
        for index in in_visual_order(ways, base=setting.is_rtl):
            number, width = start + index, measured.widths[start + index] * size
            left += measured.between(before, number) * size
            placed.append(Placed(words[number], left, baselines[line], width, line))
            left, before = left + width, number
        start = end
    return Block(tuple(placed), size, setting)
