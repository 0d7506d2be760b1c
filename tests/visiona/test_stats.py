"""What staff are told is what the rows add up to, by hand; nobody else is told anything."""

import csv
import io
import statistics
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Role, User
from credits.models import Entry, Wallet
from generation.models import Asset, Job, Message, ProviderCall, RequestMetric
from generation.services import jobs, running
from tests import factories
from tests.clients import ApiClient
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user
from visiona.lib.periods import Period
from visiona.lib.timing import STEPS
from visiona.stats import selectors, views

pytestmark = pytest.mark.django_db

PAGE = "/staff/"
LONG_AGO = timedelta(days=40)


@pytest.fixture(autouse=True)
def plain() -> Iterator[None]:
    with factories.plain_pictures():
        yield


@pytest.fixture
def sam(db: None) -> User:
    """He works for us."""
    user = factories.make_user("sam@example.com")
    User.objects.filter(pk=user.pk).update(role=Role.ADMIN)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def staff(sam: User, client: Client) -> Client:
    client.force_login(sam)
    return client


@pytest.fixture
def busy(alice: User, bob: User) -> None:
    """What two people did this month, and one of them before it."""
    factories.grant(bob, 30)
    for user, count in ((alice, 1), (bob, 2)):
        for _ in range(count):
            running.run_job(job_id=factories.make_job(user).pk)
    canceled = factories.make_job(bob)
    with act_as_user(bob.pk):
        jobs.cancel(user=bob, job_id=canceled.pk)
    factories.make_declined(alice)
    factories.make_job(bob)
    for number in range(20):
        answered(bob if number % 4 else alice, number)
    called(bob, 1_000_000, job=Job.objects.filter(user=bob).first())
    called(alice, 2_500, message_id=uuid4())
    called(alice, None, outcome="provider_timed_out")
    for row in (answered(alice, 99), called(alice, 77_000_000)):
        type(row).objects.filter(pk=row.pk).update(created_at=clock.now() - LONG_AGO)


def answered(user: User, number: int) -> RequestMetric:
    """The numbers of an answer, each another one."""
    is_cached, failed = number % 3 == 0, number % 5 == 4
    steps = {step: float(number + place) for place, step in enumerate(STEPS)}
    return RequestMetric.objects.create(
        user=user,
        request_id=f"request-{number:02}",
        operation="chat",
        total_ms=sum(steps.values()) + 10,
        **steps,
        status="failed" if failed else "ok",
        error_name="provider_unavailable" if failed else "",
        cached=is_cached,
        fallback_used=number % 10 == 1,
        provider="gemini",
    )


def called(user: User, cost: int | None, **facts: Any) -> ProviderCall:
    usual: dict[str, Any] = {
        "provider": "gemini",
        "operation": "text.write",
        "model": "gemini-flash",
        "outcome": "ok",
        "latency_ms": 100,
        "input_tokens": 10,
        "output_tokens": 3,
        "cost_micro_usd": cost,
    }
    return ProviderCall.objects.create(user=user, **usual | facts)


def recent(rows: list[Any], days: int = 30) -> list[Any]:
    """Those of the rows that the last days saw, looked at one by one."""
    since = datetime.combine(clock.now().date(), datetime.min.time(), UTC) - timedelta(
        days=days - 1
    )
    return [row for row in rows if row.created_at >= since]


def percentile(values: list[float], part: float) -> float:
    """As PostgreSQL reckons it, between two values too."""
    ordered = sorted(values)
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


