"""Answers about pictures: a fuller prompt, and the card that makes it."""

from typing import Final

from generation.engine.assistant.cards import card_note, image_card
from generation.engine.assistant.cleaning import in_one_line
from generation.engine.assistant.facts import Facts, price_in_words
from generation.engine.assistant.following import LONGER, SHORTER
from generation.engine.assistant.replies import Answer, Desk, fenced, listed, paragraphs
from generation.engine.phrasing import LENSES, MOODS, PORTRAIT, USUAL_LIGHTS, enhanced
from generation.engine.prompts import named_kinds, read

FULL: Final = 12  # words: a prompt that says more gets less, and is read only once
LONGEST_SHOWN: Final = 80
READABLE: Final = 30  # words of which it is told which are drawn
TRIES: Final = 4  # seeds, until a prompt comes that was not shown before
LONGEST: Final = 480
MOST_IGNORED: Final = 5
EXAMPLES: Final = (
    "a lighthouse on a cliff in a storm", "a red bicycle in a park in autumn",
    "a bowl of ramen, close-up", "a hot-air balloon over snowy mountains",
)  # fmt: skip
OPENINGS: Final = (
    "A fuller prompt for **{subject}**:",
    "Here is **{subject}**, said so that a picture comes out of it:",
    "**{subject}**, with what was left open:",
)
TWISTS: Final = {
    "hour": ("at night, neon lights", "at golden hour", "under northern lights", "on a sunny day"),
    "style": ("watercolor", "oil painting", "pencil sketch", "low poly", "pop art comic"),
    "framing": ("close-up", "wide angle"),
    "look": ("black and white", "pastel colors", "dramatic light", "vintage film look"),
    "feature": ("in the fog", "in the rain", "with snowfall"),
}
TWIST_NAMES: Final = {
    "hour": "Light", "style": "Medium", "framing": "Framing", "look": "Mood", "feature": "Weather",
}  # fmt: skip
MORE: Final = ("wide angle", "fine detail", "soft focus background")


def picture_answer(desk: Desk) -> Answer:
    """A prompt that says more, how to steer it, and its card."""
    ask = desk.ask
    if not (ask.subject or ask.changes or ask.has_clone):
        return _what_of(desk)
    if ask.is_go:
        return _go_answer(desk)
    prompt, wanted = _prompt_of(desk)
    cards = image_card(desk, prompt, with_clone=ask.has_clone and bool(desk.facts.clones))
    text = paragraphs(
        _opening(desk),
        fenced(prompt),
        _added(wanted, prompt),
        "Change one thing at a time to steer it:\n\n" + listed(_twists(desk, prompt)),
        _ignored(prompt) if not ask.has_clone else clone_note(desk.facts),
        card_note(cards, desk.facts),
    )
    return Answer(text, tuple(cards))


def _what_of(desk: Desk) -> Answer:
    examples = listed([f"*{one}*" for one in desk.some_of(EXAMPLES, 2)])
    return Answer(
        f"What should the picture show? Name the thing, and a place if you have one:\n\n"
        f"{examples}\n\nI add light, lens and mood, and keep your words."
    )


def _go_answer(desk: Desk) -> Answer:
    """The prompt that was shown last, ready to be made."""
    prompt = desk.shown_prompt() or _prompt_of(desk)[0]
    cards = image_card(desk, prompt, with_clone=desk.ask.has_clone and bool(desk.facts.clones))
    if not cards:
        return Answer("Images are not on offer on this server.")
    return Answer(paragraphs("Ready:", fenced(prompt), card_note(cards, desk.facts)), tuple(cards))


def _opening(desk: Desk) -> str:
    shown = in_one_line(desk.ask.subject, LONGEST_SHOWN)
    shown = shown if len(shown) == len(desk.ask.subject) else f"{shown}\u2026"
    shown = f"you {shown}".strip() if desk.ask.has_clone else shown
    if desk.ask.is_bare:
        return f"I take that as a picture: **{shown}**. A fuller prompt for it:"
    return desk.one_of(OPENINGS).format(subject=shown)


def _prompt_of(desk: Desk) -> tuple[str, str]:
    """The fuller prompt, and what the person wanted of it."""
    wanted = _wanted(desk)
    for turn in range(TRIES):
        prompt = _fuller(wanted, desk, desk.seed + turn)
        if not desk.was_said(prompt):
            break
    return prompt, wanted


def _wanted(desk: Desk) -> str:
    ask = desk.ask
    subject = f"portrait {ask.subject}".strip() if ask.has_clone else ask.subject
    style = f"{ask.wishes.style} style" if ask.wishes.style else ""
    return in_one_line(", ".join(part for part in (subject, *ask.changes, style) if part), LONGEST)


def _fuller(wanted: str, desk: Desk, seed: int) -> str:
    if desk.ask.length == SHORTER or len(wanted.split()) > FULL:
        return _with_little(wanted, desk)
    kind = PORTRAIT if desk.ask.has_clone else "image"
    prompt = enhanced(wanted, kind, seed)
    if desk.ask.length == LONGER:
        more = [part for part in MORE if part not in prompt]
        prompt = in_one_line(", ".join((prompt, *more)), LONGEST)
    return prompt


def _with_little(wanted: str, desk: Desk) -> str:
    """A light and a mood, where none is named."""
    named = named_kinds(wanted)
    light = desk.one_of(USUAL_LIGHTS)
    parts = {"hour": light, "style": desk.one_of(LENSES), "look": desk.one_of(MOODS["image"])}
    if desk.ask.length == SHORTER:
        parts = {"look": parts["look"]}
    said = [part for kind, part in parts.items() if kind not in named]
    return in_one_line(", ".join((wanted, *said)), LONGEST)


def _added(wanted: str, prompt: str) -> str:
    parts = [part.strip() for part in prompt[len(wanted) :].split(",") if part.strip()]
    if not parts:
        return "It names place, light, lens and mood already; I have nothing to add."
    return f"Your words stand as they are. Added: {', '.join(f'*{part}*' for part in parts)}."


def _twists(desk: Desk, prompt: str) -> list[str]:
    words = prompt.casefold()
    kinds = [list(TWISTS)[number] for number in desk.random.permutation(len(TWISTS))][:3]
    fitting = {kind: [one for one in TWISTS[kind] if one not in words] for kind in kinds}
    return [f"{TWIST_NAMES[kind]}: *{desk.one_of(fitting[kind])}*" for kind in kinds]


def _ignored(prompt: str) -> str:
    """What this server's own engine cannot draw; other makers may."""
    ignored = read(prompt).ignored if len(prompt.split()) <= READABLE else ()
    if not ignored:
        return ""
    words = ", ".join(f"*{word}*" for word in ignored[:MOST_IGNORED])
    return f"Where this server draws by itself, it will leave out: {words}."


def clone_note(facts: Facts) -> str:
    """Whether there is a clone to be seen in the picture."""
    if facts.clones:
        names = ", ".join(f"**{in_one_line(name, 60)}**" for name in facts.clones[:3])
        return f"It is made with your clone ({names})."
    training = facts.offers.get("training")
    price = f" ({price_in_words(training)})" if training else ""
    least = facts.clone_photos[0]
    return (
        f"To be in it yourself you need a clone{price}: **Clones**, at least {least} photos. "
        "Without one the card makes the same picture with somebody drawn."
    )
