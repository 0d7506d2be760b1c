"""What the engine hands over: a finished picture, and how it came about."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Picture:
    """What was made; `facts` says how, in values that JSON can hold.

    `plate` is the same picture before its title was set, if it has one; `mark` is the XMP packet
    that says what made it, for every copy to carry.
    """

    data: bytes
    plate: bytes | None
    mark: bytes
    width: int
    height: int
    content_type: str
    seed: int | None
    alt_text: str
    facts: dict[str, Any]
    varied: dict[str, str] = field(default_factory=dict)
