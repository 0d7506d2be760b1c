"""Which words of a title to stress: numbers with what they count, then words that pull."""

from dataclasses import dataclass
from typing import Final

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
    text: str
    stressed: bool = False
    is_broken: bool = False  # the rest of it follows on the next line


def stressed_words(title: str, variety: Variety) -> tuple[Word, ...]:
    """This function will mark what to highlight: something in any title of two words or more."""
    words = title.split()
    groups = _numbers(words) or _powerful(words) or _fallback(words, variety)
    chosen = variety.pick(groups) if groups else range(0)
    extra = [group for group in groups if group is not chosen and not variety.is_odd]
    marked = set(chosen)
    for group in extra:
        if len(marked | set(group)) <= max(1, MOST_SHARE * len(words)):
            marked |= set(group)
    return tuple(Word(word, index in marked) for index, word in enumerate(words))


def _plain(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())


def _numbers(words: list[str]) -> list[range]:
    """A number is stressed together with the word it counts: "30 days"."""
    groups = []
    for index, word in enumerate(words):
        if not any(character.isdigit() for character in word):
            continue
        counted = words[index + 1 : index + 2]
        joins = bool(counted) and _plain(counted[0]) not in STOP_WORDS and len(words) > 3
        groups.append(range(index, index + 1 + joins))
    return groups


def _powerful(words: list[str]) -> list[range]:
    return [range(i, i + 1) for i, word in enumerate(words) if _plain(word) in POWER_WORDS]


def _fallback(words: list[str], variety: Variety) -> list[range]:
    """One of the two longest words that mean something."""
    meaningful = [i for i, word in enumerate(words) if _plain(word) not in STOP_WORDS]
    if len(words) < 2 or not meaningful:
        return []
    longest = sorted(meaningful, key=lambda index: -len(words[index]))[:2]
    pick = variety.pick(longest)
    return [range(pick, pick + 1)]
