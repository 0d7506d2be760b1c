"""An answer while it is written, by the product's own processes: cut off, stopped, killed."""

import contextlib
import json
import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import User
from credits import selectors as credits_selectors
from credits.models import Entry
from generation.models import Message, ProviderCall
from tests import chats, factories
from tests.clients import ApiClient
from tests.databases import address_of, await_rest
from tests.processes import jobs_loop, python, running, wait_until, web_server
from tests.standins.openai import OpenAI
from tests.standins.server import After, StandIn
from visiona.embedded.machine import WORKERS
from visiona.embedded.process import Program, kill_group, launch
from visiona.embedded.throwaway import Servers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

PATIENCE = httpx.Timeout(20)
TEXT = " ".join(f"Wörd{number} 🙂" for number in range(60))


@pytest.fixture
def openai(standins: dict[str, Any]) -> Iterator[OpenAI]:
    """The stand-in, who speaks slowly."""
    standin: OpenAI = standins["openai"]
    standin.text, standin.pause = TEXT, 0.02
    yield standin
    standin.text = "A red sneaker on a plinth."


@pytest.fixture(scope="module")
def keys(all_standins: dict[str, StandIn]) -> dict[str, str]:
    return {"OPENAI_API_KEY": "sk-stand-in", "OPENAI_BASE_URL": all_standins["openai"].base_url}


@pytest.fixture(scope="module")
def address(keys: dict[str, str], django_db_setup: None, product_servers: Servers) -> Iterator[str]:
    """Where one web process answers all that ask here."""
    with web_server(product_servers, **keys) as web:
        yield web


@pytest.fixture(autouse=True)
def looks_end(transactional_db: None) -> Iterator[None]:
    yield
    await_rest()


@pytest.fixture
def worker(openai: OpenAI, keys: dict[str, str], product_servers: Servers) -> Iterator[None]:
    """Who asks the stand-in."""
    with running(jobs_loop(product_servers, headstart=0, **keys)):
        yield


def ask(address: str, api: ApiClient, **body: Any) -> str:
    """The name of the answer to come."""
    question = {"message": "Tell me something long", "stream": True, **body}
    answer = httpx.post(f"{address}/api/v1/chat", json=question, headers=api.bearer)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["data"]["message_id"])


def read(
    address: str, message_id: str, headers: dict[str, str], most: int = 10**6
) -> tuple[str, str, str, Any]:
    """What one connection brought: text, the last id, how it ended and with what.

    After so many words it is cut.
    """
    text, last, words = "", "", 0
    fields: dict[str, str] = {}
    with httpx.stream(
        "GET", f"{address}/stream/chat/{message_id}", headers=headers, timeout=PATIENCE
    ) as got:
        assert got.status_code == 200, got.read()
        for line in got.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            if fields.get("event") == "delta":
                text, last, words = (
                    text + json.loads(fields["data"])["text"],
                    fields["id"],
                    words + 1,
                )
            elif fields.get("event"):
                return text, fields["id"], fields["event"], json.loads(fields["data"])
            fields = {}
            if words >= most:
                break
    return text, last, "", None


def row(message_id: str) -> Message:
    return Message.objects.get(pk=message_id)


def has_ended(message_id: str) -> Callable[[], bool]:
    return lambda: not row(message_id).is_open


def spent(user: User) -> list[int]:
    captured = Entry.objects.filter(wallet_id=user.pk, kind="capture")
    return [-change for change in captured.values_list("balance_change", flat=True)]


@pytest.mark.usefixtures("worker")
def test_an_answer_that_is_cut_five_times_arrives_whole_and_is_charged_once(
    address: str, alice: User, api: ApiClient
) -> None:
    message_id = ask(address, api)
    text, last = "", ""
    for most in (1, 3, 2, 5, 4):
        resumed = {"Last-Event-ID": last} if last else {}
        piece, last, ended, _ = read(address, message_id, api.bearer | resumed, most)
        assert not ended
        text += piece
    piece, last, ended, reply = read(address, message_id, api.bearer | {"Last-Event-ID": last})
    assert ended == "done"
    assert text + piece == reply["reply"] == row(message_id).text == TEXT
    assert int(last) == len(TEXT)
    assert (reply["price"], spent(alice)) == (1, [1])
    assert [call.outcome for call in ProviderCall.objects.all()] == ["ok"]


@pytest.mark.usefixtures("worker")
def test_another_device_reads_the_same_meanwhile_and_afterwards(
    address: str, alice: User, api: ApiClient
) -> None:
    message_id = ask(address, api)
    browser = Client()
    browser.force_login(alice)
    session = browser.session.session_key
    cookie = {"Cookie": f"{django_settings.SESSION_COOKIE_NAME}={session}"}
    with ThreadPoolExecutor() as pool:
        devices = [
            pool.submit(read, address, message_id, headers) for headers in (api.bearer, cookie)
        ]
        told = [device.result(timeout=30) for device in devices]
    afterwards = read(address, message_id, api.bearer)
    factories.redis_client().flushdb()
    from_the_row = read(address, message_id, api.bearer | {"Last-Event-ID": "100"})
    assert [text for text, *_ in (*told, afterwards)] == [TEXT] * 3
    assert from_the_row[0] == TEXT[100:]
    assert spent(alice) == [1]


