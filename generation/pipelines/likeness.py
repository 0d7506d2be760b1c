"""Say in a prompt who is to be seen: the word that a model has learned for it."""

import re
from collections.abc import Sequence

from generation.pipelines.base import Likeness

STYLE = "style"
NOUNS = {"person": "person", "product": "product"}
MOST_LETTERS = 2400


def named(prompt: str, likenesses: Sequence[Likeness]) -> str:
    """Return the prompt with each likeness in it.

    Where the prompt calls one by its name, its word stands there; else it begins with it.
    """
    missing: list[Likeness] = []
    for one in likenesses:
        if one.trigger_word.lower() in prompt.lower():
            continue
        name = re.compile(rf"(?<!\w){re.escape(one.name)}(?!\w)", re.IGNORECASE)
        if name.search(prompt):
            prompt = _called(one).join(name.split(prompt))
        else:
            missing.append(one)
    subjects = " and ".join(_called(one) for one in missing if one.subject != STYLE)
    styles = [_called(one) for one in missing if one.subject == STYLE]
    return ", ".join(filter(None, [subjects, prompt, *styles]))[:MOST_LETTERS]


def _called(likeness: Likeness) -> str:
    if likeness.subject == STYLE:
        return f"in the style of {likeness.trigger_word}"
    return f"{likeness.trigger_word} {NOUNS[likeness.subject]}"
