"""What a pipeline is given and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Report = Callable[[str, float], None]
"""Called with the stage and the fraction done, 0 to 1; raises when the job has to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """One job's inputs: what was ordered, the photo's bytes if there is one, and the ear."""

    params: Mapping[str, Any]
    photo: bytes | None
    report: Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One finished file with its smaller copies by their width in pixels.

    The plate is the picture without its title; varied is what differs from the order.
    """

    data: bytes
    renditions: dict[int, bytes]
    content_type: str
    width: int
    height: int
    seed: int
    alt_text: str
    plate: bytes | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    varied: dict[str, str] = field(default_factory=dict)
