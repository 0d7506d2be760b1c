"""What providers may cost us in a day (UTC), and the switch by which staff decide otherwise."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Sum

from billing import selectors as billing_selectors
from billing.services import spending
from generation.errors import ProviderUnavailable
from generation.models import ProviderCall
from visiona.lib import clock
from visiona.lib.cache import Fenced
from visiona.lib.db.actor import Actor, act_as

MICRO = 1_000_000
REMEMBERED = Fenced(key="provider-budget", seconds=5)
"""What was decided and spent: orders may go over the budget by what ends within these seconds."""
OFF = "Outside providers are switched off at the moment. Nothing was charged. Try again later."
USED_UP = (
    "The budget of this server for outside providers is used up for today. Nothing was charged. "
    "Try again after midnight UTC."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How the day's budget stands; without a limit, whatever it costs."""

    choice: str
    spent_micro_usd: int
    limit_micro_usd: int | None

    @property
    def is_used_up(self) -> bool:
        """Whether as much was spent today as was meant to be."""
        return self.limit_micro_usd is not None and self.spent_micro_usd >= self.limit_micro_usd

    @property
    def is_open(self) -> bool:
        """Whether new orders to paid providers are taken."""
        return self.choice == "over" or (self.choice == "on" and not self.is_used_up)

    @property
    def spent_dollars(self) -> float:
        """What today's calls cost, as far as their prices are known."""
        return self.spent_micro_usd / MICRO

    @property
    def limit_dollars(self) -> float | None:
        """What they may cost."""
        return None if self.limit_micro_usd is None else self.limit_micro_usd / MICRO


def check() -> None:
    """Refuse an order to a paid provider where the budget is used up or staff switched it off.

    Work that was ordered before goes on. Raises ProviderUnavailable.
    """
    now = state()
    if not now.is_open:
        raise ProviderUnavailable(OFF if now.choice == "off" else USED_UP)


def is_open() -> bool:
    """Return whether new orders to paid providers are taken."""
    return state().is_open


def state() -> Budget:
    """Return how the day's budget stands, a few seconds old at most."""
    choice, spent = REMEMBERED.get(_read).decode().split()
    limit = settings.DAILY_PROVIDER_BUDGET_USD
    return Budget(
        choice=choice,
        spent_micro_usd=int(spent),
        limit_micro_usd=None if limit is None else int(limit * MICRO),
    )


@transaction.atomic
def decide(*, choice: str, staff_id: UUID) -> None:
    """Have staff's choice hold from now on. Raises ValueError for an unknown one."""
    spending.decide_spending(choice=choice, staff_id=staff_id)
    REMEMBERED.forget_on_commit()


def _read() -> bytes:
    """Read as one who may see everybody's calls: whose order it is has no part in this."""
    who: Actor = connection.actor  # type: ignore[attr-defined] # of our own backend
    with act_as(who if who.role in {"worker", "owner"} else Actor(role="staff")):
        choice = billing_selectors.spending_choice()
        today = datetime.combine(clock.now().date(), time.min, UTC)
        costs = ProviderCall.objects.filter(created_at__gte=today)
        spent = costs.aggregate(sum=Sum("cost_micro_usd"))["sum"] or 0
    return f"{choice} {spent}".encode()
