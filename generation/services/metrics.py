"""Keep the twelve numbers of each AI request, write them into the log and count them."""

import logging
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Sum

from accounts import events
from generation import catalog
from generation.errors import ProviderError
from generation.models import Job, ProviderCall, RequestMetric
from generation.providers import registry
from generation.providers.ports import Capability
from visiona.lib import telemetry
from visiona.lib.db.inserting import insert, one_trip
from visiona.lib.request_id import uuid7
from visiona.lib.telemetry import Change, Counter, Histogram
from visiona.lib.timing import STEPS, Stopwatch

if TYPE_CHECKING:
    from uuid import UUID

NUMBERS = (
    "total_ms",
    *STEPS,
    "status",
    "provider",
    "fallback_used",
    "cached",
    "message_length",
    "error_name",
)
ENHANCE = "enhance"
OPERATIONS = ("chat", "gateway", ENHANCE, *catalog.KINDS)
ENDINGS = (
    "canceled",
    "clone_changed",
    "clone_deleted",
    "deadline_passed",
    "gave_up",
    "hold_expired",
    "internal_error",
    "interrupted",
    "nothing_stood_out",
    "unavailable",
)
"""What requests end in, besides the errors of providers."""

STATUS_OF_JOB = {
    Job.Status.SUCCEEDED: RequestMetric.Status.OK,
    Job.Status.PARTIAL: RequestMetric.Status.OK,
    Job.Status.FAILED: RequestMetric.Status.FAILED,
    Job.Status.CANCELED: RequestMetric.Status.CANCELED,
}

logger = logging.getLogger(__name__)


def _codes(error: type[ProviderError]) -> Iterator[str]:
    yield error.code
    for narrower in error.__subclasses__():
        yield from _codes(narrower)


ERRORS = frozenset({*_codes(ProviderError), *ENDINGS})
_PROVIDERS = (registry.LOCAL, *registry.KEYS)
_OPERATION = {"operation": OPERATIONS}
_CALL = {"provider": _PROVIDERS, "operation": tuple(Capability)}

REQUESTS = Counter(
    name="visiona_ai_requests",
    words="AI requests that have ended",
    labels=_OPERATION | {"provider": _PROVIDERS, "status": tuple(RequestMetric.Status.values)},
)
CACHED = Counter(
    name="visiona_ai_requests_cached", words="Answers out of the cache", labels=_OPERATION
)
FALLBACKS = Counter(
    name="visiona_ai_requests_fallback",
    words="Requests that another provider served than the one asked first",
    labels=_OPERATION,
)
FAILURES = Counter(
    name="visiona_ai_errors",
    words="What AI requests failed of, in whole or in part",
    labels=_OPERATION | {"error_name": ERRORS},
)
SECONDS = Histogram(
    name="visiona_ai_seconds",
    words="What AI requests took: in all, and each step that there was",
    labels=_OPERATION | {"step": ("total", *(step.removesuffix("_ms") for step in STEPS))},
    buckets=(0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600),
)
CREDITS = Counter(
    name="visiona_credits",
    words="Credits that AI requests held, by what became of them",
    labels=_OPERATION | {"outcome": ("captured", "released")},
)
JOBS = Counter(
    name="visiona_jobs",
    words="Jobs that have ended",
    labels={"kind": tuple(catalog.KINDS), "status": tuple(Job.Status.values)},
)
CALLS = Counter(
    name="visiona_provider_calls",
    words="Calls to providers",
    labels=_CALL | {"outcome": ("ok", "stopped", *ERRORS)},
)
TOKENS = Counter(
    name="visiona_provider_tokens",
    words="Tokens of providers' models",
    labels=_CALL | {"direction": ("input", "output")},
)
COST = Counter(
    name="visiona_provider_cost_micro_usd",
    words="What providers cost us, in millionths of a US dollar, as far as it is known",
    labels=_CALL,
)
COUNTED = (
    *(REQUESTS, CACHED, FALLBACKS, FAILURES, SECONDS),
    *(CREDITS, JOBS, CALLS, TOKENS, COST),
)


def keep(*, metric: RequestMetric, captured: int = 0, released: int = 0) -> None:
    """Keep the numbers of a request that has ended, in the caller's transaction.

    Once that is committed they are logged, and counted with the credits that were spent and given
    back. The caller is who ended it: a second one of the same message or job raises IntegrityError.
    """
    metric.id = uuid7()
    insert(metric)
    transaction.on_commit(partial(_log, metric), robust=True)
    telemetry.count([*_changes(metric), *_credits(metric.operation, captured, released)])


