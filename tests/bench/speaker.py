"""OpenAI, as light as can be: each word of its answers is the moment at which it was said."""

import asyncio
import contextlib
import json
import sys
import time
from typing import Any

MODEL = "gpt-5.4-mini-2026-03-17"
USAGE = {"prompt_tokens": 900, "completion_tokens": 80, "total_tokens": 980}
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"transfer-encoding: chunked\r\nx-request-id: req_bench\r\n\r\n"
)
END = b"0\r\n\r\n"


class Speaker:
    """Answers everybody in so many words, the first one at once and the others by the clock."""

    def __init__(self, words: int, pause: float) -> None:
        self._words = words
        self._pause = pause

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection for as long as it is kept."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                await reader.readexactly(_length_of(head))
                await self._answer(writer)
        writer.close()

    async def _answer(self, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + _sent(_chunk({"role": "assistant", "content": ""})))
        began = asyncio.get_running_loop().time()
        for number in range(self._words):
            await _sleep_until(began + number * self._pause)
            writer.write(_sent(_chunk({"content": f"{time.time():.6f} "})))
            await writer.drain()
        counted = _chunk({}) | {"choices": [], "usage": USAGE}
        writer.write(_sent(_chunk({}, "stop")) + _sent(counted) + _sent(None) + END)
        await writer.drain()


async def _sleep_until(moment: float) -> None:
    left = moment - asyncio.get_running_loop().time()
    if left > 0:
        await asyncio.sleep(left)


def _chunk(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-bench",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}],
        "usage": None,
    }


def _sent(event: dict[str, Any] | None) -> bytes:
    """Return an event as one piece of a chunked answer; none is the mark of the end."""
    data = f"data: {json.dumps(event) if event else '[DONE]'}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(data), data)


def _length_of(head: bytes) -> int:
    (line,) = (one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:"))
    return int(line.partition(b":")[2])


async def main() -> None:
    """Serve until somebody ends us."""
    port, words, pause = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    speaker = Speaker(words, pause)
    server = await asyncio.start_server(speaker.serve, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
