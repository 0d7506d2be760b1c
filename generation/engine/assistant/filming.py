"""Answers about films: a script with its scenes, and the card that films a product."""

import re
from typing import Final

from generation.engine.assistant import intents as i
from generation.engine.assistant import phrasebook as book
from generation.engine.assistant.cards import card_note, video_card
from generation.engine.assistant.cleaning import capital, in_one_line
from generation.engine.assistant.products import ARTICLE, Item, item_of
from generation.engine.assistant.replies import Answer, Desk, numbered, paragraphs
from generation.engine.film.languages import ENGLISH
from generation.engine.film.planning import FEW_UP_TO, SOME_UP_TO
from generation.engine.film.script import Line, Topic, paced, script_of

USUAL_SECONDS: Final = 13
LONGEST_TOPIC: Final = 70
TALK: Final = re.compile(r"\b(?:about|youtube|tutorial|vlog|explain\w*|how)\b")


def film_answer(desk: Desk) -> Answer:
    """A storyboard of a product's film, or the outline of a video that somebody speaks in."""
    ask = desk.ask
    if ask.intent == i.SCRIPT and TALK.search(ask.gist) and ask.subject:
        return _outline(desk)
    item = item_of(ask, desk.facts)
    if not item.name:
        return Answer(
            "A film of which product? Its name and what is special about it are enough: "
            "*Echo One: forty hours of music, folds into any pocket*."
        )
    return _storyboard(desk, item)


def _storyboard(desk: Desk, item: Item) -> Answer:
    seconds, wanted = _seconds(desk), desk.ask.wishes.seconds
    lines = _lines(item, seconds, desk)
    cards = video_card(desk, item, seconds)
    limit = (
        "" if wanted in (0, seconds) else f" Films here are {_range(desk)} long, so not {wanted}."
    )
    text = paragraphs(
        f"A {seconds}-second film of **{item.name}**, in {len(lines)} scenes.{limit}",
        "" if desk.ask.is_go else numbered(_scenes(lines, float(seconds), desk)),
        "The words come from your description; where it ends, plain lines stand in."
        if item.about
        else f"Tell me what is special about {item.name}, and the scenes say that instead.",
        card_note(cards, desk.facts),
    )
    return Answer(text, tuple(cards))


def _seconds(desk: Desk) -> int:
    least, most = desk.facts.video_seconds
    return min(max(desk.ask.wishes.seconds or USUAL_SECONDS, least), most)


def _range(desk: Desk) -> str:
    least, most = desk.facts.video_seconds
    return f"{least} to {most} seconds"


def _lines(item: Item, seconds: int, desk: Desk) -> list[Line]:
    topic = Topic(name=item.name, description=item.about, language=ENGLISH, color="")
    count = 4 + (seconds > FEW_UP_TO) + (seconds > SOME_UP_TO)
    return script_of(topic, count, float(seconds), desk.random)


def _scenes(lines: list[Line], seconds: float, desk: Desk) -> list[str]:
    shots = desk.some_of(book.SHOTS, len(lines) - 2)
    shots = ["whole product, slow push in", *shots, "product and button, camera still"]
    scenes, begin = [], 0.0
    for line, shot, length in zip(lines, shots, paced(lines, seconds), strict=True):
        end = begin + length
        voice = f" · voice: “{line.narration}”" if line.narration else ""
        button = f" · button: **{line.button}**" if line.button else ""
        scenes.append(
            f"**{begin:.0f}–{end:.0f} s** · {shot} · on screen: *{line.text}*{voice}{button}"  # noqa: RUF001
        )
        begin = end
    return scenes


def _outline(desk: Desk) -> Answer:
    topic = in_one_line(desk.ask.quoted or desk.ask.subject, LONGEST_TOPIC)
    bare = ARTICLE.sub("", topic, count=1)
    titles = [line.format(topic=bare, Topic=capital(bare)) for line in book.TITLES_OF_TOPICS]
    title = desk.one_of(titles)
    parts = [f"**{name}** · {line.format(title=title, topic=bare)}" for name, line in book.OUTLINE]
    return Answer(
        paragraphs(
            f"An outline for a video about **{topic}**:",
            numbered(parts),
            "I know nothing about the topic itself, so the points are yours to fill. The films "
            "made here show products; for this video I can make a picture: say "
            "*make a thumbnail*.",
        )
    )
