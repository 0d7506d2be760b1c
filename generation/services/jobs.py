"""Order, cancel and retry jobs: what a person does."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from credits import services as credits_services
from generation import catalog, selectors
from generation.catalog import Quote
from generation.errors import JobNotCancelable, JobNotPreviewable, JobNotRetryable
from generation.models import Job
from generation.providers import registry
from generation.providers.ports import Capability
from visiona.lib import clock, live
from visiona.lib.errors import Conflict
from visiona.lib.queue import enqueue
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

RUN_JOB = "generation.tasks.run_job"
PREVIEW = "preview:"
"""What the submission of a free preview begins with."""
ONE_AT_A_TIME = "Another film of yours is being cut anew. Wait until it is finished."


def quote(*, kind: str, params: Mapping[str, Any]) -> Quote:
    """Say what a job costs; `submit` charges by the same function."""
    is_local = provider_of(kind=kind) == registry.LOCAL
    return catalog.quote(kind=kind, params=params, is_local=is_local)


def provider_of(*, kind: str) -> str:
    """Say who makes such a thing now: a provider, or this machine."""
    return _maker_of(kind)[0]


def _maker_of(kind: str) -> tuple[str, str]:
    """Return who makes such a thing now, and by which capability; none is this machine's."""
    capability = catalog.KINDS[kind].capability
    provider = registry.provider_of(Capability(capability)) if capability else registry.LOCAL
    if provider == registry.LOCAL and kind == catalog.VIDEO.name and settings.PROVIDERS_PAINT_FILMS:
        capability = Capability.IMAGE
        provider = registry.provider_of(capability)
    return provider, "" if provider == registry.LOCAL else str(capability)


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
    order = {**catalog.KINDS[kind].defaults, **params}
    job = _ordered(user, kind, order, request_id)
    job.provider, job.capability = _maker_of(kind)
    job.queue = catalog.KINDS[kind].queue if job.provider == registry.LOCAL else catalog.CALLS
    job.price = quote(kind=kind, params=order).price
    job.remix_of_id = remix_of and selectors.asset_of(user=user, asset_id=remix_of).pk
    return _submit(job, idempotency_key)


def _ordered(user: "User", kind: str, order: Mapping[str, Any], request_id: str) -> Job:
    """Return a job of this order, made here and free, not saved yet.

    Raises NotFound for a photo or a project that is not the person's.
    """
    return _job(user, kind, {**order, **_owned(user, order)}, request_id)


def _job(user: "User", kind: str, order: Mapping[str, Any], request_id: str) -> Job:
    """Return a job of an order whose references were looked up before."""
    offer = catalog.KINDS[kind]
    wanted = dict(order)
    project_id = wanted.pop("project_id", None)
    better = wanted.pop("enhanced_prompt", "")
    if wanted.get("seed") is None:
        wanted["seed"] = secrets.randbelow(2**31)
    return Job(
        id=uuid7(),
        user_id=user.pk,
        kind=kind,
        queue=offer.queue,
        params=wanted,
        enhanced_prompt=better,
        pieces=catalog.pieces_of(wanted),
        project_id=project_id,
        price=0,
        request_id=request_id,
        deadline=clock.now() + timedelta(minutes=offer.deadline_minutes),
    )


def _owned(user: "User", order: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an order refers to, each looked up among what is the person's."""
    owned: dict[str, Any] = {}
    if order.get("photo_id"):
        owned["photo_id"] = str(selectors.photo_of(user=user, photo_id=order["photo_id"]).pk)
    if order.get("photo_ids"):
        owned["photo_ids"] = [
            str(selectors.photo_of(user=user, photo_id=one).pk) for one in order["photo_ids"]
        ]
    if order.get("project_id"):
        owned["project_id"] = selectors.project_of(user=user, project_id=order["project_id"]).pk
    return owned


def _submit(job: Job, idempotency_key: str | None) -> Job:
    """Queue the job, or return the one that the same key made first."""
    job.submission = idempotency_key or str(uuid7())
    try:
        with transaction.atomic():
            _queue(job)
            return job
    except IntegrityError:
        first: Job | None = Job.objects.filter(
            user_id=job.user_id, submission=job.submission
        ).first()
        if first is None:
            raise
        return first


@transaction.atomic
def queue_alone(*, job: Job) -> None:
    """Queue a film that is cut anew, unless the person has one under way: it costs them nothing.

    Raises Conflict.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"recuts:{job.user_id}"]
        )
    others = Job.objects.filter(user_id=job.user_id, params__has_key="first_job_id")
    if others.unfinished().exists():
        raise Conflict(ONE_AT_A_TIME)
    job.submission = str(uuid7())
    _queue(job)


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
        enqueue(RUN_JOB, queue=job.queue, job_id=str(job.pk))
    live.announce(user_id=user.pk, event="job.updated")
    return selectors.job_of(user=user, job_id=job_id)


def retry(*, user: "User", job_id: UUID, request_id: str) -> Job:
    """Order again what failed or was canceled: a new job, with its own price.

    What was free stays free. Raises NotFound, JobNotRetryable, InsufficientCredits, and Conflict
    for a film that is cut anew while another is.
    """
    job = selectors.job_of(user=user, job_id=job_id)
    if job.status not in {Job.Status.FAILED, Job.Status.CANCELED}:
        raise JobNotRetryable
    if "changes" in job.params:
        recut = _job(user, job.kind, _again(job), request_id)
        recut.remix_of_id = _still(user, job.remix_of_id)
        queue_alone(job=recut)
        return recut
    if not job.price and job.submission.startswith(PREVIEW):
        return _preview_of(job, user, request_id)
    return submit(
        user=user,
        kind=job.kind,
        params=_again(job),
        request_id=request_id,
        remix_of=_still(user, job.remix_of_id),
    )


def preview(*, user: "User", job_id: UUID, request_id: str) -> Job:
    """Have this machine make, for nothing, what a provider could not: a job of its own.

    Raises NotFound, and JobNotPreviewable for what did not fail at a provider.
    """
    job = selectors.job_of(user=user, job_id=job_id)
    if not job.has_free_preview:
        raise JobNotPreviewable
    return _preview_of(job, user, request_id)


def _preview_of(job: Job, user: "User", request_id: str) -> Job:
    """Return the one free preview of a job, or of a preview that came to nothing itself."""
    free = _ordered(user, job.kind, _again(job), request_id)
    return _submit(free, f"{PREVIEW}{job.pk}")


def _again(job: Job) -> dict[str, Any]:
    """Return the order of a job; a project that was deleted meanwhile is not asked for again."""
    return {**job.params, "project_id": job.project_id, "enhanced_prompt": job.enhanced_prompt}


def _still(user: "User", asset_id: UUID | None) -> UUID | None:
    """Return the asset if there still is one of the person's."""
    mine = selectors.chosen_assets_of(user=user, asset_ids=[asset_id] if asset_id else [])
    return mine[0].pk if mine else None
