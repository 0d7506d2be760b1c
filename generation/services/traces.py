"""Everything that one request has caused, for staff who look into it; nobody's words are read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import FETCH_RAISE, Q

from generation.models import Job, Message, ProviderCall, RequestMetric, Step

NUMBERS_OF_JOB = (
    *("id", "user_id", "kind", "queue", "status", "stage", "progress", "provider", "price"),
    *("captured", "released", "attempts", "error_code", "error_stage", "created_at"),
    *("started_at", "finished_at", "reservation_id"),
)
NUMBERS_OF_STEP = (
    *("id", "job_id", "name", "state", "provider", "capability", "error_code", "asked_at"),
    "ended_at",
)
NUMBERS_OF_MESSAGE = (
    *("id", "user_id", "role", "status", "provider", "model", "fallback_from", "cached", "price"),
    *("input_tokens", "output_tokens", "error_code", "created_at", "finished_at"),
    "reservation_id",
)

MOST = 200
"""Of each: the name of a request is its client's to choose, and may be the same for weeks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a request has caused here, oldest first."""

    metrics: Sequence[RequestMetric]
    jobs: Sequence[Job]
    steps: Sequence[Step]
    messages: Sequence[Message]
    calls: Sequence[ProviderCall]

    def __bool__(self) -> bool:
        return bool(self.metrics or self.jobs or self.messages)

    @property
    def step_ids(self) -> list[UUID]:
        """The ids of the kept steps, by which providers name what they tell us of."""
        return [step.pk for step in self.steps]

    @property
    def reservation_ids(self) -> list[UUID | None]:
        """The holds of the jobs and the answers."""
        holders: tuple[Job | Message, ...] = (*self.jobs, *self.messages)
        return [one.reservation_id for one in holders]

    def steps_of(self, job: Job) -> list[Step]:
        """Return the steps of one of the jobs."""
        return [step for step in self.steps if step.job_id == job.pk]


def trace_of(*, request_id: str) -> Trace:
    """Return what the request of this id has caused."""
    jobs = _kept(Job, NUMBERS_OF_JOB, Q(request_id=request_id))
    messages = _kept(Message, NUMBERS_OF_MESSAGE, Q(request_id=request_id))
    job_ids, message_ids = [job.pk for job in jobs], [message.pk for message in messages]
    return Trace(
        metrics=list(RequestMetric.objects.filter(request_id=request_id).order_by("id")[:MOST]),
        jobs=jobs,
        steps=_kept(Step, NUMBERS_OF_STEP, Q(job_id__in=job_ids)),
        messages=messages,
        calls=list(
            ProviderCall.objects.filter(
                Q(job_id__in=job_ids) | Q(message_id__in=message_ids)
            ).order_by("id")[:MOST]
        ),
    )


def _kept(model: Any, columns: Sequence[str], condition: Q) -> list[Any]:
    """Read these columns alone: an access to any other one is an error."""
    rows = model.objects.filter(condition).only(*columns).order_by("id")
    return list(rows.fetch_mode(FETCH_RAISE)[:MOST])
