"""The tables of the dashboard: what a page shows, a chart draws and a file gives are one thing."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from generation.services.numbers import Latency, Line, Outcome
from generation.services.provider_calls import Cost
from visiona.stats.selectors import Stats

ENDED = ("succeeded", "partial", "failed", "canceled")
OPEN = "open"

Value = int | float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: how its values are written, and the color in which the chart draws it."""

    name: str
    form: str = "count"
    color: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value as it is, and as people read it."""

    value: Value
    words: str
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows whose first column names them; `chart` says how they are drawn, if they are."""

    name: str
    title: str
    note: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Value]]
    chart: str = ""
    unit: str = ""
    nothing: str = "Nothing happened in this time."

    @property
    def cells(self) -> list[list[Cell]]:
        """The rows as people read them."""
        return [
            [
                Cell(value=value, words=WORDS[column.form](value), form=column.form)
                for column, value in zip(self.columns, row, strict=True)
            ]
            for row in self.rows
        ]


def _dollars(value: Value) -> str:
    amount = float(value) / 1_000_000
    # A call may cost less than a cent.
    digits = 2 if abs(amount) >= 1 or not amount else 4
    return f"{'−' if amount < 0 else ''}${abs(amount):,.{digits}f}"  # noqa: RUF001 (a minus)


def _duration(value: Value) -> str:
    ms = float(value)
    return f"{ms / 1000:,.1f} s" if ms >= 10_000 else f"{ms:,.1f} ms"


WORDS: dict[str, Callable[[Value], str]] = {
    "name": lambda value: str(value).replace("_", " "),
    "id": str,
    "requests": str,
    "count": lambda value: f"{value:,}",
    "dollars": _dollars,
    "ms": _duration,
    "seconds": lambda value: f"{value:,.0f} s",
    "share": lambda value: f"{float(value):.1%}",
}
"""How the values of a column are written, by its form."""


def credits_table(stats: Stats) -> Table:
    """Return how credits moved, day by day."""
    return Table(
        name="credits",
        title="Credits",
        note="Given, spent with refunds taken off, and held at the end of each day (UTC).",
        columns=(
            Column(name="Day", form="id"),
            Column(name="Granted", color="success"),
            Column(name="Spent", color="accent"),
            Column(name="Held", color="info"),
        ),
        rows=[(day.day.isoformat(), day.granted, day.spent, day.held) for day in stats.days],
        chart="line",
        unit="credits",
    )


def jobs_table(stats: Stats) -> Table:
    """Return what became of the jobs that were ordered, kind by kind."""
    return Table(
        name="jobs",
        title="Jobs",
        note="Ordered in this time, by what they have come to.",
        columns=(
            Column(name="Kind", form="name"),
            *(
                Column(name=status.capitalize(), color=color)
                for status, color in zip(
                    (*ENDED, OPEN), ("success", "warning", "error", "muted", "info"), strict=True
                )
            ),
        ),
        rows=_by_kind(stats.outcomes),
        chart="stacked",
        unit="jobs",
        nothing="Nothing was ordered in this time.",
    )


def _by_kind(outcomes: Iterable[Outcome]) -> list[tuple[Value, ...]]:
    counted: dict[str, Counter[str]] = {}
    for one in outcomes:
        status = one.status if one.status in ENDED else OPEN
        counted.setdefault(one.kind, Counter())[status] += one.count
    return [
        (kind, *(found[status] for status in (*ENDED, OPEN))) for kind, found in counted.items()
    ]


def money_table(stats: Stats) -> Table:
    """Return what each product cost us and brought."""
    return Table(
        name="money",
        title="Cost and revenue",
        note="What providers cost as far as their prices are known, beside the credits spent at "
        "their list price.",
        columns=(
            Column(name="Product", form="name"),
            Column(name="Provider cost", form="dollars", color="error"),
            Column(name="Credit revenue", form="dollars", color="accent"),
            Column(name="Margin", form="dollars", color="success"),
        ),
        rows=[(one.product, one.cost, one.revenue, one.margin) for one in stats.money],
        chart="bar",
        unit="dollars",
    )


def latency_table(latencies: Iterable[Latency], operation: str) -> Table:
    """Return what each step of an operation took."""
    of_it = [one for one in latencies if one.operation == operation]
    return Table(
        name="latency",
        title="Latency",
        note="Half of the requests took no longer than p50, 95 % no longer than p95.",
        columns=(
            Column(name="Step", form="name"),
            Column(name="Requests"),
            Column(name="p50", form="ms", color="info"),
            Column(name="p95", form="ms", color="warning"),
        ),
        rows=[(one.step, one.count, one.p50_ms, one.p95_ms) for one in of_it],
        chart="bar",
        unit="ms",
    )


def rates_table(stats: Stats) -> Table:
    """Return how often the cache answered and another provider had to, day by day."""
    return Table(
        name="rates",
        title="Cache and fallback",
        note="Answers of the chat out of the cache, and requests that another provider served than "
        "the one asked first.",
        columns=(
            Column(name="Day", form="id"),
            Column(name="Requests"),
            Column(name="Cached", form="share", color="success"),
            Column(name="Fallback", form="share", color="warning"),
        ),
        rows=[
            (
                *(day.day.isoformat(), day.rates.requests),
                *(round(day.rates.cache_rate, 4), round(day.rates.fallback_rate, 4)),
            )
            for day in stats.days
        ],
        chart="line",
        unit="share",
    )


def people_table(costs: Iterable[Cost]) -> Table:
    """Return for whom providers cost most."""
    return Table(
        name="people",
        title="Dearest people",
        note="By what providers cost for them; people are named by their ids.",
        columns=(
            Column(name="Person", form="id"),
            Column(name="Calls"),
            Column(name="Failed"),
            Column(name="Cost", form="dollars"),
        ),
        rows=[(one.key, one.calls, one.failures, one.cost_micro_usd) for one in costs],
        nothing="No provider was asked in this time.",
    )


def failures_table(stats: Stats) -> Table:
    """Return what requests failed of."""
    return Table(
        name="failures",
        title="Failures",
        note="What requests failed of, in whole or in part, with the last of them.",
        columns=(
            Column(name="Error", form="id"),
            Column(name="Count"),
            Column(name="Last requests", form="requests"),
        ),
        rows=[(one.error_name, one.count, " ".join(one.request_ids)) for one in stats.failures],
        nothing="Nothing failed in this time.",
    )


def queues_table(lines: Iterable[Line]) -> Table:
    """Return what waits for a worker now."""
    return Table(
        name="queues",
        title="Queues now",
        note="What waits for a worker, and for how long the first of it does.",
        columns=(
            Column(name="Queue", form="id"),
            Column(name="Waiting"),
            Column(name="Oldest", form="seconds"),
        ),
        rows=[(one.queue, one.depth, one.age_seconds) for one in lines],
    )
