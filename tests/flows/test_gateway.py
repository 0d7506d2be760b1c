"""OpenAI's own client at the gateway: it works by another address, and pays in credits."""

import base64
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import pytest
from django.conf import settings as product
from django.db import connections
from openai.types import ImagesResponse
from openai.types.chat import ChatCompletionMessageParam
from PIL import Image
from pytest_django import Settings

from accounts import services as accounts_services
from accounts.models import User
from credits import selectors as credits_selectors
from generation.models import Asset, Conversation, Job, Message
from generation.services import answering, running
from tests import factories
from tests.databases import await_rest
from tests.processes import jobs_loop, wait_until
from tests.processes import running as process
from tests.standins.contracts import Contract
from tests.standins.server import After, Instead, Reply, Seen, Stall, Stream
from visiona.embedded.throwaway import Servers
from visiona.lib import ratelimit
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]

CHAT, IMAGE = "visiona-chat", "visiona-image"
QUESTION: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What can I make here?"}]


@pytest.fixture(autouse=True)
def looks_end(transactional_db: None) -> Iterator[None]:
    yield
    await_rest()


@pytest.fixture
def worker(transactional_db: None, settings: Settings) -> Iterator[None]:
    """Somebody in this process who answers and draws, with the settings of the test.

    They go before the settings are put back.
    """
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            if not (answering.answer_due() or running.run_due(queue="quick")):
                stop.wait(0.02)
        connections.close_all()

    with factories.plain_pictures():
        thread = threading.Thread(target=work)
        thread.start()
        yield
        stop.set()
        thread.join(10)
    assert not thread.is_alive()


def key_of(user: User, monthly_limit: int | None = None) -> str:
    with act_as_user(user.pk):
        _, secret = accounts_services.create_api_key(
            user=user, name="A program", monthly_limit=monthly_limit
        )
    return secret


@contextmanager
def client_of(key: str, address: str, **manners: Any) -> Iterator[openai.OpenAI]:
    """The official client, with nothing changed but where it goes."""
    chosen = {"max_retries": 0, "timeout": 20} | manners
    with openai.OpenAI(api_key=key, base_url=f"{address}/v1", **chosen) as client:
        yield client


@pytest.fixture
def client(alice: User, live_address: str) -> Iterator[openai.OpenAI]:
    with client_of(key_of(alice), live_address) as client:
        yield client


def funds(user: User) -> tuple[int, int]:
    wallet = credits_selectors.wallet_of(user=user)
    return wallet.available, wallet.held


def answer_row() -> Message:
    found: Message = Message.objects.get(role="assistant")
    return found


def complaints(method: str, path: str, reply: Reply) -> list[str]:
    """What our record of OpenAI has against an answer of ours, and OpenAI's own document."""
    contract = Contract.of("openai")
    seen = Seen(method, path, "", {}, b"")
    ours = contract.complaints(seen, reply) if method == "POST" else []
    if contract.official and method == "GET":
        ours += contract.official.complaints(seen, reply, None, reply.documents())
    return ours


def events_of(text: str) -> list[Any]:
    """The documents of a stream, and its end."""
    lines = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data")]
    return [line.encode() if line == "[DONE]" else json.loads(line) for line in lines]


def test_the_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [CHAT, IMAGE]
    model = client.models.retrieve(CHAT)
    assert (model.id, model.object, model.owned_by) == (CHAT, "model", "visiona")
    with pytest.raises(openai.NotFoundError) as refused:
        client.models.retrieve("gpt-5")
    assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


@pytest.mark.usefixtures("worker")
def test_an_answer_comes_as_a_whole_for_one_credit(client: openai.OpenAI, alice: User) -> None:
    given = client.chat.completions.create(model=CHAT, messages=QUESTION)

    row = answer_row()
    choice = given.choices[0]
    assert given.id == f"chatcmpl-{row.pk}"
    assert (choice.message.role, choice.message.content) == ("assistant", row.text)
    assert len(row.text) > 40
    assert (choice.finish_reason, given.model) == ("stop", CHAT)
    assert (row.status, row.price, funds(alice)) == ("done", 1, (19, 0))


