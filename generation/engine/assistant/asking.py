"""Tell what a message asks for by itself, and what it is about."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from generation.engine.assistant import intents as i
from generation.engine.assistant.cleaning import EDGES, in_one_line
from generation.engine.assistant.facts import Facts
from generation.engine.assistant.message import Message
from generation.engine.assistant.wishes import NO_WISHES, Wishes
from generation.engine.prompts import named_kinds
from generation.engine.synonyms import words_of

COMMAND: Final = 14  # words: a noun that comes later belongs to the subject
NEXT: Final = 2  # words between a verb and what is drawn: "draw a picture of"
SOON: Final = 3  # words before a noun that stands without a verb
LONGEST_SUBJECT: Final = 400
LONGEST_DETAILS: Final = 1000
LONGEST_BARE: Final = 60
LEAST_LONG: Final = 6  # words of a text with an order at its end
LONGEST_TOPIC: Final = 8
FEW: Final = 4
SAMPLE: Final = 160  # letters in which a thing to draw is looked for
CLONED: Final = frozenset({i.IMAGE, i.PROMPT, i.THUMBNAIL})
SUGGESTED: Final = frozenset({i.TITLES, i.HEADLINES, i.CAPTIONS, i.COPY, i.SCRIPT, i.PROMPT})
STARTERS: Final = words_of("a an the two three four five six several many some")
PERSONAL: Final = words_of("i my we our this that it is are was he she they his her you your")
FILLERS: Final = words_of(
    "a an the my our that this some me us better good new catchy great nice short few several "
    "more this best "
    "cool another other different of in want need write make viral quick please one two three four "
    "five six seven eight nine ten 1 2 3 4 5 6 7 8 9 10 ideas idea for"
)
CONNECTOR: Final = re.compile(
    r"(?<! set)(?<! list)(?<!couple)(?<!series)(?<!bunch)(?<! pair)"
    r" (?:for|of|about|with|showing|on|that (?:shows?|says?|is|has)|where|called|saying"
    r"|as) "
)
LEADING: Final = re.compile(
    r"[\s,.:;\u2013\u2014-]*(?:(?:for|of|about|on|with|showing|that shows?|which shows?|called"
    r"|named|titled|entitled|saying|that says|from|using|based on|please|better|nicer|to sell|me"
    r"|us|out of|this|is|here|it|below|these|like|into|ideas?"
    r"|suggestions?)\b[\s,.:;\u2013\u2014-]+){0,5}",
    re.IGNORECASE,
)
TRAILING: Final = re.compile(
    r"(?:[\s,.!?-]{1,3}(?:please|thanks|thank you|thx|for me|for us|now|asap)){1,4}[\s.!?]{0,5}$",
    re.IGNORECASE,
)
NESTED: Final = re.compile(
    r"(?:(?:a|an|the|my|our|this) )?(?:new )?(?:\w{1,20} )?(?:video|channel|post|thumbnail|ad|brand"
    r"|shop|store|short|reel|photo|picture|image|product|vlog|tutorial|podcast|blog|article|film)s?"
    r" (?:about|on|of|for|called|named|titled|showing|where|in which)\s+",
    re.IGNORECASE,
)
ALSO: Final = re.compile(
    r"\s*(?:and|or|,|&|with) (?:\w{1,20} )?(?:hashtags?|captions?|headlines?|titles?|hooks?"
    r"|sublines?"
    r"|buttons?|slogans?|text)\b",
    re.IGNORECASE,
)
PAUSE: Final = re.compile(r"[,:;.!?\n]")
BREAK: Final = re.compile(r":\s|\n")
PRONOUN: Final = re.compile(
    r"(?:(?:for|of|about|with|from|to|on|as|use|using|out) ?)?"
    r"(?:better|nicer|good|it|this|that|these|those|them"
    r"|the same(?: \w+)?|this one|that one|one|too|instead|well|again|more|some|me|please|thanks)?"
    r"(?: too| as well| please| instead| now){0,3}",
    re.IGNORECASE,
)
MYSELF: Final = re.compile(
    r"\b(?:(?:of|for|with|showing) )?"
    r"(?:me|myself|my (?:ai )?(?:clone|likeness|face|twin|self))\b(?: is\b)?",
    re.IGNORECASE,
)
KEPT: Final = re.compile(
    r"logo|poster|wallpaper|icon|sketch|painting|watercolou?r|portrait|headshot"
)
AND: Final = re.compile(r"^\W*and\b", re.IGNORECASE)
WHAT_IS_GOOD: Final = re.compile(r"(?:what|whats|which|any|got|do you have)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is wanted; `subject` and `details` are the person's words, `changes` came later.

    `pick` is which of the things shown before is meant, and `is_go` that it is to be made;
    `is_retold` says that it was asked for in a way that rules do not know.
    """

    intent: str
    subject: str = ""
    details: str = ""
    quoted: str = ""
    topic: str = ""
    wishes: Wishes = NO_WISHES
    changes: tuple[str, ...] = ()
    length: str = ""
    language: str = ""
    attempt: int = 0
    pick: int = 0
    is_go: bool = False
    is_bare: bool = False
    has_clone: bool = False
    gist: str = ""
    is_retold: bool = False


