"""Order, cancel and retry jobs: what a person does."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from credits import services as credits_services
from generation import catalog, selectors
from generation.catalog import Kind, Quote
from generation.errors import JobNotCancelable, JobNotRetryable
from generation.models import Job
from visiona.lib import clock, live
from visiona.lib.queue import enqueue
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

RUN_JOB = "generation.tasks.run_job"


def quote(*, kind: str, params: Mapping[str, Any]) -> Quote:
    """Say what a job costs; `submit` charges by the same function."""
    return catalog.quote(kind=kind, params=params)


def submit(
    *,
    user: "User",
    kind: str,
    params: Mapping[str, Any],
    request_id: str,
    idempotency_key: str | None = None,
    remix_of: UUID | None = None,
) -> Job:
    """Hold the price and queue the job, both or neither.

    The same key of the same person returns the job that it made first; `remix_of` is the asset
    that the order began from. Raises InsufficientCredits, and NotFound for a photo or an asset
    that is not the person's.
    """
    submission = idempotency_key or str(uuid7())
    try:
        with transaction.atomic():
            job = _priced(user, catalog.KINDS[kind], params)
            job.submission = submission
            job.request_id = request_id
            job.remix_of_id = remix_of and selectors.asset_of(user=user, asset_id=remix_of).pk
            _queue(job)
            return job
    except IntegrityError:
        first = selectors.jobs_of(user=user).filter(submission=submission).first()
        if first is None:
            raise
        return first


def _priced(user: "User", kind: Kind, params: Mapping[str, Any]) -> Job:
    """Return the job of an order, with every default in its place, not saved yet."""
    wanted = {**kind.defaults, **params}
    if wanted.get("photo_id"):
        wanted["photo_id"] = str(selectors.photo_of(user=user, photo_id=wanted["photo_id"]).pk)
    if wanted.get("seed") is None:
        wanted["seed"] = secrets.randbelow(2**31)
    return Job(
        id=uuid7(),
        user_id=user.pk,
        kind=kind.name,
        queue=kind.queue,
        params=wanted,
        price=quote(kind=kind.name, params=wanted).price,
        deadline=clock.now() + timedelta(minutes=kind.deadline_minutes),
    )


def _queue(job: Job) -> None:
    if job.price:
        job.reservation_id = credits_services.reserve(
            amount=job.price,
            key=f"job:{job.submission}",
            purpose=job.kind,
            reference=str(job.pk),
        ).hold
    job.save(force_insert=True)
    enqueue(RUN_JOB, queue=job.queue, job_id=str(job.pk))
    live.announce(user_id=job.user_id, event="job.updated")


@transaction.atomic
def cancel(*, user: "User", job_id: UUID) -> Job:
    """End the person's job and return its credits.

    A job in the queue ends at once; a running one as soon as its worker looks up. Raises
    NotFound and JobNotCancelable.
    """
    job = selectors.job_of(user=user, job_id=job_id)
    if job.is_final:
        raise JobNotCancelable
    with connection.cursor() as cursor:
        cursor.execute("SELECT generation_cancel_queued(%s)", [job.pk])
        ended = cursor.fetchone()[0]
    if not ended:
        Job.objects.filter(pk=job.pk, status=Job.Status.RUNNING).update(
            cancel_requested_at=clock.now()
        )
    live.announce(user_id=user.pk, event="job.updated")
    return selectors.job_of(user=user, job_id=job_id)


def retry(*, user: "User", job_id: UUID, request_id: str) -> Job:
    """Order again what failed or was canceled: a new job, with its own price.

    Raises NotFound, JobNotRetryable and InsufficientCredits.
    """
    job = selectors.job_of(user=user, job_id=job_id)
    if job.status not in {Job.Status.FAILED, Job.Status.CANCELED}:
        raise JobNotRetryable
    return submit(user=user, kind=job.kind, params=job.params, request_id=request_id)
