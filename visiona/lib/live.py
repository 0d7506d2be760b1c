"""News for open pages and streams, by Redis; best effort, because the rows are the truth."""

import json
import logging
from functools import cache
from uuid import UUID

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from visiona.lib import outage

logger = logging.getLogger(__name__)


def channel_of(user_id: UUID) -> str:
    """Return the name of the channel with a person's news."""
    return f"person:{user_id}"


def announce(*, user_id: UUID, event: str) -> None:
    """Tell the person's open streams, once this is committed, that something changed."""
    transaction.on_commit(lambda: _publish(channel_of(user_id), event), robust=True)


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=0.25,
        socket_connect_timeout=0.25,
        retry=Retry(NoBackoff(), 0),
    )


def _publish(channel: str, event: str) -> None:
    if outage.is_on():
        return
    try:
        _client().publish(channel, json.dumps({"event": event}))
    except redis.RedisError:
        outage.note()
        logger.warning("live.unreachable")
