"""The connections of this process to Redis, shared by everything in it that asks briefly."""

from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

USUAL_SECONDS = 0.25
"""How long an answer is waited for; to be connected is waited for no longer."""


def client(*, seconds: float = USUAL_SECONDS) -> redis.Redis:
    """Return the client for Redis as it is set now, for answers that come within so many seconds.

    What is asked of it raises RedisError.
    """
    return _client(settings.REDIS_URL, seconds)


def script(text: str, *, seconds: float = USUAL_SECONDS) -> Script:
    """Return a script of Lua to be called with keys and args; its text is sent but once."""
    return _script(settings.REDIS_URL, seconds, text)


@cache
def _client(url: str, seconds: float) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=seconds,
        socket_connect_timeout=min(seconds, USUAL_SECONDS),
        # Everybody can do without the answer: to ask again costs a request more than it is worth.
        retry=Retry(NoBackoff(), 0),
    )


@cache
def _script(url: str, seconds: float, text: str) -> Script:
    return _client(url, seconds).register_script(text)
