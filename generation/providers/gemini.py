"""Gemini: pictures and clips to make, by an API key, and what its words need as well."""

import base64
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

import httpx2
from google import genai
from google.genai import errors, types

# Interactions have errors of their own, which the SDK exports from nowhere else.
from google.genai._interactions import GeminiNextGenAPIClientError

from generation.errors import (
    ProviderError,
    ProviderGone,
    ProviderInvalid,
    ProviderRefused,
    ProviderTimedOut,
    ProviderUnavailable,
)
from generation.providers import wire
from generation.providers.at_once import AtOnce, ended
from generation.providers.calls import Account, Answer, Caller, Reading
from generation.providers.downloads import MOST_BYTES
from generation.providers.offers import Offer, Usage, most_images_of, offer_of
from generation.providers.ports import (
    Blob,
    Ended,
    ImageRequest,
    Link,
    Running,
    VideoRequest,
    Work,
)
from generation.providers.works import one_by_one

PROVIDER = "gemini"
OFFICIAL = "https://generativelanguage.googleapis.com"
FAILURES = (errors.APIError, GeminiNextGenAPIClientError, httpx2.TooManyRedirects)
ID = re.compile(r"[\w.-]{1,200}")
SIZE = "1K"
HEAD_BYTES = 8
"""In which an MP4 says that it is one."""

REFUSALS = {
    "SAFETY",
    "IMAGE_SAFETY",
    "PROHIBITED_CONTENT",
    "IMAGE_PROHIBITED_CONTENT",
    "BLOCKLIST",
    "SPII",
    "RECITATION",
    "IMAGE_RECITATION",
    "JAILBREAK",
    "MODEL_ARMOR",
}
GOING_ON = {"in_progress", "queued"}
QUALITIES = {"480p": "360p", "720p": "720p", "1080p": "1080p"}
DELAY = re.compile(r"(\d+(?:\.\d+)?)s")
SENSITIVE = re.compile(r"safety|prohibited|blocked|policy", re.IGNORECASE)


@wire.Shared
def client_of(key: str, base_url: str) -> genai.Client:
    """Return the SDK's client for orders and questions, which follows nobody."""
    return sdk_of(key, base_url, wire.client2())


@wire.Shared
def files_of(key: str, base_url: str) -> genai.Client:
    """Return the SDK's client for files: the API answers with where else on its host they are."""
    return sdk_of(key, base_url, wire.client2(within=base_url or OFFICIAL))


def sdk_of(key: str, base_url: str, client: httpx2.Client) -> genai.Client:
    """Return the SDK's client: one attempt, since neither a retry nor its wait is ours to bound."""
    return genai.Client(
        api_key=key,
        http_options=types.HttpOptions(
            base_url=base_url or None,
            timeout=int(wire.MOST_SECONDS * 1000),
            retry_options=types.HttpRetryOptions(attempts=1),
            httpx_client=client,
        ),
    )


def explain(error: Exception, exchange: wire.Exchange) -> ProviderError | None:
    """Read what only Gemini says: a bad key is a 400, and how long to wait is in the details."""
    text = str(getattr(error, "message", "") or "")
    if exchange.status == 400 and "API key" in text:
        return ProviderInvalid(reason="key")
    if exchange.status == 400 and SENSITIVE.search(text):
        return ProviderRefused()
    if exchange.status == 429 and exchange.retry_after is None:
        details = getattr(error, "details", None) or getattr(error, "body", None)
        return ProviderUnavailable(retry_after=delay_of(details))
    return None


def delay_of(details: Any) -> float | None:
    """Return what a RetryInfo among the details asks for."""
    error = details.get("error", details) if isinstance(details, dict) else {}
    for detail in error.get("details", []):
        found = DELAY.fullmatch(str(detail.get("retryDelay", "")))
        if found:
            return min(float(found[1]), wire.MOST_RETRY_AFTER_SECONDS)
    return None


