"""The chat as `make run` starts it, with a provider beside it; and who talks to either."""

import asyncio
import json
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import openai

from generation.services import assistant
from tests.bench.stage import WEB_URL, free_port, running, serving
from visiona.embedded.machine import CELERY_AS_ROOT, SHARING, WORKERS

KEY = "sk-bench"
MODEL = "gpt-5.4-mini"
UVICORN = ("-m", "uvicorn", "visiona.asgi:application")
MANNERS = ("--lifespan", "off", "--no-access-log", "--log-level", "warning")
WORKER = ("-m", "celery", "--quiet", "--app", "visiona", "worker")
ALONE = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "ERROR")
LITTLE = {"MALLOC_ARENA_MAX": "2"}
"""As the supervisor of `make run` has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """Where the product is, and where who answers for it is."""

    port: int
    provider: str


@contextmanager
def chat(*, words: int, pause: float, threads: int | None = None) -> Iterator[Chat]:
    """Run a provider who speaks so, a web process, and the worker of the chat."""
    provider, web = free_port(), free_port()
    address = f"http://127.0.0.1:{provider}/v1"
    environment = {
        **os.environ,
        **LITTLE,
        "GEMINI_API_KEY": "",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": address,
        "OPENAI_COMPATIBLE": "false",
        "TEXT_PROVIDER": "openai",
        "LOG_LEVEL": "ERROR",
        **(CELERY_AS_ROOT if os.geteuid() == 0 else {}),
    }
    at_web = environment | {"DATABASE_URL": os.environ[WEB_URL]}
    speaker = ("-m", "tests.bench.speaker", str(provider), str(words), str(pause))
    # The last one to be named is the one that counts.
    hands = (*WORKERS["chat"], *(("--concurrency", str(threads)) if threads else ()))
    with ExitStack() as programs:
        programs.enter_context(serving(*speaker, port=provider))
        server = (*UVICORN, "--port", str(web), *MANNERS)
        programs.enter_context(serving(*server, port=web, environment=at_web))
        at_work = environment | SHARING["chat"]
        programs.enter_context(running(*WORKER, *hands, *ALONE, environment=at_work))
        yield Chat(port=web, provider=address)


@dataclass(slots=True, kw_only=True)
class Heard:
    """What came of an answer: when it was asked for, and when each of its words came."""

    asked_at: float
    said: list[float]
    """When its provider said each word, by the provider's own account."""
    came: list[float]

    @property
    def first_ms(self) -> float:
        """From the question to the first word."""
        return (self.came[0] - self.asked_at) * 1000

    @property
    def late_ms(self) -> list[float]:
        """How long each word was on its way."""
        return [(came - said) * 1000 for said, came in zip(self.said, self.came, strict=True)]


async def ask(port: int, bearer: str) -> Heard:
    """Ask something new in a conversation of its own and listen to the end.

    Raises RuntimeError where there is no answer.
    """
    heard = Heard(asked_at=time.time(), said=[], came=[])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        asked = json.dumps({"message": f"What is {uuid4()}?", "stream": True}).encode()
        writer.write(request_of("POST", "/api/v1/chat", bearer, asked))
        coming = await _answer_of(reader)
        writer.write(request_of("GET", coming["stream"], bearer))
        await reader.readuntil(b"\r\n\r\n")
        async for event, data in events_of(reader):
            if event == "done":
                return heard
            if event == "error":
                raise RuntimeError(f"The chat answered {data}.")
            for word in data["text"].split():
                heard.came.append(time.time())
                heard.said.append(float(word))
    finally:
        writer.close()
    raise RuntimeError("An answer broke off.")


def client_of(chat: Chat) -> openai.OpenAI:
    """Return the official SDK, as anybody uses it."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    return openai.OpenAI(api_key=KEY, base_url=chat.provider, max_retries=0)


def ask_directly(client: openai.OpenAI, *, words: int = 0) -> Heard:
    """Ask the provider by its own SDK and listen: to the end, or to so many words."""
    heard = Heard(asked_at=time.time(), said=[], came=[])
    messages: list[Any] = [
        {"role": "system", "content": assistant.instructions()},
        {"role": "user", "content": f"What is {uuid4()}?"},
    ]
    with client.chat.completions.create(
        model=MODEL, messages=messages, stream=True, stream_options={"include_usage": True}
    ) as answer:
        for chunk in answer:
            text = chunk.choices[0].delta.content if chunk.choices else ""
            if text:
                heard.came.append(time.time())
                heard.said.append(float(text))
            if words and len(heard.came) == words:
                break
    return heard


def request_of(method: str, path: str, bearer: str, body: bytes = b"") -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {bearer}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer_of(reader: asyncio.StreamReader) -> Any:
    """Return the document of an answer, which comes in chunks."""
    head = await reader.readuntil(b"\r\n\r\n")
    body = b""
    while size := int(await reader.readline(), 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    if not head.startswith(b"HTTP/1.1 202"):
        raise RuntimeError(f"The chat answered {head!r} {body[:300]!r}.")
    return json.loads(body)["data"]


async def events_of(reader: asyncio.StreamReader) -> AsyncIterator[tuple[str, Any]]:
    """Give the events of a stream; what else is between them is the frame of its chunks."""
    event = ""
    while line := await reader.readline():
        name, _, rest = line.decode().rstrip("\r\n").partition(": ")
        if name == "event":
            event = rest
        elif name == "data":
            yield event, json.loads(rest)
