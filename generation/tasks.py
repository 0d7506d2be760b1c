"""What Celery calls: one service each, safe to run twice."""

from typing import Any
from uuid import UUID

from celery import shared_task

from generation.services import files, notices, running
from visiona.lib.db.actor import act_as_worker


@shared_task
def run_job(*, job_id: str, **_: Any) -> None:
    """Run the job unless somebody else has it or it has ended."""
    running.run_job(job_id=UUID(job_id))


@shared_task
def sweep_jobs(**_: Any) -> None:
    """Wake workers for jobs that wait."""
    running.sweep()


@shared_task
def send_notices(**_: Any) -> None:
    """Send what the outbox holds."""
    notices.send_due()


@shared_task
def erase_deleted_assets(**_: Any) -> None:
    """Erase what has been in the bin for thirty days."""
    with act_as_worker():
        files.erase_deleted()
