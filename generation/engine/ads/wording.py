"""The words of an ad: the person's own, verbatim, and rules for what they left empty."""

import re
import unicodedata
from typing import Final

from generation.engine.ads.families import OTHER, SOMETHING, Family, family_of
from generation.engine.ads.phrases import (
    CALLS,
    CALLS_BY_SCRIPT,
    HEADLINES,
    SUBLINES,
    TONE_HEADLINES,
    TONES,
)
from generation.engine.ads.prepared import Prepared
from generation.engine.pixels import Random
from generation.engine.scripts import abridged, has_kana
from generation.engine.seeds import random_of

PARTS: Final = ("headline", "subline", "call_to_action", "eyebrow", "badge")
LONGEST_NAME: Final = 22  # letters of a name that may stand inside a headline
LONGEST_HEADLINE: Final = 60
LONGEST_SUBLINE: Final = 90
LONGEST_EYEBROW: Final = 32
TONE_SHARE: Final = 0.6  # of the seeds, where the description has a tone
SCRIPTS: Final = {
    "HIRAGANA": "kana", "KATAKANA": "kana", "CJK": "han", "HANGUL": "hangul",
    "CYRILLIC": "cyrillic", "GREEK": "greek", "ARABIC": "arabic", "HEBREW": "hebrew",
    "DEVANAGARI": "devanagari", "LATIN": "latin",
}  # fmt: skip
OFFER: Final = re.compile(r"(?<![\w.,])[-\u2212\u2013]?\d{1,2} ?%(?: off)?", re.IGNORECASE)
PRICE: Final = re.compile(
    r"(?:[$€£¥₹] ?\d{1,5}(?:[.,]\d{1,3})?|\b\d{1,5}(?:[.,]\d{2})? ?(?:[€£₹]|USD|EUR|GBP)(?!\w))"
)
OFF: Final = re.compile(r"\boff\b|\bsave\b|\bdiscount\b|\bsale\b|[-\u2212\u2013]\d", re.IGNORECASE)
SENTENCE: Final = re.compile(r"(?<=[.!?…。！？])\s*")  # noqa: RUF001


def copy_for(
    prepared: Prepared,
    product_name: str,
    description: str,
    headline: str = "",
    call_to_action: str = "",
    seed: int = 0,
) -> dict[str, str]:
    """This function will keep what the person wrote and make up the rest by rules."""
    name, about = _plain(product_name), _plain(description)
    family = told_family(prepared, name, about)
    random = random_of("ad copy", name, about, seed)
    script = script_of(f"{name} {about}")
    is_english = script == "latin"
    own = headline if headline.strip() else ""
    spare = abridged(name, LONGEST_HEADLINE)
    made = _headline(family, name, about, random) if is_english else spare
    subline = _subline(family, about, random) if is_english or about else ""
    call = _pick(CALLS.get(family.name, CALLS[SOMETHING]), random)
    words = own or made
    return {
        "headline": words,
        "subline": subline if _plain(subline) != _plain(words) else "",
        "call_to_action": call_to_action
        if call_to_action.strip()
        else (call if is_english else CALLS_BY_SCRIPT.get(script, "")),
        "eyebrow": _eyebrow(name, words),
        "badge": badge_in(about),
    }


def script_of(text: str) -> str:
    """The writing system that most of the letters are of."""
    if has_kana(text):
        return "kana"
    counts: dict[str, int] = {}
    for letter in filter(str.isalpha, text):
        script = SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0], "other")
        counts[script] = counts.get(script, 0) + 1
    return max(counts, key=lambda script: counts[script], default="latin")


def badge_in(about: str) -> str:
    """The offer or price that the description names, as it stands there."""
    offer, price = OFFER.search(about), PRICE.search(about)
    if offer and OFF.search(about):
        share = re.sub(r"\s*off$", "", offer.group().strip(), flags=re.IGNORECASE)
        return f"-{share.lstrip('-\u2212\u2013').replace(' ', '')}"
    return price.group().strip() if price else ""


def told_family(prepared: Prepared, *texts: str) -> Family:
    """This function will trust what the person says it is more than what it looks like."""
    said = family_of(*texts)
    return said if said is not OTHER else prepared.family


def _headline(family: Family, name: str, about: str, random: Random) -> str:
    tone = _tone(about)
    chosen = HEADLINES[family.name]
    if tone and random.random() < TONE_SHARE:
        chosen = TONE_HEADLINES[tone]
    if not name or len(name) > LONGEST_NAME:
        chosen = tuple(line for line in chosen if "{name}" not in line)
    return _pick(chosen, random).replace("{name}", name)


def _tone(about: str) -> str | None:
    words = {word.strip(".,;:!?").casefold() for word in about.split()}
    counts = {tone: len(words & known) for tone, known in TONES.items()}
    best = max(counts, key=lambda tone: counts[tone])
    return best if counts[best] else None


def _subline(family: Family, about: str, random: Random) -> str:
    """The first sentence of the description; else a line that fits the family."""
    if not about:
        return _pick(SUBLINES[family.name], random)
    first = next(part for part in SENTENCE.split(about) if part)
    if len(first) <= LONGEST_SUBLINE:
        return first
    clause = re.split(r"[,;:\u2013\u2014]\s", first)[0]
    if 24 <= len(clause) <= LONGEST_SUBLINE:
        return clause
    return first[:LONGEST_SUBLINE].rsplit(" ", 1)[0].rstrip(",;:") + "\u2026"


def _eyebrow(name: str, headline: str) -> str:
    is_said = name.casefold() in headline.casefold()
    return "" if is_said or len(name) > LONGEST_EYEBROW else name


def _plain(text: str) -> str:
    return " ".join(text.split())


def _pick(lines: tuple[str, ...], random: Random) -> str:
    return lines[int(random.integers(len(lines)))]
