"""Understand a title and a prompt: what to show, where, and which words we could not use."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from generation.engine import icons
from generation.engine.synonyms import NOT_OBJECTS, STOP_WORDS, SYNONYMS

MOST_OBJECTS: Final = 2
LONGEST_PHRASE: Final = 3
SHORTEST_OBJECT: Final = 3
TOKEN: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")

# Painted or photographed places, and the words for them; the first that is named wins.
PLACES: Final = {
    "mars": "mars martian",
    "moon": "moon lunar moonwalk apollo",
    "space": "space galaxy nebula cosmos universe planet stars orbit cosmic astronaut nasa rocket",
    "underwater": "underwater coral reef diving scuba shark whale deep_sea",
    "office": "office business startup work job career boss meeting ceo company",
    "workshop": "workshop garage diy repair craft build engine",
    "kitchen": (
        "kitchen coffee espresso cooking cook bake baking recipe cafe barista breakfast "
        "food cat dog home apartment room"
    ),
    "studio": "studio podcast interview review unboxing",
    "laboratory": (
        "laboratory lab science experiment chemistry medical hospital code coding history"
    ),
    "hall": "hall museum university school lecture wedding palace",
    "city": "city cities skyline street urban downtown skyscraper tokyo new_york cyberpunk hacker",
    "snow": (
        "snow snowy winter arctic antarctica glacier ice frozen ski skiing north christmas everest"
    ),
    "aurora": "aurora northern_lights",
    "island": (
        "island tropical ocean sea beach coast sail sailing yacht boat surf surfing hawaii bali"
    ),
    "dune": "desert dune sahara camel sand dubai egypt",
    "mesa": "canyon mesa wild_west arizona cowboy",
    "volcano": "volcano lava eruption iceland",
    "mountain": (
        "mountain alps peak lake valley hike hiking fjord climb climbing castle dragon adventure"
    ),
    "forest": "forest wood jungle camping tree",
    "park": "park garden lawn picnic",
    "hills": "hill meadow field farm countryside grass nature landscape",
    "clouds": "cloud sky heaven flying plane flight dream",
}

HOURS: Final = {
    "aurora": "aurora northern_lights",
    "neon": "neon cyberpunk synthwave vaporwave hacker",
    "sunset": "sunset dusk twilight evening",
    "sunrise": "sunrise dawn morning",
    "night": "night midnight moonlit moonlight starry dark haunted horror",
    "golden": "golden warm",
    "overcast": "rain storm fog mist overcast gloomy moody mystery",
    "day": "day sunny bright summer",
}

# Names Unicode gives a character that the pack calls otherwise.
EMOJI_NAMES: Final = {
    "heavy-black-heart": "red-heart",
    "white-medium-star": "star",
    "high-voltage-sign": "high-voltage",
    "smiling-face-with-open-mouth": "grinning-face-with-big-eyes",
    "smiling-face-with-heart-shaped-eyes": "smiling-face-with-heart-eyes",
    "money-mouth-face": "money-mouth-face",
    "chart-with-upwards-trend": "chart-increasing",
    "chart-with-downwards-trend": "chart-decreasing",
    "personal-computer": "laptop",
    "electric-light-bulb": "light-bulb",
    "warning-sign": "warning",
    "direct-hit": "bullseye",
    "eyes": "eyes",
    "shocked-face-with-exploding-head": "exploding-head",
    "robot-face": "robot",
    "banknote-with-dollar-sign": "dollar-banknote",
    "white-heavy-check-mark": "check-mark-button",
    "cross-mark": "cross-mark",
    "slice-of-pizza": "pizza",
    "hamburger": "hamburger",
    "earth-globe-europe-africa": "globe-showing-europe-africa",
    "cat-face": "cat-face",
    "dog-face": "dog-face",
    "automobile": "automobile",
    "clapper-board": "clapper-board",
    "unicorn-face": "unicorn",
    "lion-face": "lion",
}
JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f\u20e3")
SKIN_TONES: Final = range(0x1F3FB, 0x1F400)


@dataclass(frozen=True, slots=True)
class Understanding:
    objects: tuple[str, ...]
    place: str | None
    hour: str | None
    understood: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """An object's name in the pack, and the words that named it."""

    name: str
    words: tuple[str, ...]


