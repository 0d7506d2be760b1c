"""A circuit breaker a provider and capability, shared by all processes: who is down is let alone.

It opens after several failures in a row and then lets one call at a time through to see; staff
may hold it open or closed. Without Redis every call goes through.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import redis

from generation.providers.ports import Capability
from visiona.lib import outage
from visiona.lib.redis_client import client

FORGET_SECONDS = 300
"""Failures that lie further apart than this are not in a row."""

# KEYS: state, held. A state has `failures`, and `until` (ms) once it is open. Redis' clock is the
# only one; the one who comes after `until` moves it on, so that nobody else tries meanwhile.
ALLOW = """
local held = redis.call('GET', KEYS[2])
if held == 'open' then return tonumber(ARGV[1]) end
local open_until = redis.call('HGET', KEYS[1], 'until')
if held == 'closed' or not open_until then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if now < tonumber(open_until) then return tonumber(open_until) - now end
redis.call('HSET', KEYS[1], 'until', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2] + ARGV[3])
return 0
"""
FAILED = """
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
local opened = 0
if failures >= tonumber(ARGV[1]) then
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    redis.call('HSET', KEYS[1], 'until', now + ARGV[2])
    opened = failures == tonumber(ARGV[1]) and 1 or 0
end
redis.call('PEXPIRE', KEYS[1], ARGV[2] + ARGV[3])
return opened
"""

logger = logging.getLogger(__name__)


class Hold(StrEnum):
    """What staff decided; `auto` leaves it to the breaker."""

    AUTO = "auto"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How a breaker stands, for staff to see."""

    failures: int
    is_open: bool
    hold: Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """The breaker of one provider's one capability."""

    provider: str
    capability: Capability
    failures: int = 5
    rest_seconds: float = 30.0
    trial_seconds: float = 150.0
    """How long the one who tries may take before another one may."""

    def wait(self) -> float:
        """Return for how many seconds not to call: none where it is closed or this is a trial."""
        wait = 0
        if _is_resting():
            return 0.0
        with _tolerant():
            allowances = map(_ms, (self.rest_seconds, self.trial_seconds, FORGET_SECONDS))
            wait = cast("int", client().eval(ALLOW, 2, *self._keys(), *allowances))
        return wait / 1000

    def succeeded(self) -> None:
        """Close it."""
        if _is_resting():
            return
        with _tolerant():
            client().delete(self._keys()[0])

    def failed(self) -> None:
        """Count a failure that says something about the provider's health; open it if need be."""
        if _is_resting():
            return
        with _tolerant():
            allowances = map(_ms, (self.rest_seconds, FORGET_SECONDS))
            if client().eval(FAILED, 2, *self._keys(), self.failures, *allowances):
                names = {"provider": self.provider, "capability": str(self.capability)}
                logger.warning("generation.breaker.opened", extra=names)

    def flip(self, hold: Hold) -> None:
        """Hold it open or closed until it is flipped back. Raises RedisError."""
        state, held = self._keys()
        with client().pipeline() as pipeline:
            pipeline.delete(state, held)
            if hold is not Hold.AUTO:
                pipeline.set(held, hold.value)
            pipeline.execute()
        names = {"provider": self.provider, "capability": str(self.capability)}
        logger.warning("generation.breaker.flipped", extra={**names, "hold": hold.value})

    def state(self) -> State:
        """Return how it stands. Raises RedisError."""
        key, held = self._keys()
        counted, opened = cast("list[bytes | None]", client().hmget(key, ["failures", "until"]))
        hold = Hold(cast("bytes", client().get(held) or b"auto").decode())
        return State(
            failures=int(counted or 0),
            is_open=hold is Hold.OPEN or (hold is Hold.AUTO and opened is not None),
            hold=hold,
        )

    def _keys(self) -> tuple[str, str]:
        key = f"breaker:{self.provider}:{self.capability}"
        return key, f"{key}:held"


def _is_resting() -> bool:
    return outage.is_on()


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


@contextmanager
def _tolerant() -> Iterator[None]:
    """Do without Redis where it does not answer; the next calls are spared the wait."""
    try:
        yield
    except redis.RedisError:
        outage.note()
        logger.warning("generation.breaker.unreachable")
