"""Put answers and what became of them into words, and their Markdown into parts."""

from django import template

from generation.models import Message
from generation.templatetags.studio import provider_name
from visiona.lib import markdown, ratelimit
from visiona.lib.ratelimit import Verdict

register = template.Library()

RULES = "Studio assistant (rules)"
COUNTED_ELSEWHERE = "The limit cannot be read just now."


@register.filter
def parts(text: str) -> list[markdown.Part]:
    """Return an answer as words and blocks of code."""
    return markdown.parts_of(text)


@register.filter
def answered_by(provider: str) -> str:
    """Name who wrote an answer."""
    return RULES if provider == "local" else provider_name(provider)


@register.filter
def fallback_note(message: Message) -> str:
    """Say who should have answered but did not."""
    if not message.fallback_used:
        return ""
    asked, did = answered_by(message.fallback_from), answered_by(message.provider)
    return f"{asked} did not answer, {did} did"


@register.filter
def edge_of(message: Message) -> list[str]:
    """Return what is said below an answer that has ended: who, how much, for what, how long."""
    tokens = message.input_tokens + message.output_tokens
    said = [
        answered_by(message.provider) if message.provider else "",
        fallback_note(message),
        f"{tokens:,} tokens" if tokens else "",
        _cost_of(message),
        f"{message.total_ms:,} ms" if message.total_ms else "",
    ]
    return [words for words in said if words]


def _cost_of(message: Message) -> str:
    if message.cached:
        return "cached, free"
    if not message.price:
        return "nothing charged"
    return f"{message.price} credit{'' if message.price == 1 else 's'}"


@register.filter
def ending_of(message: Message) -> str:
    """Say why an answer is not whole, and what of it was charged; nothing where it is."""
    if message.status == Message.Status.FAILED:
        return message.error_detail or "This answer failed, so nothing was charged. Ask again."
    if message.status != Message.Status.STOPPED:
        return ""
    if not message.text.strip():
        return "Stopped before its first word, so nothing was charged."
    if not message.price:
        return "You stopped it here. Nothing was charged."
    return f"You stopped it here. What had come of it cost {_cost_of(message)}."


@register.filter
def left_of(verdict: Verdict, span: str) -> str:
    """Say how many questions may still be asked, and when the next one comes."""
    if not verdict.is_known:
        return COUNTED_ELSEWHERE
    left = f"{verdict.remaining} of {verdict.limit} left {span}"
    if not verdict.next_seconds:
        return left
    return f"{left}, next in {ratelimit.in_words(verdict.next_seconds)}"
