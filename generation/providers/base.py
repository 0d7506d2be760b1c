"""What we order from a provider and what it delivers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ThumbnailOrder:
    """One thumbnail; the photo is the bytes of a cleaned picture.

    In a set each thumbnail has its number in it as its variant: 0 is what was ordered, the others
    vary it.
    """

    title: str
    style: str
    color_scheme: str
    aspect_ratio: str
    text_overlay: bool
    prompt: str
    photo: bytes | None
    seed: int
    variant: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TitleOrder:
    """Another title on the plate of a picture that was delivered with these facts."""

    plate: bytes
    facts: Mapping[str, Any]
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One finished picture; facts say what was understood, measured and left out.

    The plate is the same picture before its title was set, the mark an XMP packet that says what
    made it, and varied what of the order is otherwise in this one.
    """

    data: bytes
    width: int
    height: int
    content_type: str
    seed: int
    alt_text: str
    plate: bytes | None = None
    mark: bytes | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    varied: dict[str, str] = field(default_factory=dict)
