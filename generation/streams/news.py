"""Everything that is mine: the present state first, then every change, until the page goes.

A stream ends by itself after a quarter of an hour, and its client comes back; it ends within
seconds of its session or key. Redis only says that something changed; what is sent is always read
from the rows. Without Redis the stream looks by itself every three seconds, as a polling client
would.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, cast
from uuid import UUID

import redis.asyncio
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.loader import render_to_string
from redis.exceptions import RedisError

from credits import selectors as credits_selectors
from generation import selectors
from generation.api.jobs import represent
from generation.models import Job
from generation.streams.readers import (
    KEEP_ALIVE,
    KEEP_ALIVE_SECONDS,
    KNOWN_SECONDS,
    RECONNECT_MILLISECONDS,
    event_stream,
    look,
    person,
)
from visiona.lib import clock, live, problem
from visiona.lib.db.actor import Actor, act_as
from visiona.lib.errors import AppError

POLL_SECONDS = 3.0
RECENT = timedelta(seconds=10)
"""A page that just loaded may have missed what ended while it was on its way."""
OVERLAP = timedelta(seconds=5)
"""A change can become visible after one with a later time: look back a little, tell once."""

logger = logging.getLogger(__name__)

Write = Callable[[Any, list[Job]], list[str]]


@dataclass
class Reader:
    """What one stream has told, and how it finds what is new."""

    person: Callable[[], Any]
    write: Write
    resume_at: datetime | None
    only: UUID | None = None
    told: dict[UUID, datetime] = field(default_factory=dict)
    began: bool = False
    balance: tuple[int, int] | None = None
    user: Any = None
    known_at: float = -KNOWN_SECONDS

    def news(self) -> list[str]:
        """Return the messages that are due; at first the present state.

        Raises NotFound, and NotAuthenticated when the reader has signed out.
        """
        self._know_reader()
        with act_as(Actor(user_id=self.user.pk)), transaction.atomic():
            candidates = self._one() if self.only else self._all()
            new = [job for job in candidates if self.told.get(job.pk) != job.updated_at]
            self.told |= {job.pk: job.updated_at for job in new}
            first, self.began = not self.began, True
            is_news = self._has_wallet_moved() or bool(new) or first
            return self.write(self.user, new) if is_news else []

    def _know_reader(self) -> None:
        """Ask now and then whether the key or session that opened the stream still holds."""
        if time.monotonic() - self.known_at >= KNOWN_SECONDS:
            self.user, self.known_at = self.person(), time.monotonic()

    def _has_wallet_moved(self) -> bool:
        """Whether something else is in the wallet than was told; a job's own stream tells none."""
        if self.only:
            return False
        wallet = credits_selectors.wallet_of(user=self.user)
        before, self.balance = self.balance, (wallet.available, wallet.held)
        return self.balance != before

    def _one(self) -> list[Job]:
        return [selectors.job_of(user=self.user, job_id=cast("UUID", self.only))]

    def _all(self) -> list[Job]:
        since = self.resume_at or clock.now() - RECENT
        jobs = selectors.jobs_changed_since(user=self.user, moment=since - OVERLAP)
        if self.resume_at is None:  # the first look, unless the client says what it has seen
            jobs = jobs | selectors.unfinished_jobs_of(user=self.user).order_by("updated_at")
        found = list(jobs)
        self.resume_at = max((job.updated_at for job in found), default=clock.now())
        return found


