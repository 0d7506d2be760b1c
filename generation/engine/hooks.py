"""Other ways to say a title in its own words: nothing is added, nothing that matters is lost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from generation.engine.emphasis import POWER_WORDS
from generation.engine.synonyms import words_of

AS_ORDERED: Final = "As ordered"
NUMBER_FIRST: Final = "Number first"
STRONGEST_FIRST: Final = "Strongest part first"
SECOND_FIRST: Final = "Second part first"
SHORTER: Final = "Shorter"
PARTS: Final = re.compile(r"\s*:\s+|\s+[|\u2013\u2014-]\s+")
# Why and how they did it says that they did it; a question, or "how to", says no such thing.
TOLD: Final = re.compile(
    r"(?:(?:here[\u2019']s|this is|here is)\s+)?(?:why|how)\s+(?=(?:i|we|he|she|they)\s)",
    re.IGNORECASE,
)
TOLD_ANYWAY: Final = frozenset({"can", "could", "would", "should", "may", "might", "will"})
TRAILING: Final = re.compile(
    r"(?P<rest>.+)\s(?P<when>(?:in|for|after|with|within|under)\s\S*\d\S*(?:\s[^\s,.:;!?]+)?)$",
    re.IGNORECASE,
)
SUBJECTS: Final = words_of("i we he she they it you")
FILLERS: Final = words_of("just really very actually literally basically simply totally")
NEGATIONS: Final = words_of("not never no hardly barely without isn't don't doesn't won't can't")
LEAST_WORDS: Final = 2


@dataclass(frozen=True, slots=True)
class Hook:
    name: str
    text: str


def hooks_of(title: str) -> list[Hook]:
    """This function will find other hooks, the strongest first; for many titles there are none."""
    found: dict[str, Hook] = {}
    for hook in (*_swapped(title), *_number_first(title), *_shorter(title)):
        if len(hook.text.split()) >= LEAST_WORDS and hook.text.casefold() != title.casefold():
            found.setdefault(hook.text.casefold(), hook)
    return list(found.values())


def _swapped(title: str) -> Iterator[Hook]:
    """Of two parts the second may come first: "My year in Rome: 7 mistakes"."""
    parts = PARTS.split(title)
    if len(parts) != 2 or not all(parts):
        return
    first, second = parts
    if _has_digit(second) and not _has_digit(first):
        name = NUMBER_FIRST
    elif _pulls(second) and not _pulls(first):
        name = STRONGEST_FIRST
    else:
        name = SECOND_FIRST
    if not first.endswith(("?", "!", ".")):
        yield Hook(name, f"{_capital(second.rstrip('.'))}: {first}")


def _number_first(title: str) -> Iterator[Hook]:
    """When or with how much may be said before what: "For 30 days I lived on Mars"."""
    match = TRAILING.fullmatch(title.rstrip("!."))
    if match is None or _has_digit(match["rest"]) or PARTS.search(title):
        return
    rest = match["rest"]
    if len(rest.split()) < LEAST_WORDS:
        return
    link = " " if rest.split()[0].casefold() in SUBJECTS else ": "
    yield Hook(NUMBER_FIRST, f"{_capital(match['when'])}{link}{rest}")


def _shorter(title: str) -> Iterator[Hook]:
    bare = _without_fillers(title)
    told = TOLD.match(bare)
    if told and not bare.endswith("?"):
        rest = bare[told.end() :]
        if rest.split()[1].casefold() not in TOLD_ANYWAY:
            yield Hook(SHORTER, _capital(rest))
    if bare != title:
        yield Hook(SHORTER, bare)


def _without_fillers(title: str) -> str:
    words = title.split()
    kept = [
        word
        for before, word in zip(["", *words], words, strict=False)
        if word not in FILLERS or not before or before.casefold() in NEGATIONS
    ]
    return " ".join(kept)


def _has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _pulls(text: str) -> bool:
    return any(word.strip(".,!?").casefold() in POWER_WORDS for word in text.split())


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
