"""Read a product out of what somebody wrote: its name, and what is said about it."""

import re
from dataclasses import dataclass
from typing import Final

from generation.engine.ads.families import Family, family_of
from generation.engine.ads.phrases import TONES
from generation.engine.assistant.asking import Ask
from generation.engine.assistant.cleaning import EDGES, capital, in_one_line
from generation.engine.assistant.facts import Facts

LONGEST_NAME: Final = 60
MOST_WORDS: Final = 7  # of a name
CUT: Final = re.compile(
    r"\s*(?:[,;:\n(]|\.\s|\s[\u2013\u2014-]\s|\s(?:that|which|who|with|made|from|is|are|has|have"
    r"|costs?|for|now|and it|in|comes)\s)",
    re.IGNORECASE,
)
ARTICLE: Final = re.compile(r"(?:a|an|the|my|our|your|some|new)\s+", re.IGNORECASE)
SELLING: Final = re.compile(
    r"(?:i|we)(?: want to| would like to| am trying to|'m)? ?sell(?:ing)?\s+", re.IGNORECASE
)
CAPITALS: Final = re.compile(r"(?:[A-Z\u00c0-\u00de][\w\u2019'&-]*\s?){1,4}$")
AND: Final = re.compile(r"^(?:and|it is|its|it's|they are|which is|that is)\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Item:
    """A product: how it is called, what is said about it, and what kind of thing it is."""

    name: str
    about: str
    family: Family

    @property
    def tone(self) -> str:
        """The tone that the description speaks in, or nothing."""
        words = {word.strip(".,;:!?").casefold() for word in self.about.split()}
        counts = {tone: len(words & known) for tone, known in TONES.items()}
        best = max(counts, key=lambda tone: counts[tone])
        return best if counts[best] else ""


def item_of(ask: Ask, facts: Facts) -> Item:
    """The quoted name, else a project's, else the words before the first pause."""
    text = ask.details or ask.subject
    text = SELLING.sub("", text, count=1)
    name = ask.quoted or _project_in(text, facts) or _name_in(text)
    about = _about(text, name)
    return Item(name=name, about=about, family=family_of(name, text))


def _project_in(text: str, facts: Facts) -> str:
    lowered = text.casefold()
    return next((one for one in facts.projects if one and one.casefold() in lowered), "")


def _name_in(text: str) -> str:
    head = CUT.split(text, maxsplit=1)[0]
    bare = ARTICLE.sub("", ARTICLE.sub("", head.strip(EDGES), count=1), count=1)
    brand = CAPITALS.search(bare)
    if brand and brand.start() and len(brand.group().split()) >= 2:
        bare = brand.group()  # "candle brand Amber Night"
    short = " ".join(bare.split()[:MOST_WORDS])
    return capital(in_one_line(short, LONGEST_NAME))


def _about(text: str, name: str) -> str:
    """What is left of the text without the name."""
    place = text.casefold().find(name.casefold())
    before, after = (text[:place], text[place + len(name) :]) if place >= 0 else ("", text)
    lead = ARTICLE.sub("", before.strip(EDGES)).strip('"\u201c\u201d\u201e\u00ab\u00bb ')
    lead = "" if ARTICLE.fullmatch(f"{before.strip(EDGES)} ") else lead
    rest = AND.sub("", after.strip(EDGES + '"\u201c\u201d\u201e\u00ab\u00bb'))
    return capital(", ".join(part for part in (lead, rest) if part))