@pytest.mark.usefixtures("busy")
def test_stats_are_what_the_rows_add_up_to(sam: User) -> None:
    told = ApiClient(sam).get("admin/stats").json()["data"]

    made, ended = recent(list(Job.objects.all())), recent(list(RequestMetric.objects.all()))
    active = {job.user_id for job in made} | {one.user_id for one in ended}
    new = recent(list(User.objects.all()))
    assert told["users"] == {"total": 3, "new": len(new), "active": len(active)}
    by_outcome = Counter((job.kind, job.status) for job in made)
    assert {(one["kind"], one["status"]): one["count"] for one in told["jobs"]} == by_outcome
    assert by_outcome["thumbnail", "succeeded"] == 3
    assert told["assets"] == len([one for one in Asset.objects.all() if one.source != "upload"])
    the_money_adds_up(told)
    the_rates_add_up(told, ended)
    the_latencies_are_right(told["latencies"], ended)


def the_money_adds_up(told: dict[str, Any]) -> None:
    entries = recent(list(Entry.objects.all()))
    granted = sum(one.balance_change for one in entries if one.kind in {"grant", "adjust"})
    spent = -sum(one.balance_change for one in entries if one.kind in {"capture", "refund"})
    held = sum(wallet.held for wallet in Wallet.objects.all())
    assert told["credits"] == {"granted": granted, "spent": spent, "held": held}
    assert (granted, spent, held) == (3 * 20 + 30, 30, 10)
    cost = sum(call.cost_micro_usd or 0 for call in recent(list(ProviderCall.objects.all())))
    assert told["provider_cost_micro_usd"] == cost == 1_002_500
    assert told["unpriced_calls"] == 1
    assert told["revenue_micro_usd"] == spent * 15_000_000 // 80 == 5_625_000
    assert told["margin_micro_usd"] == 5_625_000 - 1_002_500


def the_rates_add_up(told: dict[str, Any], ended: list[RequestMetric]) -> None:
    chats = [one for one in ended if one.operation == "chat"]
    assert told["requests"] == len(ended)
    assert told["cache_rate"] == sum(one.cached for one in chats) / len(chats) == 7 / 20
    assert told["fallback_rate"] == sum(one.fallback_used for one in ended) / len(ended)
    counts = Counter(one.error_name for one in ended if one.error_name)
    assert {one["error_name"]: one["count"] for one in told["failures"]} == counts
    ids = {one["error_name"]: one["request_ids"] for one in told["failures"]}
    newest = [f"request-{number:02}" for number in (19, 14, 9, 4)]
    assert ids["provider_unavailable"] == newest


def the_latencies_are_right(told: list[dict[str, Any]], ended: list[RequestMetric]) -> None:
    for one in told:
        of_it = [metric for metric in ended if metric.operation == one["operation"]]
        values = [getattr(metric, f"{one['step']}_ms") for metric in of_it]
        assert one["count"] == len(values)
        assert one["p50_ms"] == pytest.approx(statistics.median(values), abs=0.001)
        assert one["p95_ms"] == pytest.approx(percentile(values, 0.95), abs=0.001)
    assert len(told) == 6 * len({metric.operation for metric in ended})


@pytest.mark.usefixtures("busy")
@pytest.mark.parametrize("group", ["user", "provider", "operation", "day"])
def test_costs_are_what_the_calls_add_up_to(sam: User, group: str) -> None:
    told = ApiClient(sam).get(f"admin/costs?group_by={group}").json()["data"]

    key_of: Callable[[ProviderCall], str] = {
        "user": lambda call: str(call.user_id),
        "provider": lambda call: call.provider,
        "operation": lambda call: call.operation,
        "day": lambda call: call.created_at.astimezone(UTC).date().isoformat(),
    }[group]
    by_hand: dict[str, Counter[str]] = {}
    for call in recent(list(ProviderCall.objects.all())):
        found = by_hand.setdefault(key_of(call), Counter())
        found["calls"] += 1
        found["failures"] += call.outcome != "ok"
        found["unpriced"] += call.cost_micro_usd is None
        found["cost_micro_usd"] += call.cost_micro_usd or 0
        for name in ("input_tokens", "output_tokens", "images"):
            found[name] += getattr(call, name)
    sums = {
        one.pop("key"): Counter({k: v for k, v in one.items() if k != "seconds"}) for one in told
    }
    assert sums == by_hand