def understand(title: str, prompt: str, emoji: tuple[str, ...]) -> Understanding:
    """What the prompt asks for goes first, then the title's emoji, then the title's words."""
    found = [*_objects_in(prompt), *(Found(name, (name,)) for name in emoji), *_objects_in(title)]
    objects = tuple(dict.fromkeys(item.name for item in found))[:MOST_OBJECTS]
    place = _first_named(PLACES, prompt) or _first_named(PLACES, title)
    hour = _first_named(HOURS, prompt) or _first_named(HOURS, title)
    used = {word for item in found if item.name in objects for word in item.words}
    asked = _words_of(prompt or title)
    return Understanding(
        objects=objects,
        place=place and place[0],
        hour=hour and hour[0],
        understood=tuple(sorted(used | {named[1] for named in (place, hour) if named})),
        ignored=_ignored(asked, used | {named[1] for named in (place, hour) if named}),
    )


def _ignored(asked: list[str], used: set[str]) -> tuple[str, ...]:
    spoken = {part for word in used for part in word.split()}
    rest = (word for word in asked if word not in spoken and word not in STOP_WORDS)
    return tuple(dict.fromkeys(rest))


def _words_of(text: str) -> list[str]:
    return TOKEN.findall(text.casefold())


def _first_named(table: dict[str, str], text: str) -> tuple[str, str] | None:
    for name, words in table.items():
        pattern = "|".join(words.split()).replace("_", " ")
        match = re.search(rf"\b(?:{pattern})s?\b", text.casefold())
        if match:
            return name, match.group()
    return None


def _objects_in(text: str) -> list[Found]:
    words, found, place = _words_of(text), [], 0
    while place < len(words):
        item = _longest_object(words, place)
        if item is not None:
            found.append(item)
        place += len(item.words) if item else 1
    return found


def _longest_object(words: list[str], place: int) -> Found | None:
    for length in range(LONGEST_PHRASE, 0, -1):
        phrase = tuple(words[place : place + length])
        name = _object_called(" ".join(phrase)) if len(phrase) == length else None
        if name:
            return Found(name, phrase)
    return None


def _object_called(phrase: str) -> str | None:
    for form in (phrase, *_singulars(phrase)):
        if form in STOP_WORDS or (len(form) < SHORTEST_OBJECT and form not in SYNONYMS):
            continue
        name = SYNONYMS.get(form) or form.replace(" ", "-")
        if name in icons.names() and name not in NOT_OBJECTS:
            return name
    return None


def _singulars(phrase: str) -> list[str]:
    if phrase.endswith("ss") or not phrase.endswith("s"):
        return []
    forms = [phrase[:-1]]
    if phrase.endswith("ies"):
        forms.append(phrase[:-3] + "y")
    if phrase.endswith("es"):
        forms.append(phrase[:-2])
    return forms


def split_emoji(title: str) -> tuple[str, tuple[str, ...]]:
    """The title without its emoji, and the objects of the pack that they show."""
    kept, shown = [], []
    for character in title:
        if not is_emoji(character):
            kept.append(character)
            continue
        name = _emoji_name(character)
        if name in icons.names():
            shown.append(name)
    return " ".join("".join(kept).split()), tuple(dict.fromkeys(shown))


def is_emoji(character: str) -> bool:
    if character in JOINERS or ord(character) in SKIN_TONES:
        return True
    return unicodedata.category(character) == "So" and ord(character) > 0x2190


def _emoji_name(character: str) -> str:
    name = unicodedata.name(character, "").lower().replace(" ", "-").replace("_", "-")
    return EMOJI_NAMES.get(name, name)
