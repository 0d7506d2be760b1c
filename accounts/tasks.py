"""Work that accounts does by the clock."""

from typing import Any

from celery import shared_task

from accounts import services
from visiona.lib.db.actor import act_as_worker


@shared_task
def forget_idempotency_keys(**_: Any) -> None:
    with act_as_worker():
        services.forget_idempotency_keys()
