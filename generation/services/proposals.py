"""Read what an assistant proposes to make: a block at the end of its answer, kept out of the text.

A proposal is only that: its words come from a model, so what is kept of it are known fields of
plausible size, and whoever orders it checks it as any other order (generation/api/serializers).
"""

import json
import logging
from typing import Any

from generation import catalog
from generation.services.texts import is_text

OPENS = "```studio"
CLOSES = "```"
MOST = 3
LONGEST_BLOCK = 8000
LARGEST_NUMBER = 10**6
FIELDS = {
    "image": ("prompt", "negative_prompt", "aspect_ratio", "count", "with_clone"),
    "thumbnail": (
        *("title", "style", "color_scheme", "aspect_ratio", "prompt", "count", "with_clone"),
    ),
    "product_ad": ("product_name", "description", "headline", "call_to_action", "style", "formats"),
    "video": (
        *("product_name", "description", "prompt", "quality", "seconds", "aspect_ratio", "music"),
    ),
}
NEEDS_PHOTOS = ("product_ad", "video")

logger = logging.getLogger(__name__)


class Sieve:
    """Lets through the text of an answer piece by piece, and keeps its proposals."""

    def __init__(self) -> None:
        self._waiting = ""
        self._block: str | None = None
        self._blocks: list[str] = []

    def pass_on(self, piece: str) -> str:
        """Return what of the answer until now can be shown and was not yet."""
        self._waiting += piece
        shown = ""
        while True:
            before, step = self._step()
            shown += before
            if not step:
                return shown

    def rest(self) -> str:
        """Return what was held back although it begins no block: the answer has ended."""
        if self._block is not None:
            self._blocks.append(self._waiting)
            self._waiting, self._block = "", None
        rest, self._waiting = self._waiting, ""
        return rest

    @property
    def cards(self) -> list[dict[str, Any]]:
        """What is proposed, as far as it can be read."""
        return cleaned(proposals=[one for block in self._blocks for one in _read(block)])

    def _step(self) -> tuple[str, bool]:
        """Take the waiting text as far as it is certain what it is."""
        if self._block is None:
            before, found, after = self._waiting.partition(OPENS)
            if found:
                self._block, self._waiting = "", after
                return before, True
            kept = _beginning(self._waiting, OPENS)
            self._waiting = before[len(before) - kept :] if kept else ""
            return before[: len(before) - kept], False
        inside, found, after = self._waiting.partition(CLOSES)
        if not found:
            return "", False
        self._blocks.append(inside)
        self._block, self._waiting = None, after
        return "", True


def cleaned(*, proposals: list[Any]) -> list[dict[str, Any]]:
    """Return the proposals that can be shown, with the fields that such an order has."""
    cards = (_card(proposal) for proposal in proposals if isinstance(proposal, dict))
    return [card for card in cards if card][:MOST]


def _card(proposal: dict[str, Any]) -> dict[str, Any]:
    kind = proposal.get("kind")
    if not isinstance(kind, str) or kind not in FIELDS:
        return {}
    named = {name: proposal[name] for name in FIELDS[kind] if name in proposal}
    kept = {name: value for name, value in named.items() if _is_plausible(value)}
    kept = {name: value for name, value in kept.items() if _is_on_offer(kind, name, value)}
    title = "prompt" if kind == "image" else "title" if kind == "thumbnail" else "product_name"
    return {"kind": kind, **kept} if kept.get(title) else {}


def _is_plausible(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= catalog.MAX_PROMPT and is_text(text=value)
    if isinstance(value, list):
        return len(value) <= MOST + 1 and all(isinstance(one, str) for one in value)
    return isinstance(value, bool | int) and abs(value) <= LARGEST_NUMBER


def _is_on_offer(kind: str, name: str, value: Any) -> bool:
    """Whether an option has a value of the catalogue; what it may not say is left at its usual."""
    options = catalog.KINDS[kind].options.get(name)
    if options is None:
        return True
    return set(value) <= set(options) if isinstance(value, list) else value in options


def _read(block: str) -> list[Any]:
    """Return the proposals of a block: one document, or a list of them."""
    try:
        read = json.loads(block) if len(block) <= LONGEST_BLOCK else None
    except (ValueError, RecursionError):
        read = None
    if read is None:
        logger.info("generation.proposal.unreadable")
        return []
    return read if isinstance(read, list) else [read]


def _beginning(text: str, mark: str) -> int:
    """Return how many of the last letters may be the beginning of the mark."""
    longest = min(len(text), len(mark) - 1)
    return next((size for size in range(longest, 0, -1) if mark.startswith(text[-size:])), 0)
