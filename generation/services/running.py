"""Run jobs: claim, make, settle; what a worker does.

A worker holds a job by a lease with a random token. Every later write names that token, so a
worker that was slow or thought dead cannot touch a job that somebody else has taken over.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F
from django.utils.module_loading import import_string

from credits import services as credits_services
from credits.errors import ReservationClosed
from generation import catalog
from generation.errors import ProviderError, ProviderUnavailable
from generation.models import Asset, Job, Notice
from generation.pipelines.base import JobContext, Learned, Parked, Product, Shortfall
from generation.providers import registry
from generation.providers.ports import Capability
from generation.services import files, jobs, likenesses, metrics, prompts, steps, trainings
from visiona.lib import clock, live, request_id
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import AppError
from visiona.lib.queue import enqueue
from visiona.lib.storage import StorageUnavailable
from visiona.lib.timing import Stopwatch

RUN_JOB = "generation.tasks.run_job"
MAX_ATTEMPTS = 3
RETRY_AFTER = timedelta(seconds=5)
PROGRESS_EVERY = timedelta(milliseconds=250)
SWEEP_LIMIT = 20
SWEEP_AFTER = timedelta(seconds=5)
CLOSING_FIELDS = [
    "status",
    "captured",
    "released",
    "finished_at",
    "lease_token",
    "lease_until",
    "error_code",
    "error_detail",
    "error_stage",
    "stage",
    "progress",
]

logger = logging.getLogger(__name__)


class LeaseLost(Exception):
    """Somebody else has this job now; whatever we made is dropped."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a job ends without, or with less than, what was ordered."""

    code: str
    detail: str
    status: Job.Status = Job.Status.FAILED


