"""Which language words are in, and the few phrases that a film says by itself in each."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from generation.engine.synonyms import words_of

ENGLISH: Final = "en"
TOKEN: Final = re.compile(r"[^\W\d_]+")

# A script that tells the language by itself, by how Unicode names its letters.
SCRIPTS: Final = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "zh", "ARABIC": "ar",
    "HEBREW": "he", "DEVANAGARI": "hi", "CYRILLIC": "ru", "GREEK": "el",
}  # fmt: skip
KANA: Final = ("HIRAGANA", "KATAKANA")
KANA_SHARE: Final = 0.1  # Japanese is written in ideographs too: a few kana are enough

# Frequent short words; those that several languages share tell nothing and are left out.
FREQUENT: Final = {
    "en": words_of(
        """
        the and with for your you is of to from that this it our are made every by at keeps meet
        discover today make yours take closer look see everyday
        """
    ),
    "de": words_of(
        "der die das und mit für ist ein eine einer von zu den dem nicht auch auf im ihre bei"
    ),
    "fr": words_of("le la les et avec pour est une des du dans votre vos qui sur au aux chaque"),
    "es": words_of("el la los las y con para es una del por su tus que más cada en sin muy"),
    "it": words_of("il la lo gli le e con per è una della di che più ogni nel senza delle"),
    "pt": words_of("o os as e com para é uma da do em que mais cada seu sua sem feito não das"),
    "nl": words_of("de het een en met voor van is je uw op niet ook elke zonder gemaakt zijn"),
    "sv": words_of("och med för är ett en av din som på inte varje utan det den till från"),
    "pl": words_of("i z na dla jest w do się nie to bez każdy oraz twój od"),
    "tr": words_of("ve ile için bir bu her çok değil olan da de"),
    "vi": words_of("và với cho là của một trong bạn không được các mỗi"),
}
FOREIGN_LETTERS: Final = 0.02  # of the letters: English has next to none with marks


@dataclass(frozen=True, slots=True)
class Phrases:
    """What a film says beside what it was told: the opening, and what to do at the end."""

    meet: str
    calls: tuple[str, ...]


PHRASES: Final = {
    "en": Phrases("Meet {name}", ("Discover it today", "Make it yours", "See it for yourself")),
    "de": Phrases("Das ist {name}", ("Jetzt entdecken",)),
    "fr": Phrases("Voici {name}", ("À découvrir maintenant",)),
    "es": Phrases("Descubre {name}", ("Descúbrelo hoy",)),
    "it": Phrases("Ecco {name}", ("Scoprilo oggi",)),
    "pt": Phrases("Conheça {name}", ("Descubra hoje",)),
    "nl": Phrases("Dit is {name}", ("Ontdek het nu",)),
    "sv": Phrases("Möt {name}", ("Upptäck mer",)),
    "pl": Phrases("Poznaj {name}", ("Odkryj więcej",)),
    "ru": Phrases("Это {name}", ("Узнать больше",)),
    "ja": Phrases("{name}", ("詳しく見る",)),
    "zh": Phrases("{name}", ("了解更多",)),
    "ko": Phrases("{name}", ("자세히 보기",)),
    "ar": Phrases("{name}", ("اكتشف المزيد",)),
    "he": Phrases("{name}", ("לפרטים נוספים",)),
    "hi": Phrases("{name}", ("और जानें",)),
}
UNKNOWN: Final = Phrases("{name}", ("",))


def phrases_of(language: str) -> Phrases:
    return PHRASES.get(language, UNKNOWN)


def language_of(text: str) -> str:
    """The language that most speaks for; English where nothing speaks against it."""
    letters = [letter for letter in text if letter.isalpha()]
    if not letters:
        return ENGLISH
    return _by_script(letters) or _by_words(text, letters)


def can_be_read_in_english(texts: Sequence[str]) -> bool:
    """Whether a voice that only knows English can read these aloud, and there is anything."""
    said = [text for text in texts if any(letter.isalpha() for letter in text)]
    # Names are short and may look foreign; a foreign script is one in every line.
    is_latin = all(_by_script([one for one in text if one.isalpha()]) is None for text in said)
    return bool(said) and is_latin and language_of(" ".join(said)) == ENGLISH


def _by_script(letters: list[str]) -> str | None:
    names = [unicodedata.name(letter, "").split(" ")[0].split("-")[0] for letter in letters]
    if sum(name in KANA for name in names) > KANA_SHARE * len(names):
        return "ja"
    found = [SCRIPTS[name] for name in names if name in SCRIPTS]
    if len(found) * 2 > len(names):
        return max(sorted(set(found)), key=found.count)
    latin = sum(name == "LATIN" for name in names)
    return None if latin * 2 > len(names) else "und"


def _by_words(text: str, letters: list[str]) -> str:
    words = [word.casefold() for word in TOKEN.findall(text)]
    scores = {
        language: sum(word in frequent for word in words) for language, frequent in FREQUENT.items()
    }
    best = max(scores, key=lambda language: scores[language])  # English is first among equals
    if best != ENGLISH or scores[ENGLISH]:
        return best
    marked = sum(not letter.isascii() for letter in letters)
    return "und" if marked > FOREIGN_LETTERS * len(letters) and len(words) > 3 else ENGLISH
