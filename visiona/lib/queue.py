"""Hand work to Celery by name, after commit, with ids only.

A message is only a wake-up: the row in the database is the work. So a broker that is down costs
speed, never work, and it must not cost the request more than a moment either.
"""

import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from visiona.lib import outage, request_id

logger = logging.getLogger(__name__)


def enqueue(task: str, *, queue: str = "quick", **ids: str) -> None:
    """Wake a worker for this task once the open transaction has committed."""
    name = request_id.current()
    transaction.on_commit(lambda: _send(task, queue, name, ids), robust=True)


def _send(task: str, queue: str, name: str, ids: dict[str, Any]) -> None:
    if outage.is_on():
        return
    try:
        current_app.send_task(
            task, kwargs=ids, queue=queue, headers={"request_id": name}, retry=False
        )
    except (OperationalError, RedisError, OSError):
        outage.note()
        logger.warning("queue.unreachable", extra={"task": task})