@transaction.non_atomic_requests
async def events(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """Stream all that is mine: as HTML partials for pages (`format=html`), else as JSON."""
    write = _html_news if request.GET.get("format") == "html" else _json_news
    return await _open(request, write)


@transaction.non_atomic_requests
async def job_events(request: HttpRequest, job_id: UUID) -> HttpResponse | StreamingHttpResponse:
    """Stream one job of mine."""
    return await _open(request, _json_jobs, only=job_id)


async def _open(
    request: HttpRequest, write: Write, only: UUID | None = None
) -> HttpResponse | StreamingHttpResponse:
    try:
        reader = Reader(partial(person, request), write, _resume_point(request), only)
        first = await look(reader.news)
        return event_stream(_stream(reader, first), user_id=reader.user.pk)
    except AppError as error:
        return problem.http_answer(error)


async def _stream(reader: Reader, first: list[str]) -> AsyncIterator[str]:
    ends_at = time.monotonic() + settings.STREAM_SECONDS
    yield f"retry: {RECONNECT_MILLISECONDS}\n\n"
    for message in first:
        yield message
    async with _bell(reader.user.pk) as wait_for_news:
        while True:  # the first look is for what happened before the bell was up
            try:
                messages = await look(reader.news)
            except AppError:
                return  # what was looked at is gone, or who looked has signed out
            except (OperationalError, InterfaceError):
                logger.warning("stream.database_unavailable")
                return  # the page comes back by itself, and then says what it has seen
            for message in messages or [KEEP_ALIVE]:
                yield message
            left = ends_at - time.monotonic()
            if left <= 0:
                return
            await wait_for_news(min(left, KEEP_ALIVE_SECONDS))


@contextlib.asynccontextmanager
async def _bell(user_id: UUID) -> AsyncIterator[Callable[[float], Any]]:
    """Give a function that returns when there may be news, or after so many seconds."""
    client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1)
    listener = client.pubsub()
    try:
        try:
            await listener.subscribe(live.channel_of(user_id))
            if await listener.get_message(timeout=1) is None:  # no confirmation
                raise redis.exceptions.TimeoutError
        except RedisError:
            logger.warning("stream.redis_unavailable")
            yield lambda seconds: asyncio.sleep(min(seconds, POLL_SECONDS))
            return

        async def wait(seconds: float) -> None:
            try:
                await listener.get_message(ignore_subscribe_messages=True, timeout=seconds)
            except RedisError:
                await asyncio.sleep(POLL_SECONDS)

        yield wait
    finally:
        with contextlib.suppress(RedisError):
            await listener.aclose()  # type: ignore[no-untyped-call]
            await client.aclose()


def _html_news(user: Any, changed: list[Job]) -> list[str]:
    assets = selectors.assets_of_jobs(jobs=changed)
    parts = [
        _partial(
            f"#job-{job.pk}",
            render_to_string("generation/_job_card.html", {"job": job, "assets": assets[job.pk]}),
        )
        for job in changed
    ]
    wallet = credits_selectors.wallet_of(user=user)
    parts.append(
        _partial("#balance", render_to_string("components/_balance.html", {"wallet": wallet}))
    )
    html = "".join(parts).replace("\r", "").replace("\n", " ")
    return [f"id: {_moment(_last_change(changed))}\ndata: {html}\n\n"]


def _json_jobs(user: Any, changed: list[Job]) -> list[str]:
    return [_message("job.updated", represent(job), job.updated_at) for job in changed]


def _json_news(user: Any, changed: list[Job]) -> list[str]:
    messages = []
    for job in changed:
        shown = represent(job)
        messages.append(_message("job.updated", shown, job.updated_at))
        messages += [_message("asset.created", made, job.updated_at) for made in shown["assets"]]
    wallet = credits_selectors.wallet_of(user=user)
    money = {"available": wallet.available, "held": wallet.held}
    return [*messages, _message("wallet.updated", money, _last_change(changed))]


def _last_change(changed: list[Job]) -> datetime:
    return changed[-1].updated_at if changed else clock.now()


def _partial(target: str, html: str) -> str:
    return f'<hx-partial hx-target="{target}" hx-swap="outerMorph">{html}</hx-partial>'


def _message(event: str, data: Any, moment: datetime) -> str:
    text = json.dumps(data, default=str)
    return f"id: {_moment(moment)}\nevent: {event}\ndata: {text}\n\n"


def _moment(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1_000_000))


def _resume_point(request: HttpRequest) -> datetime | None:
    last = request.headers.get("Last-Event-ID", "")
    if not (last.isascii() and last.isdigit() and len(last) < 18):
        return None
    return datetime.fromtimestamp(int(last) / 1_000_000, tz=UTC)
