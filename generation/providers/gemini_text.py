"""Gemini's words: what it writes, at once or word by word, and what it says about pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.genai import types

from generation.errors import ProviderError
from generation.providers.calls import Answer
from generation.providers.gemini import Gemini, failure_of, reason_of, seen, usage_of
from generation.providers.offers import Offer
from generation.providers.ports import OnText, TextRequest, VisionRequest, Written
from generation.providers.streams import Draft, End, Piece

WHOLE = {"STOP", "MAX_TOKENS"}


@dataclass(frozen=True, kw_only=True)
class GeminiText(Gemini):
    """Text by Gemini."""

    def write(self, request: TextRequest) -> Written:
        """Write it. Raises ProviderError."""

        def call() -> Answer[Written]:
            return written(self._generate(contents_of(request), writing(request)), self.offer)

        return self.caller.order("write", self.offer, call, seconds=self.account.order_seconds)

    def stream(self, request: TextRequest, on_text: OnText) -> Written:
        """Write it, and give the words away as they come. Raises ProviderError."""
        draft = Draft(request=request, offer=self.offer)
        return self.caller.stream(self._pieces(request), draft, on_text, account=self.account)

    def _pieces(self, request: TextRequest) -> Iterator[Piece]:
        client = self._client  # as in _generate
        chunks = client.models.generate_content_stream(
            model=self.offer.name,
            contents=list[Any](contents_of(request)),
            config=writing(request),
        )
        yield from map(piece_of, chunks)


@dataclass(frozen=True, kw_only=True)
class GeminiVision(Gemini):
    """Eyes by Gemini."""

    def look(self, request: VisionRequest) -> Written:
        """Look. Raises ProviderError."""
        contents = [seen(request.prompt, request.pictures)]

        def call() -> Answer[Written]:
            return written(self._generate(contents, writing(request)), self.offer)

        return self.caller.order("look", self.offer, call, seconds=self.account.order_seconds)


def contents_of(request: TextRequest) -> list[types.Content]:
    """Return a conversation as it is sent."""
    return [
        types.Content(
            role="model" if turn.is_ours else "user",
            parts=[types.Part.from_text(text=turn.text)],
        )
        for turn in request.turns
    ]


def writing(request: TextRequest | VisionRequest) -> types.GenerateContentConfig:
    """Return how something is to be written."""
    return types.GenerateContentConfig(
        system_instruction=request.system or None,
        max_output_tokens=request.max_tokens,
        response_mime_type="application/json" if request.schema else None,
        response_json_schema=dict(request.schema) if request.schema else None,
        automatic_continuation=False,
    )


def written(response: types.GenerateContentResponse, offer: Offer) -> Answer[Written]:
    """Read the words of an answer."""
    usage = usage_of(response)
    reason = reason_of(response)
    value: Written | ProviderError = failure_of(reason)
    if reason in WHOLE and response.text:
        value = Written(
            text=response.text,
            model=response.model_version or offer.name,
            is_complete=reason == "STOP",
            input_tokens=usage.input_tokens,
            output_tokens=usage.output_tokens,
        )
    return Answer(value=value, usage=usage, request_id=response.response_id or "")


def piece_of(chunk: types.GenerateContentResponse) -> Piece:
    """Read a piece of an answer."""
    return Piece(
        text=chunk.text or "",
        model=chunk.model_version or "",
        request_id=chunk.response_id or "",
        usage=usage_of(chunk) if chunk.usage_metadata else None,
        end=end_of(reason_of(chunk)),
    )


def end_of(reason: str) -> End | None:
    """Return how an answer ended, if it has."""
    if not reason:
        return None
    return reason == "STOP" if reason in WHOLE else failure_of(reason)
