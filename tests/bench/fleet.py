"""Replicate, as light as can be: thousands of predictions that end when chance has it."""

import asyncio
import base64
import hashlib
import hmac
import io
import json
import random
import sys
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from PIL import Image

PAGE = 100
SENDERS = 16
SEED = 4


def picture() -> bytes:
    """Return the one picture that everybody gets: small, since this is not about drawing."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "teal").save(out, "PNG")
    return out.getvalue()


class Fleet:
    """Predictions in flight, what became of them, and the webhooks that tell of it."""

    def __init__(self, address: str, secret: str) -> None:
        self.address = address
        self.works: dict[str, dict[str, Any]] = {}
        self.webhooks: dict[str, str] = {}
        self.ended: dict[str, float] = {}
        self.picture = picture()
        self._key = base64.b64decode(secret.removeprefix("whsec_"))
        self._senders = asyncio.Semaphore(SENDERS)
        self._sending: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection for as long as it is kept."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                method, target, _ = head.split(b" ", 2)
                body = await reader.readexactly(_length_of(head))
                status, content, content_type = self._answer(method.decode(), target.decode(), body)
                lines = f"HTTP/1.1 {status} OK\r\ncontent-length: {len(content)}\r\n"
                writer.write(f"{lines}content-type: {content_type}\r\n\r\n".encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, method: str, target: str, body: bytes) -> tuple[int, bytes, str]:
        if target.startswith("/delivery/"):
            return 200, self.picture, "image/png"
        return 200, json.dumps(self._document(method, target, body)).encode(), "application/json"

    def _document(self, method: str, target: str, body: bytes) -> Any:
        parts = urlsplit(target)
        query = parse_qs(parts.query)
        match method, parts.path.strip("/").split("/"):
            case "POST", ["v1", "predictions"]:
                return self._begin(json.loads(body))
            case "GET", ["v1", "predictions"]:
                return self._page(int(query.get("cursor", ["0"])[0]))
            case "GET", ["v1", "predictions", name]:
                return self.works[name]
            case "POST", ["end"]:
                return self._end_all(float(query["seconds"][0]))
            case "GET", ["count"]:
                return len(self.works)
            case "GET", ["ended"]:
                return self.ended
        raise ValueError(target)

    def _begin(self, given: dict[str, Any]) -> dict[str, Any]:
        name = uuid4().hex[:26]
        here = f"{self.address}/v1/predictions/{name}"
        self.works[name] = {
            "id": name,
            "model": given["version"],
            "version": "hidden",
            "input": given["input"],
            "logs": "",
            "output": None,
            "error": None,
            "status": "starting",
            "created_at": _moment(),
            "urls": {"get": here, "cancel": f"{here}/cancel"},
        }
        self.webhooks[name] = given["webhook"]
        self._tell(name)
        return self.works[name]

    def _page(self, begun: int) -> dict[str, Any]:
        newest = list(self.works.values())[::-1]
        after = begun + PAGE
        following = f"{self.address}/v1/predictions?cursor={after}" if after < len(newest) else None
        return {"previous": None, "next": following, "results": newest[begun:after]}

    def _end_all(self, seconds: float) -> int:
        chance = random.Random(SEED)
        loop = asyncio.get_running_loop()
        for name in self.works:
            loop.call_later(chance.uniform(0, seconds), self._end, name)
        return len(self.works)

    def _end(self, name: str) -> None:
        now = _moment()
        self.works[name] |= {
            "status": "succeeded",
            "output": [f"{self.address}/delivery/{name}"],
            "started_at": now,
            "completed_at": now,
            "metrics": {"predict_time": 2.0},
        }
        self.ended[name] = time.time()
        self._tell(name)

    def _tell(self, name: str) -> None:
        sending = asyncio.create_task(self._send(name, json.dumps(self.works[name]).encode()))
        self._sending.add(sending)
        sending.add_done_callback(self._sending.discard)

    async def _send(self, name: str, body: bytes) -> None:
        parts = urlsplit(self.webhooks[name])
        message, moment = f"msg_{uuid4().hex}", str(int(time.time()))
        signed = hmac.digest(self._key, f"{message}.{moment}.".encode() + body, hashlib.sha256)
        head = (
            f"POST {parts.path}?{parts.query} HTTP/1.1\r\nhost: {parts.netloc}\r\n"
            "connection: close\r\ncontent-type: application/json\r\n"
            f"content-length: {len(body)}\r\n"
            f"webhook-id: {message}\r\nwebhook-timestamp: {moment}\r\n"
            f"webhook-signature: v1,{base64.b64encode(signed).decode()}\r\n\r\n"
        )
        async with self._senders:
            try:
                reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
                writer.write(head.encode() + body)
                await asyncio.wait_for(reader.read(), 30)
                writer.close()
            except (OSError, TimeoutError):
                return  # as with the real one, nobody can count on a webhook


def _length_of(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _moment() -> str:
    return datetime.now(tz=UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def main() -> None:
    """Serve until somebody ends us."""
    port, secret = int(sys.argv[1]), sys.argv[2]
    fleet = Fleet(f"http://127.0.0.1:{port}", secret)
    server = await asyncio.start_server(fleet.serve, "127.0.0.1", port, backlog=512)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