class Stopped(Exception):
    """The job has to end now, with this as the reason."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.code)


CANCELED = Failure("canceled", "You canceled this.", Job.Status.CANCELED)
GAVE_UP = Failure("gave_up", "This took too many attempts, so we stopped.")
TOO_LATE = Failure("deadline_passed", "This could not be finished in time, so we stopped.")
HOLD_EXPIRED = Failure("hold_expired", "The credits held for this had gone back to you.")
CLONE_GONE = Failure(
    "clone_deleted", "The clone was deleted, so this was stopped.", Job.Status.CANCELED
)
CLONE_MOVED = Failure(
    "clone_changed", "The clone was trained anew by another service. Order this again."
)
UNEXPECTED = Failure("internal_error", "Something broke on our side while making this.")


def run_job(*, job_id: UUID) -> bool:
    """Run this job if it waits for a worker; tell whether we did."""
    return _run_next(pk=job_id)


def run_due(*, queue: str, waiting_for: timedelta = timedelta()) -> bool:
    """Run the longest waiting job of a queue, if one has waited so long; tell whether we did."""
    return _run_next(waiting_for, queue=queue)


def sweep() -> int:
    """Wake workers for the jobs of each queue that have waited longest; return their number.

    This is what brings back the job of a worker that died: its lease runs out and it is due again.
    Whose turn is about to come needs no second message: they would only add to the queue.
    """
    woken = 0
    with act_as_worker():
        for queue in catalog.QUEUES:
            due = Job.objects.due(waiting_for=SWEEP_AFTER).filter(queue=queue)
            for job in due.order_by("next_run_at").only("id")[:SWEEP_LIMIT]:
                enqueue(RUN_JOB, queue=queue, job_id=str(job.pk))
                woken += 1
    return woken


def _run_next(waiting_for: timedelta = timedelta(), **which: Any) -> bool:
    with act_as_worker():
        job = _claim(waiting_for, which)
        if job is None:
            return False
        with request_id.bound(job.request_id):
            _work(job)
        return True


@transaction.atomic
def _claim(waiting_for: timedelta, which: dict[str, Any]) -> Job | None:
    """Take a due job. Workers pass each other by: nobody waits for a job that is taken."""
    waiting = Job.objects.due(waiting_for=waiting_for).filter(**which).order_by("next_run_at")
    job: Job | None = waiting.select_for_update(skip_locked=True).first()
    if job is None:
        return None
    job.status = Job.Status.RUNNING
    job.lease_token = uuid4()
    job.lease_until = _lease_end()
    job.attempts += 1
    job.started_at = job.started_at or clock.now()
    job.save(update_fields=["status", "lease_token", "lease_until", "attempts", "started_at"])
    live.announce(user_id=job.user_id, event="job.updated")
    return job


def _lease_end() -> datetime:
    return clock.now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _work(job: Job) -> None:
    """Make what was ordered and settle the job: it ends, or goes back to wait."""
    try:
        _make_and_settle(job)
    except LeaseLost:
        logger.warning("generation.job.lease_lost", extra={"job": str(job.pk)})


def _make_and_settle(job: Job) -> None:
    products: list[Product] = []
    learned: Learned | None = None
    failure: Failure | None = None
    try:
        _refuse_hopeless(job)
        for result in _pipeline(job):
            if isinstance(result, Shortfall):
                failure = failure or Failure(result.code, result.detail)
            elif isinstance(result, Learned):
                learned = result
            else:
                products.append(result)
        _settle(job, products, failure, learned)
    except Parked as parked:
        _park(job, parked)
    except (LeaseLost, OperationalError, InterfaceError):
        raise  # without the database nothing can be settled: the lease runs out, then it is due
    except Exception as error:  # noqa: BLE001 (whatever happens, the job is settled first)
        _settle_after(error, job, products)


def _settle_after(error: Exception, job: Job, products: list[Product]) -> None:
    """Decide what an exception means for the job; one that nobody planned for is raised again."""
    match error:
        case ProviderUnavailable() if not products and job.attempts < MAX_ATTEMPTS:
            _try_later(job, error.retry_after)
        case StorageUnavailable() if job.attempts < MAX_ATTEMPTS:
            _try_later(job)
        case StorageUnavailable():
            _settle(job, [], Failure(error.code, error.detail))
        case Stopped():
            _settle(job, [], error.failure)
        case ProviderError():
            _settle(job, products, Failure(error.code, error.detail))
        case _:
            _settle(job, [], UNEXPECTED)
            raise error


def _refuse_hopeless(job: Job) -> None:
    if not likenesses.are_there(job=job):
        raise Stopped(CLONE_GONE)
    if likenesses.are_elsewhere(job=job):
        raise Stopped(CLONE_MOVED)
    if job.cancel_requested_at:
        raise Stopped(CANCELED)
    if job.attempts > MAX_ATTEMPTS:
        raise Stopped(GAVE_UP)
    if job.deadline < clock.now():
        raise Stopped(TOO_LATE)


def _pipeline(job: Job) -> Iterator[Product | Learned | Shortfall]:
    make = import_string(catalog.KINDS[job.kind].pipeline)
    reporter = Reporter(job)
    provider_of = partial(_provider_of, job)
    workshop = steps.Workshop(job, extend=reporter.extend, provider_of=provider_of)
    if prompts.has_to_ask(job=job):
        workshop.on_queue(catalog.CALLS)
        reporter.extend(settings.PROVIDER_SECONDS["text"] + settings.JOB_LEASE_SECONDS)
    context = JobContext(
        params=job.params,
        prompt=prompts.prompt_of(job=job),
        report=reporter.report,
        photos=lambda: files.photos_of(job=job),
        measures=lambda: files.measures_of(job=job),
        likenesses=likenesses.of(job=job),
        shots=tuple((shot.title, shot.prompt) for shot in catalog.shots_of(job.params)),
        checkpoint=workshop.checkpoint,
        original=workshop.original,
        provider_of=provider_of,
        most_images=lambda: registry.most_images(provider_of("image")),
        ask=workshop.ask,
        on_queue=workshop.on_queue,
    )
    results: Iterator[Product | Learned | Shortfall] = make(context)
    return results


def _provider_of(job: Job, capability: str) -> str:
    """Say who makes a part of the job.

    What was ordered from a provider is made by that one, whatever the settings say by now. All of
    a job that was given to this machine is made here, and so is a film whose scenes are painted.
    """
    ordered = job.capability or catalog.KINDS[job.kind].capability
    if job.provider == registry.LOCAL or capability == ordered:
        return job.provider
    if capability == catalog.KINDS[job.kind].capability:
        return registry.LOCAL
    return registry.provider_of(Capability(capability))


class Reporter:
    """Writes the progress of a job, keeps its lease, and stops it when it has to stop."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._written_at = clock.now() - PROGRESS_EVERY

    def report(self, stage: str, fraction: float) -> None:
        """Say how far it is, 0 to 1; raises LeaseLost or Stopped."""
        now = clock.now()
        if stage == self._job.stage and now - self._written_at < PROGRESS_EVERY:
            return
        self._written_at = now
        self._job.stage = stage
        mine = Job.objects.filter(pk=self._job.pk, lease_token=self._job.lease_token)
        # A job that goes on after a pause begins again, but what people see never goes back.
        progress = min(99, max(self._job.progress, int(fraction * 100)))
        self._job.progress = progress
        with transaction.atomic():
            if not mine.update(stage=stage, progress=progress, lease_until=_lease_end()):
                raise LeaseLost
            live.announce(user_id=self._job.user_id, event="job.updated")
            is_canceled = mine.filter(cancel_requested_at__isnull=False).exists()
        if self._job.deadline < now:
            raise Stopped(TOO_LATE)
        if is_canceled:
            raise Stopped(CANCELED)

    def extend(self, seconds: float) -> None:
        """Keep the job for so long without a word; raises LeaseLost."""
        mine = Job.objects.filter(pk=self._job.pk, lease_token=self._job.lease_token)
        if not mine.update(lease_until=clock.now() + timedelta(seconds=seconds)):
            raise LeaseLost


