"""What a person uses: by tool, by day and by month, and how much of it they may."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Aggregate, Case, CharField, Count, F, FloatField, Q, Value, When
from django.db.models.functions import TruncDate
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import selectors as accounts_selectors
from accounts.http import UserRequest
from billing import selectors as billing_selectors
from credits import selectors as credits_selectors
from credits.selectors import Spending
from generation import catalog, selectors
from generation.models import RequestMetric
from visiona.lib import clock, csv_files, ratelimit
from visiona.lib.periods import Period

RANGES = {"7": "7 days", "30": "30 days", "90": "90 days", "year": "12 months"}
USUAL = "30"
YEAR_MONTHS = 12
YEAR_DAYS = 366
CHART_HEIGHT = 100
BAR_STEP = 10
LABELS = {catalog.CHAT: "Chat", "enhance": "Better prompts"}
CSV_HEAD = ("day", "tool", "requests", "failed", "median_ms", "credits")


class Median(Aggregate):
    """What half of the values do not exceed, by PostgreSQL."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """What one tool was used for in a time: how often, how quickly, for how much."""

    tool: str
    requests: int = 0
    failed: int = 0
    median_ms: int | None = None
    spent: int = 0

    @property
    def label(self) -> str:
        """What the tool is called."""
        return label_of(self.tool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One day or month of the chart in units of its view box, drawn from the bottom up."""

    x: int
    height: float
    begins: date
    spent: int
    requests: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What was spent in a range of time: a bar for each of its days or months."""

    total: int
    requests: int
    width: int
    by_month: bool
    bars: list[Bar]

    @property
    def used(self) -> list[Bar]:
        """The days or months on which anything was, the last one first."""
        return [bar for bar in reversed(self.bars) if bar.spent or bar.requests]


@login_required
@require_safe
def usage(request: UserRequest) -> HttpResponse:
    """Show what I used, and how much I may."""
    asked = request.GET.get("range", USUAL)
    chosen = asked if asked in RANGES else USUAL
    first = _first_day(chosen)
    spent = credits_selectors.spending_of(user=request.user, since=first)
    by_day = _by_day(request, first)
    context = {
        "section": "usage",
        "ranges": [(name, words, name == chosen) for name, words in RANGES.items()],
        "range": chosen,
        "range_words": RANGES[chosen],
        "tools": _by_tool(request, first, spent),
        "chart": chart_of(spent, by_day, first=first, by_month=chosen == "year"),
        **_limits(request),
    }
    return render(request, "generation/usage.html", context)


@login_required
@require_safe
def usage_csv(request: UserRequest) -> HttpResponse:
    """Give a year of my use as a table for other programs, the last day first."""
    first = clock.now().date() - timedelta(days=YEAR_DAYS - 1)
    spent = credits_selectors.spending_of(user=request.user, since=first)
    rows = (
        (day.isoformat(), use.tool, use.requests, use.failed, use.median_ms, use.spent)
        for day, use in _lines(_by_day(request, first), spent)
    )
    return csv_files.download(name="usage", head=CSV_HEAD, rows=rows)


def label_of(tool: str) -> str:
    """Name a tool."""
    if tool in catalog.KINDS:
        return catalog.KINDS[tool].label
    return LABELS.get(tool, tool.replace("_", " ").capitalize())


def chart_of(
    spent: Iterable[Spending],
    by_day: Mapping[date, Iterable[Use]],
    *,
    first: date,
    by_month: bool,
) -> Chart:
    """Sum what was spent and asked by day or by month; the tallest bar fills the chart."""
    money: Counter[date] = Counter()
    requests: Counter[date] = Counter()
    for one in spent:
        money[_bucket(one.day, by_month=by_month)] += one.amount
    for day, uses in by_day.items():
        requests[_bucket(day, by_month=by_month)] += sum(use.requests for use in uses)
    tallest = max(money.values(), default=0)
    buckets = list(dict.fromkeys(_bucket(day, by_month=by_month) for day in _days(first)))
    bars = [
        Bar(
            x=number * BAR_STEP,
            height=round(CHART_HEIGHT * max(money[begins], 0) / tallest, 1) if tallest > 0 else 0,
            begins=begins,
            spent=money[begins],
            requests=requests[begins],
        )
        for number, begins in enumerate(buckets)
    ]
    return Chart(
        total=sum(money.values()),
        requests=sum(requests.values()),
        width=len(bars) * BAR_STEP,
        by_month=by_month,
        bars=bars,
    )


def _bucket(day: date, *, by_month: bool) -> date:
    return day.replace(day=1) if by_month else day


def _days(first: date) -> Iterator[date]:
    for number in range((clock.now().date() - first).days + 1):
        yield first + timedelta(days=number)


def _first_day(chosen: str) -> date:
    today = clock.now().date()
    if chosen != "year":
        return today - timedelta(days=int(chosen) - 1)
    months = today.year * 12 + today.month - YEAR_MONTHS
    return date(months // 12, months % 12 + 1, 1)


def _metrics(request: UserRequest, first: date) -> Any:
    """Return my requests since that day (UTC) by their tool: what programs ask is chat too."""
    since = Period.since(datetime.combine(first, time.min, UTC))
    mine = RequestMetric.objects.filter(since.rows, user_id=request.user.pk)
    tool = Case(
        When(operation="gateway", then=Value(catalog.CHAT)),
        default=F("operation"),
        output_field=CharField(),
    )
    return mine.annotate(tool=tool)


def _counted() -> dict[str, Aggregate]:
    return {
        "requests": Count("id"),
        "failed": Count("id", filter=Q(status=RequestMetric.Status.FAILED)),
        "median": Median("total_ms"),
    }


def _by_tool(request: UserRequest, first: date, spent: Iterable[Spending]) -> list[Use]:
    """Return what each tool was used for, the dearest first."""
    money: Counter[str] = Counter()
    for one in spent:
        money[one.purpose] += one.amount
    rows = _metrics(request, first).values("tool").annotate(**_counted()).order_by()
    asked = {row["tool"]: row for row in rows}
    uses = [_use(tool, asked.get(tool), money[tool]) for tool in {**asked, **money}]
    return sorted(uses, key=lambda use: (-use.spent, -use.requests, use.label))


def _by_day(request: UserRequest, first: date) -> dict[date, list[Use]]:
    """Return what each tool was used for on each day on which one was."""
    by_day = _metrics(request, first).annotate(day=TruncDate("created_at", tzinfo=UTC))
    rows = by_day.values("day", "tool").annotate(**_counted()).order_by("day", "tool")
    found: defaultdict[date, list[Use]] = defaultdict(list)
    for row in rows:
        found[row["day"]].append(_use(row["tool"], row, 0))
    return dict(found)


def _use(tool: str, row: Mapping[str, Any] | None, amount: int) -> Use:
    if row is None:
        return Use(tool=tool, spent=amount)
    return Use(
        tool=tool,
        requests=row["requests"],
        failed=row["failed"],
        median_ms=round(row["median"]),
        spent=amount,
    )


def _lines(
    by_day: Mapping[date, Iterable[Use]], spent: Iterable[Spending]
) -> list[tuple[date, Use]]:
    """Return each day's use of each tool with what it took, the last day first."""
    money = {(one.day, one.purpose): one.amount for one in spent}
    asked = {(day, use.tool): use for day, uses in by_day.items() for use in uses}
    lines = []
    for day, tool in sorted({*money, *asked}, key=lambda place: (-place[0].toordinal(), place[1])):
        use = asked.get((day, tool), Use(tool=tool))
        row = {"requests": use.requests, "failed": use.failed, "median": use.median_ms or 0}
        amount = money.get((day, tool), 0)
        lines.append((day, _use(tool, row if use.requests else None, amount)))
    return lines


def _limits(request: UserRequest) -> dict[str, Any]:
    """Return how much I may, and how much of that is used."""
    entitled = billing_selectors.entitlements_of(user=request.user)
    keys = list(accounts_selectors.api_keys_of(user=request.user))
    spent = credits_selectors.spent_this_month(spenders=[key.pk for key in keys])
    rate = entitled.chat_rate
    return {
        "chat_limit": ratelimit.peek(rule="chat", key=request.user.pk, limit=rate),
        "chat_span": ratelimit.SPANS[ratelimit.rule_of("chat", rate).unit],
        "most_jobs": entitled.concurrent_jobs,
        "open_jobs": selectors.unfinished_jobs_of(user=request.user).count(),
        "keys": [(key, spent[key.pk]) for key in keys],
    }
