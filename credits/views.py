"""The statement: every change of a person's credits, in plain words."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import UserRequest
from credits import selectors as credits_selectors
from visiona.lib import clock, csv_files

if TYPE_CHECKING:
    from credits.models import Entry
    from credits.selectors import Spending

PAGE_SIZE = 50
RANGES = (7, 30, 90)
CHART_HEIGHT = 100
BAR_STEP = 10
CSV_HEAD = ("time", "kind", "what", "change", "held_change", "balance", "job_id")

WORDS = {
    "reserve": "Held for {}",
    "capture": "Delivered: {}",
    "release": "Returned: {}",
    "expire": "Returned: {}, not finished in time",
    "refund": "Given back: {}",
    "lapse": "Expired: {}",
    "revoke": "Taken back: {}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the statement; the job that caused it, if any, is named by its id."""

    kind: str
    at: datetime
    words: str
    change: int
    held_change: int
    balance: int
    job_id: str


def row_of(entry: "Entry") -> Row:
    """Put an entry into words."""
    return Row(
        kind=entry.kind,
        at=entry.created_at,
        words=WORDS.get(entry.kind, "{}").format(entry.reason.replace("_", " ")),
        change=entry.balance_change,
        held_change=entry.held_change,
        balance=entry.balance_after,
        job_id=entry.reference,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day of the chart in units of its view box, drawn from the bottom up."""

    x: int
    height: float
    day: date
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What was spent in a range of days: a bar for each day, and each purpose with its sum."""

    days: int
    total: int
    width: int
    bars: list[Bar]
    purposes: list[tuple[str, int]]


def chart_of(spendings: "Iterable[Spending]", *, today: date, days: int) -> Chart:
    """Sum spendings by day and by purpose; the tallest bar fills the chart."""
    by_day: Counter[date] = Counter()
    by_purpose: Counter[str] = Counter()
    for spending in spendings:
        by_day[spending.day] += spending.amount
        by_purpose[spending.purpose] += spending.amount
    tallest = max(by_day.values(), default=0)
    first = today - timedelta(days=days - 1)
    bars = [
        Bar(
            x=number * BAR_STEP,
            height=round(CHART_HEIGHT * max(by_day[day], 0) / tallest, 1) if tallest > 0 else 0,
            day=day,
            amount=by_day[day],
        )
        for number, day in enumerate(first + timedelta(days=n) for n in range(days))
    ]
    return Chart(
        days=days,
        total=sum(by_day.values()),
        width=days * BAR_STEP,
        bars=bars,
        purposes=[
            (purpose.replace("_", " "), amount) for purpose, amount in by_purpose.most_common()
        ],
    )


@login_required
@require_safe
def statement(request: UserRequest) -> HttpResponse:
    """Show what is there, what is held and why, and every entry."""
    entries = credits_selectors.entries_of(user=request.user)
    page = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "section": "credits",
        "page": page,
        "rows": [row_of(entry) for entry in page],
        "held": credits_selectors.open_reservations_of(user=request.user),
        "totals": credits_selectors.totals_of(user=request.user),
        "chart": _chart(request),
        "ranges": RANGES,
    }
    return render(request, "credits/statement.html", context)


def _chart(request: UserRequest) -> Chart:
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, RANGES) else RANGES[1]
    today = clock.now().date()
    since = today - timedelta(days=days - 1)
    spent = credits_selectors.spending_of(user=request.user, since=since)
    return chart_of(spent, today=today, days=days)


@login_required
@require_safe
def statement_csv(request: UserRequest) -> HttpResponse:
    """Give the whole statement as a table for other programs, newest first."""
    rows = (
        (
            *(row.at.isoformat(timespec="seconds"), row.kind, row.words),
            *(row.change, row.held_change, row.balance, row.job_id),
        )
        for row in map(row_of, credits_selectors.entries_of(user=request.user))
    )
    return csv_files.download(name="credits", head=CSV_HEAD, rows=rows)
