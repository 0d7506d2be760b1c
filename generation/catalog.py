"""What can be made and what it costs, in credits; the one price list."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

MAX_TITLE = 120
MAX_PROMPT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job: price per unit, who works on it and for how long at most."""

    name: str
    label: str
    price: int
    unit: str
    queue: str
    deadline_minutes: int
    pipeline: str
    options: Mapping[str, tuple[str, ...]]
    max_count: int = 1
    defaults: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteLine:
    """One line of a price: what for, how many credits."""

    label: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a job costs, in credits, and why."""

    price: int
    lines: tuple[QuoteLine, ...]


THUMBNAIL = Kind(
    name="thumbnail",
    label="Thumbnail",
    price=10,
    unit="thumbnail",
    queue="quick",
    deadline_minutes=30,
    pipeline="generation.pipelines.thumbnail.make",
    options={
        "style": ("bold", "minimal", "cinematic", "neon", "editorial", "playful"),
        "color_scheme": (
            "sunset",
            "ocean",
            "neon",
            "mono",
            "lime",
            "royal",
            "red",
            "cream",
            "sky",
        ),
        "aspect_ratio": ("16:9", "9:16", "1:1", "4:5", "3:2", "2:3"),
    },
    max_count=3,
    defaults={
        "style": "bold",
        "color_scheme": "sunset",
        "aspect_ratio": "16:9",
        "text_overlay": True,
        "prompt": "",
        "photo_id": None,
        "count": 1,
    },
)

KINDS: dict[str, Kind] = {THUMBNAIL.name: THUMBNAIL}


def quote(*, kind: str, params: Mapping[str, Any]) -> Quote:
    """Return the price of a job; what is shown and what is charged both come from here."""
    offer = KINDS[kind]
    count = int(params.get("count") or 1)
    each = 0 if settings.LOCAL_WORK_IS_FREE else offer.price
    plural = "" if count == 1 else "s"
    line = QuoteLine(label=f"{count} {offer.unit}{plural}, {each} each", amount=count * each)
    return Quote(price=line.amount, lines=(line,))
