"""News for open pages and streams, by Redis; best effort, because the rows are the truth."""

import json
import logging
from uuid import UUID

import redis
from django.db import transaction

from visiona.lib import outage
from visiona.lib.redis_client import client

logger = logging.getLogger(__name__)


def channel_of(user_id: UUID) -> str:
    """Return the name of the channel with a person's news."""
    return f"person:{user_id}"


def announce(*, user_id: UUID, event: str) -> None:
    """Tell the person's open streams, once this is committed, that something changed."""
    transaction.on_commit(lambda: _publish(channel_of(user_id), event), robust=True)


def _publish(channel: str, event: str) -> None:
    if outage.is_on():
        return
    try:
        client().publish(channel, json.dumps({"event": event}))
    except redis.RedisError:
        outage.note()
        logger.warning("live.unreachable")
