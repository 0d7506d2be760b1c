"""The wire to providers: no call outlives its deadline, reads without end or is told in a log."""

import email.utils
import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC
from functools import cache, partial
from typing import Any

import httpcore
import httpcore2
import httpx
import httpx2

from visiona.lib import clock
from visiona.lib.patience import PatientStream, until

CONNECT_SECONDS = 5.0
MOST_SECONDS = 120.0
"""What the SDKs are told; the exchange is what bounds a call."""

MOST_RETRY_AFTER_SECONDS = 3600.0
MOST_REDIRECTS = 5
POOL: dict[str, Any] = {
    "max_connections": 400,
    "max_keepalive_connections": 20,
    "keepalive_expiry": 30.0,
}
"""More than there are threads that ask one provider: nobody waits for a connection."""

# At INFO they write addresses, at DEBUG whole requests: prompts, pictures and all.
TALKATIVE = ("httpx", "httpx2", "httpcore", "httpcore2", "openai", "google_genai", "replicate")
for library in TALKATIVE:
    logging.getLogger(library).setLevel(logging.WARNING)


class TooMuch(httpcore.ReadError, httpcore2.ReadError):
    """The other side sent more than we read."""


@dataclass(slots=True)
class Exchange:
    """One call: what it may still use, and how the other side answered last."""

    ends_at: float
    bytes_left: int
    status: int = 0
    retry_after: float | None = None
    request_id: str = ""
    response: httpx.Response | httpx2.Response | None = None

    def patience(self, timeout: float | None) -> float:
        """Return how long one step may take. Raises DeadlinePassed."""
        return until(self.ends_at, timeout)

    def take(self, received: bytes) -> bytes:
        """Count what arrived. Raises TooMuch."""
        self.bytes_left -= len(received)
        if self.bytes_left < 0:
            raise TooMuch
        return received

    def go_on(self, seconds: float, *, until: float) -> None:
        """Allow that much from now, but nothing beyond a moment of the monotonic clock."""
        self.ends_at = min(time.monotonic() + seconds, until)

    def close(self) -> None:
        """Let go of what was not read to its end: the other side is to stop."""
        if self.response is not None:
            self.response.close()


_exchange: ContextVar[Exchange] = ContextVar("exchange")


@contextmanager
def exchange(*, seconds: float, max_bytes: int) -> Iterator[Exchange]:
    """Bound everything that is sent and received inside."""
    current = Exchange(time.monotonic() + seconds, max_bytes)
    token = _exchange.set(current)
    try:
        yield current
    finally:
        current.close()
        _exchange.reset(token)


class BoundedStream(PatientStream):
    """A connection that obeys the exchange which uses it; it is kept for the next one."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return _exchange.get().take(super().read(max_bytes, timeout))


class BoundedNetwork(httpcore.NetworkBackend, httpcore2.NetworkBackend):  # type: ignore[misc]
    """Opens connections of that kind, by the means of either library; they differ in sockets."""

    def __init__(self, network: Any) -> None:
        self._network = network

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> BoundedStream:
        patience = min(_patience(timeout), CONNECT_SECONDS)
        stream = self._network.connect_tcp(host, port, patience, local_address, socket_options)
        return BoundedStream(stream, _patience)


def _patience(timeout: float | None) -> float:
    return _exchange.get().patience(timeout)


class Shared[Client]:
    """Makes one client for each account, for all threads, and keeps it with its connections."""

    def __init__(self, make: Callable[[str, str], Client]) -> None:
        self._make = cache(make)
        self._lock = threading.Lock()
        self.cache_clear = self._make.cache_clear

    def __call__(self, key: str, base_url: str) -> Client:
        with self._lock:  # or else two threads make two, and one is lost with what it opened
            return self._make(key, base_url)


class BoundedTransport(httpx.HTTPTransport):
    """What the SDKs that use httpx send by."""

    def __init__(self) -> None:
        super().__init__()
        self._pool = httpcore.ConnectionPool(
            httpx.create_ssl_context(),
            network_backend=BoundedNetwork(httpcore.SyncBackend()),
            **POOL,
        )


class BoundedTransport2(httpx2.HTTPTransport):
    """What the SDKs that use httpx2 send by."""

    def __init__(self) -> None:
        super().__init__()
        self._pool = httpcore2.ConnectionPool(
            httpx2.create_ssl_context(),
            network_backend=BoundedNetwork(httpcore2.SyncBackend()),
            **POOL,
        )


def client2(*, within: str = "") -> httpx2.Client:
    """Return a client for the SDKs that use httpx2: bounded, and by no proxy of the environment.

    It follows nobody, or only to the scheme and host of this address. Answers come as they are:
    the bytes that an exchange counts are those that are held.
    """
    hooks: dict[str, list[Callable[..., Any]]] = {"response": [note]}
    if within:
        hooks["request"] = [partial(stay, httpx2.URL(within))]
    return httpx2.Client(
        transport=BoundedTransport2(),
        trust_env=False,
        headers={"Accept-Encoding": "identity"},
        follow_redirects=bool(within),
        max_redirects=MOST_REDIRECTS,
        event_hooks=hooks,
    )


def stay(address: httpx2.URL, request: httpx2.Request) -> None:
    """Let nothing go elsewhere: a key is in the headers. Raises ValueError."""
    if request.url.origin != address.origin:
        raise ValueError("it leads to somebody else")


def note(response: httpx.Response | httpx2.Response) -> None:
    """Remember of an answer what the SDKs' errors do not tell."""
    current = _exchange.get()
    headers = response.headers
    current.response = response
    current.status = response.status_code
    current.request_id = headers.get("x-request-id", "")[:200]
    current.retry_after = seconds_of(headers.get("retry-after", ""))


def seconds_of(retry_after: str) -> float | None:
    """Return how long a Retry-After asks to wait, at most an hour; it may be a date."""
    text = retry_after.strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - clock.now()).total_seconds()
    return None if math.isnan(seconds) else min(max(seconds, 0.0), MOST_RETRY_AFTER_SECONDS)
