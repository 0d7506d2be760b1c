"""What we ask of other people's AI and what they answer, in our own words: a port a capability."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import IO, Any, Protocol

from generation.errors import ProviderError


class Capability(StrEnum):
    """What somebody's AI can do for us."""

    TEXT = "text"
    VISION = "vision"
    IMAGE = "image"
    VIDEO = "video"
    TRAINING = "training"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCall:
    """One request that may cost money, as it is kept; it says nothing about its content.

    The end of a work that took its time is told whenever somebody asks about it: whoever keeps
    calls keeps one for each provider, operation and request id.
    """

    provider: str
    operation: str
    model: str
    outcome: str
    """`ok`, the code of the error, or `stopped` where we let go of an answer that was coming."""
    latency_ms: int
    request_id: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    images: int = 0
    seconds: float = 0.0
    """Of video made, or of a machine used."""
    cost_micro_usd: int | None = 0
    """Nothing where the price is not known or the answer was lost."""


Record = Callable[[ProviderCall], None]
OnText = Callable[[str], None]
"""Takes an answer's next words; by raising something it stops the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """One file's bytes; `url` is a short-lived address of the same for whoever fetches it."""

    data: bytes = field(repr=False)
    content_type: str
    url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A file that the provider keeps, for an hour or so: to be copied at once."""

    url: str = field(repr=False)


Output = Blob | Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What was said in a conversation; `is_ours` is the model's own earlier answer."""

    text: str = field(repr=False)
    is_ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRequest:
    """Something to write; with a schema, as a JSON document of that shape."""

    turns: tuple[Turn, ...]
    system: str = field(default="", repr=False)
    max_tokens: int = 1024
    schema: Mapping[str, Any] | None = None
    person: str = ""
    """A pseudonym of who asks, for the provider's abuse watch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionRequest:
    """Pictures to look at and what to say about them."""

    prompt: str = field(repr=False)
    pictures: tuple[Blob, ...]
    system: str = field(default="", repr=False)
    max_tokens: int = 1024
    schema: Mapping[str, Any] | None = None
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a model wrote; not complete where it reached the most tokens."""

    text: str = field(repr=False)
    model: str
    is_complete: bool
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """Pictures to make: after the references, if there are, and with learned weights."""

    prompt: str = field(repr=False)
    negative_prompt: str = field(default="", repr=False)
    aspect_ratio: str = "1:1"
    count: int = 1
    seed: int | None = None
    references: tuple[Blob, ...] = ()
    weights: str = ""
    """What a training ended with, or an address of such weights."""
    weights_scale: float = 1.0
    extra_weights: str = ""
    """Others on top of these: a style's on a person's."""
    extra_scale: float = 1.0
    webhook: str = field(default="", repr=False)
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoRequest:
    """One clip to make, from a first picture where there is one."""

    prompt: str = field(repr=False)
    negative_prompt: str = field(default="", repr=False)
    first_frame: Blob | None = None
    last_frame: Blob | None = None
    seconds: int = 5
    quality: str = "720p"
    aspect_ratio: str = "16:9"
    seed: int | None = None
    webhook: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRequest:
    """Weights to learn from an archive of pictures: how a person, a product or a style looks."""

    archive: Blob
    """Its `url`, if there is one, is an address that the provider can reach."""
    trigger_word: str
    destination: str
    """The name under which the weights are kept; ours to choose, and nothing personal."""
    subject: str
    """`person`, `product` or `style`."""
    steps: int
    lora_rank: int
    """How much the weights can hold; a trainer that has no such choice ignores it."""
    webhook: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Work that goes on at the provider; `progress` is the fraction done, where it is known."""

    id: str
    progress: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Work that has ended: with files, or with the reason why there are none."""

    id: str
    outputs: tuple[Output, ...] = ()
    weights: str = ""
    model: str = ""
    """Of a training, the trainer with its version that did it."""
    error: ProviderError | None = None


Work = Running | Ended


class Text(Protocol):
    """Whoever writes."""

    @property
    def provider(self) -> str:
        """The name that calls, jobs and pages know it by."""
        ...

    def write(self, request: TextRequest) -> Written:
        """Write it. Raises ProviderError."""
        ...

    def stream(self, request: TextRequest, on_text: OnText) -> Written:
        """Write it, and give the words away as they come. Raises ProviderError.

        Words that were given away stay so, whatever is raised after them. What `on_text` raises
        goes on as it is, and nothing more of the answer is fetched.
        """
        ...


class Vision(Protocol):
    """Whoever looks at pictures."""

    @property
    def provider(self) -> str:
        """The name that calls, jobs and pages know it by."""
        ...

    def look(self, request: VisionRequest) -> Written:
        """Say what was asked about the pictures. Raises ProviderError."""
        ...


class Works(Protocol):
    """Whoever takes time: what was started is asked about, not waited for.

    Asking costs nothing and may be repeated; only ProviderUnavailable says that starting again
    is safe. What ended badly is not raised: it is in `Ended.error`.
    """

    @property
    def provider(self) -> str:
        """The name that calls, jobs and pages know it by."""
        ...

    def poll(self, id: str) -> Work:  # noqa: A002 (the glossary's word)
        """Ask about one work. Raises ProviderError; ProviderGone where nobody knows of it."""
        ...

    def poll_many(self, ids: Collection[str], *, since: datetime) -> dict[str, Work]:
        """Ask about works started since then, in few requests; leaves out what was not found."""
        ...

    def cancel(self, id: str) -> None:  # noqa: A002
        """Stop a work, if it has not ended. Raises ProviderError."""
        ...

    def download(self, link: Link, *, to: IO[bytes]) -> str:
        """Copy a file and return its content type. Raises ProviderError."""
        ...


class Image(Works, Protocol):
    """Whoever makes pictures; some at once, so that starting returns the end."""

    @property
    def most_images(self) -> int:
        """How many one request may ask for."""
        ...

    def start(self, request: ImageRequest) -> Work:
        """Order the pictures. Raises ProviderError."""
        ...


class Video(Works, Protocol):
    """Whoever makes clips."""

    def start(self, request: VideoRequest) -> Work:
        """Order the clip. Raises ProviderError."""
        ...


class Training(Works, Protocol):
    """Whoever learns how somebody or something looks."""

    def start(self, request: TrainingRequest) -> Work:
        """Order the training. Raises ProviderError."""
        ...

    def delete(self, destination: str) -> bool:
        """Erase the weights kept under this name; say whether nothing is left of them.

        Where the provider is still at it, ask again later; what is not there is done. Raises
        ProviderError.
        """
        ...