def _try_later(job: Job, retry_after: float | None = None) -> None:
    pause = max(RETRY_AFTER * job.attempts, timedelta(seconds=retry_after or 0))
    mine = Job.objects.filter(pk=job.pk, lease_token=job.lease_token)
    mine.update(
        lease_token=None,
        lease_until=None,
        next_run_at=min(clock.now() + pause, job.deadline),
    )


@transaction.atomic
def _park(job: Job, parked: Parked) -> None:
    """Let go of the job until there is news of it. That is no attempt: it may happen often."""
    mine = Job.objects.select_for_update().filter(pk=job.pk, lease_token=job.lease_token)
    if not mine.exists():
        raise LeaseLost
    queue = parked.queue or job.queue
    is_due = parked.queue or steps.has_news(job=job)
    mine.update(
        lease_token=None,
        lease_until=None,
        attempts=F("attempts") - 1,
        next_run_at=clock.now() if is_due else parked.until,
        queue=queue,
        stage=parked.stage or F("stage"),
    )
    if is_due:
        enqueue(RUN_JOB, queue=queue, job_id=str(job.pk))
    live.announce(user_id=job.user_id, event="job.updated")


def _settle(
    job: Job,
    products: Sequence[Product],
    failure: Failure | None = None,
    learned: Learned | None = None,
) -> None:
    """End the job: files first, then its rows, its credits and its notice in one transaction."""
    stored = [files.store(job=job, number=n, product=p) for n, p in enumerate(products)]
    profile = trainings.keep_profile(job=job, learned=learned) if learned else []
    try:
        _settle_stored(job, stored, failure, learned, profile)
    except LeaseLost:
        _leave_nothing(job, stored, profile)
        raise
    _clear_up(job)
    if failure:
        logger.info("generation.job.failed", extra={"job": str(job.pk), "code": failure.code})


def _leave_nothing(job: Job, stored: list[Asset], profile: list[dict[str, Any]]) -> None:
    """Erase what came too late for a clone that is gone: nobody would find it any more.

    Otherwise whoever has the job now writes under the same names.
    """
    if not likenesses.are_there(job=job):
        names = {name for asset in stored for name in asset.file_names}
        files.discard(names=names | {shot["file"] for shot in profile})


