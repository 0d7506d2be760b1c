"""Chat completions: an answer of ours as OpenAI would give it, whole or while it is written.

Whoever hangs up has the answer stopped, unless an Idempotency-Key says that they may come back.
"""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse

from accounts.idempotency import Answer
from generation import chat_selectors
from generation.api.chat import location_of, stream_of
from generation.errors import ProviderError, ProviderRefused, failure_of
from generation.models import Message
from generation.services import chat
from generation.services.answering import MOST_TOKENS
from generation.streams.answers import Follower
from generation.streams.gateway import errors, offers
from generation.streams.gateway.asking import (
    LONGEST_WAIT_SECONDS,
    Asker,
    body_of,
    forget,
    gateway,
    known,
    may_come_back,
    order_once,
)
from generation.streams.gateway.chat_input import ChatOrder, read_chat
from generation.streams.gateway.errors import StillBeingMade
from generation.streams.readers import KEEP_ALIVE, event_stream, look
from visiona.lib import request_id
from visiona.lib.errors import AppError, Unavailable
from visiona.lib.storage import absolute

PATIENCE_SECONDS = 10.0
"""How long a stream waits for its first word: until then a failure has a status of its own."""
NOT_YET = "The answer is not finished. It goes on, and can be followed at {address}."
NOT_READABLE = "The answer goes on, but cannot be read at the moment."
BREAKS = (TimeoutError, OperationalError, InterfaceError)

logger = logging.getLogger(__name__)
_stopping: set[asyncio.Task[None]] = set()


@gateway("POST")
async def completions(request: HttpRequest, asker: Asker) -> HttpResponse | StreamingHttpResponse:
    """Answer what was said."""
    said = body_of(request)
    order = read_chat(said)
    ordering = asyncio.ensure_future(look(_order, request, asker, said, order))
    try:
        message_id, replayed = await asyncio.shield(ordering)
    except asyncio.CancelledError:
        if not may_come_back(request):
            _in_background(_stop_once_ordered(asker, ordering))
        raise
    reader = Reader(request=request, asker=asker, message_id=message_id, counts=order.counts)
    try:
        await reader.begin()
        response = await (reader.stream() if order.script.streams else reader.whole())
    except asyncio.CancelledError:
        reader.hang_up()
        raise
    if replayed:
        response["Idempotent-Replayed"] = "true"
    return response


def _order(
    request: HttpRequest, asker: Asker, said: dict[str, Any], order: ChatOrder
) -> tuple[UUID, bool]:
    def effect() -> Answer:
        message = chat.ask_by_script(
            user=asker.user, script=order.script, request_id=request_id.current()
        )
        return Answer(status=202, body={"id": str(message.pk)}, location=location_of(message.pk))

    return order_once(request, asker, fingerprint=["completion", said], effect=effect)


def _in_background(work: Coroutine[Any, Any, None]) -> None:
    stopping = asyncio.create_task(work)
    _stopping.add(stopping)
    stopping.add_done_callback(_stopping.discard)


async def _stop_once_ordered(asker: Asker, ordering: "asyncio.Future[tuple[UUID, bool]]") -> None:
    """Stop an answer whose order was on its way when the program hung up."""
    try:
        message_id, _ = await ordering
    except (AppError, *BREAKS):
        return  # nothing was ordered
    await _stop(asker, message_id)


async def _stop(asker: Asker, message_id: UUID) -> None:
    try:
        await look(_stop_now, asker, message_id)
    except (AppError, *BREAKS):
        logger.info("gateway.not_stopped")


def _stop_now(asker: Asker, message_id: UUID) -> None:
    with asker.acting():
        chat.stop(user=asker.user, message_id=message_id)


