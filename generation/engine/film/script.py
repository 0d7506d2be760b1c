"""The words of a film: a hook, what the description says point by point, and what to do next."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from generation.engine.film.board import LONGEST_TEXT
from generation.engine.film.languages import ENGLISH, phrases_of
from generation.engine.pixels import Random
from generation.engine.scripts import abridged, is_unspaced
from generation.engine.synonyms import words_of

LETTERS_A_SECOND: Final = 17.0  # that a voice speaks, or that eyes read at ease
BREATH: Final = 0.75  # seconds of each scene without a word
LEAST_SHARE: Final = 0.72  # of an even share: a shorter scene is a flash
LONGEST_HEADLINE: Final = 30
MOST_WORDS: Final = 5
LEAST_POINT: Final = 3  # words: a shorter piece of a sentence goes with the one before it
LEAST_DENSE: Final = 6  # letters, where words have no spaces

SENTENCES: Final = re.compile(r"(?<=[.!?])\s+|[\n;\u2022。！？]+")  # noqa: RUF001
PARTS: Final = re.compile(r"\s*(?:,|\u3001|\u060c|\s[\u2013\u2014-]\s|:)\s*")
# Where a long sentence may be cut short and still say something.
BREAKS: Final = re.compile(
    r"\s+(?=(?:that|which|with|for|so|because|while|when|without|and|in|from|to|"
    r"keeps?|makes?|helps?|gives?|lets?|has|have|is|are|will|can)\s)",
    re.IGNORECASE,
)
JOINED: Final = re.compile(r"(?:and|or|but|then|plus)\s", re.IGNORECASE)
OPENERS: Final = re.compile(
    r"^(?:(?:it|this|that|these|they|our|your new|the product)\s+)?"
    r"(?:is|are|has|have|comes with|offers|features|gives you|and|with|also)\s+(?:an?\s+|the\s+)?",
    re.IGNORECASE,
)
LOOSE_ENDS: Final = words_of("and or with for of the a an in on to from by at your its so that is")
COLORS: Final = "In {color}"
ENGLISH_POINTS: Final = (
    ("A closer look", "Take a closer look."),
    ("Every angle counts", "Every angle counts."),
    ("Made for every day", "Made for every day."),
    ("Simply beautiful", "Simply beautiful."),
)
ENGLISH_ENDS: Final = {
    "Discover it today": "{name}. Discover it today.",
    "Make it yours": "{name}. Make it yours.",
    "See it for yourself": "{name}. See it for yourself.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What one scene shows and says."""

    text: str
    narration: str
    detail: str = ""
    button: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What there is to say."""

    name: str
    description: str
    language: str
    color: str
    call_to_action: str = ""


def script_of(topic: Topic, count: int, seconds: float, random: Random) -> list[Line]:
    """This function will write `count` scenes that can be said in so many seconds."""
    points = _points(topic, count - 2, random)
    hook, end = _hook(topic), _end(topic, random)
    said = [as_sentence(text) for text, _ in points]
    room = _letters_in(seconds, count) - len(hook.narration) - len(end.narration)
    for number, (_, sentence) in enumerate(points):
        longer = [*said[:number], sentence, *said[number + 1 :]]
        if sum(map(len, longer)) <= room:
            said = longer
    if sum(map(len, said)) > room:
        said = _spoken_within(said, room)
    texts = [abridged(text, LONGEST_TEXT) for text, _ in points]
    lines = [Line(text, words) for text, words in zip(texts, said, strict=True)]
    return [hook, *lines, end]


def _letters_in(seconds: float, count: int) -> int:
    """How many can be said, with a breath in every scene."""
    return int(max(0.0, seconds - count * BREATH) * LETTERS_A_SECOND)


def _spoken_within(said: Sequence[str], room: int) -> list[str]:
    """The first of the sentences, and silence where there is no time for one."""
    kept: list[str] = []
    for words in said:
        is_in_time = len("".join(kept)) + len(words) <= room
        kept.append(words if is_in_time else "")
    return kept


def _hook(topic: Topic) -> Line:
    meet = phrases_of(topic.language).meet.format(name=topic.name)
    return Line(abridged(meet, LONGEST_TEXT), f"{meet}.")


def _end(topic: Topic, random: Random) -> Line:
    calls = phrases_of(topic.language).calls
    call = topic.call_to_action or calls[int(random.integers(len(calls)))]
    said = ENGLISH_ENDS.get(call, "{name}. {call}.").format(name=topic.name, call=call)
    return Line(topic.name, said if call else as_sentence(topic.name), button=call)


def _points(topic: Topic, count: int, random: Random) -> list[tuple[str, str]]:
    """So many headlines with their sentences: the description's own, then plain ones."""
    own = _own_points(topic.description)
    spare = _spare_points(topic, random)
    own = own[:count]
    return [*own, *spare[: count - len(own)]]


