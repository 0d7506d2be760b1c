"""Ask one address as fast as it answers, over connections that stay open; a process of its own.

It parses no more than where an answer ends, so that it takes little from what it measures.
"""

import asyncio
import sys
import time

OK = b"HTTP/1.1 200"
CHUNKED_END = b"0\r\n\r\n"


class Visitor(asyncio.Protocol):
    """One connection: the next request goes out when the answer is complete."""

    def __init__(self, request: bytes, ended: asyncio.Future[None]) -> None:
        self._request = request
        self._ended = ended
        self._answer = b""
        self.count = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("This talks TCP.")
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not _is_complete(self._answer):
            return
        if not self._answer.startswith(OK):
            self._fail(f"answered {self._answer[:300]!r}")
            return
        self.count += 1
        self._answer = b""
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail("closed the connection")

    def _fail(self, what: str) -> None:
        if not self._ended.done():
            self._ended.set_exception(RuntimeError(f"The server {what}."))


def _is_complete(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    lower = head.lower()
    start = lower.find(b"content-length:")
    if start < 0:
        return body.endswith(CHUNKED_END)
    return len(body) >= int(lower[start + 15 :].partition(b"\r\n")[0])


async def requests_per_second(*, port: int, request: bytes, seconds: float, visitors: int) -> float:
    """Return how many answers came each second. Raises RuntimeError for any that is not 200."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[None] = loop.create_future()
    opened = [
        await loop.create_connection(lambda: Visitor(request, ended), "127.0.0.1", port)
        for _ in range(visitors)
    ]
    started_at = time.perf_counter()
    before = sum(visitor.count for _, visitor in opened)
    await asyncio.wait((ended,), timeout=seconds)
    rate = (sum(v.count for _, v in opened) - before) / (time.perf_counter() - started_at)
    if ended.done():
        ended.result()
    ended.cancel()
    for transport, _ in opened:
        transport.close()
    return rate


def main() -> None:
    port, path, bearer, seconds, visitors = sys.argv[1:6]
    request = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {bearer}\r\n\r\n"
    ).encode()
    rate = asyncio.run(
        requests_per_second(
            port=int(port), request=request, seconds=float(seconds), visitors=int(visitors)
        )
    )
    sys.stdout.write(f"{rate}\n")


if __name__ == "__main__":
    main()
