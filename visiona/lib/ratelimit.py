"""How often somebody may do something: token buckets in Redis, atomic, and by its clock alone.

A bucket holds as many tokens as its rule allows and fills evenly, so that "20/day" is twenty at
once or one every 72 minutes. What happens where Redis does not answer is a property of each rule.
"""

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import cast

import redis
from django.conf import settings

from visiona.lib import clock, outage
from visiona.lib.errors import RateLimited, Unavailable
from visiona.lib.redis_client import script

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
SPANS = {"second": "this second", "minute": "this minute", "hour": "this hour", "day": "today"}
CLOSED = "This is closed for a moment, because requests cannot be counted. Try again in a minute."

# What was used is kept, not what is left: who may do more from now on has the difference at once,
# and a bucket that is full again is no key at all. A cost below nothing gives back.
TAKE = """
local capacity, rate, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local kept = redis.call('GET', KEYS[1])
local used = 0
if kept then
    local before, at = kept:match('(%S+) (%S+)')
    used = math.max(0, before - math.max(0, now - at) * rate)
end
if used + cost > capacity + 1e-9 then return {0, tostring(used)} end
used = math.max(0, used + cost)
if cost ~= 0 then
    kept = string.format('%.17g %.6f', used, now)
    redis.call('SET', KEYS[1], kept, 'PX', math.ceil(used / rate * 1000) + 1)
end
return {1, tostring(used)}
"""

logger = logging.getLogger(__name__)
_verdicts: ContextVar["list[Verdict] | None"] = ContextVar("rate_limit_verdicts", default=None)


class LimitReached(RateLimited):
    """A bucket is empty; facts: limit, remaining, reset_at, retry_after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How much of something one may do in a time: so many `things` at once, filled evenly."""

    name: str
    capacity: int
    unit: str
    things: str = "requests"
    fails_open: bool = True

    @property
    def per_seconds(self) -> int:
        """In how many seconds an empty bucket is full again."""
        return SECONDS[self.unit]

    @property
    def rate(self) -> float:
        """How many tokens come in a second."""
        return self.capacity / self.per_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a bucket answered; where it could not be asked it is not known how much is left."""

    allowed: bool
    limit: int
    remaining: int
    retry_after_seconds: float
    next_seconds: float
    """Until there is one more than now; nothing where the bucket is full."""
    reset_seconds: float
    is_known: bool = True


# Paid answers and the doors stay closed where nobody counts: a guess or a bill is not taken back.
# Orders of jobs are bounded by PostgreSQL too: by credits, by jobs at a time, by the budget.
KINDS: dict[str, tuple[str, bool]] = {
    "chat": ("requests", False),
    "enhance": ("better prompts", False),
    "sign_in": ("attempts to sign in", False),
    "sign_up": ("new accounts", False),
    "jobs": ("orders", True),
    "uploads": ("uploads", True),
    "webhooks": ("refused events", True),
    "api": ("requests", True),
    "anonymous": ("requests", True),
}
"""Each rule by its name: what it counts, and whether it lets pass without Redis."""


def rule_of(name: str, limit: str | None = None) -> Rule:
    """Return the rule of this name as it is set, or with another limit such as "200/day".

    Raises LookupError.
    """
    things, fails_open = KINDS[name]
    capacity, unit = _parsed(limit or settings.RATE_LIMITS[name])
    return Rule(name=name, capacity=capacity, unit=unit, things=things, fails_open=fails_open)


def admit(*, rule: str, key: object, limit: str | None = None) -> Verdict:
    """Take a token for this key, or refuse: the one call for pages, the API and services.

    Raises LimitReached, and Unavailable where nobody can count and the rule then stays closed.
    """
    asked = rule_of(rule, limit)
    verdict = take(asked, key)
    if not verdict.is_known and not verdict.allowed:
        raise Unavailable(CLOSED)
    _note(verdict)
    if not verdict.allowed:
        logger.info("ratelimit.refused", extra={"rule": rule})
        raise _refusal(asked, verdict)
    return verdict


def peek(*, rule: str, key: object, limit: str | None = None) -> Verdict:
    """Say how a bucket stands without taking from it."""
    return take(rule_of(rule, limit), key, cost=0)


def give_back(*, rule: str, key: object, limit: str | None = None) -> None:
    """Put a token back: what it was taken for turned out to have been done before."""
    take(rule_of(rule, limit), key, cost=-1)


def take(rule: Rule, key: object, cost: int = 1) -> Verdict:
    """Take tokens if there are enough; by one script, so that no two can take the same one."""
    if outage.is_on():
        return _unknown(rule)
    arguments = (rule.capacity, rule.rate, cost)
    try:
        answer = script(TAKE)(keys=[f"bucket:{rule.name}:{key}"], args=arguments)
    except redis.RedisError:
        outage.note()
        logger.warning("ratelimit.unreachable")
        return _unknown(rule)
    allowed, used = cast("tuple[int, bytes]", answer)
    return _verdict(rule, used=float(used), cost=cost, allowed=bool(allowed))


def in_words(seconds: float) -> str:
    """Say how long that is, as people do: "45 s", "12 min", "1 h 12 min"."""
    whole = math.ceil(seconds)
    if whole < SECONDS["minute"]:
        return f"{max(whole, 1)} s"
    hours, minutes = divmod(math.ceil(whole / SECONDS["minute"]), 60)
    return " ".join(filter(None, (f"{hours} h" * bool(hours), f"{minutes} min" * bool(minutes))))


@contextmanager
def noting() -> Iterator[list[Verdict]]:
    """Keep the verdicts of a block, to be told in the headers of its answer."""
    verdicts: list[Verdict] = []
    token = _verdicts.set(verdicts)
    try:
        yield verdicts
    finally:
        _verdicts.reset(token)


def _note(verdict: Verdict) -> None:
    noted = _verdicts.get()
    if noted is not None and verdict.is_known:
        noted.append(verdict)


@cache
def _parsed(rate: str) -> tuple[int, str]:
    capacity, _, unit = rate.partition("/")
    if not capacity.isdecimal() or not int(capacity) or unit not in SECONDS:
        raise ValueError(f"{rate!r} is no rate. Write a number and a unit, such as 20/day.")
    return int(capacity), unit


def _verdict(rule: Rule, *, used: float, cost: int, allowed: bool) -> Verdict:
    left = max(rule.capacity - used, 0.0)
    whole = math.floor(left + 1e-6)
    return Verdict(
        allowed=allowed,
        limit=rule.capacity,
        remaining=whole,
        retry_after_seconds=0.0 if allowed else (used + cost - rule.capacity) / rule.rate,
        next_seconds=max(whole + 1 - left, 0.0) / rule.rate if whole < rule.capacity else 0.0,
        reset_seconds=used / rule.rate,
    )


def _unknown(rule: Rule) -> Verdict:
    return Verdict(
        allowed=rule.fails_open,
        limit=rule.capacity,
        remaining=0,
        retry_after_seconds=0.0,
        next_seconds=0.0,
        reset_seconds=0.0,
        is_known=False,
    )


def _refusal(rule: Rule, verdict: Verdict) -> LimitReached:
    after = max(math.ceil(verdict.retry_after_seconds), 1)
    used = f"You have used your {rule.capacity} {rule.things} for {SPANS[rule.unit]}."
    reset_at = clock.now() + timedelta(seconds=math.ceil(verdict.reset_seconds))
    return LimitReached(
        f"{used} The next one comes in {in_words(after)}.",
        limit=verdict.limit,
        remaining=verdict.remaining,
        reset_at=reset_at.isoformat(timespec="seconds"),
        retry_after=after,
    )