def test_the_dearest_come_first_and_as_many_as_were_asked_for(
    sam: User, alice: User, bob: User
) -> None:
    for user, cost in ((alice, 10), (bob, 30), (alice, 40), (sam, 5)):
        called(user, cost)
    told = ApiClient(sam).get("admin/costs?group_by=user&limit=2").json()["data"]
    assert [(one["key"], one["cost_micro_usd"]) for one in told] == [
        (str(alice.pk), 50),
        (str(bob.pk), 30),
    ]


def test_a_time_is_from_its_first_moment_until_before_its_last(sam: User, alice: User) -> None:
    day = datetime(2026, 3, 10, tzinfo=UTC)
    hours = {-1: "before", 0: "first", 23: "last", 24: "after"}
    for hour, operation in hours.items():
        row = called(alice, 1, operation=operation)
        ProviderCall.objects.filter(pk=row.pk).update(created_at=day + timedelta(hours=hour))
    api = ApiClient(sam)

    for query in (
        "from=2026-03-10&to=2026-03-10",
        "from=2026-03-10T00:00:00Z&to=2026-03-11T00:00:00Z",
        "from=2026-03-10T01:00:00%2B01:00&to=2026-03-11T00:00:00",
    ):
        told = api.get(f"admin/costs?group_by=operation&{query}").json()["data"]
        assert {one["key"] for one in told} == {"first", "last"}, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("to=2026-13-01", "to"),
        ("to=9999-12-31", "to"),
        ("from=0001-01-01&to=0001-01-02", "to"),
        ("from=2026-03-10&to=2026-03-09", "from"),
        ("from=2024-01-01&to=2026-03-09", "from"),
    ],
)
def test_a_time_that_cannot_be_is_refused(sam: User, query: str, field: str) -> None:
    answer = ApiClient(sam).get(f"admin/stats?{query}")
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "query", ["", "group_by=prompt", "group_by=day&limit=0", "group_by=day&limit=1001"]
)
def test_costs_are_asked_for_by_something_known(sam: User, query: str) -> None:
    assert ApiClient(sam).get(f"admin/costs?{query}").status_code == 422


def test_programs_of_others_are_refused(api: ApiClient, client: Client) -> None:
    for address in ("admin/stats", "admin/costs?group_by=user"):
        refused = api.get(address)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
        assert client.get(f"/api/v1/{address}").status_code == 401


def test_what_is_held_is_known_of_days_gone_by(alice: User) -> None:
    factories.make_job(alice)
    today = datetime.combine(clock.now().date(), datetime.min.time(), UTC)
    days = selectors.stats_of(period=Period(today - timedelta(days=2), today + timedelta(days=1)))
    assert [day.held for day in days.days] == [0, 0, 10]
    before = selectors.stats_of(period=Period(today - timedelta(days=2), today))
    assert before.held == 0


def test_the_time_before_is_as_long_and_ends_where_this_begins() -> None:
    start = datetime(2026, 3, 10, tzinfo=UTC)
    period = Period(start, start + timedelta(days=7))
    assert period.before == Period(start - timedelta(days=7), start)
    assert [day.day for day in period.days()] == [10, 11, 12, 13, 14, 15, 16]


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (15, 10, "+50%"),
        (5, 10, "\N{MINUS SIGN}50%"),
        (10, 10, "as before"),
        (0, 0, "as before"),
        (3, 0, "none before"),
        (-5, 10, "\N{MINUS SIGN}150%"),
    ],
)
def test_a_change_is_told_in_words(now: float, before: float, words: str) -> None:
    assert views.Kpi(name="Jobs", value="", now=now, before=before).change == words


