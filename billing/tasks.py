"""Work that billing does by the clock."""

import logging
from typing import Any

from celery import shared_task

from billing.gateways import registry
from billing.services import notices, reconciling, returns, subscriptions
from visiona.lib import clock

logger = logging.getLogger(__name__)


@shared_task
def look_after_checkouts(**_: Any) -> None:
    """Ask what became of the checkouts whose people wait, and close what nobody should pay."""
    returns.reconcile_due()
    if registry.is_set_up():
        returns.close_needless()


@shared_task
def end_grace(**_: Any) -> None:
    """Let plans end that nobody pays for any more."""
    ended = subscriptions.end_grace()
    if ended:
        logger.info("billing.plans.ended", extra={"count": ended})


@shared_task
def cancel_for_the_gone(**_: Any) -> None:
    """End what people still pay for who have left."""
    if registry.is_set_up():
        subscriptions.cancel_for_the_gone()


@shared_task
def warn_of_failures(**_: Any) -> None:
    """Write to the people whose payment failed."""
    notices.warn_due()


@shared_task
def reconcile_payments(**_: Any) -> None:
    """Post what was paid and never told, where anybody takes money."""
    if registry.is_set_up():
        reconciling.reconcile(since=clock.now() - reconciling.LOOK_BACK)