def _own_points(description: str) -> list[tuple[str, str]]:
    """Each sentence; where there are few, each part of a sentence."""
    sentences = [each.strip(" .") for each in SENTENCES.split(description) if each.strip(" .")]
    points: list[tuple[str, str]] = []
    for sentence in sentences:
        points.extend((headline_of(part), part) for part in _parts_of(sentence))
    seen: dict[str, tuple[str, str]] = {}
    for headline, part in points:
        seen.setdefault(headline.casefold(), (headline, as_sentence(part)))
    return list(seen.values())


def _parts_of(sentence: str) -> list[str]:
    """A sentence in the parts between its commas that could stand alone."""
    parts = [part for part in PARTS.split(sentence) if part]
    stand_alone = [
        not JOINED.match(part)
        and (len(part.split()) >= LEAST_POINT or (is_unspaced(part) and len(part) >= LEAST_DENSE))
        for part in parts
    ]
    return parts if all(stand_alone) else [sentence]


def _spare_points(topic: Topic, random: Random) -> list[tuple[str, str]]:
    if topic.language != ENGLISH:
        return [(topic.name, "")] * len(ENGLISH_POINTS)
    order = random.permutation(len(ENGLISH_POINTS))
    points = [ENGLISH_POINTS[index] for index in order]
    if topic.color:
        color = COLORS.format(color=topic.color)
        points.insert(1, (color, f"{color}."))
    return points


def headline_of(sentence: str) -> str:
    """The start of a sentence as a headline: as few words as still say something."""
    bare = OPENERS.sub("", sentence.strip(" .,!")) or sentence
    pieces = BREAKS.split(PARTS.split(bare)[0] if len(bare) > LONGEST_HEADLINE else bare)
    kept = pieces[0]
    for piece in pieces[1:] if len(bare) > LONGEST_HEADLINE else ():
        is_enough = len(kept.split()) >= 2
        if is_enough and (JOINED.match(piece) or len(f"{kept} {piece}") > LONGEST_HEADLINE):
            return _capitalized(_shortened(kept))
        kept = f"{kept} {piece}"
    kept = kept if len(bare) > LONGEST_HEADLINE else bare
    return _capitalized(_shortened(kept))


def _shortened(text: str) -> str:
    words = text.split()
    if len(text) <= LONGEST_HEADLINE:
        return " ".join(words)
    while len(words) > 2 and (len(words) > MOST_WORDS or len(" ".join(words)) > LONGEST_HEADLINE):
        words.pop()
    while len(words) > 1 and words[-1].casefold() in LOOSE_ENDS:
        words.pop()
    return " ".join(words).rstrip(",;:-")


def as_sentence(words: str) -> str:
    words = _capitalized(words.strip())
    if not words or words[-1] in ".!?。！？…":  # noqa: RUF001
        return words
    return words + ("。" if is_unspaced(words[-1]) else ".")


def _capitalized(text: str) -> str:
    """The first letter large, unless the word has its own way, as iPhone has."""
    first = text.split(" ", 1)[0]
    return text[:1].upper() + text[1:] if first.islower() else text


def paced(lines: Sequence[Line], seconds: float) -> list[float]:
    """How long each scene lasts: longer where more is said; all of them together are the film."""
    even = seconds / len(lines)
    needs = [
        max(LEAST_SHARE * even, BREATH + len(line.narration) / LETTERS_A_SECOND) for line in lines
    ]
    needs[-1] += BREATH  # the end stands a moment longer
    scale = seconds / sum(needs)
    if scale < 1:  # too much to say for so short a film: no scene may shrink to a flash for it
        needs = [(need + even / scale) / 2 for need in needs]
    rounded = [round(need * scale, 2) for need in needs[:-1]]
    return [*rounded, round(seconds - sum(rounded), 2)]
