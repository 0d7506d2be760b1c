"""What Celery calls: one service each, safe to run twice."""

from typing import Any

from celery import shared_task

from visiona.lib.db.actor import act_as_worker
from visiona.webhooks import services


@shared_task
def handle_events(**_: Any) -> None:
    """Handle the events that wait."""
    services.handle_due()


@shared_task
def erase_old_bodies(**_: Any) -> None:
    """Forget what old events said."""
    with act_as_worker():
        services.erase_old_bodies()