@dataclass(kw_only=True)
class Reader:
    """A program that waits for one answer."""

    request: HttpRequest
    asker: Asker
    message_id: UUID
    counts: bool

    follower: Follower | None = None

    async def begin(self) -> None:
        """Look at the answer, as it stands."""
        self.follower = Follower(message=await look(self._find), find=self._find)

    @property
    def message(self) -> Message:
        """Return the answer as it was last seen."""
        return self._follower.message

    @property
    def _follower(self) -> Follower:
        if self.follower is None:
            raise TypeError("Nobody has looked at the answer.")
        return self.follower

    async def whole(self) -> HttpResponse:
        """Answer once the answer has ended. Raises ProviderError and StillBeingMade."""
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS), aclosing(self._pieces()) as pieces:
                async for _ in pieces:
                    pass
        except BREAKS:
            raise self._not_yet() from None
        if self._has_failed:
            raise await self._failure()
        return JsonResponse(completion(self.message))

    async def stream(self) -> StreamingHttpResponse:
        """Answer with the words as they come. Raises ProviderError where none came."""
        pieces = self._pieces()
        try:
            first = await _first_of(pieces)
        except BREAKS:
            raise self._not_yet() from None
        if self._has_failed and not first:
            raise await self._failure()
        return event_stream(self._events(pieces, first), user_id=self.asker.user.pk)

    def hang_up(self) -> None:
        """Let an answer that nobody waits for any more end where it is."""
        is_open = self.follower is None or self.follower.message.is_open
        if is_open and not may_come_back(self.request):
            _in_background(_stop(self.asker, self.message_id))

    def _find(self) -> Message:
        """Return the answer as it stands, for as long as the key is good."""
        asker = known(self.request)
        with asker.acting():
            return chat_selectors.message_of(user=asker.user, message_id=self.message_id)

    def _pieces(self) -> AsyncGenerator[str]:
        return self._follower.pieces()  # type: ignore[return-value] # it is a generator

    @property
    def _has_failed(self) -> bool:
        return self.message.status == Message.Status.FAILED

    async def _failure(self) -> ProviderError:
        """Return why there is no answer; it may be asked for again with the same key."""
        await look(forget, self.asker, location_of(self.message_id))
        return _failure_of(self.message)

    def _not_yet(self) -> StillBeingMade:
        address = absolute(stream_of(self.message_id))
        return StillBeingMade(NOT_YET.format(address=address))

    async def _events(self, pieces: AsyncGenerator[str], first: str) -> AsyncGenerator[str]:
        """Give the chunks of the answer."""
        try:
            yield self._chunk({"role": "assistant", "content": "", "refusal": None})
            if first:
                yield self._chunk({"content": first})
            async with aclosing(pieces):
                async for piece in pieces:
                    yield self._chunk({"content": piece}) if piece else KEEP_ALIVE
            async for event in self._end():
                yield event
        except AppError as error:
            yield _event(errors.body_of(error))
        except BREAKS:
            logger.warning("gateway.stream_broken")
            yield _event(errors.body_of(Unavailable(NOT_READABLE)))
        finally:
            self.hang_up()

    async def _end(self) -> AsyncGenerator[str]:
        """Give the last chunks. Raises ProviderError for an answer that broke off."""
        if self._has_failed:
            raise await self._failure()
        yield self._chunk({}, reason_of(self.message))
        if self.counts:
            last = head_of(self.message, "chat.completion.chunk")
            yield _event(last | {"choices": [], "usage": usage_of(self.message)})
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: dict[str, Any], reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        chunk = head_of(self.message, "chat.completion.chunk") | {"choices": [choice]}
        return _event(chunk | ({"usage": None} if self.counts else {}))


async def _first_of(pieces: AsyncGenerator[str]) -> str:
    """Return the first words; nothing where none came in time, or at all."""
    until = time.monotonic() + PATIENCE_SECONDS
    async for piece in pieces:
        if piece or time.monotonic() > until:
            return piece
    return ""


def completion(message: Message) -> dict[str, Any]:
    """Return an answer that has ended as OpenAI shows it."""
    said = {"role": "assistant", "content": message.text, "refusal": None}
    choice = {"index": 0, "message": said, "logprobs": None, "finish_reason": reason_of(message)}
    head = head_of(message, "chat.completion")
    return head | {"choices": [choice], "usage": usage_of(message)}


def head_of(message: Message, name: str) -> dict[str, Any]:
    """Return what every part of an answer begins with."""
    return {
        "id": f"chatcmpl-{message.pk}",
        "object": name,
        "created": int(message.created_at.timestamp()),
        "model": offers.CHAT,
    }


def usage_of(message: Message) -> dict[str, int]:
    """Return how many tokens an answer took; our own machine counts none."""
    taken = message.input_tokens, message.output_tokens
    return {
        "prompt_tokens": taken[0],
        "completion_tokens": taken[1],
        "total_tokens": sum(taken),
    }


def reason_of(message: Message) -> str:
    """Return why an answer ended where it did."""
    most = min(message.max_tokens or MOST_TOKENS, MOST_TOKENS)
    is_cut = message.status == Message.Status.DONE and message.output_tokens >= most
    return "length" if is_cut else "stop"


def _failure_of(message: Message) -> ProviderError:
    if message.error_code == ProviderRefused.code:
        return ProviderRefused(message.error_detail)
    return failure_of(code=message.error_code, detail=message.error_detail)


def _event(document: dict[str, Any]) -> str:
    return f"data: {json.dumps(document)}\n\n"
