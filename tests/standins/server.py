"""A provider on this machine: the real SDKs speak to it, and it can be told to misbehave."""

import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Literal, Self
from urllib.parse import urlsplit

from tests.standins.contracts import Contract


@dataclass(frozen=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """One answer: a document, or bytes of some type."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"

    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()

    def documents(self) -> list[Any]:
        """Return what is in it that a contract has a say in."""
        return [self.body] if self.content_type == "application/json" else []


@dataclass(frozen=True)
class Stream(Reply):
    """One answer in many events: documents, or bytes that are none."""

    content_type: str = "text/event-stream"
    events: tuple[Any, ...] = ()

    def bytes(self) -> bytes:
        return b"".join(map(sent, self.events))

    def documents(self) -> list[Any]:
        return [event for event in self.events if not isinstance(event, bytes)]


def sent(event: Any) -> bytes:
    """Return an event as it goes over the wire."""
    data = event if isinstance(event, bytes) else json.dumps(event).encode()
    return b"data: " + data + b"\n\n"


def words_of(text: str) -> list[str]:
    """Return a text in pieces, as models write it."""
    return re.findall(r"\s*\S+|\s+$", text)


class Fault:
    """What goes wrong with one request instead of, or with, the answer that it should have."""


@dataclass(frozen=True)
class Instead(Fault):
    """Another answer."""

    reply: Reply


@dataclass(frozen=True)
class Stall(Fault):
    """No answer, for a long time."""

    seconds: float = 30.0


@dataclass(frozen=True)
class Drip(Fault):
    """The answer, a byte at a time: even its headers, if so."""

    headers_too: bool = False
    pause: float = 0.05


@dataclass(frozen=True)
class Cut(Fault):
    """Half of the answer, then the end of the connection; or its reset before a word."""

    resets: bool = False


@dataclass(frozen=True)
class After(Fault):
    """So many events of a stream as they should be, and then not."""

    events: int
    then: Literal["silence", "cut", "reset", "end", "nonsense", "repeat"]
    """The connection stands still, breaks or is reset; the answer ends, or what comes is no JSON
    or the next event for ever."""
    pause: float = 0.02
    """Between those that come for ever."""


HTML = Instead(Reply(200, b"<html>Down for a moment</html>", content_type="text/html"))

SILENCE_SECONDS = 30.0

Route = Callable[[re.Match[str], Seen], Reply]


class StandIn:
    """A server on a port of its own."""

    contract: ClassVar[str] = ""
    prefix: ClassVar[str] = ""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.ports: set[int] = set()
        """Where those are who asked: one for each connection."""
        self.pause = 0.0
        """Before each event of a stream."""
        self.left = threading.Event()
        """Whether somebody closed the connection before a stream had ended."""
        self._faults: deque[tuple[str, Fault]] = deque()
        self.complaints: list[str] = []
        self.closing = threading.Event()
        self._contract = Contract.of(self.contract) if self.contract else None
        self._server = _Server(self)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[Self]:
        """Serve until the end of the block; `complaints` says what was not right."""
        standin = cls()
        standin._thread.start()
        try:
            yield standin
        finally:
            standin.closing.set()
            standin._server.shutdown()
            standin._server.server_close()
            standin._thread.join()

    @property
    def base_url(self) -> str:
        """What the product's setting says."""
        return self.address + self.prefix

    def misbehave(self, *faults: Fault, on: str = "") -> None:
        """Let the next requests go wrong, one fault each; with `on`, those to such a path."""
        self._faults.extend((on, fault) for fault in faults)

    def fault_for(self, path: str) -> Fault | None:
        """Return what goes wrong with a request."""
        for waiting in self._faults:
            if re.search(waiting[0], path):
                self._faults.remove(waiting)
                return waiting[1]
        return None

    def reset(self) -> None:
        """Forget what was seen, and what was to go wrong."""
        self.seen.clear()
        self.ports.clear()
        self.left.clear()
        self.pause = 0.0
        self.complaints.clear()
        self._faults.clear()

    def routes(self) -> list[tuple[str, str, Route]]:
        """Return who answers what: a method, a pattern of the path, and the answer."""
        raise NotImplementedError

    def is_authorized(self, seen: Seen) -> bool:
        """Whether the key is there."""
        raise NotImplementedError

    def unauthorized(self) -> Reply:
        """Return the answer to somebody without a key."""
        raise NotImplementedError

    def answer(self, seen: Seen) -> Reply:
        """Return the answer that a request should have, checked as the request itself is."""
        for method, pattern, route in self.routes():
            found = re.fullmatch(pattern, seen.path)
            if found and method == seen.method:
                is_public = "/delivery/" in seen.path
                reply = (
                    route(found, seen)
                    if is_public or self.is_authorized(seen)
                    else self.unauthorized()
                )
                if self._contract and not is_public:
                    self.complaints += self._contract.complaints(seen, reply)
                return reply
        return Reply(404, {"detail": "no such route", "error": {"message": "no such route"}})

    def paths(self, method: str = "POST") -> list[str]:
        """Return what was asked by this method, in order."""
        return [seen.path for seen in self.seen if seen.method == method]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; that is what is tested."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle_any(self) -> None:
        standin = self.server.standin
        length = int(self.headers.get("content-length") or 0)
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, parts.path, parts.query, headers, self.rfile.read(length))
        standin.seen.append(seen)
        standin.ports.add(self.client_address[1])
        fault = standin.fault_for(seen.path)
        if isinstance(fault, Stall):
            standin.closing.wait(fault.seconds)
            self.close_connection = True
            return
        if isinstance(fault, Cut) and fault.resets:
            self._reset()
            return
        reply = fault.reply if isinstance(fault, Instead) else standin.answer(seen)
        if isinstance(reply, Stream) and not isinstance(fault, Drip | Cut):
            self._stream(reply, fault)
        else:
            self._send(reply, fault)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 (http.server's)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its signature)
        """Say nothing."""

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        body = reply.bytes()
        lines = [f"HTTP/1.1 {reply.status} OK", f"Content-Length: {len(body)}"]
        head = self._head(lines, reply)
        if isinstance(fault, Drip):
            self.wfile.write(b"" if fault.headers_too else head)
            self._drip((head if fault.headers_too else b"") + body, fault)
        elif isinstance(fault, Cut):
            self.wfile.write(head + body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(head + body)

    def _head(self, lines: list[str], reply: Reply) -> bytes:
        lines += [f"Content-Type: {reply.content_type}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode()

    def _stream(self, reply: Stream, fault: Fault | None) -> None:
        lines = [f"HTTP/1.1 {reply.status} OK", "Transfer-Encoding: chunked"]
        self.wfile.write(self._head(lines, reply))
        try:
            if isinstance(fault, After):
                self._stream_badly(reply.events, fault)
            else:
                self._events(reply.events)
                self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True
            self.server.standin.left.set()

    def _stream_badly(self, events: tuple[Any, ...], fault: After) -> None:
        self._events(events[: fault.events])
        match fault.then:
            case "silence":
                self.server.standin.closing.wait(SILENCE_SECONDS)
            case "reset":
                self._reset()
            case "end":
                self.wfile.write(b"0\r\n\r\n")
            case "nonsense":
                self._events((b'{"candidates": [{', *events[fault.events :]))
            case "repeat":
                while not self.server.standin.closing.wait(fault.pause):
                    self._events(events[fault.events : fault.events + 1])
        self.close_connection = True

    def _events(self, events: tuple[Any, ...]) -> None:
        standin = self.server.standin
        for event in events:
            if standin.pause:
                standin.closing.wait(standin.pause)
            data = sent(event)
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def _drip(self, data: bytes, fault: Drip) -> None:
        for byte in data:
            self.wfile.write(bytes([byte]))
            if self.server.standin.closing.wait(fault.pause):
                break
        self.close_connection = True

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True
