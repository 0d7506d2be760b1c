"""Read a message in the light of those before it: "shorter", "another", "do it"."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from generation.engine.assistant import intents as i
from generation.engine.assistant.asking import PRONOUN, Ask, fresh
from generation.engine.assistant.cleaning import EDGES, in_one_line
from generation.engine.assistant.facts import Facts
from generation.engine.assistant.message import Message
from generation.engine.assistant.wishes import number_of

REMEMBERED: Final = 12  # messages of the person's that are read again
LONGEST_EARLIER: Final = 1200
LONGEST_FOLLOWING: Final = 14
LONGEST_MORE: Final = 8
LONGEST_CHANGE: Final = 120
FEW: Final = 4  # words
MOST_CHANGES: Final = 6
SHORTER, LONGER = "short", "long"

GO: Final = re.compile(
    r"(?:(?:yes|yep|yeah|sure|ok|okay|great|perfect|good|nice|cool|now|then|just|and|please) )*"
    r"(?:do it|do that|do so|do this|go ahead|go for it|go|make it|make that|make this|make one"
    r"|make them|create it|create that|generate it|generate that|draw it|order it|run it|build it"
    r"|render it|yes|yep|yeah|sure|ok|okay|sounds good|i like it|i like this|that one|this one"
    r"|use (?:it|that|this)|lets do it|lets go|start|proceed|continue)"
    r"(?: (?:please|now|then|for me|thanks|in|as|at))*"
)
AT_ONCE: Final = re.compile(
    r"(?:.* )?(?:do|go|yes|yep|yeah|sure|generate|order|create|run|build)\b.*"
)
PICK: Final = re.compile(
    r"(?:(?:use|take|do|make|i like|go with|pick|choose|lets do|the|option|number|no|nr|version"
    r"|title|headline|hook|caption|please|with|generate|create|and|prefer|i|ok|yes) )*"
    r"(?P<number>[1-9]|first|second|third|fourth|fifth|one|two|three|four|five)"
    r"(?: (?:one|please|option|title|headline|caption|then|now|is|best|good|great))*"
)
MORE: Final = re.compile(
    r"(?:(?:give|show|make|write|me|us|some|a|an|can|i|have|get|please|try|few|and|do|ok|you|want"
    r"|need|the|\d{1,2}|two|three|four|five|five|ten) )*"
    r"(?:another|again|more|different|other|others|one more|something else|else|new ones?|next"
    r"|regenerate|retry|redo|alternatives?|variations?|variants?|options?)\b"
)
SHORT: Final = re.compile(
    r"\b(?:shorter|shorten|briefer|more concise|simpler|tighter|punchier|less words|fewer words"
    r"|too long|cut it down|trim it)\b"
)
LONG: Final = re.compile(
    r"\b(?:longer|more detail(?:s|ed)?|elaborate|expand|too short|more words|extend)\b"
)
CHANGING: Final = re.compile(
    r"(?:(?:and|but|now|ok|okay|please|can you|could you|maybe|try|also|so|yes|good|great) )*"
    r"(?P<verb>make (?:it|that|this|him|her|them|the \w+)(?: look| be| more)?|have (?:it|the \w+)"
    r"|change (?:it|that|the \w+) (?:to|into)|turn (?:it|this|that) (?:into|to)"
    r"|set (?:it|the \w+) (?:to|in|at)|put (?:it|him|her|them)|replace|add|include|remove|use"
    r"|without|no|with|in|at|on|under|inside|during|before|behind|but|instead|as|more|less|much"
    r"|darker|brighter|lighter|warmer|cooler|colder|bigger|closer|wider|different colors)\b"
)
REPLACING: Final = re.compile(
    r"(?:(?:and|ok|okay|now)[\s,]+)?(?:what about|how about|(?:and |now )?the same (?:for|with"
    r"|about|of)"
    r"|same (?:for|with|about|of)|(?:and|now) for)\s",
    re.IGNORECASE,
)
CHOSEN: Final = re.compile(
    r"(?:the )?(?:number |no )?(?P<number>[1-9]|first|second|third|fourth|fifth)(?: (?:one"
    r"|title))?",
    re.IGNORECASE,
)
COMPARED: Final = {
    "darker": "dark, dramatic light", "brighter": "bright", "lighter": "bright",
    "warmer": "warm colors", "cooler": "cool colors", "colder": "cool colors",
    "bigger": "close-up", "closer": "close-up", "wider": "wide angle",
}  # fmt: skip
AGAINST: Final = re.compile(r"(?:without|remove|no|less)\b(?: (?:the|any))?\s*", re.IGNORECASE)
ADDED: Final = re.compile(r"(?:add|include|put|use|have)\b\s*", re.IGNORECASE)
TURNED: Final = re.compile(
    r"(?:(?:and|but|now|ok|okay|please|can you|could you|maybe|try|also|so|yes|good|great|instead)"
    r"[\s,]+)*(?:make (?:it|that|this|him|her|them)(?: look| be)?|have it|put (?:it|him|her|them)"
    r"|(?:change|turn|set) (?:it|this|that) (?:into|to|in|at))?[\s,]*",
    re.IGNORECASE,
)
TAIL: Final = re.compile(r"[\s,]+(?:please|instead|thanks|now|too|as well)[\s.!?]*$", re.IGNORECASE)


def ask_of(turns: Sequence[tuple[str, bool]], facts: Facts) -> Ask:
    """This function will tell what the person's last message asks for."""
    said = [text for text, is_user in turns if is_user][-REMEMBERED:]
    earlier = [text[:LONGEST_EARLIER] for text in said[:-1]]
    context: Ask | None = None
    ask = Ask(intent=i.EMPTY)
    for text in [*earlier, *said[-1:]]:
        ask = _next(Message.read(text, facts), context, facts)
        if ask.intent in i.CREATIVE:
            context = replace(ask, is_go=False, pick=0, is_retold=False)
    return ask


