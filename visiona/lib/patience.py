"""Connections that end in time: a step by itself may be short, and all of them take for ever."""

import ssl
import time
from collections.abc import Callable
from typing import Any, Self

import httpcore
import httpcore2

Patience = Callable[[float | None], float]
"""Says how long one step may take, of at most so many seconds. Raises DeadlinePassed."""


class DeadlinePassed(httpcore.ReadTimeout, httpcore2.ReadTimeout):
    """The time is used up, however lively the other side still is."""


def until(deadline: float, timeout: float | None) -> float:
    """Return how long one step may take that ends by then. Raises DeadlinePassed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlinePassed
    return left if timeout is None else min(left, timeout)


class PatientStream(httpcore.NetworkStream, httpcore2.NetworkStream):
    """A connection of either library that asks before each step how long it may take."""

    def __init__(self, stream: Any, patience: Patience) -> None:
        self._stream = stream
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        received: bytes = self._stream.read(max_bytes, self._patience(timeout))
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._patience(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> Self:
        secured = self._stream.start_tls(ssl_context, server_hostname, self._patience(timeout))
        return type(self)(secured, self._patience)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
