"""Short memories in Redis that are never older than what they remember.

A `Fenced` value is forgotten when the transaction that changed it commits. Each change moves a
generation on, and what was read is kept only if the generation still is what it was before the
reading: who was overtaken by a change keeps nothing. Without Redis everything is read anew.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import redis
from django.db import connection, transaction

from visiona.lib import outage
from visiona.lib.redis_client import client

GENERATION_SECONDS = 3600
"""Longer than anybody reads: until then a generation is never counted anew."""

# KEYS: value, generation.
KEEP = """
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""
FORGET = """
redis.call('INCR', KEYS[2])
redis.call('EXPIRE', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[1])
"""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fenced:
    """One remembered value: its key, and for how long it may lie there unchanged."""

    key: str
    seconds: int

    def get(self, read: Callable[[], bytes]) -> bytes:
        """Return what is remembered, or read it and remember it.

        Within a transaction that has changed it, it is always read: others must not see that yet.
        """
        if _is_resting() or self._is_changing():
            return read()
        kept: bytes | None = None
        generation: bytes | None = None
        with _tolerant():
            kept, generation = cast("list[bytes | None]", client().mget(self._keys()))
        if kept is not None:
            return kept
        value = read()
        if not _is_resting():
            with _tolerant():
                client().eval(KEEP, 2, *self._keys(), generation or b"", value, self.seconds)
        return value

    def forget_on_commit(self) -> None:
        """Have it read anew by everybody, as soon as what changed it is there for all to see."""
        transaction.on_commit(_Forget(self), robust=True)

    def forget(self) -> None:
        """Have it read anew by everybody from now on."""
        with _tolerant():
            client().eval(FORGET, 2, *self._keys(), GENERATION_SECONDS)

    def _is_changing(self) -> bool:
        """Whether the open transaction has changed it; what was rolled back does not count."""
        waiting = (step[1] for step in connection.run_on_commit)
        return any(isinstance(step, _Forget) and step.value == self for step in waiting)

    def _keys(self) -> tuple[str, str]:
        return f"kept:{self.key}", f"kept:{self.key}:generation"


@dataclass(frozen=True, slots=True)
class _Forget:
    """What a transaction does to a value when it commits."""

    value: Fenced

    def __call__(self) -> None:
        self.value.forget()


def _is_resting() -> bool:
    return outage.is_on()


@contextmanager
def _tolerant() -> Iterator[None]:
    """Do without Redis where it does not answer; the next reads are spared the wait."""
    try:
        yield
    except redis.RedisError:
        outage.note()
        logger.warning("cache.unreachable")
