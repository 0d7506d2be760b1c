"""Server-sent events at the real server: the present state first, then every change of mine."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts import services as accounts_services
from accounts.authentication import bearer_of
from accounts.models import User
from generation.models import Asset, Job
from generation.services import jobs, running
from tests import databases, factories
from tests.processes import wait_until, web_server
from visiona.embedded.throwaway import Servers
from visiona.lib import clock, live
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = httpx.Timeout(20)
NOBODYS_ID = "019f0000-0000-7000-8000-000000000001"


@dataclass(frozen=True, slots=True)
class Event:
    """One message of a stream."""

    id: str
    name: str
    data: str

    @property
    def json(self) -> Any:
        return json.loads(self.data)


def bearer(user: User) -> dict[str, str]:
    secret = accounts_services.issue_sign_in(user=user, client="tests")
    return {"Authorization": f"Bearer {secret}"}


def cookie(user: User) -> dict[str, str]:
    browser = Client()
    browser.force_login(user)
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"}


@contextmanager
def listening(address: str, path: str, **headers: str) -> Iterator[Iterator[Event]]:
    """Open a stream and read it event by event; no sign of life in twenty seconds is a failure."""
    with httpx.stream("GET", f"{address}/stream/{path}", headers=headers, timeout=PATIENCE) as got:
        assert got.status_code == 200, got.read()
        assert got.headers["Content-Type"] == "text/event-stream"
        assert got.headers["Cache-Control"] == "no-cache, no-transform"
        assert got.headers["X-Request-ID"]
        yield events(got.iter_lines())


def events(lines: Iterator[str]) -> Iterator[Event]:
    fields: dict[str, str] = {}
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield Event(fields.get("id", ""), fields.get("event", "message"), fields["data"])
            fields = {}


def until(stream: Iterator[Event], name: str, **wanted: Any) -> Event:
    """Read on to the first event of this name with these values."""
    deadline = time.monotonic() + 15
    for event in stream:
        if event.name == name and wanted.items() <= event.json.items():
            return event
        assert time.monotonic() < deadline, f"no {name} with {wanted}"
    raise AssertionError("The stream ended.")


def deliver() -> None:
    with factories.plain_pictures():
        assert running.run_due(queue="quick")


def age(job: Job, by: timedelta) -> None:
    """Let the last change of a job lie back in time."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE generation_job DISABLE TRIGGER moves")
        cursor.execute(
            "UPDATE generation_job SET updated_at = %s WHERE id = %s", [clock.now() - by, job.pk]
        )
        cursor.execute("ALTER TABLE generation_job ENABLE TRIGGER moves")


def point(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1_000_000))


@pytest.fixture(autouse=True)
def looks_end(transactional_db: None) -> Iterator[None]:
    yield
    databases.await_rest()


@pytest.fixture
def alice(transactional_db: None) -> User:
    return factories.make_user("alice@example.com", extra_credits=100)


def test_a_job_tells_how_it_stands_and_then_what_becomes_of_it(
    alice: User, live_address: str
) -> None:
    job = factories.make_job(alice)
    with listening(live_address, f"jobs/{job.pk}", **bearer(alice)) as stream:
        first = next(stream)
        assert (first.name, first.json["status"], first.json["id"]) == (
            "job.updated",
            "queued",
            str(job.pk),
        )
        deliver()
        last = until(stream, "job.updated", status="succeeded")
    assert (last.json["captured"], last.json["progress"]) == (10, 100)
    assert [asset["id"] for asset in last.json["assets"]] == [str(Asset.objects.get().pk)]
    assert int(last.id) > int(first.id)


def test_what_is_told_is_what_polling_tells(alice: User, live_address: str) -> None:
    job = factories.make_job(alice)
    headers = bearer(alice)
    with listening(live_address, f"jobs/{job.pk}", **headers) as stream:
        told = next(stream).json
    polled = httpx.get(f"{live_address}/api/v1/jobs/{job.pk}", headers=headers).json()["data"]
    assert told == polled


def test_a_person_with_nothing_under_way_is_told_their_wallet_first(
    alice: User, live_address: str
) -> None:
    with listening(live_address, "events", **bearer(alice)) as stream:
        first = next(stream)
    assert (first.name, first.json) == ("wallet.updated", {"available": 120, "held": 0})


def test_all_that_is_mine_is_told_as_it_happens(alice: User, live_address: str) -> None:
    job = factories.make_job(alice)
    with listening(live_address, "events", **bearer(alice)) as stream:
        until(stream, "job.updated", id=str(job.pk), status="queued")
        until(stream, "wallet.updated", available=110, held=10)
        deliver()
        until(stream, "job.updated", id=str(job.pk), status="succeeded")
        until(stream, "asset.created", job_id=str(job.pk), width=320)
        until(stream, "wallet.updated", available=110, held=0)
        second = factories.make_job(alice)
        until(stream, "job.updated", id=str(second.pk), status="queued")
        with act_as_user(alice.pk):
            jobs.cancel(user=alice, job_id=second.pk)
        until(stream, "job.updated", id=str(second.pk), status="canceled")


def test_nothing_of_anybody_else_is_ever_told(alice: User, bob: User, live_address: str) -> None:
    with listening(live_address, "events", **bearer(bob)) as stream:
        assert next(stream).json == {"available": 20, "held": 0}
        factories.make_job(alice)
        mine = factories.make_job(bob)
        told = until(stream, "job.updated")
    assert told.json["id"] == str(mine.pk)


def test_a_page_gets_its_cards_and_its_balance_as_html(alice: User, live_address: str) -> None:
    job = factories.make_job(alice, title="<script>alert(1)</script>")
    with listening(live_address, "events?format=html", **bearer(alice)) as stream:
        first = next(stream)
    assert first.name == "message"
    assert f'<hx-partial hx-target="#job-{job.pk}"' in first.data
    assert '<hx-partial hx-target="#balance"' in first.data
    assert "<script>" not in first.data


