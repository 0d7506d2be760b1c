"""Greetings, what the assistant can do, and plain words for what it cannot."""

from typing import Final

from generation.engine.assistant import intents as i
from generation.engine.assistant.cleaning import in_one_line
from generation.engine.assistant.money import balance_in_words
from generation.engine.assistant.replies import Answer, Desk, listed, paragraphs

LONGEST_QUOTE: Final = 80
NO_MODEL: Final = "This server has no language model connected, so I answer by rules."
CONNECT: Final = (
    "An operator can connect one with `GEMINI_API_KEY`, `OPENAI_API_KEY` or `OPENAI_BASE_URL`."
)
CAN: Final = (
    "**Prompts**: *make a better prompt for a fox in the snow*",
    "**Titles and hooks**: *thumbnail titles about sourdough bread*",
    "**Ads**: *write ad copy for Amber Night, a soy candle that burns 40 hours*",
    "**Captions and hashtags**: *captions for my dog at the beach*",
    "**Video scripts**: *a 15 second script for Echo One: forty hours of music*",
    "**Photos**: *which photos do I need for a clone?*",
    "**Credits**: *how many thumbnails can I make with 45 credits?*",
    "**The studio**: *how do I make a video?*, *how do I get an API key?*",
)
INSTEAD: Final = (
    "I can write prompts, titles, headlines, captions and hashtags, ad copy and video scripts, "
    "give photo tips, and explain credits and every tool here."
)
GREETINGS: Final = (
    "Hello! What are we making today?", "Hi! Tell me what you would like to make.",
    "Hello! A prompt, a title, an ad: what do you need?",
)  # fmt: skip
THANKS: Final = (
    "You are welcome. Say *another* if you want to see it differently.",
    "Gladly. Tell me when you need the next one.", "My pleasure. I am here for the next idea.",
)  # fmt: skip
HELP_LINE: Final = (
    "If you may be in danger or think of harming yourself, please call your local emergency "
    "number, or talk to somebody you trust, now."
)


def plain_answer(desk: Desk) -> Answer:
    """An answer that makes nothing."""
    return Answer(WRITERS[desk.ask.intent](desk))


def _hello(desk: Desk) -> str:
    return paragraphs(
        f"{desk.one_of(GREETINGS)} I am the studio assistant; {NO_MODEL[0].lower()}{NO_MODEL[1:]}",
        "For example:\n\n" + listed(desk.some_of(CAN, 4)),
        balance_in_words(desk.facts) if desk.facts.available is not None else "",
    )


def _about(_desk: Desk) -> str:
    return paragraphs(
        f"I am Visiona's studio assistant. {NO_MODEL}",
        "What I can do:\n\n" + listed(CAN),
        "Follow up with *shorter*, *another*, *in neon style*, *make it 16:9* or *do it*.",
        f"I cannot answer open questions. {CONNECT}",
    )


def _open(desk: Desk) -> str:
    quote = in_one_line(desk.ask.subject, LONGEST_QUOTE)
    what = f"answer “{quote}”" if quote else "answer that"
    return paragraphs(f"{NO_MODEL} I cannot {what}. {INSTEAD}", CONNECT)


def _orders(_desk: Desk) -> str:
    return paragraphs(
        f"{NO_MODEL} I have no hidden instructions and no other role to play, so there is "
        f"nothing to set aside. {INSTEAD}",
        CONNECT,
    )


def _indecent(_desk: Desk) -> str:
    return paragraphs(f"{NO_MODEL} I cannot help with that. {INSTEAD}", CONNECT)


def _danger(desk: Desk) -> str:
    return paragraphs(HELP_LINE, _indecent(desk))


def _empty(desk: Desk) -> str:
    return paragraphs(
        "I could not find a word in that message.",
        "For example:\n\n" + listed(desk.some_of(CAN, 3)),
    )


def _nothing_yet(desk: Desk) -> str:
    return paragraphs(
        "There is nothing to make yet: tell me first what it should be.",
        "For example:\n\n" + listed(desk.some_of(CAN, 3)),
    )


WRITERS: Final = {
    i.HELLO: _hello,
    i.THANKS: lambda desk: desk.one_of(THANKS),
    i.NO: lambda _: "All right, nothing is made. Say what you would like instead.",
    i.ABOUT: _about,
    i.OPEN: _open,
    i.ORDERS: _orders,
    i.INDECENT: _indecent,
    i.DANGER: _danger,
    i.EMPTY: _empty,
    i.NOTHING_YET: _nothing_yet,
}