def test_nobody_else_reads_it(address: str, api: ApiClient, bobs_api: ApiClient) -> None:
    message_id = ask(address, api)
    for headers, status in ((bobs_api.bearer, 404), ({}, 401)):
        got = httpx.get(f"{address}/stream/chat/{message_id}", headers=headers)
        assert got.status_code == status


@pytest.mark.usefixtures("worker")
def test_a_stopped_answer_ends_where_it_was_and_is_paid_for(
    address: str, alice: User, api: ApiClient, openai: OpenAI
) -> None:
    message_id = ask(address, api)
    first, last, _, _ = read(address, message_id, api.bearer, most=3)
    stopping = httpx.post(f"{address}/api/v1/messages/{message_id}/stop", headers=api.bearer)
    assert stopping.status_code == 202
    rest, _, ended, reply = read(address, message_id, api.bearer | {"Last-Event-ID": last})
    message = row(message_id)
    assert (ended, reply["status"], message.status) == ("done", "stopped", "stopped")
    assert first + rest == reply["reply"] == message.text
    assert TEXT.startswith(message.text)
    assert len(message.text) < len(TEXT)
    assert spent(alice) == [1]
    assert openai.left.wait(10)  # the provider need not go on
    wait_until(ProviderCall.objects.exists, seconds=10)
    assert ProviderCall.objects.get().outcome == "stopped"


@pytest.mark.usefixtures("worker")
def test_an_answer_that_breaks_off_says_so_and_costs_nothing(
    address: str, alice: User, api: ApiClient, openai: OpenAI
) -> None:
    openai.misbehave(After(5, "cut"))
    message_id = ask(address, api)
    text, _, ended, problem = read(address, message_id, api.bearer)
    assert (ended, problem["code"]) == ("error", "provider_error")
    assert "nothing was charged" in problem["detail"]
    assert text == row(message_id).text != ""
    assert (spent(alice), credits_selectors.wallet_of(user=alice).available) == ([], 20)


@pytest.mark.usefixtures("worker")
def test_an_answer_goes_on_without_redis(
    address: str, alice: User, api: ApiClient, openai: OpenAI
) -> None:
    message_id = ask(address, api)
    wait_until(lambda: row(message_id).status == "answering", seconds=10)
    # A hole in the live text: what it was is gone, and readers learn of it from the row.
    factories.redis_client().flushdb()
    text, _, ended, reply = read(address, message_id, api.bearer)
    assert ended == "done"
    assert reply["reply"] == row(message_id).text == TEXT
    assert text == TEXT or len(text) <= len(TEXT)
    assert spent(alice) == [1]


def callers(servers: Servers, **environment: str) -> Program:
    """The worker of the chat, as the supervisor starts it."""
    worker = ("worker", *WORKERS["chat"], "--without-heartbeat")
    manners = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")
    arguments = ("-m", "celery", "--quiet", "--app", "visiona", *worker, *manners)
    shared = {"DATABASE_POOL": "2"}  # many more threads than connections
    return python("chat", address_of(servers.jobs_url), *arguments, **shared, **environment)


def test_a_worker_that_is_killed_costs_nobody_a_credit(
    alice: User, openai: OpenAI, keys: dict[str, str], product_servers: Servers
) -> None:
    openai.pause = 0.2
    factories.grant(alice, 40)
    seed = random.Random(7)
    waiting = [chats.ask(alice, f"Question {number}") for number in range(12)]
    with (Path(django_settings.DATA_DIR) / "killed.log").open("ab") as log:
        process = launch(callers(product_servers, **keys), output=log)
        try:
            wait_until(lambda: Message.objects.filter(status="answering").count() >= 1, seconds=30)
            time.sleep(seed.random())
        finally:
            kill_group(process)
            process.wait()
    begun = Message.objects.filter(status="answering").count()
    Message.objects.filter(status="answering").update(lease_until="2026-01-01T00:00:00Z")
    openai.pause = 0.0
    with running(jobs_loop(product_servers, headstart=0, **keys)):
        wait_until(lambda: not Message.objects.open().exists(), seconds=60)
    ended = [chats.again(one) for one in waiting]
    failed = [one for one in ended if one.status == "failed"]
    assert len(failed) == begun
    assert all((one.error_code, one.price) == ("interrupted", 0) for one in failed)
    assert all(TEXT.startswith(one.text) for one in failed)
    assert {one.text for one in ended if one.status == "done"} <= {TEXT}
    assert spent(alice) == [1] * (len(waiting) - begun)
    assert credits_selectors.wallet_of(user=alice).held == 0
    assert credits_selectors.broken_promises() == []


def test_nobody_reads_more_streams_than_a_few(
    keys: dict[str, str], product_servers: Servers, api: ApiClient, bobs_api: ApiClient
) -> None:
    with web_server(product_servers, STREAMS_PER_PERSON="2", **keys) as address:
        place = f"{address}/stream/events"
        with contextlib.ExitStack() as streams:
            for _ in range(2):
                streams.enter_context(httpx.stream("GET", place, headers=api.bearer))
            refused = httpx.get(place, headers=api.bearer)
            other = streams.enter_context(httpx.stream("GET", place, headers=bobs_api.bearer))
            assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
            assert refused.headers["Retry-After"] == "5"
            assert other.status_code == 200
        wait_until(lambda: httpx.head(place, headers=api.bearer).status_code != 429, seconds=10)
