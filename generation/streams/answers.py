"""One answer while it is written: every word once and in order, however often the reader drops off.

The id of an event is the number of letters that were sent until then, so that `Last-Event-ID` says
where to go on, from the live text or from the row, on this device or another one. Redis only makes
it fast: what the row says is the truth.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from uuid import UUID

import redis.asyncio
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from redis.exceptions import RedisError

from generation import chat_selectors
from generation.api.chat import represent
from generation.errors import failure_of
from generation.models import Message
from generation.streams.readers import (
    KEEP_ALIVE,
    KNOWN_SECONDS,
    RECONNECT_MILLISECONDS,
    event_stream,
    look,
    person,
)
from visiona.lib import live_text, problem
from visiona.lib.db.actor import Actor, act_as
from visiona.lib.errors import AppError

POLL_SECONDS = 1.0
"""How often the row is looked at where Redis does not answer."""
LONGEST_NUMBER = 9

logger = logging.getLogger(__name__)


@transaction.non_atomic_requests
async def answer_events(
    request: HttpRequest, message_id: UUID
) -> HttpResponse | StreamingHttpResponse:
    """Stream one answer of mine, from its beginning or from where I was."""
    find = partial(_message, request, message_id)
    try:
        message = await look(find)
        follower = Follower(message=message, find=find, sent=_resume_point(request))
        return event_stream(_events(follower), user_id=message.user_id)
    except AppError as error:
        return problem.http_answer(error)


@dataclass
class Follower:
    """Reads one answer to its end, however that is written."""

    message: Message
    find: Any
    sent: int = 0
    """Letters that the reader has."""

    async def pieces(self) -> AsyncIterator[str]:
        """Give the text as it comes, from where the reader was; an empty piece says: still here.

        Afterwards `message` has ended. Raises TimeoutError where that takes too long, and
        NotAuthenticated and NotFound where the reader may not look any more.
        """
        live = Live(self.message.pk)
        ends_at = time.monotonic() + settings.STREAM_SECONDS
        try:
            while self.message.is_open:
                if time.monotonic() > ends_at:
                    raise TimeoutError
                async for piece in live.pieces(seconds=KNOWN_SECONDS):
                    for new in self._unsent(piece, live.length):
                        yield new
                yield ""
                self.message = await look(self.find)
        finally:
            await live.aclose()
        rest = self.message.text[self.sent :]
        if rest:
            self.sent += len(rest)
            yield rest

    def _unsent(self, piece: str, length: int) -> list[str]:
        new = piece[max(0, len(piece) - (length - self.sent)) :] if length > self.sent else ""
        if not new:
            return []
        self.sent = length
        return [new]


class Live:
    """The live text of an answer: what of it has come by, and whether there is more to come."""

    def __init__(self, text_id: UUID) -> None:
        self._key = live_text.key_of(text_id)
        # A socket that gave up before the wait is over would take a silence for an outage.
        self._client = redis.asyncio.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=2 * KNOWN_SECONDS
        )
        self._last = b"0"
        self.length = 0

    async def pieces(self, *, seconds: float) -> AsyncIterator[str]:
        """Give what comes within so many seconds, or until the text is closed."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                entries = await self._next(left)
            except RedisError:
                logger.warning("stream.redis_unavailable")
                await asyncio.sleep(min(left, POLL_SECONDS))
                return
            for self._last, fields in entries:
                if live_text.END in fields:
                    return
                piece = live_text.text_of(fields)
                self.length += len(piece)
                yield piece

    async def _next(self, seconds: float) -> list[Any]:
        block = max(1, int(seconds * 1000))
        read = cast("Any", await self._client.xread({self._key: self._last}, block=block))
        return list(read[0][1]) if read else []

    async def aclose(self) -> None:
        with contextlib.suppress(RedisError):
            await self._client.aclose()


async def _events(follower: Follower) -> AsyncIterator[str]:
    yield f"retry: {RECONNECT_MILLISECONDS}\n\n"
    try:
        async for piece in follower.pieces():
            yield _event("delta", {"text": piece}, follower.sent) if piece else KEEP_ALIVE
    except (AppError, TimeoutError):
        return  # it is gone, who looked has signed out, or it took long: they may come back
    except (OperationalError, InterfaceError):
        logger.warning("stream.database_unavailable")
        return
    yield _end(follower.message, follower.sent)


def _end(message: Message, sent: int) -> str:
    if message.status == Message.Status.FAILED:
        error = failure_of(code=message.error_code, detail=message.error_detail)
        return _event("error", problem.document(error), sent)
    return _event("done", represent(message), sent)


def _event(name: str, data: Any, sent: int) -> str:
    return f"id: {sent}\nevent: {name}\ndata: {json.dumps(data, default=str)}\n\n"


def _message(request: HttpRequest, message_id: UUID) -> Message:
    """Return the answer as it stands, to whom it belongs. Raises NotAuthenticated and NotFound."""
    with transaction.atomic():
        user = person(request)
        with act_as(Actor(user_id=user.pk)):
            return chat_selectors.message_of(user=user, message_id=message_id)


def _resume_point(request: HttpRequest) -> int:
    last = request.headers.get("Last-Event-ID", "")
    is_number = last.isascii() and last.isdigit() and len(last) <= LONGEST_NUMBER
    return int(last) if is_number else 0
