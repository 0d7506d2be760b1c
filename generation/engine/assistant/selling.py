"""Answers about products: headlines, the words of ads, and sets of ads."""

import re
from typing import Final

from generation.engine.ads.phrases import CALLS, HEADLINES, SUBLINES, TONE_HEADLINES
from generation.engine.ads.wording import badge_in
from generation.engine.assistant import intents as i
from generation.engine.assistant.cards import ad_card, card_note
from generation.engine.assistant.cleaning import in_one_line
from generation.engine.assistant.following import LONGER, SHORTER
from generation.engine.assistant.products import Item, item_of
from generation.engine.assistant.replies import Answer, Desk, numbered, paragraphs
from generation.engine.film.script import as_sentence

USUAL: Final = 3
MOST: Final = 8
LONGEST_SENTENCE: Final = 160
SENTENCES: Final = re.compile(r"(?<=[.!?])\s+")
PROMISE: Final = "I promise nothing about it that you did not write: that is yours to say."
CLOSINGS: Final = ("Have a look.", "See it up close.", "Take one home.", "Make it yours.")


def product_answer(desk: Desk) -> Answer:
    """Headlines, an ad's words, or a set of ads, for the product that was named."""
    item = item_of(desk.ask, desk.facts)
    if not item.name:
        return Answer(
            "Which product? Its name and one fact are enough: "
            "*Amber Night, a soy candle that burns 40 hours*."
        )
    if desk.ask.is_go or desk.ask.intent == i.AD:
        return _set_of_ads(desk, item)
    return _headlines(desk, item) if desk.ask.intent == i.HEADLINES else _copy(desk, item)


def headlines_of(desk: Desk, item: Item, count: int) -> list[str]:
    """Headlines that suit the kind of product and the tone of its description."""
    lines = (
        *TONE_HEADLINES.get(item.tone, ()),
        *HEADLINES[item.family.name],
        *(line for line in HEADLINES["product"] if "{name}" in line),
    )
    made = [line.format(name=item.name) for line in dict.fromkeys(lines)]
    if desk.ask.length == SHORTER:
        made = sorted(made, key=len)[: max(count + 1, len(made) // 2)]
    return desk.some_of(made, count)


def _headlines(desk: Desk, item: Item) -> Answer:
    headlines = headlines_of(desk, item, min(desk.ask.wishes.count or 5, MOST))
    call = _call(desk, item)
    cards = ad_card(desk, item, headlines[0], call)
    text = paragraphs(
        f"Headlines for **{item.name}**:",
        numbered(headlines),
        f"Below it: *{_subline(desk, item)}* On the button: **{call}**.",
        card_note(cards, desk.facts),
    )
    return Answer(text, tuple(cards))


def _copy(desk: Desk, item: Item) -> Answer:
    headlines = headlines_of(desk, item, min(desk.ask.wishes.count or USUAL, MOST))
    call, badge = _call(desk, item), badge_in(item.about)
    cards = ad_card(desk, item, headlines[0], call)
    text = paragraphs(
        f"Ad copy for **{item.name}**",
        "**Headlines**\n\n" + numbered(headlines),
        f"**Text**\n\n{_body(desk, item, call)}",
        f"**Button:** {call}" + (f" · **Badge:** {badge}" if badge else ""),
        PROMISE if item.about else _more_facts(item),
        card_note(cards, desk.facts),
    )
    return Answer(text, tuple(cards))


def _set_of_ads(desk: Desk, item: Item) -> Answer:
    """The card, with the headline that was chosen, or one of ours."""
    shown = desk.shown_line(desk.ask.pick or 1) if desk.ask.is_go else ""
    headline = shown or headlines_of(desk, item, 1)[0]
    call = _call(desk, item)
    cards = ad_card(desk, item, headline, call)
    if not cards:
        return Answer("Product ads are not on offer on this server.")
    formats = desk.facts.options("product_ad", "formats")
    text = paragraphs(
        f"A set of ads for **{item.name}**: headline **{headline}**, button **{call}**, "
        f"in {', '.join(cards[0].get('formats', formats))}.",
        "Photograph it whole, in even light, before a plain ground: it is cut out of the best "
        "photo and never repainted.",
        "" if item.about else _more_facts(item),
        card_note(cards, desk.facts),
    )
    return Answer(text, tuple(cards))


def _body(desk: Desk, item: Item, call: str) -> str:
    """The person's own sentences, with an opening and an end."""
    own = [in_one_line(one, LONGEST_SENTENCE) for one in SENTENCES.split(item.about) if one.strip()]
    opening = f"{item.name}."
    if desk.ask.length == SHORTER:
        return " ".join((opening, *(as_sentence(one) for one in own[:1])))
    sentences = own if desk.ask.length == LONGER else own[:3]
    told = [as_sentence(one) for one in sentences] or [_subline(desk, item)]
    extra = [_subline(desk, item)] if desk.ask.length == LONGER and own else []
    return " ".join((opening, *told, *extra, desk.one_of(CLOSINGS) if own else f"{call}."))


def _subline(desk: Desk, item: Item) -> str:
    return desk.one_of(SUBLINES[item.family.name])


def _call(desk: Desk, item: Item) -> str:
    return desk.one_of(CALLS.get(item.family.name, CALLS["product"]))


def _more_facts(item: Item) -> str:
    return (
        f"Tell me two facts about **{item.name}** (what it is made of, what it does, its price) "
        "and I build the words on them."
    )
