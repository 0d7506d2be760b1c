"""What an answer is, and the small things that answers are put together from."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from generation.engine.assistant.asking import Ask
from generation.engine.assistant.facts import Facts
from generation.engine.pixels import Random

MOST_CARDS: Final = 3
PIECE: Final = re.compile(r"\S+\s*|\s+")
LISTED: Final = re.compile(r"^(\d{1,2})\. (.+)$", re.MULTILINE)
FENCED: Final = re.compile(r"^```(?:text)?\n([^\n`]{1,2000})\n```", re.MULTILINE)
BOLD: Final = re.compile(r"\*\*|^\"|\"$")

type Card = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """Markdown for the person, and what is proposed to be made: orders, each a card."""

    text: str
    cards: tuple[Card, ...] = ()

    def words(self) -> Iterator[str]:
        """Yield the text word by word; together they are the text, letter by letter."""
        yield from PIECE.findall(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a writer has before them; `said` is what the assistant said before, newest first."""

    ask: Ask
    facts: Facts
    seed: int
    random: Random
    said: tuple[str, ...] = ()

    def one_of(self, lines: Sequence[str]) -> str:
        """Return a line, if possible one that was not said yet."""
        return self.some_of(lines, 1)[0]

    def some_of(self, lines: Sequence[str], count: int) -> list[str]:
        """Return so many lines in a new order, those that were not said yet first."""
        shuffled = [lines[number] for number in self.random.permutation(len(lines))]
        return sorted(shuffled, key=self.was_said)[:count]

    def was_said(self, line: str) -> bool:
        return any(line in text for text in self.said)

    def shown_prompt(self) -> str:
        """Return the prompt that was shown last, or nothing."""
        found = (FENCED.search(text) for text in self.said)
        return next((match[1] for match in found if match), "")

    def shown_line(self, number: int) -> str:
        """Return a line of the list that was shown last, counted from 1, or nothing."""
        for text in self.said:
            listed = [BOLD.sub("", match[2]).strip() for match in LISTED.finditer(text)]
            if listed:
                return listed[number - 1] if number <= len(listed) else ""
        return ""


def fenced(text: str) -> str:
    """Words to copy."""
    return f"```text\n{text}\n```"


def numbered(lines: Sequence[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


def listed(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def paragraphs(*parts: str) -> str:
    """The parts that are not empty, with a line between them."""
    return "\n\n".join(part for part in parts if part)