def fresh(message: Message, facts: Facts) -> Ask:
    """This function will tell what a message asks for, whatever was said before it."""
    found = (reader(message, facts) for reader in READERS)
    ask = next(filter(None, found), None) or Ask(intent=i.OPEN if message.gist else i.EMPTY)
    return replace(
        ask,
        subject=message.text if ask.intent == i.OPEN else ask.subject,
        wishes=message.wishes,
        language=message.language,
        gist=message.gist,
        quoted=ask.quoted or message.quoted,
    )


def _guarded(message: Message, _facts: Facts) -> Ask | None:
    for intent, pattern in i.GUARDS:
        if pattern.search(message.gist):
            return Ask(intent=intent)
    return None


def _small_talk(message: Message, _facts: Facts) -> Ask | None:
    for intent, pattern in i.SMALL_TALK:
        if pattern.fullmatch(message.gist):
            return Ask(intent=intent)
    return None


def _ordered(message: Message, facts: Facts) -> Ask | None:
    """A verb, then what is to be made or written."""
    start = _politely(message.gist)
    verb = i.VERBS.match(f"{message.gist} ", start)
    if verb is None or i.ASKING.match(message.gist, start):
        return None
    spoken = verb.group().split()[0]
    noun = _noun(message, verb.end())
    is_near = noun and message.before(noun.start()) - message.before(verb.end()) < NEXT
    if noun and (spoken not in i.DRAWING or is_near):
        return _creative(message, noun, message.before(verb.end()), facts)
    return _without_noun(message, spoken, message.after(message.before(verb.end())), facts)


def _politely(gist: str) -> int:
    match = i.POLITE.match(gist)
    return match.end() if match else 0


def _noun(message: Message, start: int) -> re.Match[str] | None:
    """What is to be made; a noun after "for" or "about" belongs to what it is about."""
    noun = i.NOUNS.search(message.gist, start)
    if noun is None or message.before(noun.start()) >= COMMAND:
        return None
    connector = CONNECTOR.search(message.gist, max(0, start - 1))
    is_after = connector and connector.start() < noun.start()
    between = message.between(message.before(start), message.before(noun.start()))
    return None if is_after or PAUSE.search(between) else noun


def _without_noun(message: Message, verb: str, rest: str, facts: Facts) -> Ask | None:
    if verb in i.BETTERING:
        return _about(i.PROMPT, message, rest, facts)
    ask = _about(i.IMAGE, message, rest, facts)
    if verb in i.DRAWING and (ask.subject or ask.has_clone):
        return ask
    is_written = i.WRITTEN.search(message.gist) or i.ELSEWHERE.search(message.gist)
    is_shown = ask.has_clone or bool(named_kinds(ask.subject[:SAMPLE]))
    return ask if verb in i.MAKING and is_shown and not is_written else None


def _creative(message: Message, noun: re.Match[str], first: int, facts: Facts) -> Ask:
    intent = noun.lastgroup or i.IMAGE
    begin, end = message.before(noun.start()), message.before(noun.end())
    ask = _about(intent, message, message.after(end), facts)
    if intent == i.IMAGE and ask.subject and not ask.has_clone and KEPT.search(noun.group()):
        kind = _trimmed(message.between(first, end))
        said = TRAILING.sub("", message.after(end)).rstrip(EDGES)
        return replace(ask, subject=in_one_line(f"{kind} {said}", LONGEST_SUBJECT))
    if ask.subject or ask.has_clone:
        return ask
    return _about(intent, message, _trimmed(message.between(first, begin)), facts)


def _trimmed(text: str) -> str:
    """The words between those that only lead to them and away."""
    words = text.split()
    while words and words[0].casefold() in FILLERS:
        words.pop(0)
    while words and words[-1].casefold() in FILLERS:
        words.pop()
    return " ".join(words)


def _about(intent: str, message: Message, rest: str, facts: Facts) -> Ask:
    """The ask with its subject, which stands after a colon or after "for", "of" and the like."""
    rest = ALSO.sub("", rest, count=1)
    broken = BREAK.search(rest[:SAMPLE])
    if broken and (intent not in i.OF_PRODUCTS or not _bare_subject(rest[: broken.start()])):
        is_lead = len(rest[: broken.start()].split()) <= COMMAND // 2
        rest = rest[broken.end() :] if is_lead and rest[broken.end() :].strip() else rest
    subject = message.quoted if message.quoted and intent == i.PROMPT else _bare_subject(rest)
    seen = _beside_clone(rest, facts) if intent in CLONED else None
    subject = subject if seen is None else seen
    return Ask(
        intent=intent,
        subject=in_one_line(subject, LONGEST_SUBJECT),
        details=in_one_line(subject, LONGEST_DETAILS),
        has_clone=seen is not None,
    )


