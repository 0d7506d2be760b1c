"""A thousand pages that are open: their streams in one process, and the pages beside it."""

import asyncio
import http.client
import json
import os
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from generation.services import jobs
from tests.bench.chatting import LITTLE, MANNERS, UVICORN, events_of, request_of
from tests.bench.figures import Figure, Promise
from tests.bench.people import Person, make_person
from tests.bench.stage import WEB_URL, free_port, megabytes_of, serving
from visiona.lib.db.actor import act_as_user

OPEN, QUICK_OPEN = 1000, 100
PEOPLE = 50
EVENTS, QUICK_EVENTS = 20, 5
EVERY_SECONDS = 2.0
"""So often each person has news, and so do all their pages."""
ORDER = {"title": "How to win"}
AT_A_TIME = 20
LOOKS, PAUSE_SECONDS = 200, 0.02
PATIENCE_SECONDS = 60.0


def measure(*, quick: bool) -> list[Figure]:
    """Look at a page by turns with nobody there, and while all streams are open and have news."""
    opened, events = (QUICK_OPEN, QUICK_EVENTS) if quick else (OPEN, EVENTS)
    people = [make_person() for _ in range(PEOPLE)]
    with _servers() as servers:
        for person in people:  # what the first ones load is not what the others take
            asyncio.run(_visit(servers.streams, person))
        before = megabytes_of(servers.pid, "VmRSS")
        idle = _looks(servers.pages, people[0].bearer)
        crowd = Crowd(servers=servers, people=people, number=opened)
        found = asyncio.run(crowd.watch(events))
    expected = events * opened
    late = sorted(crowd.late) or [0.0]
    note = (
        f"{opened} streams of {PEOPLE} people in one process; {events} orders by each, all told to "
        f"all their pages"
    )
    return [
        _figure("open pages, memory", found.megabytes - before, "MB", 200, note),
        _figure("open pages, events lost", expected - crowd.seen, "", 0, _delay(late)),
        Figure(
            name="page beside open pages",
            ours=statistics.median(found.looks),
            baseline=statistics.median(idle),
            unit="ms",
            promise=Promise.RATIO_AT_MOST,
            limit=2,
            note="GET /api/v1/me of the web process while news come; nobody there",
        ),
    ]


def _figure(name: str, ours: float, unit: str, limit: float, note: str) -> Figure:
    return Figure(
        name=name,
        ours=ours,
        baseline=limit or 1,
        unit=unit,
        promise=Promise.OURS_AT_MOST,
        limit=limit,
        note=note,
    )


def _delay(late: list[float]) -> str:
    median, slowest = late[len(late) // 2], late[-1]
    return f"of news; the median came after {median:.2f} s, the last one after {slowest:.2f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """As in production: streams apart from pages."""

    streams: int
    pages: int
    pid: int
    """Of who streams."""


@contextmanager
def _servers() -> Iterator[Servers]:
    streams, pages = free_port(), free_port()
    environment = {**os.environ, **LITTLE, "DATABASE_URL": os.environ[WEB_URL]}
    granian = ("-m", "granian", "--interface", "wsgi", "--port", str(pages), "--workers", "1")
    manners = ("--blocking-threads", "1", "--log-level", "error", "visiona.wsgi:application")
    uvicorn = (*UVICORN, "--port", str(streams), *MANNERS)
    with ExitStack() as programs:
        programs.enter_context(serving(*granian, *manners, port=pages, environment=environment))
        process = programs.enter_context(serving(*uvicorn, port=streams, environment=environment))
        yield Servers(streams=streams, pages=pages, pid=process.pid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was measured while all were open."""

    megabytes: float
    looks: list[float]


@dataclass(kw_only=True)
class Crowd:
    """Everybody's pages, and what each of them was told."""

    servers: Servers
    people: list[Person]
    number: int
    ordered: dict[UUID, float] = field(default_factory=dict)
    """When each order was there to be told."""
    told: set[tuple[int, UUID]] = field(default_factory=set)
    late: list[float] = field(default_factory=list)

    @property
    def seen(self) -> int:
        """How many times a page was told of an order, each for the first time."""
        return len(self.told)

    async def watch(self, events: int) -> Found:
        """Open all, let everybody order so often, and wait until all was told."""
        opening = asyncio.Semaphore(AT_A_TIME)
        opened = asyncio.Barrier(self.number + 1)
        pages = [
            asyncio.create_task(self._page(number, opening, opened))
            for number in range(self.number)
        ]
        await opened.wait()
        megabytes = megabytes_of(self.servers.pid, "VmRSS")
        looking = asyncio.create_task(
            asyncio.to_thread(_looks, self.servers.pages, self.people[0].bearer)
        )
        await asyncio.to_thread(self._order, events)
        looks = await looking
        await asyncio.to_thread(self._wait_for, events * self.number)
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
        return Found(megabytes=max(megabytes, megabytes_of(self.servers.pid, "VmRSS")), looks=looks)

    async def _page(self, number: int, opening: asyncio.Semaphore, opened: asyncio.Barrier) -> None:
        person = self.people[number % len(self.people)]
        async with opening:
            stream = _stream(self.servers.streams, person)
            reader = await stream.__aenter__()
            events = events_of(reader)
            await anext(events)  # the present state
        try:
            await opened.wait()
            async for event, data in events:
                if event == "job.updated":
                    self._tell(number, UUID(data["id"]))
        finally:
            await stream.__aexit__(None, None, None)

    def _tell(self, number: int, job_id: UUID) -> None:
        if (number, job_id) not in self.told:
            self.told.add((number, job_id))
            self.late.append(time.time() - self.ordered.get(job_id, time.time()))

    def _wait_for(self, tellings: int) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while self.seen < tellings and time.monotonic() < until:
            time.sleep(0.1)

    def _order(self, events: int) -> None:
        """Let all people order by turns, evenly."""
        for number in range(events * len(self.people)):
            person = self.people[number % len(self.people)]
            began = time.monotonic()
            with act_as_user(person.user_id):
                job = jobs.submit(
                    user=person.user, kind="thumbnail", params=ORDER, request_id="bench"
                )
            self.ordered[job.pk] = time.time()
            time.sleep(max(0.0, EVERY_SECONDS / len(self.people) - time.monotonic() + began))


@asynccontextmanager
async def _stream(port: int, person: Person) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request_of("GET", "/stream/events", person.bearer))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"The stream answered {head!r}.")
        yield reader
    finally:
        writer.close()


async def _visit(port: int, person: Person) -> None:
    async with _stream(port, person) as reader:
        await anext(events_of(reader))


def _looks(port: int, bearer: str) -> list[float]:
    """Look at a page now and then; return how many milliseconds each look took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    found = []
    for _ in range(LOOKS):
        time.sleep(PAUSE_SECONDS)
        began = time.perf_counter()
        connection.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {bearer}"})
        answer = connection.getresponse()
        json.loads(answer.read())
        found.append((time.perf_counter() - began) * 1000)
    connection.close()
    return found
