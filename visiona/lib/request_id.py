"""One id per request, in every answer, log line, job and ledger entry that it causes."""

import os
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
ACCEPTABLE = re.compile(r"[A-Za-z0-9_-]{8,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def current() -> str:
    """Return the id of the request or task that is running, or "" outside of any."""
    return _current.get()


@contextmanager
def bound(request_id: str) -> Iterator[None]:
    """Run a block, a task or a command for example, under this id."""
    token = _current.set(request_id)
    try:
        yield
    finally:
        _current.reset(token)


def uuid7() -> uuid.UUID:
    """Make a UUID whose order is the order of time, as PostgreSQL makes them (RFC 9562, version 7).

    The fraction of the millisecond follows it, so that what is made one after the other stays so.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = (nanoseconds << 12) // 1_000_000
    chance = int.from_bytes(os.urandom(8)) >> 2
    return uuid.UUID(
        int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | chance,
    )


def moment_of(made: uuid.UUID) -> datetime:
    """Return when a UUID of version 7 was made."""
    return datetime.fromtimestamp((made.int >> 80) / 1000, UTC)


def accept_or_make(offered: str) -> str:
    """Keep the caller's id when its shape is safe to log, otherwise make one."""
    return offered if ACCEPTABLE.fullmatch(offered) else str(uuid7())


class RequestIdMiddleware:
    """Name the request before anything else sees it; works for pages and for streams."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if self.is_async:
            return self._acall(request)
        with bound(self._name(request)):
            response: HttpResponse = self.get_response(request)
            return self._mark(request, response)

    async def _acall(self, request: HttpRequest) -> HttpResponse:
        with bound(self._name(request)):
            return self._mark(request, await self.get_response(request))

    @staticmethod
    def _name(request: HttpRequest) -> str:
        request.request_id = accept_or_make(request.headers.get(HEADER, ""))  # type: ignore[attr-defined]
        return str(request.request_id)  # type: ignore[attr-defined]

    @staticmethod
    def _mark(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response[HEADER] = request.request_id  # type: ignore[attr-defined]
        return response