def _settle_stored(
    job: Job,
    stored: list[Asset],
    failure: Failure | None,
    learned: Learned | None,
    profile: list[dict[str, Any]],
) -> None:
    watch = Stopwatch()
    with transaction.atomic():
        with watch.step("db_ms"):
            _settle_rows(job, stored, failure, learned, profile, watch)
        metrics.settled(job=job, watch=watch)


def _settle_rows(
    job: Job,
    stored: list[Asset],
    failure: Failure | None,
    learned: Learned | None,
    profile: list[dict[str, Any]],
    watch: Stopwatch,
) -> None:
    is_wanted = likenesses.hold(job=job)
    mine = Job.objects.select_for_update().filter(pk=job.pk, lease_token=job.lease_token)
    if not mine.exists():
        raise LeaseLost
    if not is_wanted:
        stored, learned, failure = _dropped(stored, CLONE_GONE)
    with watch.step("credit_ms"):
        captured = _settle_credits(job, delivered=len(stored) + bool(learned))
    if captured is None:
        captured = 0
        stored, learned, failure = _dropped(stored, HOLD_EXPIRED)
    delivered = len(stored) + bool(learned)
    Asset.objects.bulk_create(stored)
    _close(job, captured=captured, delivered=delivered, failure=failure)
    if job.kind == catalog.TRAINING.name:
        _close_training(job, learned, profile)


def _dropped(stored: list[Asset], why: Failure) -> tuple[list[Asset], None, Failure]:
    """Deliver nothing of what was made."""
    names = [name for asset in stored for name in asset.file_names]
    transaction.on_commit(partial(files.discard, names=names), robust=True)
    return [], None, why


def _close_training(job: Job, learned: Learned | None, profile: list[dict[str, Any]]) -> None:
    """Let the clone be what its training has made of it, and show it once for nothing."""
    clone = trainings.close(job=job, learned=learned, profile=profile)
    if clone:
        jobs.queue_proof(clone=clone, training=job)


def _clear_up(job: Job) -> None:
    """Stop what providers still do for it, and erase what it kept but will not need again.

    It is settled: what fails here changes nothing of that.
    """
    try:
        steps.put_away(job=job)
    except (AppError, OperationalError, InterfaceError):
        logger.warning("generation.job.not_cleared_up", extra={"job": str(job.pk)})


def _settle_credits(job: Job, *, delivered: int) -> int | None:
    """Spend what was delivered and return the rest; None if the hold had ended before."""
    if job.reservation_id is None:
        return 0
    amount: int = job.price * delivered // job.pieces
    try:
        if amount:
            credits_services.capture(reservation_id=job.reservation_id, amount=amount)
        else:
            credits_services.release(reservation_id=job.reservation_id)
    except ReservationClosed:
        return None
    return amount


def _close(job: Job, *, captured: int, delivered: int, failure: Failure | None) -> None:
    complete = delivered == job.pieces
    if delivered and not complete:
        job.status = Job.Status.PARTIAL
    else:
        job.status = failure.status if failure else Job.Status.SUCCEEDED
    job.captured, job.released = captured, job.price - captured
    job.finished_at = clock.now()
    job.lease_token = job.lease_until = None
    if failure:
        job.error_code, job.error_detail = failure.code, failure.detail
        job.error_stage = job.stage
    job.stage = "done" if delivered else job.status
    job.progress = 100 if complete else job.progress
    job.save(update_fields=CLOSING_FIELDS)
    topic = _topic_of(job)
    if topic:
        Notice.objects.get_or_create(user_id=job.user_id, job=job, topic=topic)
    live.announce(user_id=job.user_id, event="job.updated")


def _topic_of(job: Job) -> str:
    """Say what to tell the person: whatever went wrong, and the end of what took long."""
    is_training = job.kind == catalog.TRAINING.name
    if job.status in {Job.Status.FAILED, Job.Status.PARTIAL}:
        return "job_failed"
    if job.status == Job.Status.CANCELED and is_training:
        return "job_failed"
    if job.status == Job.Status.SUCCEEDED and job.kind == catalog.VIDEO.name and job.price:
        return "film_ready"
    return ""
