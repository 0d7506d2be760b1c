"""Keep what each request to a provider used and cost, once; sum it up for staff."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Aggregate, Count, FloatField, Q, Sum

from generation.models import ProviderCall
from generation.providers.ports import ProviderCall as Call
from visiona.lib.request_id import uuid7


def keep(
    *, calls: Iterable[Call], user_id: UUID, job_id: UUID | None = None, step: str = ""
) -> None:
    """Keep these calls; one that is kept already, by its provider's name for it, stays as it is."""
    rows = [
        ProviderCall(id=uuid7(), user_id=user_id, job_id=job_id, step=step, **asdict(call))
        for call in calls
    ]
    ProviderCall.objects.bulk_create(rows, ignore_conflicts=True)


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