def test_a_browser_is_known_by_its_cookie(alice: User, live_address: str) -> None:
    job = factories.make_job(alice)
    with listening(live_address, f"jobs/{job.pk}", **cookie(alice)) as stream:
        assert next(stream).json["id"] == str(job.pk)


def test_who_comes_back_is_told_what_they_missed(alice: User, live_address: str) -> None:
    missed, seen = factories.make_job(alice), factories.make_job(alice)
    for job in (missed, seen):
        with act_as_user(alice.pk):
            jobs.cancel(user=alice, job_id=job.pk)
    age(seen, timedelta(hours=3))
    age(missed, timedelta(hours=1))
    headers = bearer(alice)
    left = {"Last-Event-ID": point(clock.now() - timedelta(hours=2))}
    with listening(live_address, "events", **headers, **left) as stream:
        event = next(stream)
        assert (event.name, event.json["id"]) == ("job.updated", str(missed.pk))
        assert next(stream).name == "wallet.updated"
    assert abs(datetime.fromtimestamp(int(event.id) / 1e6, tz=UTC) - clock.now()).seconds > 3000

    with listening(live_address, "events", **headers) as stream:  # a new page needs neither
        assert next(stream).name == "wallet.updated"


@pytest.mark.parametrize("offered", ["", "yesterday", "-5", "9" * 30, "1.5"])
def test_a_point_to_resume_at_that_is_none_is_ignored(
    alice: User, live_address: str, offered: str
) -> None:
    job = factories.make_job(alice)
    headers = bearer(alice) | {"Last-Event-ID": offered}
    with listening(live_address, "events", **headers) as stream:
        assert next(stream).json["id"] == str(job.pk)


@pytest.mark.parametrize("path", ["events", "events?format=html", f"jobs/{NOBODYS_ID}"])
def test_who_is_nobody_gets_a_problem_document(live_address: str, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer vis_wrong"}, {"Cookie": "sessionid=wrong"}):
        answer = httpx.get(f"{live_address}/stream/{path}", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_a_wrong_bearer_never_falls_back_to_the_cookie(alice: User, live_address: str) -> None:
    headers = cookie(alice) | {"Authorization": "Bearer vis_wrong"}
    assert httpx.get(f"{live_address}/stream/events", headers=headers).status_code == 401


def test_a_job_of_somebody_else_is_not_found(alice: User, bob: User, live_address: str) -> None:
    job = factories.make_job(alice)
    for job_id in (str(job.pk), NOBODYS_ID):
        answer = httpx.get(f"{live_address}/stream/jobs/{job_id}", headers=bearer(bob))
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert httpx.get(f"{live_address}/stream/nothing").status_code == 404


def test_a_reader_who_goes_leaves_nothing_behind(alice: User, live_address: str) -> None:
    channel = live.channel_of(alice.pk)

    def listeners() -> int:
        ((_name, count),) = factories.redis_client().pubsub_numsub(channel)
        return int(count)

    with listening(live_address, "events", **bearer(alice)) as stream:
        next(stream)
        wait_until(lambda: listeners() == 1, seconds=5)
    wait_until(lambda: listeners() == 0, seconds=5)


@pytest.mark.slow
def test_without_redis_a_stream_looks_by_itself(alice: User, product_servers: Servers) -> None:
    job = factories.make_job(alice)
    with (
        web_server(product_servers, REDIS_URL="redis://127.0.0.1:1/0") as address,
        listening(address, f"jobs/{job.pk}", **bearer(alice)) as stream,
    ):
        assert next(stream).json["status"] == "queued"
        deliver()
        last = until(stream, "job.updated", status="succeeded")
    assert last.json["captured"] == 10


def rest_of(stream: Iterator[Event]) -> float:
    """Read to the end and tell how many seconds it took to come."""
    began = time.monotonic()
    for _ in stream:
        pass
    return time.monotonic() - began


@pytest.mark.slow
def test_a_stream_ends_by_itself_and_who_comes_back_has_missed_nothing(
    alice: User, product_servers: Servers
) -> None:
    headers = bearer(alice)
    with web_server(product_servers, STREAM_SECONDS="2") as address:
        with listening(address, "events", **headers) as stream:
            last = next(stream)
            assert 1 < rest_of(stream) < 4
        job = factories.make_job(alice)
        with listening(address, "events", **headers, **{"Last-Event-ID": last.id}) as stream:
            until(stream, "job.updated", id=str(job.pk), status="queued")


@pytest.mark.slow
def test_streams_end_within_seconds_of_the_session_or_key_that_opened_them(
    alice: User, live_address: str
) -> None:
    page, program = cookie(alice), bearer(alice)
    with (
        listening(live_address, "events", **page) as seen,
        listening(live_address, "events", **program) as heard,
    ):
        for stream in (seen, heard):
            next(stream)
        browser = Client()
        browser.cookies[settings.SESSION_COOKIE_NAME] = page["Cookie"].partition("=")[2]
        browser.logout()
        token = bearer_of(program["Authorization"])
        assert token
        with act_as_user(alice.pk):
            accounts_services.revoke_token(token=token)
        assert rest_of(seen) + rest_of(heard) < 27
    for headers in (page, program):
        answer = httpx.get(f"{live_address}/stream/events", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_credits_that_no_job_moved_are_told_at_once(alice: User, live_address: str) -> None:
    with listening(live_address, "events", **bearer(alice)) as stream:
        until(stream, "wallet.updated", available=120, held=0)
        factories.grant(alice, 30)
        until(stream, "wallet.updated", available=150, held=0)
