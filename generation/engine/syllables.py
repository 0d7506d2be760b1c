"""Where a long word may be broken: before a syllable, and never near its ends."""

import unicodedata
from functools import lru_cache
from typing import Final

from generation.engine.synonyms import words_of

HYPHEN: Final = "-"
SHORTEST: Final = 4  # letters on either side of a break
BREAKABLE: Final = 10  # letters from which a word may be broken
VOWELS: Final = frozenset("aeiouyøæœıаеиоуыэюяαεηιουω")  # noqa: RUF001 - other scripts
ONSETS: Final = words_of(  # the consonants that syllables begin with together
    """
    bl br ch cl cr dr fl fr gl gr kl kr pf ph pl pr qu sch sh sk sl sm sn sp spr st str th tr tw
    wh wr zw schl schm schn schr schw thr phr chr пр тр ст кр др сп ск бл пл кл сл
    """
)
ASIDE: Final = 4  # letters that a readable break may lie from the even one
UNREADABLE: Final = 100


@lru_cache(maxsize=256)
def broken(word: str, longest: int) -> tuple[str, ...]:
    """The word in pieces of about `longest` letters, all but the last ending in a hyphen."""
    if len(word) <= longest or len(word) < BREAKABLE:
        return (word,)
    parts = min(-(-len(word) // longest), len(word) // SHORTEST)
    starts, previous = [0], 0
    for part in range(1, parts):
        left = len(word) - previous
        even = previous + left / (parts - part + 1)
        previous = _best_break(word, even, (previous + SHORTEST, _last(word, parts - part)))
        starts.append(previous)
    ends = [*starts[1:], len(word)]
    pieces = [word[start:end] for start, end in zip(starts, ends, strict=True)]
    hyphened = [piece if piece.endswith(HYPHEN) else piece + HYPHEN for piece in pieces[:-1]]
    return (*hyphened, pieces[-1])


def _last(word: str, parts_after: int) -> int:
    return len(word) - SHORTEST * parts_after


def _best_break(word: str, even: float, bounds: tuple[int, int]) -> int:
    """The break nearest to the even one that can be read; a hyphen of the word's own is best."""
    first, last = bounds
    letters = [_base(letter) for letter in word]
    places = range(first, max(first, last) + 1)
    return min(places, key=lambda place: (_cost(letters, place, even), place))


def _cost(letters: list[str], place: int, even: float) -> float:
    away = abs(place - even)
    if letters[place - 1] == HYPHEN:
        return away / 2
    if not letters[place - 1].isalnum() or not letters[place].isalnum():
        return UNREADABLE * 2 + away
    return away + (0 if _starts_syllable(letters, place) else UNREADABLE if away <= ASIDE else 150)


def _starts_syllable(letters: list[str], place: int) -> bool:
    """Between a vowel and a consonant, or between consonants as they are spoken."""
    if letters[place] in VOWELS or not any(letter in VOWELS for letter in letters[:place]):
        return False
    start = place
    while start > 0 and letters[start - 1] not in VOWELS:
        start -= 1
    end = place
    while end < len(letters) and letters[end] not in VOWELS:
        end += 1
    if end == len(letters):
        return False
    return place == _onset(letters, start, end)


def _onset(letters: list[str], start: int, end: int) -> int:
    """Where in a run of consonants the next syllable begins: with as many as can begin a word."""
    for place in range(start, end - 1):
        if "".join(letters[place:end]) in ONSETS:
            return place
    return end - 1


def _base(letter: str) -> str:
    return unicodedata.normalize("NFD", letter.casefold())[0]
