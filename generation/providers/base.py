"""What we order from a provider and what it delivers."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ThumbnailOrder:
    """One thumbnail; the photo is the bytes of a cleaned picture."""

    title: str
    style: str
    color_scheme: str
    aspect_ratio: str
    text_overlay: bool
    prompt: str
    photo: bytes | None
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One finished picture; facts say what was understood, measured and left out."""

    data: bytes
    width: int
    height: int
    content_type: str
    seed: int
    alt_text: str
    facts: dict[str, Any] = field(default_factory=dict)
