"""Name a conversation by what was asked first."""

import re
from typing import Final

from generation.engine.assistant.cleaning import EDGES, capital, cleaned

LONGEST: Final = 60
NAMELESS: Final = "New conversation"
ENOUGH: Final = 12  # letters: a shorter first sentence is a greeting, and the next one says more
SENTENCE: Final = re.compile(r"(?<=[.!?\u3002])\s+|\n")
GREETING: Final = re.compile(
    r"(?:(?:hi|hello|hey|hallo|good (?:morning|afternoon|evening)|dear|there|assistant|visiona|ok"
    r"|okay|so|well|thanks|thank you)\b[\s,.!:-]*){1,6}",
    re.IGNORECASE,
)
ASKING: Final = re.compile(
    r"(?:(?:please|kindly|just|can you|could you|would you|will you|can i (?:have|get)"
    r"|could i (?:have|get)|i (?:want|need|would like|am looking for)(?: you)?(?: to)?"
    r"|i[\u2019']d like(?: you)?(?: to)?|i[\u2019']m looking for|help me(?: to)?|let[\u2019']?s)"
    r"\b[\s,]*){1,6}",
    re.IGNORECASE,
)
ORDERING: Final = re.compile(
    r"(?:make|write|give|create|generate|show|tell|suggest|find|get|draw me|design)\b\s*"
    r"(?:(?:me|us|up|an?|the|some|my)\b\s*){0,3}",
    re.IGNORECASE,
)
LEAST_LEFT: Final = 2  # words: what is shorter is better told with its verb


def title_of(text: str) -> str:
    """This function will name a conversation by its first message, in at most 60 letters."""
    words = cleaned(text)
    for sentence in SENTENCE.split(words):
        name = _named(sentence)
        if len(name) >= ENOUGH or (name and sentence == words):
            return name
    return _named(" ".join(words.split())) or NAMELESS


def _named(sentence: str) -> str:
    line = sentence.strip(EDGES)
    for opening in (GREETING, ASKING, ORDERING):
        match = opening.match(line)
        rest = line[match.end() :].strip(EDGES) if match else ""
        if len(rest.split()) >= LEAST_LEFT:
            line = rest
    return _cut(capital(line)) if any(letter.isalnum() for letter in line) else ""


def _cut(line: str) -> str:
    if len(line) <= LONGEST:
        return line
    whole = line[:LONGEST].rsplit(" ", 1)[0]
    kept = whole if len(whole) > LONGEST // 2 else line[: LONGEST - 1]
    return kept.rstrip(EDGES)[: LONGEST - 1] + "\u2026"
