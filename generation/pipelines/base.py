"""What a pipeline is given and what it gives back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from generation.providers.ports import Blob, ImageRequest, TrainingRequest, VideoRequest

Report = Callable[[str, float], None]
"""Called with the stage and the fraction done, 0 to 1; raises when the job has to stop."""

Request = ImageRequest | VideoRequest | TrainingRequest
Shot = tuple[bytes, dict[str, Any]]
"""One photo as this machine keeps it to show a likeness: a picture and its facts."""


class Parked(Exception):
    """The job goes on later: when its provider has news, when it is time, or on another queue.

    A pipeline lets it through. It is then run again from its start; what it kept is kept.
    """

    def __init__(self, *, until: datetime, stage: str = "", queue: str = "") -> None:
        self.until = until
        self.stage = stage
        self.queue = queue
        super().__init__(stage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """One piece of the order that there will not be, and why; it is not paid for."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a provider made of one request: its files or weights, or why there are none."""

    files: tuple[Blob, ...] = ()
    weights: str = ""
    model: str = ""
    shortfall: Shortfall | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Somebody's clone, for the pictures that it is to be seen in.

    A provider shows it by its weights, this machine by the shots of its photos.
    """

    name: str
    subject: str
    trigger_word: str
    scale: float
    weights: str
    shots: Callable[[], tuple[Shot, ...]]


class Checkpoint(Protocol):
    """Whoever keeps the stages of a job."""

    def __call__(self, name: str, make: Callable[[], bytes], queue: str = "") -> bytes:
        """Return what is kept under the name; else make it, on a worker of the queue."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JobContext:
    """What was ordered, and what a pipeline can have done for it.

    `prompt` is the person's, or what it was made into; `photos` reads the bytes of their photos,
    `measures` what the coach measured of each.
    `likenesses` are the clones that are to be seen, the main one first; `shots` are the titles and
    prompts of a pack.
    `checkpoint` gives what an earlier run kept under a name, else makes and keeps it; `original`
    gives what the job kept whose film this one cuts anew. `provider_of` says who does what,
    `most_images` how many pictures that one makes at a time.
    `ask` orders each request from its provider once and raises Parked while one is at work;
    `on_queue` raises Parked unless this is a worker of that queue.
    """

    params: Mapping[str, Any]
    prompt: str
    report: Report
    photos: Callable[[], tuple[bytes, ...]]
    measures: Callable[[], tuple[Mapping[str, Any], ...]]
    likenesses: tuple[Likeness, ...]
    shots: tuple[tuple[str, str], ...]
    checkpoint: Checkpoint
    original: Callable[[str], bytes | None]
    provider_of: Callable[[str], str]
    most_images: Callable[[], int]
    ask: Callable[[Mapping[str, Request]], Mapping[str, Answer]]
    on_queue: Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One finished file with its smaller copies by their width in pixels.

    The plate is the picture without its words; varied is what differs from the order. A film has
    a poster, of which the smaller copies are, and captions.
    """

    data: bytes
    renditions: dict[int, bytes]
    content_type: str
    width: int
    height: int
    seed: int | None
    alt_text: str
    plate: bytes | None = None
    poster: bytes | None = None
    captions: str = ""
    seconds: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    varied: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a training came to: weights at the provider, or the shots of a local profile."""

    weights: str = ""
    model: str = ""
    shots: tuple[Shot, ...] = ()
