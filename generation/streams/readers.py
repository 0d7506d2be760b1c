"""Who reads a stream, and how streams ask the database: seldom, and without holding on to it."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast
from uuid import UUID

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.sessions.backends.db import SessionStore
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse

from accounts import authentication
from visiona.lib.db.actor import NOBODY, act_as
from visiona.lib.errors import NotAuthenticated, RateLimited

KEEP_ALIVE = ": keep-alive\n\n"
KEEP_ALIVE_SECONDS = 15.0
KNOWN_SECONDS = 10.0
"""How long a stream takes for granted that its reader has not signed out."""
RECONNECT_MILLISECONDS = 2000

TOO_MANY = "You have too many streams open. Close some, or ask every three seconds instead."

_open: Counter[UUID] = Counter()
LOOKING_AT_ONCE = 4
LOOKERS = ThreadPoolExecutor(max_workers=LOOKING_AT_ONCE, thread_name_prefix="stream")
"""All streams look through these: an open page must not keep a session of the database."""


async def look[**P, T](function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call it where the database may be asked, for the length of this one question."""

    def ask() -> T:
        close_old_connections()
        try:
            return function(*args, **kwargs)
        finally:
            close_old_connections()

    return await sync_to_async(ask, thread_sensitive=False, executor=LOOKERS)()


def person(request: HttpRequest) -> Any:
    """Return who asks, by bearer or by session cookie, or raise NotAuthenticated."""
    with act_as(NOBODY):
        token = authentication.bearer_of(request.headers.get("Authorization", ""))
        if token is not None:
            return token.user
        request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        user = get_user(request)
        if not user.is_authenticated:
            raise NotAuthenticated
        return user


def event_stream(messages: AsyncIterator[str], *, user_id: UUID) -> StreamingHttpResponse:
    """Answer with events, which no cache may keep and no proxy may gather.

    Raises RateLimited where the person reads too many at a time.
    """
    most = settings.STREAMS_PER_PERSON
    if _open[user_id] >= most:
        raise RateLimited(TOO_MANY, limit=most, remaining=0, retry_after=5)
    counted = _counted(messages, user_id)
    response = StreamingHttpResponse(counted, content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


async def _counted(messages: AsyncIterator[str], user_id: UUID) -> AsyncIterator[str]:
    _open[user_id] += 1
    try:
        async for message in messages:
            yield message
    finally:
        _open[user_id] -= 1
        if not _open[user_id]:
            del _open[user_id]
        await cast("Any", messages).aclose()
