"""What somebody wants of a result besides what it shows: shape, style, colors, number, length."""

import re
from dataclasses import dataclass, replace
from typing import Final

from generation.engine.assistant.facts import Facts
from generation.engine.synonyms import words_of

NUMBERS: Final = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10,
}  # fmt: skip
REACH: Final = 600  # letters in which wishes are looked for
ORDINALS: Final = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
RATIO: Final = re.compile(
    r"\b(?:(?:in|as|at|to) )?(?:an? )?(\d{1,2}) ?[:x\u00d7] ?(\d{1,2})\b"
    r"(?: (?:format|ratio|aspect ratio|version))?",
    re.IGNORECASE,
)
THINGS: Final = r"(?=image|picture|photo|ad\b|ads\b|thumbnail|video|version)"
SHAPES: Final = {
    "9:16": re.compile(
        rf"\b(?:(?:in|as) )?(?:(?:a|an|the) )?(?:vertical(?: format)?|upright"
        rf"|tall (?:format|{THINGS})|(?:portrait|story) (?:format|mode|orientation)"
        rf"|story(?= (?:ad|video|post|image)))\b"
        r"|\bfor (?:(?:a|an|my|the) )?(?:(?:instagram|facebook|youtube) )?"
        r"(?:story|stories|reels?|tiktok|shorts?)\b",
        re.IGNORECASE,
    ),
    "1:1": re.compile(
        rf"\b(?:(?:in|as) )?(?:(?:a|an) )?square (?:format|shape|crop|{THINGS})"
        r"|(?<=\bit )square\b|\bin square\b|^square\W*$",
        re.IGNORECASE,
    ),
    "16:9": re.compile(
        rf"\b(?:(?:in|as) )?(?:(?:a|an) )?(?:widescreen|horizontal(?: format)?"
        rf"|(?:landscape|wide) (?:format|mode|orientation|{THINGS}))|(?<=\bit )wide\b|^(?:wide"
        rf"|landscape)\W*$",
        re.IGNORECASE,
    ),
    "2:3": re.compile(r"\bfor pinterest\b|\bas a pin\b", re.IGNORECASE),
}
STYLE: Final = re.compile(
    r"\b(?:in|with|using) (?:(?:a|an|the) )?((?:[a-z0-9]{1,20}[ -]){0,2}[a-z0-9]{1,20}) "
    r"(?:style|look)\b|\b([a-z0-9]{1,20}) style\b",
    re.IGNORECASE,
)
SCHEME: Final = re.compile(
    r"\b(?:(?:in|with) )?(?:the )?([a-z]{1,20}) (?:colou?r scheme|colou?rs|scheme|palette)\b",
    re.IGNORECASE,
)
COUNT: Final = re.compile(
    rf"\b(\d{{1,2}}|{'|'.join(NUMBERS)})\b(?! sec| s )(?= (?:[a-z]{{1,20}} ){{0,2}}(?:images?"
    r"|pictures?|photos?|thumbnails?|titles?|hooks?|headlines?|captions?|slogans?|hashtags?|ideas?"
    r"|variations?|versions?|options?|more|of them|of these|ads?|videos?)\b)",
    re.IGNORECASE,
)
SECONDS: Final = re.compile(r"\b(\d{1,3})[ -]?(?:s|secs?|seconds?)\b", re.IGNORECASE)
MUSIC: Final = re.compile(r"\b([a-z]{1,20}) music\b", re.IGNORECASE)
NOT_STYLES: Final = words_of(
    "the a an this that which what your my same other another different thumbnail image ad video "
    "own new life"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was said of it; empty or 0 where nothing was."""

    aspect_ratio: str = ""
    style: str = ""
    color_scheme: str = ""
    music: str = ""
    count: int = 0
    seconds: int = 0

    @property
    def are_none(self) -> bool:
        return self == NO_WISHES

    def over(self, before: "Wishes") -> "Wishes":
        """These, and where they say nothing, the ones from before."""
        said = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return replace(before, **said)


NO_WISHES: Final = Wishes()


def wishes_of(text: str, facts: Facts) -> tuple[Wishes, str]:
    """The wishes that a text names, and the text without the words for shape, style and colors."""
    text, rest = text[:REACH], text[REACH:]
    ratio, text = _ratio_of(text, facts)
    style, text = _style_of(text)
    scheme, text = _scheme_of(text, facts)
    music = MUSIC.search(text)
    is_music = music and music[1].casefold() in facts.options("video", "music")
    wishes = Wishes(
        aspect_ratio=ratio,
        style=style,
        color_scheme=scheme,
        music=music[1].casefold() if music and is_music else "",
        count=_number(COUNT.search(text)),
        seconds=_number(SECONDS.search(text)),
    )
    return wishes, text + rest


def number_of(word: str) -> int:
    """The number that a word says, in digits or letters; 0 for another word."""
    known = NUMBERS | ORDINALS
    return int(word) if word.isdecimal() else known.get(word.casefold(), 0)


def _number(match: re.Match[str] | None) -> int:
    return number_of(match[1]) if match else 0


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} {text[match.end() :]}"


def _ratio_of(text: str, facts: Facts) -> tuple[str, str]:
    known = {one for kind in facts.offers for one in facts.options(kind, "aspect_ratio")}
    known |= set(facts.options("product_ad", "formats"))
    for match in RATIO.finditer(text):
        ratio = f"{int(match[1])}:{int(match[2])}"
        if ratio in known:
            return ratio, _without(text, match)
    for ratio, shape in SHAPES.items():
        found = shape.search(text)
        if found and ratio in known:
            return ratio, _without(text, found)
    return "", text


def _style_of(text: str) -> tuple[str, str]:
    for match in STYLE.finditer(text):
        style = (match[1] or match[2]).casefold()
        if style.split()[-1] not in NOT_STYLES:
            return style, _without(text, match)
    return "", text


def _scheme_of(text: str, facts: Facts) -> tuple[str, str]:
    for match in SCHEME.finditer(text):
        if match[1].casefold() in facts.options("thumbnail", "color_scheme"):
            return match[1].casefold(), _without(text, match)
    return "", text
