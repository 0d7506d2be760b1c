"""What reaches the streams: bodies of a bounded size, within a bounded time."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from django.core.exceptions import RequestAborted

from visiona import asgi

SCOPE = {
    "type": "http",
    "http_version": "1.1",
    "method": "POST",
    "path": "/v1/models",
    "query_string": b"",
    "headers": [],
    "server": ("127.0.0.1", 80),
}


def piece(size: int, *, more: bool) -> dict[str, Any]:
    return {"type": "http.request", "body": b"x" * size, "more_body": more}


async def bounded(messages: Iterable[dict[str, Any]]) -> bytes | None:
    waiting = iter(messages)

    async def receive() -> dict[str, Any]:
        return next(waiting)

    return await asgi._bounded_body(receive)


def test_a_byte_more_than_is_allowed_is_kept_and_the_rest_is_not() -> None:
    most = 2**20
    whole = [piece(2**19, more=True), piece(2**19, more=False)]
    assert len(asyncio.run(bounded(whole)) or b"") == most
    endless = [piece(2**19, more=True)] * 40 + [piece(1, more=False)]
    assert len(asyncio.run(bounded(endless)) or b"") == most + 1
    gone = [piece(10, more=True), {"type": "http.disconnect"}]
    assert asyncio.run(bounded(gone)) is None


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "BODY_SECONDS", 0.05)
    sent: list[dict[str, Any]] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(asgi.application(SCOPE, receive, send))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] == 408
    assert {name for name, _ in sent[0]["headers"]} == {b"connection", b"x-request-id"}


def test_what_comes_after_the_body_still_comes() -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def messages() -> list[Any]:
        following = asgi._after(b"all", receive)
        return [await following(), await following()]

    body, end = asyncio.run(messages())
    assert (body["body"], body["more_body"], end["type"]) == (b"all", False, "http.disconnect")


def test_who_does_not_read_keeps_no_stream_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "SEND_SECONDS", 0.05)

    async def send(_: Any) -> None:
        await asyncio.Event().wait()

    with pytest.raises(RequestAborted):
        asyncio.run(asgi._patient(send)({"type": "http.response.body"}))


CHUNKS = 40


def echo(environ: Any, start_response: Any) -> Iterable[bytes]:
    """A WSGI application that answers in many pieces with what it was sent."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body, *(str(number).encode() for number in range(CHUNKS))]


def answer_of(*pieces: dict[str, Any]) -> list[dict[str, Any]]:
    coming, sent = iter(pieces), list[dict[str, Any]]()

    async def receive() -> dict[str, Any]:
        return next(coming)

    async def send(message: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        sent.append(message)

    asyncio.run(asgi.Pages(echo)(SCOPE, receive, send))
    return sent


def said_by_the_server(scope: dict[str, Any], *told: str) -> list[str]:
    """The kinds of messages that a connection gets which is no request."""
    coming, sent = iter(told), list[str]()

    async def receive() -> dict[str, Any]:
        return {"type": next(coming)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(asgi.application(scope, receive, send))
    return sent


@pytest.mark.parametrize(
    "pieces",
    [[piece(6, more=False)], [piece(2, more=True), piece(4, more=False)]],
    ids=["in one piece", "in two"],
)
def test_a_page_gets_the_whole_body_and_its_answer_keeps_its_order(
    pieces: list[dict[str, Any]],
) -> None:
    start, *bodies = answer_of(*pieces)

    assert start["status"] == 200
    expected = [b"xxxxxx", *(str(number).encode() for number in range(CHUNKS)), b""]
    assert [message["body"] for message in bodies] == expected
    assert [message.get("more_body", False) for message in bodies] == [True] * 41 + [False]


def test_a_page_whose_sender_has_left_is_answered_all_the_same() -> None:
    start, *bodies = answer_of({"type": "http.disconnect"})

    assert (start["status"], bodies[0]["body"]) == (200, b"")


@pytest.mark.parametrize("path", ["/studio/", "/stream/events", "/v1/realtime"])
def test_the_handshake_of_a_websocket_is_refused(path: str) -> None:
    handshake = {"type": "websocket", "path": path, "query_string": b"", "headers": []}
    assert said_by_the_server(handshake, "websocket.connect") == ["websocket.close"]


def test_a_server_may_tell_when_it_begins_and_ends() -> None:
    said = said_by_the_server({"type": "lifespan"}, "lifespan.startup", "lifespan.shutdown")
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
