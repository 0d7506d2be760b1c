"""Streams to Django's ASGI handler, all else to WSGI: one port for `make run` and the tests.

Under ASGI every synchronous middleware costs thread hops, so pages and API run as they would
under a WSGI server, and only what has to stay open is asynchronous (docs/architecture.md).
"""

import os
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "visiona.settings")

from a2wsgi import WSGIMiddleware
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler

from visiona.wsgi import application as wsgi_application

STREAMS = "/stream/"
PAGE_THREADS = 12


class StreamHandler(ASGIHandler):
    """Django's handler with the short list of middleware that streams need."""

    def load_middleware(self, is_async: bool = True) -> None:  # noqa: FBT001, FBT002
        everything = settings.MIDDLEWARE
        settings.MIDDLEWARE = settings.STREAM_MIDDLEWARE
        try:
            super().load_middleware(is_async=is_async)
        finally:
            settings.MIDDLEWARE = everything


streams = StreamHandler()
pages = WSGIMiddleware(cast("Any", wsgi_application), workers=PAGE_THREADS)


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer one connection."""
    handler: Any = streams if scope["path"].startswith(STREAMS) else pages
    await handler(scope, receive, send)
