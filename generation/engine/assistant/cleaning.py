"""Make words safe to repeat: no markup, no addresses, no hidden marks."""

import re
import unicodedata
from typing import Final

LONGEST: Final = 8000
UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
JOINERS: Final = frozenset("\u200c\u200d\ufe0f")  # inside of emoji, and of Persian and Hindi words
MARKUP: Final = re.compile(r"<[^<>\n]{0,300}>")
ADDRESS: Final = re.compile(
    r"\b(?:https?:|www\.|javascript:|data:|file:|mailto:)\S*", re.IGNORECASE
)
MEANT_AS_MARKUP: Final = str.maketrans(dict.fromkeys("*_`~[]<>{}\\^", " ") | {"|": "-"})
HEADING: Final = re.compile(r"#(?!\d)")
EDGES: Final = " \t,.;:!?-\u2013\u2014'\"\u2019\u2018/"
CLOSING: Final = " \t,;:-\u2013\u2014/"


def cleaned(text: str) -> str:
    """The words with their line breaks; every other mark that could act is gone."""
    composed = unicodedata.normalize("NFC", text[:LONGEST])
    shown = composed.translate({ord(letter): _shown(letter) for letter in set(composed)})
    words = ADDRESS.sub(" ", MARKUP.sub(" ", shown))
    words = HEADING.sub(" ", words.translate(MEANT_AS_MARKUP))
    lines = (" ".join(line.split()) for line in words.split("\n"))
    return "\n".join(line for line in lines if line)


def _shown(letter: str) -> str:
    if letter.isspace():
        return "\n" if letter in "\n\r\u2028\u2029" else " "
    hidden = unicodedata.category(letter) in UNPRINTABLE and letter not in JOINERS
    return "" if hidden else letter


def in_one_line(text: str, most: int) -> str:
    """The text in one line of at most so many letters, cut between words where it can be."""
    line = " ".join(text.split()).lstrip(EDGES).rstrip(CLOSING)
    if len(line) <= most:
        return line
    whole = line[: most + 1].rsplit(" ", 1)[0]
    return (whole if len(whole) > most // 2 else line[:most]).rstrip(CLOSING)


def capital(text: str) -> str:
    """The first letter large, unless the word has its own way, as iPhone has."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.islower() else text
