"""Read a title: clean it, take its emoji out, choose its face, and stress its words."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from generation.engine.emphasis import Word, stressed_words
from generation.engine.fonts import WIDE_RANGING, Face, face_for
from generation.engine.glyphs import covers
from generation.engine.lexicon import JOINERS, split_emoji
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


def read_title(raw: str, style: str, variety: Variety) -> Title:
    clean = _cleaned(raw)
    text, emoji = split_emoji(clean)
    text, warnings = _drawable(text)
    face = face_for(style, text)
    words = stressed_words(text, variety) if text else ()
    return Title(text, words, face, emoji, warnings)


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
    missing = sorted({letter for letter in text if not covers(WIDE_RANGING.font, letter)})
    if not missing:
        return text, ()
    kept = "".join(letter if letter not in missing else " " for letter in text)
    return " ".join(kept.split()), (NO_LETTERS + "".join(missing),)
