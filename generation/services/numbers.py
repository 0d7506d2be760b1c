"""What staff want to know of all that is made: how much, how quickly, and what failed."""

from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, Count, FloatField, Min, Q
from django.db.models.functions import TruncDate

from generation import catalog
from generation.models import Asset, Job, Message, RequestMetric
from visiona.lib import clock
from visiona.lib.periods import Period
from visiona.lib.timing import STEPS

CONVERSED = (catalog.CHAT, "gateway")
"""The operations that the cache may answer."""
TIMES = ("total_ms", *STEPS)
MOST_EXAMPLES = 5


class HalfAndMost(Aggregate):
    """What half and what 95 % of all values do not exceed, by PostgreSQL."""

    function = "percentile_cont"
    template = "%(function)s(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(FloatField())


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How many jobs of a kind that were ordered in a time have come to what."""

    kind: str
    status: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """What a step of an operation took: half of the requests no longer than p50, 95 % than p95."""

    operation: str
    step: str
    count: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """How many requests came to an end, and how many of them by the cache or another provider."""

    requests: int = 0
    chats: int = 0
    cached: int = 0
    fallback: int = 0
    failed: int = 0

    @property
    def cache_rate(self) -> float:
        """Which part of the conversations' answers came out of the cache, 0 to 1."""
        return self.cached / self.chats if self.chats else 0.0

    @property
    def fallback_rate(self) -> float:
        """Which part of the requests another provider served than the one asked first, 0 to 1."""
        return self.fallback / self.requests if self.requests else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCount:
    """How often requests failed of something, and the ids of the last of them."""

    error_name: str
    count: int
    request_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How many wait for a worker of a queue now, and for how long the first of them does."""

    queue: str
    depth: int
    age_seconds: float


def outcomes(*, period: Period) -> list[Outcome]:
    """Count the jobs that were ordered in a time, by kind and by what they have come to."""
    jobs = Job.objects.filter(period.rows).values("kind", "status").annotate(count=Count("id"))
    return [Outcome(**row) for row in jobs.order_by("kind", "status")]


def count_made(*, period: Period) -> int:
    """Count what was made in a time, as far as it is still kept."""
    return Asset.objects.made().filter(period.rows).count()


def count_active(*, period: Period) -> int:
    """Count the people who ordered something or had something answered in a time."""
    orders = Job.objects.filter(period.rows).values("user_id")
    requests = RequestMetric.objects.filter(period.moments).values("user_id")
    return orders.union(requests).count()


def latencies(*, period: Period) -> list[Latency]:
    """Return what each step of each operation took in a time."""
    ended = RequestMetric.objects.filter(period.moments).values("operation")
    measured: dict[str, Any] = {f"of_{time}": HalfAndMost(time) for time in TIMES}
    rows: Any = ended.annotate(count=Count("id"), **measured).order_by("operation")
    return [
        Latency(
            operation=row["operation"],
            step=time.removesuffix("_ms"),
            count=row["count"],
            p50_ms=round(row[f"of_{time}"][0], 3),
            p95_ms=round(row[f"of_{time}"][1], 3),
        )
        for row in rows
        for time in TIMES
    ]


def rates(*, period: Period) -> Rates:
    """Count what ended in a time, and how."""
    return Rates(**RequestMetric.objects.filter(period.moments).aggregate(**_sorts()))


def rates_by_day(*, period: Period) -> dict[date, Rates]:
    """Count what ended on each day (UTC) of a time on which something did, and how."""
    ended = RequestMetric.objects.filter(period.moments)
    by_day = ended.annotate(day=TruncDate("created_at", tzinfo=UTC)).values("day")
    rows: Any = by_day.annotate(**_sorts()).order_by("day")
    return {row.pop("day"): Rates(**row) for row in rows}


def failures(*, period: Period) -> list[FailureCount]:
    """Return what requests failed of in a time, in whole or in part, most frequent first."""
    failed = RequestMetric.objects.filter(period.moments).exclude(error_name="")
    rows = failed.values("error_name").annotate(
        count=Count("id"), ids=ArrayAgg("request_id", order_by="-created_at")
    )
    return [
        FailureCount(
            error_name=row["error_name"],
            count=row["count"],
            request_ids=tuple(dict.fromkeys(row["ids"]))[:MOST_EXAMPLES],
        )
        for row in rows.order_by("-count", "error_name")
    ]


def lines() -> list[Line]:
    """Return how many wait in each queue now, the chat's included."""
    due = Job.objects.due().values_list("queue").annotate(Count("id"), Min("next_run_at"))
    waiting = Message.objects.filter(status=Message.Status.WAITING)
    chat = waiting.aggregate(Count("id"), Min("created_at"))
    found = {queue: (depth, first) for queue, depth, first in due.order_by()}
    found[catalog.CHAT] = (chat["id__count"], chat["created_at__min"])
    return [_line(queue, *found.get(queue, (0, None))) for queue in (*catalog.QUEUES, catalog.CHAT)]


def count_open_answers() -> int:
    """Count the answers of the chat that are waited for or being written now."""
    return Message.objects.open().count()


def _line(queue: str, depth: int, first: Any) -> Line:
    age = (clock.now() - first).total_seconds() if first else 0.0
    return Line(queue=queue, depth=depth, age_seconds=max(0.0, round(age, 3)))


def _sorts() -> dict[str, Count]:
    conversed = Q(operation__in=CONVERSED)
    return {
        "requests": Count("id"),
        "chats": Count("id", filter=conversed),
        "cached": Count("id", filter=conversed & Q(cached=True)),
        "fallback": Count("id", filter=Q(fallback_used=True)),
        "failed": Count("id", filter=Q(status=RequestMetric.Status.FAILED)),
    }