@dataclass(frozen=True, kw_only=True)
class Gemini:
    """What all that Gemini does is asked by."""

    account: Account
    caller: Caller
    offer: Offer
    provider: str = field(default=PROVIDER, init=False)

    @property
    def _client(self) -> genai.Client:
        return client_of(self.account.key, self.account.base_url)

    def _generate(
        self, contents: list[types.Content], config: types.GenerateContentConfig
    ) -> types.GenerateContentResponse:
        # Held in a variable: a client that is thrown away closes itself in the middle of a call.
        client = self._client
        # The SDK would go on by itself, and pay again, where an answer wants to be continued.
        config.automatic_continuation = False
        return client.models.generate_content(
            model=self.offer.name, contents=list[Any](contents), config=config
        )


@dataclass(frozen=True, kw_only=True)
class GeminiImage(AtOnce, Gemini):
    """Pictures by Gemini, one at a time, at once."""

    @property
    def most_images(self) -> int:
        """How many one request may ask for."""
        return most_images_of(self.offer)

    def start(self, request: ImageRequest) -> Work:
        """Make a picture. Raises ProviderError."""
        if request.count > self.most_images:
            raise ProviderInvalid("This provider makes one picture at a time.", reason="request")
        avoid = f"\nAvoid: {request.negative_prompt}" if request.negative_prompt else ""
        contents = [seen(request.prompt + avoid, request.references)]
        config = types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            image_config=types.ImageConfig(
                aspect_ratio=self.offer.nearest_ratio(request.aspect_ratio), image_size=SIZE
            ),
        )

        def call() -> Answer[Work]:
            return painted(self._generate(contents, config))

        return self.caller.order("start", self.offer, call, seconds=self.account.order_seconds)


@dataclass(frozen=True, kw_only=True)
class GeminiVideo(Gemini):
    """Clips by Gemini: interactions in the background."""

    def start(self, request: VideoRequest) -> Work:
        """Order a clip. Raises ProviderError."""
        avoid = f"\nAvoid: {request.negative_prompt}" if request.negative_prompt else ""
        given: list[dict[str, str]] = [{"type": "text", "text": request.prompt + avoid}]
        if request.first_frame:
            data = base64.b64encode(request.first_frame.data).decode()
            kind = request.first_frame.content_type
            given.append({"type": "image", "mime_type": kind, "data": data})
        wanted = {
            "type": "video",
            "resolution": QUALITIES.get(request.quality, "720p"),
            "aspect_ratio": self.offer.nearest_ratio(request.aspect_ratio),
            "duration": f"{self.offer.seconds_for(request.seconds)}s",
            "delivery": "uri",
        }

        def call() -> Answer[Reading]:
            interactions: Any = self._client.interactions
            begun = interactions.create(
                model=self.offer.name,
                background=True,
                store=True,
                input=given,
                response_format=wanted,
            )
            return Answer(value=self._reading(begun), usage=Usage(), request_id=begun.id)

        return self.caller.recorded(
            self.caller.order("start", self.offer, call, seconds=self.account.order_seconds)
        )

    def poll(self, id: str) -> Work:  # noqa: A002
        """Ask about a clip. Raises ProviderError."""
        if not ID.fullmatch(id):
            raise ProviderGone
        interactions: Any = self._client.interactions
        reading = self.caller.read(
            lambda: self._reading(interactions.get(id)), seconds=self.account.read_seconds
        )
        return self.caller.recorded(reading)

    def poll_many(self, ids: Collection[str], *, since: datetime) -> dict[str, Work]:
        """Ask about clips one by one: there is no list of them."""
        del since
        return one_by_one(self.poll, ids)

    def cancel(self, id: str) -> None:  # noqa: A002
        """Stop a clip. Raises ProviderError."""
        if not ID.fullmatch(id):
            raise ProviderGone
        interactions: Any = self._client.interactions
        self.caller.read(lambda: interactions.cancel(id), seconds=self.account.read_seconds)

    def download(self, link: Link, *, to: IO[bytes]) -> str:
        """Copy a clip, for which the key is needed, from the API itself. Raises ProviderError."""
        client = files_of(self.account.key, self.account.base_url)
        files: Any = client.files
        clip = Clip(to)

        def call() -> None:
            files.download(file=types.Video(uri=link.url), destination=clip)

        self.caller.read(call, seconds=self.account.download_seconds)
        if len(clip.head) < HEAD_BYTES:
            raise ProviderInvalid(reason="answer")
        return "video/mp4"

    def _reading(self, interaction: Any) -> Reading:
        if not interaction.id or not interaction.status:
            raise ValueError("this is no interaction")
        if interaction.status in GOING_ON:
            return Reading(Running(id=interaction.id))
        usage = interaction.usage
        clip = clip_of(interaction)
        end = self.caller.call_of(
            "end",
            offer_of(PROVIDER, self.caller.capability, interaction.model or self.offer.name),
            Usage(
                input_tokens=(usage.total_input_tokens or 0) if usage else 0,
                output_tokens=(usage.total_output_tokens or 0) if usage else 0,
            ),
            failure=clip.error,
            request_id=interaction.id,
            latency_ms=0,
        )
        return Reading(clip, end)


