"""The words that stand for clones in prompts: one a clone, and no word that means anything."""

import re
import secrets
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from generation import selectors
from generation.catalog import LEAST_TRIGGER, MOST_TRIGGER
from generation.services import texts

if TYPE_CHECKING:
    from accounts.models import User

COMMON_WORDS = Path(__file__).parents[1] / "data" / "common-words.txt"
FIELD = "trigger_word"
BEGINNING = "VSN"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that are mistaken for each other."""
SUGGESTED_LETTERS = 5
SHAPE = re.compile(r"[A-Za-z][A-Za-z0-9]*")
REMEDY = "Use letters and digits that are no ordinary word, such as VSN7K2Q4."


def suggest(*, user: "User") -> str:
    """Return a word that the person has not used yet and nobody would write."""
    while True:
        ending = "".join(secrets.choice(LETTERS) for _ in range(SUGGESTED_LETTERS))
        if not selectors.has_trigger_word(user=user, word=f"{BEGINNING}{ending}"):
            return f"{BEGINNING}{ending}"


def checked(*, user: "User", word: str) -> str:
    """Return the word if it can stand for a clone of this person. Raises InvalidInput."""
    word = texts.checked(text=word, field=FIELD, longest=MOST_TRIGGER, missing=REMEDY)
    if len(word) < LEAST_TRIGGER:
        detail = f"Use at least {LEAST_TRIGGER} letters."
        raise texts.refused(field=FIELD, code="min_length", detail=detail)
    if not SHAPE.fullmatch(word):
        detail = "Begin with a letter, then letters and digits only: no spaces, no signs."
        raise texts.refused(field=FIELD, code="invalid", detail=detail)
    if is_common(word=word):
        detail = f"“{word}” is an ordinary word: prompts would mean it otherwise. {REMEDY}"
        raise texts.refused(field=FIELD, code="common_word", detail=detail)
    if selectors.has_trigger_word(user=user, word=word):
        detail = "Another clone of yours has this word. Choose another."
        raise texts.refused(field=FIELD, code="taken", detail=detail)
    return word


def is_common(*, word: str) -> bool:
    """Whether this is an English word that prompts may have in them."""
    return f"\n{word.lower()}\n" in _common_words()


@cache
def _common_words() -> str:
    return f"\n{COMMON_WORDS.read_text()}"
