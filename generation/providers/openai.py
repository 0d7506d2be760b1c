"""OpenAI, or any server that speaks its language: text, pictures to look at, pictures to make."""

import base64
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import openai
from openai.types import ImagesResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.completion_usage import CompletionUsage

from generation.errors import ProviderError, ProviderInvalid, ProviderRefused
from generation.providers import wire
from generation.providers.at_once import AtOnce, ended
from generation.providers.calls import Account, Answer, Caller
from generation.providers.offers import Offer, Usage, most_images_of, value_of
from generation.providers.ports import (
    Blob,
    ImageRequest,
    OnText,
    TextRequest,
    VisionRequest,
    Work,
    Written,
)
from generation.providers.streams import Draft, End, Piece

PROVIDER = "openai"
OFFICIAL = "https://api.openai.com/v1"
FAILURES = (openai.OpenAIError,)
REFUSALS = {"moderation_blocked", "content_policy_violation", "content_filter"}
OUT_OF_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
WHOLE = {"stop", "length"}
PIXELS = 1024 * 1024
STEP = 16
"""Both sides of a picture are divisible by this."""
PNG = b"\x89PNG\r\n\x1a\n"


@wire.Shared
def client_of(key: str, base_url: str) -> openai.OpenAI:
    """Return the SDK's client: one attempt, since it would repeat paid calls and wait as it likes.

    A server of one's own needs no key, but the SDK does.
    """
    return openai.OpenAI(
        api_key=key or "none",
        base_url=base_url or OFFICIAL,
        timeout=wire.MOST_SECONDS,
        max_retries=0,
        http_client=wire.client2(),
    )


def explain(error: Exception, exchange: wire.Exchange) -> ProviderError | None:
    """Read what only OpenAI says: refusals, and a throttle that is an empty account in truth."""
    code = getattr(error, "code", None)
    if code in REFUSALS:
        return ProviderRefused()
    if code in OUT_OF_MONEY:
        return ProviderInvalid(reason="billing")
    if code == "model_not_found":
        return ProviderInvalid(reason="model")
    return None


@dataclass(frozen=True, kw_only=True)
class _OpenAI:
    account: Account
    caller: Caller
    offer: Offer
    provider: str = field(default=PROVIDER, init=False)

    @property
    def _client(self) -> openai.OpenAI:
        return client_of(self.account.key, self.account.base_url)

    def _complete(
        self, messages: list[dict[str, Any]], request: TextRequest | VisionRequest
    ) -> Answer[Written]:
        completions: Any = self._client.chat.completions
        return written(completions.create(**self._order(messages, request)))

    def _order(
        self, messages: list[dict[str, Any]], request: TextRequest | VisionRequest
    ) -> dict[str, Any]:
        system = [{"role": "system", "content": request.system}] if request.system else []
        return {
            "model": self.offer.name,
            "messages": [*system, *messages],
            **self._limits(request),
            **shape_of(request),
        }

    def _limits(self, request: TextRequest | VisionRequest) -> dict[str, Any]:
        """Return what OpenAI itself wants; other servers may not know the newer names."""
        if self.account.is_compatible:
            return {"max_tokens": request.max_tokens}
        person = {"safety_identifier": request.person} if request.person else {}
        return {"max_completion_tokens": request.max_tokens, "store": False, **person}


@dataclass(frozen=True, kw_only=True)
class OpenAIText(_OpenAI):
    """Text by OpenAI."""

    def write(self, request: TextRequest) -> Written:
        """Write it. Raises ProviderError."""
        messages = messages_of(request)
        return self.caller.order(
            "write",
            self.offer,
            lambda: self._complete(messages, request),
            seconds=self.account.order_seconds,
        )

    def stream(self, request: TextRequest, on_text: OnText) -> Written:
        """Write it, and give the words away as they come. Raises ProviderError."""
        draft = Draft(request=request, offer=self.offer)
        return self.caller.stream(self._pieces(request), draft, on_text, account=self.account)

    def _pieces(self, request: TextRequest) -> Iterator[Piece]:
        # Other servers may not know how to count at the end of a stream.
        counting = {} if self.account.is_compatible else {"stream_options": {"include_usage": True}}
        completions: Any = self._client.chat.completions
        order = self._order(messages_of(request), request)
        yield from map(piece_of, completions.create(stream=True, **counting, **order))


@dataclass(frozen=True, kw_only=True)
class OpenAIVision(_OpenAI):
    """Eyes by OpenAI."""

    def look(self, request: VisionRequest) -> Written:
        """Look. Raises ProviderError."""
        content: list[dict[str, Any]] = [{"type": "text", "text": request.prompt}]
        content += [
            {"type": "image_url", "image_url": {"url": inline(picture)}}
            for picture in request.pictures
        ]
        messages = [{"role": "user", "content": content}]
        return self.caller.order(
            "look",
            self.offer,
            lambda: self._complete(messages, request),
            seconds=self.account.order_seconds,
        )