@pytest.mark.usefixtures("busy")
def test_the_dashboard_shows_every_table_and_gives_it_as_a_file(staff: Client) -> None:
    page = staff.get(PAGE, {"days": "7"})
    words = page.content.decode()
    assert page.status_code == 200
    assert "alice@example.com" not in words
    shown = {table.name: table for table in page.context["tables"]}
    assert list(shown) == list(views.TABLES)
    for name, table in shown.items():
        file = staff.get(f"/staff/numbers/{name}.csv", {"days": "7"})
        assert file["Content-Type"] == "text/csv; charset=utf-8"
        head, *rows = csv.reader(io.StringIO(file.content.decode()))
        assert head == [column.name for column in table.columns], name
        if name != "queues":
            assert rows == [[str(value) for value in row] for row in table.rows], name
        assert f'id="{name}-table"' in words, name
        assert f'/staff/numbers/{name}.csv?days=7"' in words, name
    assert 'href="/staff/trace/?request_id=request-19"' in words
    kpis = {kpi.name: kpi.value for kpi in page.context["kpis"]}
    assert kpis["Credits spent"] == "30"
    assert kpis["Revenue"] == "$5.62"
    assert kpis["Provider cost"] == "$1.00"


def test_the_dashboard_of_a_new_house_is_empty_and_whole(staff: Client) -> None:
    page = staff.get(PAGE)
    assert page.status_code == 200
    assert "Nothing was ordered in this time." in page.content.decode()


@pytest.mark.usefixtures("busy")
def test_the_steps_of_one_operation_are_shown(staff: Client) -> None:
    first = staff.get(PAGE)
    assert first.context["operation"] == "chat", "there were most of these"
    other = staff.get(PAGE, {"operation": "thumbnail"})
    (table,) = [table for table in other.context["tables"] if table.name == "latency"]
    assert table.rows[0][:2] == ("total", 4)
    assert staff.get(PAGE, {"operation": "nonsense"}).context["operation"] == "chat"


def test_a_time_is_chosen_on_the_page(staff: Client) -> None:
    chosen = staff.get(PAGE, {"from": "2026-03-10", "to": "2026-03-12"})
    assert "10 Mar 2026 to 12 Mar 2026" in chosen.content.decode()
    assert len(chosen.context["tables"][0].rows) == 3

    wrong = staff.get(PAGE, {"from": "2026-03-12", "to": "2026-03-10"})
    assert wrong.status_code == 422
    assert "lies before" in wrong.content.decode()
    assert staff.get("/staff/numbers/credits.csv", {"from": "x"}).status_code == 404


def test_a_file_never_makes_a_spreadsheet_calculate(staff: Client, alice: User) -> None:
    RequestMetric.objects.create(
        user=alice, request_id="=1+1", operation="chat", total_ms=1, status="failed",
        error_name="@sum(1)",
    )  # fmt: skip
    rows = list(csv.reader(io.StringIO(staff.get("/staff/numbers/failures.csv").content.decode())))
    assert rows[1] == ["'@sum(1)", "1", "'=1+1"]


def test_what_waits_is_shown_by_queue(staff: Client, alice: User) -> None:
    job = factories.make_job(alice)
    Job.objects.filter(pk=job.pk).update(next_run_at=clock.now() - timedelta(seconds=90))
    (table,) = [one for one in staff.get(PAGE).context["tables"] if one.name == "queues"]
    waiting = {queue: (depth, age) for queue, depth, age in table.rows}
    assert waiting["quick"][0] == 1
    assert 90 <= waiting["quick"][1] < 100
    assert waiting["chat"] == (0, 0)
    assert not Message.objects.exists()


@pytest.mark.parametrize("address", [PAGE, "/staff/numbers/credits.csv", "/staff/trace/"])
def test_nobody_else_learns_that_it_is_there(alices_browser: Client, address: str) -> None:
    for browser in (alices_browser, Client()):
        assert browser.get(address).status_code == 404
    assert alices_browser.post(address).status_code == 405


def test_there_are_no_other_files(staff: Client) -> None:
    assert staff.get("/staff/numbers/secrets.csv").status_code == 404
