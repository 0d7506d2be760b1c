"""What Celery calls: one service each, safe to run twice."""

from typing import Any
from uuid import UUID

from celery import shared_task

from generation.services import (
    answering,
    conversations,
    files,
    notices,
    removals,
    running,
    steps,
    uploads,
)
from visiona.lib import storage
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
def poll_providers(**_: Any) -> None:
    """Ask providers about what they have in hand."""
    steps.poll()


@shared_task
def put_away_leftovers(**_: Any) -> None:
    """Stop and erase what was left of jobs that have ended."""
    steps.put_away_leftovers()


@shared_task
def check_upload(*, upload_id: str, **_: Any) -> None:
    """Make a photo of a file that arrived, unless somebody else has it or it has ended."""
    uploads.check_upload(upload_id=UUID(upload_id))


@shared_task
def sweep_uploads(**_: Any) -> None:
    """Wake workers for files that wait, and end what was given up."""
    uploads.sweep()


@shared_task
def send_notices(**_: Any) -> None:
    """Send what the outbox holds."""
    notices.send_due()


@shared_task
def erase_deleted_assets(**_: Any) -> None:
    """Erase what has been in the bin for thirty days."""
    with act_as_worker():
        files.erase_deleted()


@shared_task
def finish_removal(*, removal_id: str, **_: Any) -> None:
    """Take a clone away from the places that it is in."""
    removals.finish(removal_id=UUID(removal_id))


@shared_task
def finish_removals(**_: Any) -> None:
    """Go on with removals that could not be finished."""
    removals.finish_due()


@shared_task
def delete_old_photos(**_: Any) -> None:
    """Erase the photos of clones whose time to be kept is over."""
    removals.delete_old_photos()


@shared_task
def erase_leftovers(**_: Any) -> None:
    """Erase files that were never finished, and what waits in quarantine for a day."""
    storage.erase_leftovers()


@shared_task
def answer(*, message_id: str, **_: Any) -> None:
    """Write the answer unless somebody else does or it has ended."""
    answering.answer(message_id=UUID(message_id))


@shared_task
def finish_answer(*, message_id: str, **_: Any) -> None:
    """End an answer that was stopped."""
    answering.finish(message_id=UUID(message_id))


@shared_task
def sweep_answers(**_: Any) -> None:
    """Wake writers for answers that wait, and end what nobody will finish."""
    answering.sweep()


@shared_task
def erase_conversations(**_: Any) -> None:
    """Erase what was deleted thirty days ago, and what programs asked yesterday."""
    conversations.erase_due()
