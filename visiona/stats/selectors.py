"""What everybody did in a time, what it cost and brought, and what one request has caused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from accounts import selectors as accounts_selectors
from billing.plans import CREDIT_MICRO_USD
from credits import selectors as credits_selectors
from generation.services import numbers, provider_calls
from generation.services.numbers import FailureCount, Latency, Outcome, Rates
from visiona.lib.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a product's credits were worth, and what its providers cost, in micro-USD."""

    product: str
    revenue: int
    cost: int

    @property
    def margin(self) -> int:
        """What is left."""
        return self.revenue - self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day (UTC): how credits moved, and what became of requests."""

    day: date
    granted: int
    spent: int
    held: int
    rates: Rates


class Stats:
    """What everybody did in a time, what it cost and brought; money is in micro-USD.

    A number is read when it is first asked for, by whoever acts then: some take long.
    """

    def __init__(self, period: Period) -> None:
        self.period = period

    @property
    def users(self) -> int:
        """People there were at the end."""
        return self._people[0]

    @property
    def new_users(self) -> int:
        """People who came."""
        return self._people[1]

    @cached_property
    def active_users(self) -> int:
        """People who ordered something, or had something answered."""
        return numbers.count_active(period=self.period)

    @cached_property
    def days(self) -> list[Day]:
        """The days, oldest first."""
        rates = numbers.rates_by_day(period=self.period)
        return [
            Day(
                day=moves.day,
                granted=moves.granted,
                spent=moves.spent,
                held=moves.held,
                rates=rates.get(moves.day, Rates()),
            )
            for moves in credits_selectors.moves_by_day(period=self.period)
        ]

    @cached_property
    def outcomes(self) -> list[Outcome]:
        """What the jobs that were ordered have come to."""
        return numbers.outcomes(period=self.period)

    @cached_property
    def assets(self) -> int:
        """Things made that are still kept."""
        return numbers.count_made(period=self.period)

    @cached_property
    def money(self) -> list[Money]:
        """What each product cost and brought, the dearest first."""
        return _money(self._costs, self._spent)

    @cached_property
    def rates(self) -> Rates:
        """What became of requests."""
        return numbers.rates(period=self.period)

    @cached_property
    def latencies(self) -> list[Latency]:
        """What each step of each operation took."""
        return numbers.latencies(period=self.period)

    @cached_property
    def failures(self) -> list[FailureCount]:
        """What requests failed of."""
        return numbers.failures(period=self.period)

    @property
    def granted(self) -> int:
        """Credits given."""
        return sum(day.granted for day in self.days)

    @property
    def spent(self) -> int:
        """Credits spent, refunds taken off."""
        return sum(self._spent.values())

    @property
    def held(self) -> int:
        """Credits held at the end."""
        return self.days[-1].held

    @property
    def jobs(self) -> int:
        """Jobs ordered."""
        return sum(one.count for one in self.outcomes)

    @property
    def revenue(self) -> int:
        """What the credits spent are worth by their list price."""
        return self.spent * CREDIT_MICRO_USD

    @property
    def cost(self) -> int:
        """What providers cost, as far as that is known."""
        return sum(cost.cost_micro_usd for cost in self._costs)

    @property
    def unpriced(self) -> int:
        """Calls to providers whose cost is not known."""
        return sum(cost.unpriced for cost in self._costs)

    @property
    def margin(self) -> int:
        """What is left of the one after the other."""
        return self.revenue - self.cost

    @cached_property
    def _people(self) -> tuple[int, int]:
        return accounts_selectors.count_people(period=self.period)

    @cached_property
    def _costs(self) -> list[provider_calls.Cost]:
        return provider_calls.costs(period=self.period, group_by="product")

    @cached_property
    def _spent(self) -> dict[str, int]:
        return credits_selectors.spent_on(period=self.period)


def stats_of(*, period: Period) -> Stats:
    """Return what there is to be known of a time, to be asked while one acts as staff."""
    return Stats(period)


def _money(costs: Sequence[provider_calls.Cost], spent: dict[str, int]) -> list[Money]:
    """Set what each product cost beside what was spent on it, the dearest first."""
    cost_of = {cost.key: cost.cost_micro_usd for cost in costs}
    money = [
        Money(
            product=product,
            revenue=spent.get(product, 0) * CREDIT_MICRO_USD,
            cost=cost_of.get(product, 0),
        )
        for product in {*cost_of, *spent}
    ]
    return sorted(money, key=lambda one: (-one.cost, -one.revenue, one.product))