@pytest.mark.usefixtures("worker")
def test_an_answer_streams_word_for_word_for_one_credit(client: openai.OpenAI, alice: User) -> None:
    chunks = list(
        client.chat.completions.create(
            model=CHAT, messages=QUESTION, stream=True, stream_options={"include_usage": True}
        )
    )
    row = answer_row()
    told = [chunk.choices[0] for chunk in chunks if chunk.choices]
    assert told[0].delta.role == "assistant"
    assert "".join(one.delta.content or "" for one in told) == row.text
    assert [one.finish_reason for one in told if one.finish_reason] == ["stop"]
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.total_tokens == row.input_tokens + row.output_tokens
    assert {chunk.id for chunk in chunks} == {f"chatcmpl-{row.pk}"}
    assert funds(alice) == (19, 0)


@pytest.mark.usefixtures("worker")
def test_what_a_provider_says_comes_with_its_tokens_and_its_instructions(
    client: openai.OpenAI, standins: dict[str, Any]
) -> None:
    given = client.chat.completions.create(
        model=CHAT,
        messages=[
            {"role": "developer", "content": "You are a pirate."},
            {"role": "user", "content": [{"type": "text", "text": "Say hello."}]},
            {"role": "assistant", "content": "Ahoy!"},
            {"role": "user", "content": "Once more."},
        ],
        max_completion_tokens=25,
        temperature=0.2,
        user="somebody",
    )
    assert given.choices[0].message.content == standins["gemini"].text
    assert given.usage is not None
    assert (given.usage.prompt_tokens, given.usage.completion_tokens) == (10, 25)
    assert given.choices[0].finish_reason == "length"  # it took all that it was given
    asked = standins["gemini"].seen[0].body.decode()
    assert "You are a pirate." in asked
    assert asked.index("Say hello.") < asked.index("Ahoy!") < asked.index("Once more.")


@pytest.mark.usefixtures("worker")
def test_words_come_while_others_are_still_to_be_written(
    client: openai.OpenAI, standins: dict[str, Any]
) -> None:
    standins["gemini"].pause = 0.15
    arrived = [
        time.monotonic()
        for chunk in client.chat.completions.create(model=CHAT, messages=QUESTION, stream=True)
        if chunk.choices[0].delta.content
    ]
    assert len(arrived) >= 3
    assert arrived[-1] - arrived[0] > 0.3


@pytest.mark.usefixtures("worker")
def test_an_answer_that_nobody_can_give_costs_nothing(
    client: openai.OpenAI, alice: User, standins: dict[str, Any], settings: Settings
) -> None:
    settings.PROVIDER_SECONDS = {**settings.PROVIDER_SECONDS, "text": 0.5}
    for streams, fault in ((False, Stall(30)), (True, Instead(Reply(503, b"{}")))):
        standins["gemini"].misbehave(Instead(Reply(503, b"{}")))
        standins["openai"].misbehave(fault)
        with pytest.raises(openai.InternalServerError) as failed:
            client.chat.completions.create(model=CHAT, messages=QUESTION, stream=streams)
        assert (failed.value.status_code, failed.value.code) == (503, "provider_unavailable")
        assert failed.value.request_id
    assert funds(alice) == (20, 0)


@pytest.mark.usefixtures("worker")
def test_a_stream_that_breaks_off_says_so_and_costs_nothing(
    client: openai.OpenAI, alice: User, standins: dict[str, Any]
) -> None:
    standins["gemini"].pause = 0.05
    standins["gemini"].misbehave(After(3, "cut"))
    words = []
    with pytest.raises(openai.APIError, match="broke off") as failed:
        words += [
            chunk.choices[0].delta.content or ""
            for chunk in client.chat.completions.create(model=CHAT, messages=QUESTION, stream=True)
        ]
    assert (failed.value.code, funds(alice)) == ("provider_error", (20, 0))


@pytest.mark.usefixtures("worker")
def test_who_hangs_up_stops_the_answer_and_pays_for_what_came(
    alice: User, live_address: str, standins: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standins["gemini"], "text", "word " * 200)
    standins["gemini"].pause = 0.05
    with client_of(key_of(alice), live_address) as client:
        stream = client.chat.completions.create(model=CHAT, messages=QUESTION, stream=True)
        while not next(stream).choices[0].delta.content:
            pass
        stream.close()
    wait_until(lambda: answer_row().stop_requested_at is not None, seconds=5)
    answering.finish(message_id=answer_row().pk)

    row = answer_row()
    assert (row.status, row.price, funds(alice)) == ("stopped", 1, (19, 0))
    assert row.text.startswith("word")


