"""The page of one's own use: what was spent and asked, by tool, day and month, and the limits."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import services as accounts_services
from accounts.models import User
from credits.selectors import Spending
from generation.models import RequestMetric
from generation.views import usage
from tests import chats, factories
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db


def measured(user: User, operation: str, milliseconds: float, **fields: Any) -> RequestMetric:
    """One request of somebody that took so long."""
    metric = RequestMetric(
        user=user,
        request_id="tests-request",
        operation=operation,
        total_ms=milliseconds,
        status=fields.pop("status", "ok"),
        **fields,
    )
    metric.save(force_insert=True)
    return metric


def body_of(browser: Client, address: str = "/usage/") -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def table_of(browser: Client) -> list[list[str]]:
    answer = browser.get("/usage/usage.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="visiona-usage.csv"'
    return list(csv.reader(io.StringIO(answer.content.decode())))


def test_nothing_used_is_said_in_words(alices_browser: Client) -> None:
    body = body_of(alices_browser)
    assert "Nothing was used in this time." in body
    assert "20 of 20 left today" in body
    assert "0 of 10 under way" in body


def test_each_tool_has_its_requests_its_usual_time_and_its_credits(
    alices_browser: Client, alice: User
) -> None:
    chats.answered(chats.ask(alice))
    RequestMetric.objects.all().delete()
    for milliseconds in (100, 200, 900):
        measured(alice, "chat", milliseconds)
    measured(alice, "gateway", 400)
    measured(alice, "thumbnail", 5000, status="failed")
    today = clock.now().date().isoformat()
    assert table_of(alices_browser) == [
        ["day", "tool", "requests", "failed", "median_ms", "credits"],
        [today, "chat", "4", "0", "300", "1"],
        [today, "thumbnail", "1", "1", "5000", "0"],
    ]
    body = body_of(alices_browser)
    assert "300 ms" in body
    assert '<span class="credits">1</span> credits, 5 requests' in body


def test_bobs_use_is_not_alices(alices_browser: Client, alice: User, bob: User) -> None:
    chats.answered(chats.ask(bob))
    measured(bob, "video", 100)
    accounts_services.create_api_key(user=bob, name="Bobs laptop", monthly_limit=7)
    body = body_of(alices_browser)
    assert "Nothing was used in this time." in body
    assert "Bobs laptop" not in body
    assert len(table_of(alices_browser)) == 1


def test_what_is_older_than_the_range_is_left_out(alices_browser: Client, alice: User) -> None:
    old = measured(alice, "image", 100)
    made = clock.now() - timedelta(days=10)
    milliseconds = int(made.timestamp() * 1000)
    moved = f"{milliseconds:012x}" + old.pk.hex[12:]
    RequestMetric.objects.filter(pk=old.pk).update(id=moved, created_at=made)
    assert "Nothing was used" in body_of(alices_browser, "/usage/?range=7")
    for chosen in ("30", "90", "year"):
        assert "Nothing was used" not in body_of(alices_browser, f"/usage/?range={chosen}")
    assert "30 days</a>" in body_of(alices_browser, "/usage/?range=99999")


def test_a_year_is_summed_by_month(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 2, tzinfo=UTC))
    days = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28))
    spent = [Spending(day=day, purpose="chat", amount=5) for day in days]
    asked = {days[1]: [usage.Use(tool="chat", requests=3)]}
    chart = usage.chart_of(spent, asked, first=date(2026, 1, 1), by_month=True)
    assert [(bar.begins.month, bar.spent, bar.height) for bar in chart.bars] == [
        (1, 5, 50.0), (2, 10, 100.0), (3, 0, 0.0),
    ]  # fmt: skip
    assert (chart.total, chart.requests, chart.width) == (15, 3, 30)
    assert [bar.begins.month for bar in chart.used] == [2, 1]


def test_the_year_begins_with_the_month_after_this_one_last_year(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 12, 15, tzinfo=UTC))
    assert usage._first_day("year") == date(2026, 1, 1)
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 2, tzinfo=UTC))
    assert usage._first_day("year") == date(2025, 4, 1)
    assert usage._first_day("7") == date(2026, 2, 24)


def test_keys_are_shown_with_what_they_may_spend(alices_browser: Client, alice: User) -> None:
    accounts_services.create_api_key(user=alice, name="<b>Laptop", monthly_limit=7)
    accounts_services.create_api_key(user=alice, name="Server", monthly_limit=None)
    body = body_of(alices_browser)
    assert "&lt;b&gt;Laptop" in body
    assert "of 7 credits" in body
    assert "credits, without a limit" in body


def test_jobs_that_are_under_way_are_counted(alices_browser: Client, alice: User) -> None:
    with act_as_user(alice.pk):
        factories.make_job(alice)
    assert "1 of 10 under way" in body_of(alices_browser)


def test_a_table_for_other_programs_calculates_nothing(alices_browser: Client, alice: User) -> None:
    measured(alice, "=1+1", 100)
    assert table_of(alices_browser)[1][1] == "'=1+1"


def test_strangers_are_asked_to_sign_in(client: Client, db: None) -> None:
    for address in ("/usage/", "/usage/usage.csv"):
        answer = client.get(address)
        assert answer["Location"] == f"/accounts/login/?next={address}"
