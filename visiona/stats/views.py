"""The dashboard of staff, its tables as files, and what one request has caused."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import staff_of
from credits import selectors as credits_selectors
from generation import catalog
from generation.services import numbers, provider_calls, traces
from visiona.lib import csv_files
from visiona.lib.db.actor import act_as
from visiona.lib.errors import InvalidInput, NotFound
from visiona.lib.periods import Period
from visiona.lib.timing import STEPS
from visiona.stats import selectors, tables
from visiona.stats.periods import USUAL_DAYS, asked_period, last_days
from visiona.stats.selectors import Stats
from visiona.stats.tables import Table
from visiona.webhooks import services as webhooks

RANGES = (7, 30, 90)
MOST_PEOPLE = 10
LONGEST_REQUEST_ID = 64

KPIS = (
    ("New people", "count", "new_users"),
    ("Active people", "count", "active_users"),
    ("Jobs", "count", "jobs"),
    ("Results", "count", "assets"),
    ("Credits spent", "count", "spent"),
    ("Revenue", "dollars", "revenue"),
    ("Provider cost", "dollars", "cost"),
    ("Margin", "dollars", "margin"),
)
"""What the dashboard begins with: its name, its form, and which of the numbers it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A number, and by which part it differs from the one of the time before."""

    name: str
    value: str
    now: float
    before: float
    is_credits: bool = False

    @property
    def change(self) -> str:
        """How it differs, in words."""
        if not self.before:
            return "none before" if self.now else "as before"
        part = (self.now - self.before) / abs(self.before)
        return f"{part:+.0%}".replace("-", "−") if round(part, 2) else "as before"  # noqa: RUF001


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the dashboard is to show: a time, and whose steps."""

    period: Period
    days: int | None
    operation: str
    error: str = ""


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    """Show what everybody did in a time, beside the time before."""
    staff, asked = staff_of(request), _asked(request.GET)
    with act_as(staff):
        stats = selectors.stats_of(period=asked.period)
        context = {
            "tab": "numbers",
            "asked": asked,
            "ranges": RANGES,
            "first": asked.period.start.date(),
            "last": list(asked.period.days())[-1],
            "kpis": _kpis(stats, selectors.stats_of(period=asked.period.before)),
            "tables": [make(asked, stats) for make in TABLES.values()],
            "unpriced": stats.unpriced,
            "operations": list(dict.fromkeys(one.operation for one in stats.latencies)),
            "operation": _operation(asked, stats),
        }
    return render(request, "staff/numbers.html", context, status=422 if asked.error else 200)


@require_safe
def download(request: HttpRequest, table: str) -> HttpResponse:
    """Give a table of the dashboard to other programs."""
    staff = staff_of(request)
    if table not in TABLES:
        raise NotFound
    asked = _asked(request.GET)
    if asked.error:
        raise NotFound(asked.error)
    with act_as(staff):
        found = TABLES[table](asked, selectors.stats_of(period=asked.period))
    head = [column.name for column in found.columns]
    return csv_files.download(name=table, head=head, rows=found.rows)


@require_safe
def trace(request: HttpRequest) -> HttpResponse:
    """Show everything that one request has caused, and nobody's words."""
    staff = staff_of(request)
    request_id = request.GET.get("request_id", "").strip()[:LONGEST_REQUEST_ID]
    context: dict[str, Any] = {"tab": "trace", "request_id": request_id}
    if request_id:
        with act_as(staff):
            found = traces.trace_of(request_id=request_id)
            context |= {
                "trace": found,
                "waterfalls": [_waterfall(metric) for metric in found.metrics],
                "jobs": [(job, found.steps_of(job)) for job in found.jobs],
                "entries": list(
                    credits_selectors.entries_of_request(
                        request_id=request_id, reservation_ids=found.reservation_ids
                    )
                ),
                "events": webhooks.events_of_steps(step_ids=found.step_ids),
            }
    return render(request, "staff/trace.html", context)


def _asked(query: Mapping[str, str]) -> Asked:
    days = query.get("days", "")
    operation = query.get("operation", "")
    if days in map(str, RANGES):
        return Asked(period=last_days(int(days)), days=int(days), operation=operation)
    if not (query.get("from") or query.get("to")):
        return Asked(period=last_days(USUAL_DAYS), days=USUAL_DAYS, operation=operation)
    try:
        return Asked(period=asked_period(query), days=None, operation=operation)
    except InvalidInput as error:
        usual = last_days(USUAL_DAYS)
        return Asked(period=usual, days=USUAL_DAYS, operation=operation, error=error.detail)


def _operation(asked: Asked, stats: Stats) -> str:
    """Return whose steps are shown: as asked, or of what there were most requests of."""
    counts = {one.operation: one.count for one in stats.latencies}
    if asked.operation in counts:
        return asked.operation
    return max(counts, key=lambda name: counts[name], default=catalog.CHAT)


TABLES: dict[str, Callable[[Asked, Stats], Table]] = {
    "credits": lambda _, stats: tables.credits_table(stats),
    "jobs": lambda _, stats: tables.jobs_table(stats),
    "money": lambda _, stats: tables.money_table(stats),
    "latency": lambda asked, stats: tables.latency_table(stats.latencies, _operation(asked, stats)),
    "rates": lambda _, stats: tables.rates_table(stats),
    "failures": lambda _, stats: tables.failures_table(stats),
    "people": lambda asked, _: tables.people_table(
        provider_calls.costs(period=asked.period, group_by="user", limit=MOST_PEOPLE)
    ),
    "queues": lambda *_: tables.queues_table(numbers.lines()),
}
"""The tables of the dashboard, in their order."""


def _kpis(stats: Stats, before: Stats) -> list[Kpi]:
    return [
        Kpi(
            name=name,
            value=tables.WORDS[form](getattr(stats, number)),
            now=getattr(stats, number),
            before=getattr(before, number),
            is_credits=number == "spent",
        )
        for name, form, number in KPIS
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A step of a request: where it begins and how long it is, in thousandths of the whole."""

    step: str
    ms: float
    x: float
    width: float


def _waterfall(metric: Any) -> tuple[Any, list[Bar]]:
    """Return a request's numbers and its steps one after the other, the rest at last."""
    spent = {step.removesuffix("_ms"): getattr(metric, step) for step in STEPS}
    whole = max(metric.total_ms, sum(spent.values())) or 1.0
    spent["waiting and our own code"] = round(whole - sum(spent.values()), 3)
    bars, x = [], 0.0
    for step, ms in spent.items():
        width = 1000 * ms / whole
        bars.append(Bar(step=step.replace("_", " "), ms=ms, x=round(x, 2), width=round(width, 2)))
        x += width
    return metric, bars
