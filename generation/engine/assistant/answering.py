"""Answer the last message of a conversation by rules: no model, no network, the same every time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from generation.engine.assistant import intents as i
from generation.engine.assistant.facts import Facts
from generation.engine.assistant.filming import film_answer
from generation.engine.assistant.following import ask_of
from generation.engine.assistant.guides import guide_answer
from generation.engine.assistant.languages import NOTES
from generation.engine.assistant.money import sums_answer
from generation.engine.assistant.plain import plain_answer
from generation.engine.assistant.prompting import picture_answer
from generation.engine.assistant.replies import MOST_CARDS, Answer, Desk, paragraphs
from generation.engine.assistant.selling import product_answer
from generation.engine.assistant.wording import captions_answer, thumbnail_answer, titles_answer
from generation.engine.seeds import random_of

REMEMBERED: Final = 4  # answers that are looked through, so as not to repeat them
LONGEST_SAID: Final = 6000
ENGLISH_ONLY: Final = (
    "I understand commands in English, and roughly in German, French, Spanish, Italian, Portuguese "
    "and Polish; I answer in English."
)
RETOLD: Final = "Exactly that I cannot do by rules; here it is once more, differently."
WRITERS: Final[Mapping[str, Callable[[Desk], Answer]]] = {
    i.PROMPT: picture_answer,
    i.IMAGE: picture_answer,
    i.TITLES: titles_answer,
    i.THUMBNAIL: thumbnail_answer,
    i.CAPTIONS: captions_answer,
    i.HEADLINES: product_answer,
    i.COPY: product_answer,
    i.AD: product_answer,
    i.SCRIPT: film_answer,
    i.VIDEO: film_answer,
    i.SUMS: sums_answer,
    i.GUIDE: guide_answer,
}


def answer(turns: Sequence[tuple[str, bool]], facts: Facts, seed: int) -> Answer:
    """This function will answer the last of the turns, each a text and whether it is the person's.

    The same turns, facts and seed give the same answer; another seed says it differently.
    """
    ask = ask_of(turns, facts)
    said = [text[:LONGEST_SAID] for text, is_user in reversed(turns) if not is_user]
    desk = Desk(
        ask=ask,
        facts=facts,
        seed=seed + ask.attempt,
        random=random_of("assistant", ask.intent, ask.subject, ask.attempt, seed),
        said=tuple(said[:REMEMBERED]),
    )
    made = WRITERS.get(ask.intent, plain_answer)(desk)
    return Answer(
        paragraphs(_note(ask.language), RETOLD if ask.is_retold else "", made.text),
        made.cards[:MOST_CARDS],
    )


def _note(language: str) -> str:
    """A word on the language, where it is not English."""
    return NOTES.get(language, ENGLISH_ONLY) if language else ""
