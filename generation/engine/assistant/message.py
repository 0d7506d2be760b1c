"""One message as the assistant reads it: cleaned, its command in English, its words counted."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Final, Self

from generation.engine.assistant.cleaning import cleaned
from generation.engine.assistant.facts import Facts
from generation.engine.assistant.languages import WORD, in_english
from generation.engine.assistant.wishes import Wishes, wishes_of
from generation.engine.film.languages import language_of

HEAD: Final = 60  # words in which a command is looked for
QUOTED: Final = re.compile(
    r"[\"\u201c\u201d\u201e\u00ab]([^\"\u201c\u201d\u201e\u00ab\u00bb\n]{2,120})[\"\u201c\u201d\u00bb]"
)
SAMPLE: Final = 400  # letters that tell a script


@dataclass(frozen=True, slots=True)
class Message:
    """`gist` is the first words in small letters, without marks, one space between them."""

    text: str
    gist: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    wishes: Wishes
    language: str
    quoted: str

    @classmethod
    def read(cls, raw: str, facts: Facts) -> Self:
        return cls.of(cleaned(raw), facts)

    @classmethod
    def of(cls, clean: str, facts: Facts) -> Self:
        english, language = in_english(clean)
        wishes, text = wishes_of(english, facts)
        found = list(islice(WORD.finditer(text), HEAD))
        quoted = QUOTED.search(text)
        return cls(
            text=text,
            gist=" ".join(_plain(match.group()) for match in found),
            starts=tuple(match.start() for match in found),
            ends=tuple(match.end() for match in found),
            wishes=wishes,
            language=language or _language_by_script(clean),
            quoted=" ".join(quoted[1].split()) if quoted else "",
        )

    @property
    def words(self) -> list[str]:
        return self.gist.split()

    @property
    def is_question(self) -> bool:
        return self.text.rstrip().endswith("?")

    def before(self, letters: int) -> int:
        """How many words begin before this place of the gist."""
        return len(self.gist[:letters].split())

    def after(self, count: int) -> str:
        """The text after so many words."""
        return self.text[self.ends[count - 1] :] if count else self.text

    def between(self, first: int, last: int) -> str:
        """The text from one word up to, but not with, another."""
        return self.text[self.starts[first] : self.ends[last - 1]] if first < last else ""


def _plain(word: str) -> str:
    return word.casefold().replace("'", "").replace("\u2019", "")


def _language_by_script(text: str) -> str:
    """A language that is told by its letters; nothing for what is written in Latin ones."""
    letters = [letter for letter in text[:SAMPLE] if letter.isalpha()]
    is_foreign = letters and not any(letter.isascii() for letter in letters)
    return language_of("".join(letters)) if is_foreign else ""
