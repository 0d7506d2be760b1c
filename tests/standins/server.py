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
from typing import Any, ClassVar, Self
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


HTML = Instead(Reply(200, b"<html>Down for a moment</html>", content_type="text/html"))

Route = Callable[[re.Match[str], Seen], Reply]


class StandIn:
    """A server on a port of its own."""

    contract: ClassVar[str] = ""
    prefix: ClassVar[str] = ""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
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
    server: _Server

    def handle_any(self) -> None:
        standin = self.server.standin
        length = int(self.headers.get("content-length") or 0)
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen(self.command, parts.path, parts.query, headers, self.rfile.read(length))
        standin.seen.append(seen)
        fault = standin.fault_for(seen.path)
        if isinstance(fault, Stall):
            standin.closing.wait(fault.seconds)
            self.close_connection = True
            return
        if isinstance(fault, Cut) and fault.resets:
            self._reset()
            return
        reply = fault.reply if isinstance(fault, Instead) else standin.answer(seen)
        self._send(reply, fault)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = handle_any  # noqa: N815 (http.server's)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (its signature)
        """Say nothing."""

    def _send(self, reply: Reply, fault: Fault | None) -> None:
        body = reply.bytes()
        lines = [f"HTTP/1.1 {reply.status} OK", f"Content-Length: {len(body)}"]
        lines += [f"Content-Type: {reply.content_type}"]
        lines += [f"{name}: {value}" for name, value in reply.headers.items()]
        head = "\r\n".join([*lines, "", ""]).encode()
        if isinstance(fault, Drip):
            self.wfile.write(b"" if fault.headers_too else head)
            self._drip((head if fault.headers_too else b"") + body, fault)
        elif isinstance(fault, Cut):
            self.wfile.write(head + body[: len(body) // 2])
            self.close_connection = True
        else:
            self.wfile.write(head + body)

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
