"""Many streams at once: news comes at once, and whoever goes leaves nothing behind."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import Client

from accounts import services as accounts_services
from accounts.models import User
from generation.models import Asset
from generation.services import running
from generation.streams.readers import LOOKING_AT_ONCE
from tests import factories
from tests.databases import await_rest, owned_rows
from tests.processes import wait_until, web_server
from visiona.asgi import PAGE_THREADS
from visiona.embedded.throwaway import Servers

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 2.0
CLIENTS = 100
MOST_SESSIONS = PAGE_THREADS + LOOKING_AT_ONCE  # a thread keeps one at most
MOST_KEPT = 2 * MOST_SESSIONS  # each thread may keep a connection for limits and one for caches
WEB_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
 WHERE usename = 'visiona_web' AND datname = current_database()
"""


@pytest.fixture(autouse=True)
def looks_end(transactional_db: None) -> Iterator[None]:
    yield
    await_rest()


def bearer(user: User) -> dict[str, str]:
    secret = accounts_services.issue_sign_in(user=user, client="tests")
    return {"Authorization": f"Bearer {secret}"}


def cookie(user: User) -> dict[str, str]:
    browser = Client()
    browser.force_login(user)
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"}


def redis_clients(*, listening: bool = False) -> int:
    """How many connections Redis has, or how many of these wait for news."""
    found = factories.redis_client().client_list()
    return len([one for one in found if not listening or int(one["sub"])])


def web_sessions() -> int:
    """How many sessions the web process has at the database."""
    ((count,),) = owned_rows(WEB_SESSIONS)
    return int(count)


