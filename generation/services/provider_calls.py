"""Keep what each request to a provider used and cost, once; sum it up for staff."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db.models import (
    Aggregate,
    Case,
    CharField,
    Count,
    F,
    FloatField,
    Q,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate

from generation.models import ProviderCall
from generation.providers.ports import ProviderCall as Call
from generation.services import metrics
from visiona.lib.db import actor
from visiona.lib.periods import Period
from visiona.lib.request_id import uuid7

LONGEST_MODEL, LONGEST_REQUEST_ID = 120, 200
LARGEST_COUNT = 2**31 - 1


def keep(
    *,
    calls: Iterable[Call],
    user_id: UUID,
    job_id: UUID | None = None,
    message_id: UUID | None = None,
    step: str = "",
) -> None:
    """Keep these calls, and count them; one that is kept already stays as it is.

    A provider's name for a call tells which that is.
    """
    about = {"user_id": user_id, "job_id": job_id, "message_id": message_id, "step": step}
    rows = {(key := uuid7()): ProviderCall(id=key, **about, **_storable(call)) for call in calls}
    if not rows:
        return
    ProviderCall.objects.bulk_create(rows.values(), ignore_conflicts=True)
    metrics.count_calls(calls=_kept(rows))


def _storable(call: Call) -> dict[str, Any]:
    """Return a call as it fits a row: what a provider says of itself may be of any length."""
    told = asdict(call)
    told["model"] = told["model"][:LONGEST_MODEL]
    told["request_id"] = told["request_id"][:LONGEST_REQUEST_ID]
    for name in ("input_tokens", "output_tokens"):
        told[name] = min(max(told[name], 0), LARGEST_COUNT)
    return told


def _kept(rows: dict[UUID, ProviderCall]) -> list[ProviderCall]:
    """Return those of the rows that were kept now.

    A person may not read what calls cost us. Nor is any told twice to one: that is the end of long
    work, which workers ask about.
    """
    who = actor.current()
    if who and who.role == "app":
        return list(rows.values())
    new = ProviderCall.objects.filter(pk__in=rows).values_list("pk", flat=True)
    return [rows[key] for key in new]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was asked of a provider in some time, and what that was like."""

    provider: str
    operation: str
    count: int
    failures: int
    median_ms: float
    cost_micro_usd: int | None
    unpriced: int
    """Calls whose cost is not known."""

    @property
    def dollars(self) -> float:
        """What it cost, as far as that is known."""
        return (self.cost_micro_usd or 0) / 1_000_000


class Median(Aggregate):
    """The middle of all values, by PostgreSQL."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What calls that have something in common used, and cost us as far as that is known."""

    key: str
    calls: int
    failures: int
    input_tokens: int
    output_tokens: int
    images: int
    seconds: float
    cost_micro_usd: int
    unpriced: int


GROUPS: dict[str, Any] = {
    "user": F("user_id"),
    "provider": F("provider"),
    "operation": F("operation"),
    "day": TruncDate("created_at", tzinfo=UTC),
    # What the product calls it: the kind of a job, or the chat.
    "product": Case(
        When(job__isnull=False, then=F("job__kind")),
        When(message_id__isnull=False, then=Value("chat")),
        default=Value("other"),
        output_field=CharField(),
    ),
}
"""What calls can have in common."""


def costs(*, period: Period, group_by: str, limit: int | None = None) -> list[Cost]:
    """Sum up the calls of a time by one of GROUPS: the dearest first, or the newest day."""
    calls = ProviderCall.objects.filter(period.moments).annotate(key=GROUPS[group_by])
    sums = calls.values("key").annotate(
        calls=Count("id"),
        failures=Count("id", filter=~Q(outcome="ok")),
        unpriced=Count("id", filter=Q(cost_micro_usd=None)),
        input_tokens=Sum("input_tokens"),
        output_tokens=Sum("output_tokens"),
        images=Sum("images"),
        seconds=Sum("seconds"),
        cost_micro_usd=Coalesce(Sum("cost_micro_usd"), 0),  # last: as below
    )
    order = ["-key"] if group_by == "day" else ["-cost_micro_usd", "key"]
    return [Cost(**row | {"key": str(row["key"])}) for row in sums.order_by(*order)[:limit]]


def usage_since(*, moment: datetime) -> list[Usage]:
    """Sum up the calls since a moment, by provider and operation."""
    calls = ProviderCall.objects.filter(created_at__gte=moment)
    sums = calls.values("provider", "operation").annotate(
        count=Count("id"),
        failures=Count("id", filter=~Q(outcome="ok")),
        median_ms=Median("latency_ms"),
        unpriced=Count("id", filter=Q(cost_micro_usd=None)),
        cost_micro_usd=Sum("cost_micro_usd"),  # last: from here on the name means the sum
    )
    return [Usage(**row) for row in sums.order_by("provider", "operation")]
