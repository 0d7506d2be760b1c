"""Writing systems: which way a word runs, where a line may break, what counts as a word."""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from generation.engine.synonyms import words_of

HAN: Final = ((0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3400, 0x9FFF), (0xF900, 0xFAFF))
HIRAGANA: Final = ((0x3041, 0x309F),)
KATAKANA: Final = ((0x30A0, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9F))
HYPHENATED: Final = ((0x41, 0x52F), (0x1E00, 0x1FFF))  # Latin, Greek, Cyrillic
# Kinsoku: what may not begin a line, apart from closing punctuation.
BOUND: Final = frozenset("ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶー々ゝゞヽヾ〜%％")  # noqa: RUF001
# Chinese has no spaces; these at least are never torn apart.
TOGETHER: Final = words_of(
    """
    为什么 為什麼 什么 什麼 怎么 怎麼 怎样 怎樣 如何 我们 我們 你们 你們 他们 他們
    自己 大家 没有 沒有 可以 不能 不要 不会 不會 不是 就是 一个 一個 这个 這個
    那个 那個 这样 這樣 如果 因为 因為 所以 但是 已经 已經 还是 還是 终于 終於
    其实 其實 工作 生活 时间 時間 问题 問題 方法 秘密 世界 朋友 离开 離開 开始
    開始 学习 學習 今天 明天 中国 中國 台湾 台灣 香港 美国 美國 日本 北京 上海
    东京 東京
    """
)
OPENING: Final = frozenset({"Ps", "Pi"})
CLOSING: Final = frozenset({"Pe", "Pf", "Po"})
LONGEST_UNIT: Final = {"han": 4, "katakana": 6, "hiragana": 7}  # letters without a break
LETTERS_A_WORD: Final = 2  # of Han and kana, about
LEAST_WHOLE: Final = 0.5  # of the room, that whole words fill; else one of them is cut
STRONG: Final = {"L": False, "R": True, "AL": True}
NUMBERS: Final = frozenset({"EN", "AN"})


def _is_in(letter: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(letter) <= last for first, last in ranges)


def _kind(letter: str) -> str:
    if _is_in(letter, HIRAGANA):
        return "hiragana"
    if _is_in(letter, KATAKANA):
        return "katakana"
    return "han" if _is_in(letter, HAN) else "other"


def has_kana(text: str) -> bool:
    return any(_kind(letter) in {"hiragana", "katakana"} for letter in text)


def is_unspaced(text: str) -> bool:
    """Whether there are letters between which a line may break without a space."""
    return any(_kind(letter) != "other" for letter in text)


def is_single_ideograph(text: str) -> bool:
    return len(text) == 1 and _kind(text) == "han"


def can_hyphenate(word: str) -> bool:
    return all(_is_in(letter, HYPHENATED) for letter in word if letter.isalpha())


def word_count(text: str) -> int:
    """Words, where there are spaces; elsewhere about as many as there are."""
    count = 0
    for token in text.split():
        dense = sum(_kind(letter) != "other" for letter in token)
        count += max(1, -(-dense // LETTERS_A_WORD))
    return count


def abridged(text: str, longest: int) -> str:
    """The start of a text that is too long: so many letters at most, whole words if it has any."""
    if len(text) <= longest:
        return text
    whole = text[:longest].rsplit(" ", 1)[0]
    kept = whole if len(whole) > LEAST_WHOLE * longest else text
    return kept[: longest - 1].rstrip(" ,;:-") + "\u2026"


def units_of(token: str, *, is_japanese: bool) -> list[str]:
    """A word of the title in the pieces between which a line may break."""
    if not is_unspaced(token):
        return [token]
    units = [token[0]]
    inside = set() if is_japanese else _inside_words(token)
    for place, (before, letter) in enumerate(pairwise(token), start=1):
        is_held = _holds(units[-1], before, letter, is_japanese=is_japanese)
        if place in inside or is_held:
            units[-1] += letter
        else:
            units.append(letter)
    return units


def _inside_words(token: str) -> set[int]:
    """The places in a Chinese text before which no line may break."""
    inside: set[int] = set()
    for word in TOGETHER:
        start = token.find(word)
        while start >= 0:
            inside |= set(range(start + 1, start + len(word)))
            start = token.find(word, start + 1)
    return inside


def _holds(unit: str, before: str, letter: str, *, is_japanese: bool) -> bool:
    """Whether the letter has to stay on the line of the one before it."""
    if unicodedata.category(before) in OPENING:
        return True
    if unicodedata.category(letter) in CLOSING or letter in BOUND:
        return True
    first, second = _kind(before), _kind(letter)
    if first == "other":
        # A number stays with what it counts.
        return second == "other" or (before.isdigit() and second == "han")
    if second == "hiragana":  # a word's ending, or a particle
        return len(unit) < LONGEST_UNIT["hiragana"]
    is_one_word = first == second and (is_japanese or second != "han")
    return is_one_word and len(unit) < LONGEST_UNIT[second]


def runs_right_to_left(text: str) -> bool:
    """Whether the first letter that has a direction runs from right to left."""
    return next((way for way in map(_way, text) if way is not None), False)


def _way(letter: str) -> bool | None:
    return STRONG.get(unicodedata.bidirectional(letter))


def directions_of(words: Sequence[str]) -> list[bool]:
    """For each word of a title whether it runs from right to left.

    A number goes with a word of the other direction that it follows, as Unicode has it.
    """
    base = runs_right_to_left(" ".join(words))
    ways: list[bool] = []
    for word in words:
        own = next((way for way in map(_way, word) if way is not None), None)
        is_number = any(unicodedata.bidirectional(letter) in NUMBERS for letter in word)
        follows = ways[-1] if ways and is_number else base
        ways.append(own if own is not None else follows)
    return ways


def in_visual_order(ways: Sequence[bool], *, base: bool) -> list[int]:
    """The words of one line in the order in which they stand, from where the line starts."""
    order: list[int] = []
    start = 0
    while start < len(ways):
        end = start + 1
        while end < len(ways) and ways[end] == ways[start]:
            end += 1
        run = range(start, end)
        order.extend(run if ways[start] == base else reversed(run))
        start = end
    return order
