"""Say in a prompt who is to be seen: the word that a model has learned for it."""

import re
import unicodedata
from collections.abc import Sequence

from generation.pipelines.base import Likeness

STYLE = "style"
NOUNS = {"person": "person", "product": "product"}
MOST_LETTERS = 2000


def named(prompt: str, likenesses: Sequence[Likeness], *, may_be_called: bool = True) -> str:
    """Return the prompt with each likeness in it.

    Where the prompt calls one by its name, if it may, the word for it stands there; else the
    prompt begins with it, or ends with it if it is a style.
    """
    text = unicodedata.normalize("NFC", prompt)[:MOST_LETTERS]
    words = {one.trigger_word.lower(): one for one in likenesses}
    if may_be_called:
        words = {_plain(one.name): one for one in likenesses} | words
    called: set[str] = set()

    def call(found: re.Match[str]) -> str:
        said = found.group()
        one = words.get(_plain(said))
        if one is None:
            return said
        called.add(one.trigger_word)
        return said if said.lower() == one.trigger_word.lower() else _called(one)

    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(re.escape(word) for word in longest_first)
    if pattern:
        text = re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", call, text, flags=re.IGNORECASE)
    missing = [one for one in likenesses if one.trigger_word not in called]
    subjects = " and ".join(_called(one) for one in missing if one.subject != STYLE)
    styles = [_called(one) for one in missing if one.subject == STYLE]
    return ", ".join(filter(None, [subjects, text, *styles]))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).lower()


def _called(likeness: Likeness) -> str:
    if likeness.subject == STYLE:
        return f"in the style of {likeness.trigger_word}"
    return f"{likeness.trigger_word} {NOUNS[likeness.subject]}"