@pytest.mark.usefixtures("worker")
def test_who_may_come_back_finds_the_same_answer_and_pays_once(
    alice: User, live_address: str, standins: dict[str, Any]
) -> None:
    standins["gemini"].pause = 0.1
    said = {"model": CHAT, "messages": QUESTION, "stream": True}
    once = {"Authorization": f"Bearer {key_of(alice)}", "Idempotency-Key": "answer-1"}
    url = f"{live_address}/v1/chat/completions"
    with httpx.Client(headers=once) as program:
        with program.stream("POST", url, json=said) as begun:
            next(begun.iter_bytes())
        again = program.post(url, json=said)
        other = program.post(url, json=said | {"stream": False})
    events = events_of(again.text)
    text = "".join(one["choices"][0]["delta"].get("content", "") for one in events[:-1])

    row = answer_row()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (text, row.status, row.stop_requested_at) == (row.text, "done", None)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_mismatch")
    assert (Message.objects.count(), funds(alice)) == (2, (19, 0))


def decoded(made: ImagesResponse) -> list[Image.Image]:
    assert made.data is not None
    pictures: list[Image.Image] = [
        Image.open(io.BytesIO(base64.b64decode(one.b64_json or ""))) for one in made.data
    ]
    for picture in pictures:
        picture.load()
    return pictures


@pytest.mark.usefixtures("worker")
def test_pictures_are_made_and_paid_for(client: openai.OpenAI, alice: User) -> None:
    made = client.images.generate(model=IMAGE, prompt="Red sneakers", n=2, size="1536x1024")
    assert (len(decoded(made)), funds(alice)) == (2, (10, 0))
    params = Job.objects.get().params
    assert (params["count"], params["aspect_ratio"]) == (2, "3:2")


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_our_own_workers_serve_programs_without_a_broker(
    alice: User, live_address: str, product_servers: Servers
) -> None:
    manners = {"timeout": 50}
    with (
        process(jobs_loop(product_servers)),
        client_of(key_of(alice), live_address, **manners) as c,
    ):
        given = c.chat.completions.create(model=CHAT, messages=QUESTION)
        made = c.images.generate(prompt="A red bicycle by the sea", size="1024x1536")
    (picture,) = decoded(made)
    assert picture.height * 2 == picture.width * 3
    assert given.choices[0].message.content == answer_row().text
    assert funds(alice) == (14, 0)


@pytest.mark.usefixtures("worker")
def test_pictures_can_be_had_by_address_once_for_each_order(alice: User, live_address: str) -> None:
    with client_of(key_of(alice), live_address) as client:
        manners = {"Idempotency-Key": "pictures-1"}
        for _ in range(2):
            made = client.images.generate(
                prompt="Red sneakers", response_format="url", extra_headers=manners
            )
    assert made.data is not None
    url = made.data[0].url or ""
    assert url.startswith(f"{live_address}/files/")
    assert httpx.get(url).headers["Content-Type"].startswith("image/")
    assert (Asset.objects.count(), funds(alice)) == (1, (15, 0))