class Listener:
    """A stream that is read aside; what it told can be asked at any time."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def heard(self, name: str, **wanted: Any) -> bool:
        """Whether an event of this name with these values came."""
        return any(
            name == told and wanted.items() <= json.loads(data).items()
            for _, told, data in list(self.told)
        )

    async def read(self, url: str, headers: dict[str, str]) -> None:
        fields: dict[str, str] = {}
        async with (
            httpx.AsyncClient(timeout=30) as client,
            client.stream("GET", url, headers=headers) as got,
        ):
            async for line in got.aiter_lines():
                name, _, value = line.partition(": ")
                if name:
                    fields[name] = value
                elif "data" in fields:
                    told = fields["id"], fields.get("event", "message"), fields["data"]
                    self.told.append(told)
                    fields = {}


@contextmanager
def listening(address: str, path: str, headers: dict[str, str]) -> Iterator[Listener]:
    """Listen from a thread of its own until the block ends."""
    listener = Listener()
    loop = asyncio.new_event_loop()
    reading = loop.create_task(listener.read(f"{address}/stream/{path}", headers))

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(reading)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: bool(listener.told), seconds=10, what="the present state")
        yield listener
    finally:
        loop.call_soon_threadsafe(reading.cancel)
        thread.join(10)
        assert not thread.is_alive()


def deliver() -> None:
    with factories.plain_pictures():
        assert running.run_due(queue="quick")


def soon(listener: Listener, name: str, **wanted: Any) -> None:
    wait_until(lambda: listener.heard(name, **wanted), seconds=SOON, what=f"{name} {wanted}")


@pytest.mark.parametrize("proof", [bearer, cookie])
def test_news_comes_within_two_seconds(proof: Any, alice: User, live_address: str) -> None:
    with listening(live_address, "events", proof(alice)) as listener:
        assert listener.heard("wallet.updated", available=20, held=0)
        job = factories.make_job(alice)
        soon(listener, "job.updated", id=str(job.pk), status="queued")
        soon(listener, "wallet.updated", available=10, held=10)

        deliver()
        soon(listener, "job.updated", id=str(job.pk), status="succeeded", progress=100)
        soon(listener, "asset.created", id=str(Asset.objects.get().pk))
        soon(listener, "wallet.updated", available=10, held=0)


def test_every_open_stream_of_a_person_tells_the_same_end(alice: User, live_address: str) -> None:
    job = factories.make_job(alice)
    headers = bearer(alice)
    with (
        listening(live_address, "events", headers) as everything,
        listening(live_address, f"jobs/{job.pk}", headers) as one_job,
        listening(live_address, "events?format=html", cookie(alice)) as page,
    ):
        deliver()
        soon(everything, "job.updated", status="succeeded")
        soon(one_job, "job.updated", status="succeeded")
        wait_until(lambda: "succeeded" in page.told[-1][2] or len(page.told) > 1, seconds=SOON)
    assert not one_job.heard("wallet.updated")


def test_who_loses_the_line_again_and_again_misses_no_end(alice: User, live_address: str) -> None:
    factories.grant(alice, 100)
    headers, last = bearer(alice), ""
    orders = [factories.make_job(alice) for _ in range(8)]
    told: list[tuple[str, str, str]] = []
    for _ in orders:
        resuming = headers | ({"Last-Event-ID": last} if last else {})
        with listening(live_address, "events", resuming) as listener:
            last = listener.told[-1][0]
        told += listener.told
        deliver()  # while nobody listens

    with listening(live_address, "events", headers | {"Last-Event-ID": last}) as listener:
        soon(listener, "job.updated", id=str(orders[-1].pk), status="succeeded")
    jobs = [json.loads(data) for _, name, data in told + listener.told if name == "job.updated"]
    ended = {job["id"] for job in jobs if job["status"] == "succeeded"}
    assert ended == {str(order.pk) for order in orders}


def test_nothing_of_anybody_else_is_told(alice: User, bob: User, live_address: str) -> None:
    with (
        listening(live_address, "events", bearer(bob)) as bobs,
        listening(live_address, "events", bearer(alice)) as alices,
    ):
        job = factories.make_job(alice)
        deliver()
        soon(alices, "asset.created", job_id=str(job.pk))
        own = factories.make_job(bob)
        soon(bobs, "job.updated", id=str(own.pk))
        told = json.dumps(bobs.told)
    assert str(job.pk) not in told
    assert str(alice.pk) not in told


class Crowd:
    """Many clients that open a stream each, and leave one after the other when told to."""

    def __init__(self, address: str, headers: dict[str, str]) -> None:
        self.outcomes: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._may_leave = asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(address, headers))

    def come(self) -> None:
        self._thread.start()

    def leave(self) -> None:
        self._loop.call_soon_threadsafe(self._may_leave.set)
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self, address: str, headers: dict[str, str]) -> None:
        self._loop.run_until_complete(self._visit_all(address, headers))
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _visit_all(self, address: str, headers: dict[str, str]) -> None:
        limits = httpx.Limits(max_connections=CLIENTS)
        async with httpx.AsyncClient(timeout=30, limits=limits, headers=headers) as client:
            visits = (self._visit(client, address, number) for number in range(CLIENTS))
            self.outcomes.update(await asyncio.gather(*visits))

    async def _visit(self, client: httpx.AsyncClient, address: str, number: int) -> str:
        path = ("events", "events?format=html")[number % 2]
        async with client.stream("GET", f"{address}/stream/{path}") as got:
            lines = got.aiter_lines()  # it ends with its last reference, and the stream with it
            while not (await anext(lines)).startswith("data: "):
                pass
            await self._may_leave.wait()
            await asyncio.sleep(number / CLIENTS)  # the load itself: they leave within a second
            await lines.aclose()  # type: ignore[attr-defined] # it is a generator
            return str(got.status_code)


@pytest.mark.slow
def test_a_hundred_streams_open_at_once_leave_nothing_and_keep_no_page_waiting(
    alice: User, product_servers: Servers
) -> None:
    with web_server(product_servers, STREAMS_PER_PERSON="100") as address:
        a_crowd_comes_and_goes(address, alice)


def a_crowd_comes_and_goes(live_address: str, alice: User) -> None:
    headers = bearer(alice)
    before = redis_clients()
    crowd = Crowd(live_address, headers)
    crowd.come()
    try:
        wait_until(lambda: redis_clients() >= before + CLIENTS, seconds=30, what="all listen")
        sessions = web_sessions()
        asked = time.monotonic()
        page = httpx.get(f"{live_address}/api/v1/jobs", headers=headers, timeout=10)
        waited = time.monotonic() - asked
    finally:
        crowd.leave()

    assert crowd.outcomes == {"200": CLIENTS}
    assert page.status_code == 200
    assert waited < SOON
    assert sessions <= MOST_SESSIONS
    wait_until(lambda: redis_clients(listening=True) == 0, seconds=5, what="no listener is left")
    assert redis_clients() <= before + MOST_KEPT
    with listening(live_address, "events", headers) as listener:
        job = factories.make_job(alice)
        soon(listener, "job.updated", id=str(job.pk))
