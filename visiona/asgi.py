"""Streams to Django's ASGI handler, all else to WSGI: one port for `make run` and the tests.

Under ASGI every synchronous middleware costs thread hops, so pages and API run as they would
under a WSGI server, and only what has to stay open is asynchronous (docs/architecture.md): the
streams, and the gateway, whose answers are streams or take long.
"""

import asyncio
import io
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "visiona.settings")

from a2wsgi.wsgi import WSGIMiddleware, WSGIResponder
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler

from visiona.lib import request_id, turns
from visiona.wsgi import application as wsgi_application

logger = logging.getLogger(__name__)

STREAMS = ("/stream/", "/v1/")
PAGE_THREADS = 20  # some of which may wait for whole answers of the chat
BODY_SECONDS = 60.0
"""How long the body of a request to a stream may take to arrive."""
SEND_SECONDS = 60.0
"""How long a reader may take for one piece: who reads a byte a minute keeps no stream open."""
TOO_SLOW = 408


class StreamHandler(ASGIHandler):
    """Django's handler with the short list of middleware that streams need."""

    def load_middleware(self, is_async: bool = True) -> None:  # noqa: FBT001, FBT002
        everything = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.STREAM_MIDDLEWARE
        try:
            super().load_middleware(is_async=is_async)
        finally:
            settings.MIDDLEWARE = everything

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer once the body is there; what is more than a view may read is not even kept."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await _bounded_body(receive)
        except TimeoutError:
            name = request_id.accept_or_make("").encode()
            headers = [(b"connection", b"close"), (request_id.HEADER.lower().encode(), name)]
            await send({"type": "http.response.start", "status": TOO_SLOW, "headers": headers})
            await send({"type": "http.response.body"})
            return
        if body is not None:
            await super().handle(scope, _after(body, receive), _patient(send))


async def _bounded_body(receive: Any) -> bytes | None:
    """Return the body up to a byte more than is allowed; none where the sender has left."""
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    body, goes_on = bytearray(), True
    while goes_on:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")[: most - len(body)]
        goes_on = message.get("more_body", False)
    return bytes(body)


def _after(body: bytes, receive: Any) -> Callable[[], Awaitable[Any]]:
    """Return what gives the body that was read, and then whatever comes."""
    return _after_message({"type": "http.request", "body": body, "more_body": False}, receive)


def _after_message(message: Any, receive: Any) -> Callable[[], Awaitable[Any]]:
    """Return what gives this message again, and then whatever comes."""
    read = iter([message])

    async def next_message() -> Any:
        return next(read, None) or await receive()

    return next_message


def _patient(send: Any) -> Callable[[Any], Coroutine[Any, Any, None]]:
    """Return what sends a piece and, where that is not taken in time, ends the answer."""

    async def send_in_time(message: Any) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await send(message)
        except TimeoutError:
            logger.info("stream.reader_too_slow")
            raise RequestAborted from None

    return send_in_time


class Pages(WSGIMiddleware):
    """The WSGI application in threads, which wait for the event loop as seldom as they can."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request; a body that came in one piece is there before a thread is taken."""
        if scope["type"] != "http":  # a websocket is refused; a server may begin and end
            await super().__call__(scope, receive, send)
            return
        first = await receive()
        is_whole = not first.get("more_body", False)
        body = first.get("body", b"") if is_whole else None
        responder = PageResponder(self.app, self.executor, self.send_queue_size, body)
        await responder(scope, _after_message(first, receive), send)


class PageResponder(WSGIResponder):
    """Hands over the pieces of an answer without waiting, as many as there is room for."""

    def __init__(self, app: Any, executor: Any, room: int, body: bytes | None) -> None:
        super().__init__(app, executor, room)
        self.body, self.room = body, room

    def send(self, message: Any) -> None:
        """Have the loop send a piece; from the last room on, once those before it are gone."""
        if self.room > 1:
            self.room -= 1
            self.loop.call_soon_threadsafe(self.send_queue.put_nowait, message)
        else:
            super().send(message)

    def wsgi(self, environ: Any, start_response: Any) -> None:
        """Call the application in the thread that this is."""
        if self.body is not None:
            environ["wsgi.input"] = io.BytesIO(self.body)
        super().wsgi(environ, start_response)


turns.take_short_turns()
streams = StreamHandler()
pages = Pages(cast("Any", wsgi_application), workers=PAGE_THREADS)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one connection."""
    is_stream = scope["type"] == "http" and scope["path"].startswith(STREAMS)
    handler: Any = streams if is_stream else pages
    await handler(scope, receive, send)