@pytest.mark.usefixtures("worker")
def test_a_picture_that_came_to_nothing_costs_nothing(
    client: openai.OpenAI, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generation.pipelines.image.make", factories._decline)
    with pytest.raises(openai.BadRequestError) as refused:
        client.images.generate(prompt="Red sneakers")
    assert (refused.value.code, funds(alice)) == ("content_policy_violation", (20, 0))


WAITING = 16


def test_those_who_wait_keep_nobody_waiting(alice: User, live_address: str) -> None:
    authority = urlsplit(live_address).netloc
    key = key_of(alice)
    waiting = [
        ask_and_read_nothing(authority, key, streams=number % 2 > 0) for number in range(WAITING)
    ]
    wait_until(lambda: Message.objects.open().count() == WAITING, seconds=10)
    with client_of(key, live_address) as client:
        began = time.monotonic()
        assert client.models.list().data
        assert time.monotonic() - began < 1.0

    for connection in waiting:
        connection.close()
    stopped = Message.objects.filter(stop_requested_at__isnull=False)
    wait_until(lambda: stopped.count() == WAITING, seconds=10)
    answering.finish(message_id=stopped[0].pk)
    assert funds(alice) == (20 - WAITING + 1, WAITING - 1)  # not a word had come: it is free


def ask_and_read_nothing(authority: str, key: str, *, streams: bool) -> socket.socket:
    body = json.dumps({"model": CHAT, "messages": QUESTION, "stream": streams}).encode()
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {authority}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    host, _, port = authority.partition(":")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(head.encode() + body)
    return connection


def test_a_wrong_key_opens_nothing_nor_does_a_cookie(alice: User, live_address: str) -> None:
    with client_of("vis_wrong", live_address) as client, pytest.raises(openai.AuthenticationError):
        client.models.list()
    cookies = {product.SESSION_COOKIE_NAME: "whatever"}
    nobody = httpx.get(f"{live_address}/v1/models", cookies=cookies)
    assert nobody.status_code == 401
    assert nobody.json()["error"] == {
        "message": "Send your API key as: Authorization: Bearer vis_…",
        "type": "invalid_request_error",
        "param": None,
        "code": "invalid_api_key",
    }
    assert len(nobody.headers["x-request-id"]) == 36


def test_who_has_no_credits_is_told_once(alice: User, live_address: str) -> None:
    with (
        client_of(key_of(alice, monthly_limit=4), live_address, max_retries=2) as client,
        pytest.raises(openai.RateLimitError) as refused,
    ):
        client.images.generate(prompt="Red sneakers")
    assert (refused.value.code, refused.value.type) == ("insufficient_quota", "insufficient_quota")
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert (Job.objects.count(), funds(alice)) == (0, (20, 0))


def test_who_asks_too_often_is_told_when_to_come_back(client: openai.OpenAI, alice: User) -> None:
    for _ in range(20):
        ratelimit.admit(rule="chat", key=alice.pk)
    with pytest.raises(openai.RateLimitError) as refused:
        client.chat.completions.create(model=CHAT, messages=QUESTION)
    headers = refused.value.response.headers
    assert (refused.value.code, headers["x-ratelimit-remaining-requests"]) == (
        "rate_limit_exceeded",
        "0",
    )
    assert 4000 < int(headers["retry-after"]) <= 4320
    assert not Message.objects.exists()


def test_what_is_wrong_is_named(client: openai.OpenAI, alice: User) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt-5", messages=QUESTION)
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError) as several:
        client.chat.completions.create(model=CHAT, messages=QUESTION, n=2)
    assert several.value.param == "n"
    with pytest.raises(openai.BadRequestError) as long:
        client.images.generate(prompt="x" * 2001)
    assert (long.value.param, long.value.code) == ("prompt", "string_above_max_length")
    with pytest.raises(openai.NotFoundError) as nowhere:
        client.embeddings.create(model=CHAT, input="Anything")
    assert nowhere.value.code == "unknown_url"
    assert (Conversation.objects.count(), funds(alice)) == (0, (20, 0))


def test_what_cannot_be_read_is_refused_in_the_same_shape(alice: User, live_address: str) -> None:
    headers = {"Authorization": f"Bearer {key_of(alice)}", "Content-Type": "application/json"}
    url = f"{live_address}/v1/chat/completions"
    bodies: list[tuple[Any, int, str]] = [
        (b"{", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b'{"n": NaN}', 400, "malformed"),
        (b"[" * 100_000, 400, "malformed"),
        (b" " * (2 * 2**20), 413, "too_large"),
        (iter([b" " * 2**20] * 3), 413, "too_large"),
    ]
    for body, status, code in bodies:
        answer = httpx.post(url, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    wrong = httpx.get(url, headers=headers)
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (405, "method_not_allowed")


@pytest.mark.usefixtures("worker")
def test_answers_are_as_openai_documents_them(alice: User, live_address: str) -> None:
    headers = {"Authorization": f"Bearer {key_of(alice)}"}
    said = {"model": CHAT, "messages": QUESTION}
    picture = {"model": IMAGE, "prompt": "Red sneakers"}
    counted = {"stream": True, "stream_options": {"include_usage": True}}
    with httpx.Client(base_url=live_address, headers=headers, timeout=20) as program:
        for path, body in (("/v1/chat/completions", said), ("/v1/images/generations", picture)):
            given = program.post(path, json=body)
            assert complaints("POST", path, Reply(given.status_code, given.json())) == []
        path = "/v1/chat/completions"
        streamed = program.post(path, json=said | counted)
        events = tuple(events_of(streamed.text))
        assert streamed.headers["Content-Type"] == "text/event-stream"
        assert complaints("POST", path, Stream(events=events)) == []
        assert events[-1] == b"[DONE]"
        for path in ("/v1/models", f"/v1/models/{CHAT}"):
            given = program.get(path)
            assert complaints("GET", path, Reply(given.status_code, given.json())) == []
