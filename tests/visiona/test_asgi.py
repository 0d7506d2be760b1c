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