@dataclass(frozen=True, kw_only=True)
class OpenAIImage(AtOnce, _OpenAI):
    """Pictures by OpenAI, at once."""

    quality: str = "medium"

    @property
    def most_images(self) -> int:
        """How many one request may ask for."""
        return most_images_of(self.offer)

    def start(self, request: ImageRequest) -> Work:
        """Make pictures. Raises ProviderError."""
        avoid = f"\nAvoid: {request.negative_prompt}" if request.negative_prompt else ""
        given: dict[str, Any] = {
            "model": self.offer.name,
            "prompt": request.prompt + avoid,
            "size": size_of(request.aspect_ratio),
            "n": request.count,
        }
        if self.account.is_compatible:
            given["response_format"] = "b64_json"  # others answer with an address by default
        else:
            given |= {"quality": self.quality, "output_format": "png"}
            given |= {"user": request.person} if request.person else {}

        def call() -> Answer[Work]:
            images: Any = self._client.images
            if request.references:
                return painted(images.edit(image=files_of(request.references), **given))
            return painted(images.generate(**given))

        return self.caller.order("start", self.offer, call, seconds=self.account.order_seconds)


def messages_of(request: TextRequest) -> list[dict[str, Any]]:
    """Return a conversation as it is sent."""
    return [
        {"role": "assistant" if turn.is_ours else "user", "content": turn.text}
        for turn in request.turns
    ]


def shape_of(request: TextRequest | VisionRequest) -> dict[str, Any]:
    """Return the demand for a JSON document, where there is one."""
    if not request.schema:
        return {}
    schema = {"name": "answer", "schema": dict(request.schema), "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def written(answer: ChatCompletion) -> Answer[Written]:
    """Read the words of an answer; a refusal is a 200 as well."""
    choice = answer.choices[0]
    usage = usage_of(answer.usage) or Usage()
    end = end_of(choice.finish_reason, refusal=choice.message.refusal)
    value: Written | ProviderError
    if isinstance(end, ProviderError):
        value = end
    elif end is None or not choice.message.content:
        value = ProviderInvalid(reason="answer")
    else:
        value = Written(
            text=choice.message.content,
            model=answer.model,
            is_complete=end,
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
        )
    return Answer(value=value, usage=usage, request_id=answer._request_id or "")  # noqa: SLF001


def piece_of(chunk: ChatCompletionChunk) -> Piece:
    """Read a piece of an answer; the last one may hold nothing but counts."""
    about: dict[str, Any] = {"model": chunk.model or "", "usage": usage_of(chunk.usage)}
    if not chunk.choices:
        return Piece(**about)
    choice = chunk.choices[0]
    text = choice.delta.content or ""
    if not isinstance(text, str):
        raise TypeError("these are no words")  # the SDK takes what it is given
    return Piece(text=text, end=end_of(choice.finish_reason, refusal=choice.delta.refusal), **about)


def end_of(reason: str | None, *, refusal: str | None) -> End | None:
    """Return how an answer ended, if it has; a refusal may end like any other."""
    if refusal or reason == "content_filter":
        return ProviderRefused()
    if not reason:
        return None
    return reason == "stop" if reason in WHOLE else ProviderInvalid(reason="answer")


def usage_of(used: CompletionUsage | None) -> Usage | None:
    """Return what an answer used, where it says so; other servers leave counts out."""
    if not used:
        return None
    details = used.prompt_tokens_details
    return Usage(
        input_tokens=used.prompt_tokens or 0,
        cached_tokens=(details.cached_tokens or 0) if details else 0,
        output_tokens=used.completion_tokens or 0,
    )


def painted(answer: ImagesResponse) -> Answer[Work]:
    """Read the pictures of an answer, which are in it; other servers leave counts out."""
    pictures = tuple(
        Blob(data=data, content_type=type_of(data))
        for one in answer.data or []
        if (data := base64.b64decode(one.b64_json or "", validate=True))
    )
    used = answer.usage
    details = used.input_tokens_details if used else None
    usage = Usage(
        input_tokens=(used.input_tokens or 0) if used else 0,
        image_tokens=(details.image_tokens or 0) if details else 0,
        output_tokens=(used.output_tokens or 0) if used else 0,
        images=len(pictures),
    )
    value = ended(pictures) if pictures else ProviderInvalid(reason="answer")
    return Answer(value=value, usage=usage, request_id=answer._request_id or "")  # noqa: SLF001


def type_of(data: bytes) -> str:
    """Return what kind of picture these bytes are. Raises ValueError where they are none."""
    kinds = {PNG: "image/png", b"\xff\xd8\xff": "image/jpeg"}
    for mark, kind in kinds.items():
        if data.startswith(mark):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise ValueError("not a picture")


def size_of(aspect_ratio: str) -> str:
    """Return a size of about a megapixel that has nearly these proportions."""
    ratio = value_of(aspect_ratio)
    width = round(math.sqrt(PIXELS * ratio) / STEP) * STEP
    height = round(math.sqrt(PIXELS / ratio) / STEP) * STEP
    return f"{width}x{height}"


def inline(picture: Blob) -> str:
    return f"data:{picture.content_type};base64,{base64.b64encode(picture.data).decode()}"


def files_of(pictures: tuple[Blob, ...]) -> list[tuple[str, bytes, str]]:
    return [
        (f"{number}.{picture.content_type.partition('/')[2]}", picture.data, picture.content_type)
        for number, picture in enumerate(pictures)
    ]
