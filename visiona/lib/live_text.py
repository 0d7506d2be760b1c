"""Text that is being written, in Redis: whoever reads it can come and go, from any device.

Each text is a Redis stream whose entries, in order, are the text. Once it is frozen nothing can be
added any more, whoever writes; once it is closed its row in the database is complete. It is kept
for an hour. Without Redis a text is simply not live: the row is the truth.
"""

import logging
import time
from typing import Any, cast
from uuid import UUID

import redis

from visiona.lib.redis_client import client, script

KEPT_SECONDS = 3600
ANSWER_SECONDS = 0.5
LOOK_MS = 400
"""For how long Redis is asked to wait for more; it still has to answer in time."""
AGAIN_SECONDS = 1.0
"""After which Redis is asked again that did not answer: each time may take as long as a word."""
TEXT, END = b"t", b"end"
FROZEN, LOST = 0, -1

# KEYS: the text, and whether it is frozen. ARGV: how long to keep it, how many pieces are there for
# certain, and those after them, of which some may be there: Redis may have heard of them and not
# been heard itself. Where it has lost some, the rest would follow a gap.
APPEND = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local new = redis.call('XLEN', KEYS[1]) - ARGV[2] + 1
if new < 1 then return -1 end
for number = new + 2, #ARGV do
    redis.call('XADD', KEYS[1], '*', 't', ARGV[number])
end
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
"""

logger = logging.getLogger(__name__)


def key_of(text_id: UUID) -> str:
    """Return the name of the stream."""
    return f"text:{text_id}"


class Frozen(Exception):
    """Nothing may be added to this text any more."""


class Writer:
    """Writes one text; `text` is all of it, and while it is live its readers can see that."""

    def __init__(self, text_id: UUID) -> None:
        self._id = text_id
        self._pieces = 0
        self._waiting: list[str] = []
        self._again_at = 0.0
        self._has_gap = False
        self.is_live = True
        self.text = ""

    def append(self, piece: str) -> None:
        """Add to the text, and what Redis did not take before. Raises Frozen."""
        if not self._has_gap:
            self._waiting.append(piece)
            if time.monotonic() >= self._again_at:
                self._send()
        self.text += piece

    def _send(self) -> None:
        key = key_of(self._id)
        append = script(APPEND, seconds=ANSWER_SECONDS)
        try:
            answer = append(
                keys=[key, f"{key}:frozen"], args=[KEPT_SECONDS, self._pieces, *self._waiting]
            )
        except redis.RedisError:
            self.is_live = False
            self._again_at = time.monotonic() + AGAIN_SECONDS
            logger.warning("live_text.unreachable")
            return
        self.is_live = answer != LOST
        if answer == FROZEN:
            raise Frozen
        if answer == LOST:
            # A gap would be worse than an end: who reads learns the rest from the row.
            self._has_gap = True
            logger.warning("live_text.lost")
        self._pieces += len(self._waiting)
        self._waiting.clear()


def freeze(text_id: UUID) -> str:
    """Let nothing be added any more, and return the text as it stands. Raises RedisError."""
    key = key_of(text_id)
    with client(seconds=ANSWER_SECONDS).pipeline() as pipeline:
        pipeline.set(f"{key}:frozen", 1, ex=KEPT_SECONDS)
        pipeline.xrange(key)
        entries = pipeline.execute()[1]
    return "".join(text_of(fields) for _, fields in entries)


def close(text_id: UUID) -> None:
    """Tell readers that the row is complete; best effort, since they look at it by themselves."""
    key = key_of(text_id)
    try:
        with client(seconds=ANSWER_SECONDS).pipeline() as pipeline:
            pipeline.set(f"{key}:frozen", 1, ex=KEPT_SECONDS)
            pipeline.xadd(key, {END: b"1"})
            pipeline.expire(key, KEPT_SECONDS)
            pipeline.execute()
    except redis.RedisError:
        logger.warning("live_text.unreachable")


def wait_for_end(text_id: UUID, *, seconds: float) -> None:
    """Wait until the text is closed, but no longer than this; without Redis, for just as long."""
    until = time.monotonic() + seconds
    last = b"0"
    while (left := until - time.monotonic()) > 0:
        try:
            last, is_closed = _next(text_id, last, left)
        except redis.RedisError:
            time.sleep(left)
            return
        if is_closed:
            return


def _next(text_id: UUID, last: bytes, seconds: float) -> tuple[bytes, bool]:
    """Return where the stream is at now, and whether that is its end."""
    wait_ms = min(max(1, int(seconds * 1000)), LOOK_MS)
    key = key_of(text_id)
    read = cast("Any", client(seconds=ANSWER_SECONDS).xread({key: last}, block=wait_ms))
    entries = read[0][1] if read else []
    if not entries:
        return last, False
    return entries[-1][0], any(END in fields for _, fields in entries)


def forget(text_ids: list[UUID]) -> None:
    """Delete what is left of texts whose rows are erased; best effort."""
    try:
        client(seconds=ANSWER_SECONDS).delete(*(key_of(text_id) for text_id in text_ids))
    except redis.RedisError:
        logger.warning("live_text.unreachable")


def text_of(fields: Any) -> str:
    """Return the piece of text in an entry of the stream; the end has none."""
    return cast("bytes", fields.get(TEXT, b"")).decode()
