"""Answers in words for channels: titles and hooks, captions and hashtags."""

import re
from itertools import pairwise
from typing import Final

from generation.engine.ads.families import family_of
from generation.engine.assistant import phrasebook as book
from generation.engine.assistant.cards import card_note, image_card, thumbnail_card
from generation.engine.assistant.cleaning import capital, in_one_line
from generation.engine.assistant.following import LONGER, SHORTER
from generation.engine.assistant.replies import Answer, Card, Desk, fenced, numbered, paragraphs
from generation.engine.hooks import hooks_of
from generation.engine.synonyms import STOP_WORDS
from generation.engine.vocabulary import FUNCTION_WORDS

USUAL: Final = 5
MOST: Final = 10
MOST_TAGS: Final = 8
LONGEST_TAG: Final = 24
LONGEST_TOPIC: Final = 70
MOST_ON_A_PICTURE: Final = 5  # words that can be read in a feed
STORY: Final = re.compile(r"\b(?:i|i'm|we|how|why|what|when|my|this|you)\b|\d|[?!]$", re.IGNORECASE)
LEAST_STORY: Final = 4  # words
ARTICLE: Final = re.compile(r"^(?:a|an|the|my|our|your|some)\s+", re.IGNORECASE)
WORD: Final = re.compile(r"[^\W_]+")


def titles_answer(desk: Desk) -> Answer:
    """Titles for what it is about, the one for a picture as a card."""
    topic = in_one_line(desk.ask.quoted or desk.ask.subject, LONGEST_TOPIC)
    if not topic:
        return Answer(
            "What is the video about? A topic (*sourdough bread*) or a working title "
            "(*I lived on Mars for 30 days*) is enough."
        )
    if desk.ask.is_go:
        return thumbnail_answer(desk)
    titles = _titles(desk, topic)
    own = [capital(topic)] if _is_story(topic) else []
    short = min((*titles, *own), key=lambda title: len(title.split()))
    cards = thumbnail_card(desk, short)
    text = paragraphs(
        f"Titles for **{topic}**:",
        numbered(titles),
        "Keep only what is true for your video: a title that promises too much costs you viewers. "
        f"On the picture itself {MOST_ON_A_PICTURE} words or fewer can be read at phone size; "
        f"take **{short}**.",
        card_note(cards, desk.facts),
    )
    return Answer(text, tuple(cards))


def _titles(desk: Desk, topic: str) -> list[str]:
    count = min(desk.ask.wishes.count or USUAL, MOST)
    is_story = _is_story(topic)
    title = capital(topic)
    own = [hook.text for hook in hooks_of(title)] if is_story else []
    own = [hook for hook in own if not desk.was_said(hook)] if desk.ask.attempt else own
    bare = ARTICLE.sub("", topic, count=1)
    lines: tuple[str, ...] = book.TITLES_OF_STORIES if is_story else book.TITLES_OF_TOPICS
    if desk.ask.length and not is_story:
        lines = book.SHORT_TITLES if desk.ask.length == SHORTER else book.LONG_TITLES
    if desk.ask.length == SHORTER and is_story:
        return sorted(dict.fromkeys((*own, title)), key=len)[:count]
    made = [
        line.format(Topic=capital(bare), topic=bare, Title=title.rstrip(".!")) for line in lines
    ]
    return list(dict.fromkeys((*own[:2], *desk.some_of(made, count))))[:count]


def _is_story(topic: str) -> bool:
    """Whether it is a working title already, and not only a topic."""
    return bool(STORY.search(topic)) and len(topic.split()) >= LEAST_STORY


def thumbnail_answer(desk: Desk) -> Answer:
    """A thumbnail's card, with the title that was meant or chosen."""
    ask = desk.ask
    title = desk.shown_line(ask.pick or 1) if ask.is_go else ""
    title = title or in_one_line(ask.quoted or ask.subject, LONGEST_TOPIC)
    if not title:
        return Answer("Which title should stand on it? Five words or fewer read best.")
    title = capital(title)
    cards = thumbnail_card(desk, title)
    styles = desk.facts.options("thumbnail", "style")
    if not cards:
        return Answer("Thumbnails are not on offer on this server.")
    hooks = [hook.text for hook in hooks_of(title)][:2]
    text = paragraphs(
        f"A thumbnail with **{title}**: {_look_of(cards[0])}.",
        f"Styles: {', '.join(styles)}. Say *in {styles[-1]} style* or *9:16* to change it."
        if styles
        else "",
        _length_note(title),
        "The same words, other way round: " + "; ".join(f"**{one}**" for one in hooks) + "."
        if hooks
        else "",
        card_note(cards, desk.facts),
    )
    return Answer(text, tuple(cards))


def _look_of(card: Card) -> str:
    said = (f"*{card[name]}*" for name in ("style", "color_scheme", "aspect_ratio") if name in card)
    return ", ".join(said)


def _length_note(title: str) -> str:
    count = len(title.split())
    if count <= MOST_ON_A_PICTURE:
        return ""
    return (
        f"It has {count} words; {MOST_ON_A_PICTURE} or fewer are larger and read better in a feed."
    )


def captions_answer(desk: Desk) -> Answer:
    """Captions, and hashtags out of the person's own words."""
    subject = in_one_line(desk.ask.subject or desk.ask.quoted, LONGEST_TOPIC * 2)
    if not subject:
        return Answer("What is in the picture or post? One line is enough: *my dog at the beach*.")
    if desk.ask.is_go and desk.ask.pick:
        chosen = desk.shown_line(desk.ask.pick)
        if chosen:
            return Answer(paragraphs("To copy:", fenced(f"{chosen} {_tags_of(desk, subject)}")))
    if desk.ask.is_go:
        cards = image_card(desk, subject)
        return Answer(
            paragraphs(f"A picture of **{subject}**:", card_note(cards, desk.facts)), tuple(cards)
        )
    captions = _captions(desk, subject)
    text = paragraphs(
        f"Captions for **{subject}**:",
        numbered(captions),
        "Hashtags to copy:",
        fenced(_tags_of(desk, subject)),
        "Say *shorter*, *longer* or *another* for others, or a number to get one with hashtags.",
    )
    return Answer(text)


def _captions(desk: Desk, subject: str) -> list[str]:
    lines = {SHORTER: book.SHORT_CAPTIONS, LONGER: book.LONG_CAPTIONS}
    chosen = lines.get(desk.ask.length, book.CAPTIONS)
    made = [line.format(Subject=capital(subject), subject=subject) for line in chosen]
    return desk.some_of(made, min(desk.ask.wishes.count or 3, MOST))


def _tags_of(desk: Desk, subject: str) -> str:
    """The words that mean something, two of them together, and those of its kind."""
    idle = STOP_WORDS | FUNCTION_WORDS
    words = [word.casefold() for word in WORD.findall(subject)]
    telling = [word for word in words if word not in idle and len(word) > 1] or words
    pairs = [first + second for first, second in pairwise(telling)]
    others = desk.some_of(book.TAGS[family_of(subject).name], 3)
    tags = dict.fromkeys((*telling[:4], *pairs[:2], *others))
    return " ".join(f"#{tag}" for tag in tags if len(tag) <= LONGEST_TAG)[: MOST_TAGS * LONGEST_TAG]