def settled(*, job: Job, watch: Stopwatch | None = None) -> None:
    """Note how a job has ended: its numbers, and the event of its person's.

    The caller is who ended it, in the same transaction.
    """
    metric = for_job(job=job, watch=watch)
    telemetry.count(JOBS.by(1, kind=job.kind, status=job.status))
    facts: dict[str, Any] = {"job": str(job.pk), "provider": job.provider}
    with one_trip():
        keep(metric=metric, captured=job.captured, released=job.released)
        events.track(
            f"generation.job.{job.status}",
            user_id=job.user_id,
            kind=job.kind,
            captured=job.captured,
            released=job.released,
            error=job.error_code,
            **facts,
        )
        if job.kind == catalog.TRAINING.name and job.status == Job.Status.SUCCEEDED:
            events.track("generation.clone.trained", user_id=job.user_id, **facts)


def for_job(*, job: Job, watch: Stopwatch | None = None) -> RequestMetric:
    """Return the numbers of a job that has ended, not saved; `watch` measured its settlement.

    What its provider took is the sum of the calls, or the time that this machine worked on it;
    calls at one time count once for each, but never for more than there was.
    """
    steps = (watch or Stopwatch()).steps
    total = _milliseconds(job.created_at, job.finished_at)
    left = max(0.0, total - sum(steps.values()))
    prompt = job.params.get("prompt") or job.title
    return RequestMetric(
        user_id=job.user_id,
        request_id=job.request_id,
        operation=job.kind,
        job_id=job.pk,
        total_ms=total,
        **steps | {"ai_ms": min(left, _made_in(job))},
        status=STATUS_OF_JOB[Job.Status(job.status)],
        provider=job.provider,
        message_length=len(prompt),
        error_name=job.error_code,
    )


def count_calls(*, calls: Iterable[ProviderCall]) -> None:
    """Count calls to providers that were kept, once that is committed."""
    telemetry.count([change for call in calls for change in _changes_of_call(call)])


class Request:
    """An AI request that is served while its person waits: what it takes is measured from here."""

    def __init__(self, *, operation: str, user_id: "UUID", request_id: str) -> None:
        self.watch = Stopwatch()
        self._begun = time.perf_counter()
        self._named = {"operation": operation, "user_id": user_id, "request_id": request_id}

    def ended(self, **numbers: Any) -> RequestMetric:
        """Return its numbers, not saved."""
        total = round((time.perf_counter() - self._begun) * 1000, 3)
        return RequestMetric(**self._named, total_ms=total, **self.watch.steps, **numbers)


def _log(metric: RequestMetric) -> None:
    numbers = {name: getattr(metric, name) for name in NUMBERS}
    logger.info("ai.request.finished", extra={"operation": metric.operation, **numbers})


def _changes(metric: RequestMetric) -> Iterator[Change]:
    of = {"operation": metric.operation}
    yield from REQUESTS.by(1, **of, provider=metric.provider, status=metric.status)
    yield from CACHED.by(int(metric.cached), **of)
    yield from FALLBACKS.by(int(metric.fallback_used), **of)
    yield from SECONDS.observe(metric.total_ms / 1000, **of, step="total")
    if metric.error_name:
        yield from FAILURES.by(1, **of, error_name=metric.error_name)
    for step in STEPS:
        if spent := getattr(metric, step):
            yield from SECONDS.observe(spent / 1000, **of, step=step.removesuffix("_ms"))


def _credits(operation: str, captured: int, released: int) -> Iterator[Change]:
    yield from CREDITS.by(captured, operation=operation, outcome="captured")
    yield from CREDITS.by(released, operation=operation, outcome="released")


def _changes_of_call(call: ProviderCall) -> Iterator[Change]:
    of = {"provider": call.provider, "operation": call.operation.partition(".")[0]}
    yield from CALLS.by(1, **of, outcome=call.outcome)
    yield from TOKENS.by(call.input_tokens, **of, direction="input")
    yield from TOKENS.by(call.output_tokens, **of, direction="output")
    yield from COST.by(call.cost_micro_usd or 0, **of)


def _made_in(job: Job) -> float:
    """Return for how long it was made, in milliseconds."""
    if job.started_at is None or job.provider == registry.LOCAL:
        return _milliseconds(job.started_at, job.finished_at)
    calls = ProviderCall.objects.filter(job_id=job.pk)
    return float(calls.aggregate(spent=Sum("latency_ms"))["spent"] or 0)


def _milliseconds(begun: datetime | None, ended: datetime | None) -> float:
    if begun is None or ended is None:
        return 0.0
    spent: float = round((ended - begun).total_seconds() * 1000, 3)
    return max(0.0, spent)
