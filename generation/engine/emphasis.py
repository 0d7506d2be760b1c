"""Which words of a title to stress: numbers with what they count, then words that pull."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from generation.engine.scripts import is_single_ideograph, is_unspaced
from generation.engine.synonyms import STOP_WORDS, words_of
from generation.engine.variety import Variety

MOST_SHARE: Final = 0.5  # of the words: where all is loud, nothing is
POWER_WORDS: Final = words_of(
    """
    free best worst secret secrets never always stop new fast easy insane ultimate truth win money
    hack hacks viral growth million billion ai killer shocking mistake mistakes banned exposed
    impossible perfect crazy huge now today finally real proven simple rich dead danger dangerous
    warning wrong epic legendary brutal honest hidden forbidden forever instantly love hate fail
    failed broke quit lost alone survived survive magic genius master beginner pro vs zero
    """
)


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a title that a line does not break in; which way it runs, and stands."""

    text: str
    stressed: bool = False
    is_broken: bool = False  # the rest of it follows on the next line
    is_joined: bool = False  # no space before it
    is_rtl: bool = False
    base: Literal["ltr", "rtl"] | None = None  # whither the marks at its ends go


def stressed_words(words: Sequence[str], variety: Variety) -> tuple[Word, ...]:
    """This function will mark what to highlight: something in most titles of two words or more."""
    groups = _numbers(words) or _powerful(words) or _fallback(words, variety)
    chosen = variety.pick(groups) if groups else range(0)
    if variety.turn is not None:
        return _marked(words, set(_other(words, variety)))
    extra = [group for group in groups if group is not chosen and not variety.is_odd]
    marked = set(chosen)
    for group in extra:
        if len(marked | set(group)) <= max(1, MOST_SHARE * len(words)):
            marked |= set(group)
    return _marked(words, marked)


def _marked(words: Sequence[str], marked: set[int]) -> tuple[Word, ...]:
    return tuple(Word(word, index in marked) for index, word in enumerate(words))


def _other(words: Sequence[str], variety: Variety) -> range:
    """What the first of a set does not stress; when that is used up, nothing."""
    turn = variety.turn or 0
    first = replace(variety, number=variety.number - turn, turn=None)
    stressed = {i for i, word in enumerate(stressed_words(words, first)) if word.stressed}
    groups = [*_numbers(words), *_powerful(words), *_meaningful(words)]
    others = [group for group in dict.fromkeys(groups) if not stressed & set(group)]
    return [*others, range(0)][min(turn - 1, len(others))]


def _plain(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())


def _numbers(words: Sequence[str]) -> list[range]:
    """A number is stressed together with the word it counts: "30 days"."""
    groups = []
    for index, word in enumerate(words):
        if not any(character.isdigit() for character in word):
            continue
        counted = words[index + 1 : index + 2]
        is_word = bool(counted) and not is_unspaced(counted[0])
        joins = is_word and _plain(counted[0]) not in STOP_WORDS and len(words) > 3
        groups.append(range(index, index + 1 + joins))
    return groups


def _powerful(words: Sequence[str]) -> list[range]:
    return [range(i, i + 1) for i, word in enumerate(words) if _plain(word) in POWER_WORDS]


def _fallback(words: Sequence[str], variety: Variety) -> list[range]:
    """One of the two longest words that mean something."""
    longest = _meaningful(words)[:2]
    return [variety.pick(longest)] if longest and len(words) > 1 else []


def _meaningful(words: Sequence[str]) -> list[range]:
    """The words that mean something, the longest first."""
    found = [
        i
        for i, word in enumerate(words)
        if _plain(word) not in STOP_WORDS and not is_single_ideograph(word)
    ]
    return [range(i, i + 1) for i in sorted(found, key=lambda index: -len(words[index]))]