def _bare_subject(rest: str) -> str:
    subject = TRAILING.sub("", LEADING.sub("", rest, count=1)).strip(EDGES)
    nested = NESTED.match(subject)
    subject = subject[nested.end() :] if nested else subject
    return "" if PRONOUN.fullmatch(subject) else subject


def _beside_clone(rest: str, facts: Facts) -> str | None:
    """What is said besides a clone that is to be seen; None where none is."""
    lowered = rest.casefold()
    names = (re.escape(name) for name in facts.clones if name and name.casefold() in lowered)
    for name in (rf"(?:(?:of|with|for) )?(?<!\w){name}(?!\w)(?: is\b)?" for name in names):
        if re.search(name, rest, re.IGNORECASE):
            left = re.sub(name, "", rest, count=1, flags=re.IGNORECASE)
            return AND.sub("", MYSELF.sub("", left, count=1)).strip(EDGES)
    if not MYSELF.search(rest[:SAMPLE]):
        return None
    return TRAILING.sub("", MYSELF.sub("", rest, count=1)).strip(EDGES)


def _questioned(message: Message, facts: Facts) -> Ask | None:
    start = _politely(message.gist)
    if not (i.ASKING.match(message.gist, start) or message.is_question):
        return None
    if i.ELSEWHERE.search(message.gist):
        return Ask(intent=i.OPEN)
    return _suggestion(message, start, facts) or _topic(message) or Ask(intent=i.OPEN)


def _suggestion(message: Message, start: int, facts: Facts) -> Ask | None:
    """ "What is a good title for a video about bread?" """
    noun = i.NOUNS.search(message.gist, start)
    if noun and message.quoted and noun.lastgroup in SUGGESTED:
        return Ask(intent=noun.lastgroup, subject=message.quoted, details=message.quoted)
    if noun is None or not WHAT_IS_GOOD.match(message.gist, start):
        return None
    if noun.lastgroup not in SUGGESTED or i.USING.search(message.gist[start : noun.start()]):
        return None
    ask = _about(noun.lastgroup, message, message.after(message.before(noun.end())), facts)
    return ask if ask.subject else None


def _topic(message: Message) -> Ask | None:
    """What of the product is asked about."""
    gist = message.gist
    topic = next((name for name, pattern in i.STRONG if pattern.search(gist)), "")
    if topic in i.CERTAIN:
        return Ask(intent=i.GUIDE, topic=topic)
    if i.is_sum(gist):
        return Ask(intent=i.SUMS)
    if not topic or topic == "credits":
        is_use = len(message.words) <= FEW or i.USING.search(gist)
        weak = next((name for name, pattern in i.WEAK if is_use and pattern.search(gist)), "")
        topic = weak or topic
    return Ask(intent=i.GUIDE, topic=topic) if topic else None


def _named(message: Message, facts: Facts) -> Ask | None:
    """A thing to make, without a verb: "thumbnail titles for a video about bread"."""
    start = _politely(message.gist)
    noun = _noun(message, start)
    if noun is None:
        return None
    first, begin = message.before(start), message.before(noun.start())
    before = set(message.words[first:begin])
    if len(before - FILLERS) > SOON or before & PERSONAL:
        return None
    return _creative(message, noun, first, facts)


def _pictured(message: Message, _facts: Facts) -> Ask | None:
    """Words for a picture and nothing else."""
    words = message.words
    if not words or len(words) >= LONGEST_BARE or i.ELSEWHERE.search(message.gist):
        return None
    is_described = words[0] in STARTERS or message.text[:SAMPLE].count(",") >= 2
    if not is_described or i.WRITTEN.search(message.gist) or not named_kinds(message.text[:SAMPLE]):
        return None
    subject = in_one_line(message.text, LONGEST_SUBJECT)
    return Ask(intent=i.PROMPT, subject=subject, details=subject, is_bare=True)


def _topical(message: Message, _facts: Facts) -> Ask | None:
    is_other = i.ELSEWHERE.search(message.gist) or i.WRITTEN.search(message.gist)
    if is_other or len(message.words) > LONGEST_TOPIC:
        return None
    return _topic(message)


def _at_the_end(message: Message, facts: Facts) -> Ask | None:
    """A long text, and after it what is to be done with it."""
    if len(message.words) < LEAST_LONG:
        return None
    text = message.text.rstrip()
    cut = max(text.rfind(mark, 0, -1) for mark in (". ", "\n", "! ", "? ", ", "))
    last = Message.of(text[cut + 1 :].strip(), facts)
    ask = (_ordered(last, facts) or _named(last, facts)) if cut > 0 and last.gist else None
    if ask is None:
        return None
    before = text[:cut]
    return replace(
        ask,
        subject=ask.subject or in_one_line(before, LONGEST_SUBJECT),
        details=in_one_line(before, LONGEST_DETAILS),
    )


READERS: Final[tuple[Callable[[Message, Facts], Ask | None], ...]] = (
    _guarded,
    _small_talk,
    _ordered,
    _questioned,
    _named,
    _pictured,
    _topical,
    _at_the_end,
)