def _next(message: Message, context: Ask | None, facts: Facts) -> Ask:
    if context is None:
        is_go = GO.fullmatch(message.gist)
        return Ask(intent=i.NOTHING_YET) if is_go else fresh(message, facts)
    followed = _followed(message, context)
    if followed:
        return replace(followed, gist=message.gist, language=message.language)
    return _inherited(fresh(message, facts), context)


def _inherited(ask: Ask, context: Ask) -> Ask:
    """ "Now captions": about what it was about before."""
    chosen = CHOSEN.fullmatch(ask.subject)
    if ask.intent not in i.CREATIVE or ((ask.subject or ask.has_clone) and not chosen):
        return ask
    return replace(
        ask,
        pick=number_of(chosen["number"]) if chosen else 0,
        is_go=bool(chosen),
        subject=context.subject,
        details=context.details,
        quoted=ask.quoted or context.quoted,
        has_clone=context.has_clone,
        wishes=ask.wishes.over(replace(context.wishes, count=0)),
    )


def _followed(message: Message, context: Ask) -> Ask | None:
    if len(message.words) > LONGEST_FOLLOWING:
        return None
    going = _go(message, context)
    if going:
        return going
    if any(pattern.fullmatch(message.gist) for _, pattern in i.SMALL_TALK):
        return None
    for reader in (_picked, _replaced, _more, _sized, _changed):
        ask = reader(message, context)
        if ask:
            return ask
    return None


def _go(message: Message, context: Ask) -> Ask | None:
    wishes = message.wishes.over(context.wishes)
    if message.gist and GO.fullmatch(message.gist):
        is_go = message.wishes.are_none or bool(AT_ONCE.fullmatch(message.gist))
        return replace(context, wishes=wishes, is_go=is_go)
    return None


def _picked(message: Message, context: Ask) -> Ask | None:
    match = PICK.fullmatch(message.gist)
    if not match:
        return None
    wishes = message.wishes.over(context.wishes)
    return replace(context, wishes=wishes, pick=number_of(match["number"]), is_go=True)


def _replaced(message: Message, context: Ask) -> Ask | None:
    """ "What about a wolf?": the same of something else."""
    match = REPLACING.match(message.text)
    rest = message.text[match.end() :].strip(EDGES) if match else ""
    if not rest or i.NOUNS.search(message.gist) or PRONOUN.fullmatch(rest):
        return None
    subject = in_one_line(rest, LONGEST_CHANGE)
    wishes = message.wishes.over(context.wishes)
    return replace(
        context, subject=subject, details=subject, quoted=message.quoted, changes=(), wishes=wishes
    )


def _more(message: Message, context: Ask) -> Ask | None:
    noun = i.NOUNS.search(message.gist)
    is_other = noun and (noun.lastgroup != context.intent or _names_subject(message, noun))
    if len(message.words) > LONGEST_MORE or is_other or not MORE.match(message.gist):
        return None
    is_change = CHANGING.match(message.gist) and message.words[0] == "more" and not noun
    if is_change and len(message.words) > 1 and context.intent in i.VISUAL:
        return None
    wishes = message.wishes.over(context.wishes)
    return replace(context, wishes=wishes, attempt=context.attempt + 1)


def _names_subject(message: Message, noun: re.Match[str]) -> bool:
    rest = message.after(message.before(noun.end())).strip(EDGES)
    return not PRONOUN.fullmatch(rest)


def _sized(message: Message, context: Ask) -> Ask | None:
    if len(message.words) > LONGEST_MORE:
        return None
    length = SHORTER if SHORT.search(message.gist) else ""
    length = LONGER if LONG.search(message.gist) else length
    return replace(context, length=length, attempt=context.attempt) if length else None


def _changed(message: Message, context: Ask) -> Ask | None:
    """Another shape or style, or something more to show."""
    wished = not message.wishes.are_none
    if not CHANGING.match(message.gist) and not (wished and _is_little(message)):
        return None
    asked = replace(context, wishes=message.wishes.over(context.wishes))
    if i.NOUNS.search(message.gist) and not wished:
        return None
    if context.intent not in i.VISUAL:
        return replace(asked, attempt=context.attempt + (not wished), is_retold=not wished)
    change = "" if message.wishes.count else _change_in(message)
    changes = (*context.changes, change)[-MOST_CHANGES:] if change else context.changes
    return replace(asked, changes=changes)


def _is_little(message: Message) -> bool:
    """Whether besides its wishes a message says next to nothing."""
    has_count = bool(message.wishes.count) and len(message.words) <= FEW
    return has_count or bool(PRONOUN.fullmatch(message.gist))


def _change_in(message: Message) -> str:
    """What a change adds to a prompt, in the words of prompts."""
    text = TAIL.sub("", TURNED.sub("", message.text, count=1)).strip(EDGES)
    bare = text.casefold().removeprefix("more ").removeprefix("much ")
    if bare in COMPARED:
        return COMPARED[bare]
    if AGAINST.match(text):
        return in_one_line("no " + AGAINST.sub("", text, count=1), LONGEST_CHANGE)
    text = ADDED.sub("with ", text, count=1) if ADDED.match(text) else text
    text = text[5:] if text.casefold().startswith("more ") else text
    return "" if PRONOUN.fullmatch(text) else in_one_line(text, LONGEST_CHANGE)
