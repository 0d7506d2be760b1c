"""What a program sends to be answered, and what of it we refuse."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from generation.providers.ports import Turn
from generation.services.chat import Script
from generation.services.texts import refused
from generation.streams.gateway import offers
from generation.streams.gateway.fields import (
    check_fields,
    invalid,
    number_of,
    switch_of,
    unsupported,
)

MOST_MESSAGES = 256
MOST_TOKENS = 1_000_000
READ = {"model", "messages", "max_tokens", "max_completion_tokens", "stream", "stream_options"}
# How it is written, and who is told about it: without these the answer is as good an answer.
IGNORED = {
    "temperature", "top_p", "frequency_penalty", "presence_penalty", "seed", "user", "metadata",
    "store", "service_tier", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
    "prompt_cache_options", "reasoning_effort", "verbosity", "parallel_tool_calls",
}  # fmt: skip
# What a program would rely on, with the values that ask for nothing.
PLAIN: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "stop": ("", []),
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "moderation": (),
    "audio": (),
    "prediction": (),
    "web_search_options": (),
}
INSTRUCTIONS = {"system", "developer"}
SPEAKERS = {"user": False, "assistant": True}
ONLY_TEXT = f"{offers.CHAT} reads text. Describe the picture or file in words."
NO_MESSAGES = "Send `messages`: a list of 1 to 256 with `role` and `content`, the last the user's."
NO_ROLE = "The role is one of: system, developer, user, assistant."


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOrder:
    """What is to be answered, and how the answer is to come."""

    script: Script
    counts: bool
    """Whether a stream ends with how many tokens it took."""


def read_chat(said: dict[str, Any]) -> ChatOrder:
    """Return what a program wants to be answered. Raises UnknownModel and InvalidInput."""
    if "model" not in said:
        remedy = f"Name the model: {offers.CHAT}."
        raise refused(field="model", code="missing_required_parameter", detail=remedy)
    offers.require(wanted=said["model"], offered=offers.CHAT)
    check_fields(said=said, read=READ, ignored=IGNORED, plain=PLAIN, model=offers.CHAT)
    turns, system = _conversation(said.get("messages"))
    most = [
        number_of(said, name, least=1, most=MOST_TOKENS)
        for name in ("max_completion_tokens", "max_tokens")
    ]
    options = said.get("stream_options") or {}
    if not isinstance(options, dict):
        raise invalid("stream_options", "`stream_options` is an object.")
    return ChatOrder(
        script=Script(
            turns=turns,
            system=system,
            max_tokens=most[0] or most[1],
            streams=switch_of(said, "stream"),
        ),
        counts=switch_of(options, "include_usage", "stream_options.include_usage"),
    )


def _conversation(messages: Any) -> tuple[list[Turn], str]:
    """Return what was said, and what the model is told to be."""
    if not isinstance(messages, list) or not 0 < len(messages) <= MOST_MESSAGES:
        raise invalid("messages", NO_MESSAGES)
    told = list(_told(messages))
    turns = [Turn(text=text, is_ours=SPEAKERS[role]) for role, text in told if role in SPEAKERS]
    if not turns or turns[-1].is_ours:
        raise invalid("messages", "The last message has to be the user's.")
    spoken = [turn for turn in turns if turn.text.strip() or not turn.is_ours]
    return spoken, "\n\n".join(text for role, text in told if role in INSTRUCTIONS)


def _told(messages: list[Any]) -> Iterator[tuple[str, str]]:
    for position, message in enumerate(messages):
        place = f"messages[{position}]"
        role = message.get("role") if isinstance(message, dict) else None
        if not isinstance(role, str) or role not in INSTRUCTIONS | set(SPEAKERS):
            raise invalid(f"{place}.role", NO_ROLE)
        _check_message(message, place)
        yield role, _text_of(message, f"{place}.content")


def _check_message(message: dict[str, Any], place: str) -> None:
    """Refuse what a message says besides its text; what is empty says nothing."""
    for name, value in message.items():
        if name not in {"role", "content", "name"} and value:
            raise unsupported(f"{place}.{name}", ONLY_TEXT)


def _text_of(message: dict[str, Any], place: str) -> str:
    content = message.get("content")
    if isinstance(content, str):
        text = content
    elif isinstance(content, list):
        parts = (_part(part, f"{place}[{number}]") for number, part in enumerate(content))
        text = "".join(parts)
    elif content is None:
        text = ""
    else:
        raise invalid(place, "The content is a string, or a list of parts of type text.")
    if not text.strip() and message["role"] == "user":
        raise invalid(place, "Write a message first.")
    return text


def _part(part: Any, place: str) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind != "text":
        raise unsupported(place, ONLY_TEXT)
    text = part.get("text")
    if not isinstance(text, str):
        raise invalid(f"{place}.text", "The text of a part is a string.")
    return text
