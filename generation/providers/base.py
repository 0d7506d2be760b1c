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
class ImageOrder:
    """One picture of words; in a set each has its number."""

    prompt: str
    negative_prompt: str
    aspect_ratio: str
    seed: int
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AdOrder:
    """One ad of a product; what is left empty of its words is made up by rules."""

    product_name: str
    description: str
    headline: str
    call_to_action: str
    style: str
    aspect_ratio: str
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FilmOrder:
    """A film of a product, as its storyboard is to be written."""

    product_name: str
    description: str
    prompt: str
    seconds: float
    aspect_ratio: str
    quality: str
    seed: int
    captions: bool
    music: str
    voice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitOrder:
    """One picture of a clone, and perhaps of a second one beside it; in a set each has its number.

    The subject is "person", "product" or "style"; a shot is what `local.taken` returned for a
    photo. Strength is how far a style's colors are taken over, from 0 to 1.
    """

    prompt: str
    negative_prompt: str
    aspect_ratio: str
    seed: int
    number: int = 0
    subject: str
    shots: tuple[tuple[bytes, Mapping[str, Any]], ...]
    companions: tuple[tuple[bytes, Mapping[str, Any]], ...] = ()
    strength: float = 1.0


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
    seed: int | None
    alt_text: str
    plate: bytes | None = None
    mark: bytes | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    varied: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """One finished film with its poster and its words; the mark is as a picture's."""

    data: bytes
    width: int
    height: int
    seconds: float
    content_type: str
    poster: bytes
    captions: str
    alt_text: str
    mark: bytes | None
    facts: dict[str, Any] = field(default_factory=dict)
