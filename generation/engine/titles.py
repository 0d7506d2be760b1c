"""Read a title: clean it, take its emoji out, choose its face, and stress its words."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from generation.engine.emphasis import Word, stressed_words
from generation.engine.fonts import DISPLAY, Face, able_face, font_for, grown_for, is_drawable
from generation.engine.glyphs import covers
from generation.engine.lexicon import JOINERS, split_emoji
from generation.engine.scripts import directions_of, has_kana, runs_right_to_left, units_of
from generation.engine.variety import Variety

UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
LONGEST: Final = 200
NO_LETTERS: Final = "The title uses letters that no font here has; they were left out: "


@dataclass(frozen=True, slots=True)
class Title:
    text: str
    words: tuple[Word, ...]
    face: Face
    emoji: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def is_rtl(self) -> bool:
        return runs_right_to_left(self.text)


def read_title(raw: str, style: str, variety: Variety) -> Title:
    return read_words(raw, DISPLAY[style], variety)


def read_words(raw: str, own: Face, variety: Variety | None = None) -> Title:
    """The words in their own face where it has the letters; without a variety none is stressed."""
    clean = _cleaned(raw)
    text, emoji = split_emoji(clean)
    text, warnings = _drawable(text)
    face = able_face(own, text)
    words = _words(text, face, variety) if text else ()
    face = grown_for(face, [word.text for word in words]) if words else face
    return Title(text, words, face, emoji, warnings)


def _words(text: str, face: Face, variety: Variety | None) -> tuple[Word, ...]:
    """The title's words, or the pieces of them between which a line may break."""
    is_japanese = has_kana(text)
    pieces: list[str] = []
    joined: set[int] = set()
    for token in text.split():
        units = [
            run
            for unit in units_of(token, is_japanese=is_japanese)
            for run in _one_font_each(unit, face)
        ]
        joined |= {len(pieces) + later for later in range(1, len(units))}
        pieces.extend(units)
    words = stressed_words(pieces, variety) if variety else tuple(map(Word, pieces))
    return _directed([replace(word, is_joined=i in joined) for i, word in enumerate(words)])


def _one_font_each(unit: str, face: Face) -> list[str]:
    """The unit as it is, or in runs, where no one font has all of its letters."""
    if covers(font_for(face.font, unit), unit):
        return [unit]
    runs = groupby(unit, key=lambda letter: font_for(face.font, letter))
    return ["".join(letters) for _, letters in runs]


def _directed(words: Sequence[Word]) -> tuple[Word, ...]:
    """Marks at the end of a foreign run go where the title's own direction has them."""
    ways = directions_of([word.text for word in words])
    base = runs_right_to_left(" ".join(word.text for word in words))
    if not base and not any(ways):
        return tuple(words)
    following = [*ways[1:], base]
    return tuple(
        replace(word, is_rtl=way, base="rtl" if (base if way != then else way) else "ltr")
        for word, way, then in zip(words, ways, following, strict=True)
    )


def _cleaned(raw: str) -> str:
    composed = unicodedata.normalize("NFC", raw)[:LONGEST]
    printable = (
        " " if character.isspace() else character
        for character in composed
        if character.isspace()
        or unicodedata.category(character) not in UNPRINTABLE
        or character in JOINERS
    )
    return " ".join("".join(printable).split())


def _drawable(text: str) -> tuple[str, tuple[str, ...]]:
    """The words we have glyphs for; tofu is worse than a warning."""
    missing = sorted({letter for letter in text if not is_drawable(letter)})
    if not missing:
        return text, ()
    kept = "".join(letter if letter not in missing else " " for letter in text)
    return " ".join(kept.split()), (NO_LETTERS + "".join(missing),)
