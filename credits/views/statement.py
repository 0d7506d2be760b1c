"""The statement: every change of a person's credits, in plain words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.http import UserRequest, private
from credits import selectors as credits_selectors
from visiona.lib import clock, csv_files

if TYPE_CHECKING:
    from credits.models import Entry, Lot
    from credits.selectors import Spending

PAGE_SIZE = 50
RANGES = (7, 30, 90)
CHART_HEIGHT = 100
BAR_STEP = 10
SOON = timedelta(days=14)
"""What expires before that is said on top of the page."""
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

FILTERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("Everything", ()),
    "received": ("Received", ("grant", "adjust")),
    "spent": ("Spent", ("capture", "refund")),
    "held": ("Held", ("reserve", "release", "expire")),
    "gone": ("Expired or taken back", ("lapse", "revoke")),
}
"""What of the statement is shown: its name in the address, its words, its kinds of entry."""

Paid = Sequence[tuple["Lot", int]]


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
    paid: Paid


def row_of(entry: "Entry", *, paid: Mapping[UUID, Paid] | None = None) -> Row:
    """Put an entry into words; what was delivered says which lots it was paid from."""
    lots = (paid or {}).get(entry.reservation_id, ()) if entry.reservation_id else ()
    return Row(
        kind=entry.kind,
        at=entry.created_at,
        words=WORDS.get(entry.kind, "{}").format(entry.reason.replace("_", " ")),
        change=entry.balance_change,
        held_change=entry.held_change,
        balance=entry.balance_after,
        job_id=entry.job_id,
        paid=lots,
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


@private
@require_safe
def statement(request: UserRequest) -> HttpResponse:
    """Show what is there, what is held and why, until when it lasts, and every entry."""
    asked = request.GET.get("kind", "")
    chosen = asked if asked in FILTERS else ""
    entries = credits_selectors.entries_of(user=request.user)
    if kinds := FILTERS[chosen][1]:
        entries = entries.filter(kind__in=kinds)
    page = Paginator(entries, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "section": "credits",
        "page": page,
        "rows": _rows(list(page)),
        "filters": [(name, words) for name, (words, _) in FILTERS.items()],
        "chosen": chosen,
        "held": credits_selectors.open_reservations_of(user=request.user),
        "totals": credits_selectors.totals_of(user=request.user),
        "chart": _chart(request),
        "ranges": RANGES,
        **_lots(request),
    }
    return render(request, "credits/statement.html", context)


def _rows(entries: Sequence["Entry"]) -> list[Row]:
    delivered = (one.reservation_id for one in entries if one.kind == "capture")
    paid = credits_selectors.paid_by(reservation_ids=filter(None, delivered))
    return [row_of(one, paid=paid if one.kind == "capture" else None) for one in entries]


def _lots(request: UserRequest) -> dict[str, Any]:
    """Return what can be spent, the next first, what of it expires soon, and what is owed."""
    soon = clock.now() + SOON
    expiring = credits_selectors.expiring_of(user=request.user)
    owed = [one for one in credits_selectors.revocations_of(user=request.user) if one.owed]
    return {
        "lots": credits_selectors.lots_of(user=request.user).filter(remaining__gt=0),
        "expiring": [(amount, at) for amount, at in expiring if at <= soon],
        "owed": owed,
        "owed_total": sum(one.owed for one in owed),
    }


def _chart(request: UserRequest) -> Chart:
    asked = request.GET.get("days", "")
    days = int(asked) if asked in map(str, RANGES) else RANGES[1]
    today = clock.now().date()
    since = today - timedelta(days=days - 1)
    spent = credits_selectors.spending_of(user=request.user, since=since)
    return chart_of(spent, today=today, days=days)


@private
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
