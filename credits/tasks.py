"""Work that credits does by the clock."""

import logging
from typing import Any

from celery import shared_task

from credits import selectors, services
from visiona.lib.db.actor import act_as_worker

logger = logging.getLogger(__name__)


@shared_task
def release_expired(**_: Any) -> None:
    """Return holds that nobody settled in time: the last net under every job."""
    with act_as_worker():
        expired = services.expire_due()
    if expired:
        logger.warning("credits.reservations.expired", extra={"count": expired})


@shared_task
def lapse_lots(**_: Any) -> None:
    """Let the credits expire whose time is over."""
    with act_as_worker():
        services.lapse_due()


@shared_task
def post_adjustments(**_: Any) -> None:
    """Post what staff have approved."""
    with act_as_worker():
        services.post_adjustments()


@shared_task
def check_books(**_: Any) -> None:
    """Audit the ledger and shout if a promise is broken."""
    with act_as_worker():
        problems = selectors.broken_promises()
    for user_id, problem in problems:
        logger.error("credits.ledger.broken", extra={"wallet": str(user_id), "problem": problem})