@dataclass(slots=True)
class Clip:
    """A file that takes a clip as it comes, and nothing else."""

    to: IO[bytes]
    size: int = 0
    head: bytes = b""

    def write(self, chunk: bytes) -> None:
        """Write some more of it, however little. Raises ValueError."""
        self.head += chunk[: HEAD_BYTES - len(self.head)]
        if len(self.head) == HEAD_BYTES and self.head[4:] != b"ftyp":
            raise ValueError("this is no clip")
        self.size += len(chunk)
        if self.size > MOST_BYTES:
            raise ValueError("no clip is so large")
        self.to.write(chunk)


def clip_of(interaction: Any) -> Ended:
    """Return how an interaction ended."""
    video = interaction.output_video
    if interaction.status == "completed" and video and video.uri:
        return Ended(id=interaction.id, outputs=(Link(url=video.uri),))
    reasons: dict[str, ProviderError] = {
        "completed": ProviderRefused(),  # it answered in words, not with a clip
        "cancelled": ProviderTimedOut(),
        "budget_exceeded": ProviderInvalid(reason="billing"),
    }
    error = reasons.get(interaction.status, ProviderInvalid(reason="work"))
    return Ended(id=interaction.id, error=error)


def seen(prompt: str, pictures: tuple[Blob, ...]) -> types.Content:
    """Return pictures with what is said about them."""
    parts = [types.Part.from_bytes(data=one.data, mime_type=one.content_type) for one in pictures]
    return types.Content(role="user", parts=[*parts, types.Part.from_text(text=prompt)])


def painted(response: types.GenerateContentResponse) -> Answer[Work]:
    """Read the pictures of an answer."""
    found = [part.inline_data for part in response.parts or [] if part.inline_data]
    pictures = tuple(
        Blob(data=one.data, content_type=one.mime_type or "") for one in found if one.data
    )
    usage = usage_of(response, images=len(pictures))
    value = ended(pictures) if pictures else failure_of(reason_of(response))
    return Answer(value=value, usage=usage, request_id=response.response_id or "")


def reason_of(response: types.GenerateContentResponse) -> str:
    """Return why the answer ended, or was blocked before it began."""
    feedback = response.prompt_feedback
    if feedback and feedback.block_reason:
        # It blocks for reasons that it does not name (OTHER) as well: a block is a refusal.
        return "SAFETY"
    candidate = response.candidates[0] if response.candidates else None
    reason = candidate.finish_reason if candidate else None
    return reason.value if reason else ""


def failure_of(reason: str) -> ProviderError:
    """Say why an answer brings nothing."""
    return ProviderRefused() if reason in REFUSALS else ProviderInvalid(reason="answer")


def usage_of(response: types.GenerateContentResponse, *, images: int = 0) -> Usage:
    """Return what an answer used; thinking is paid for like words."""
    used = response.usage_metadata
    if used is None:
        return Usage(images=images, size=SIZE)
    return Usage(
        input_tokens=used.prompt_token_count or 0,
        cached_tokens=used.cached_content_token_count or 0,
        output_tokens=(used.candidates_token_count or 0) + (used.thoughts_token_count or 0),
        images=images,
        size=SIZE,
    )
