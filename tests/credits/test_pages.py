"""The statement explains every row."""

import csv

import pytest
from django.test import Client

from accounts.models import User
from credits import services
from generation.services import running
from tests import factories
from visiona.lib.db.actor import act_as_worker

pytestmark = pytest.mark.django_db


def test_every_row_is_explained(alices_browser: Client, alice: User) -> None:
    delivered = factories.make_job(alice, title="Delivered one")
    assert delivered.reservation_id
    running.run_due(queue="quick")
    canceled = factories.make_job(alice, title="Canceled one")
    alices_browser.post(f"/jobs/{canceled.pk}/cancel/")
    with act_as_worker():
        services.refund(
            reservation_id=delivered.reservation_id,
            amount=4,
            key="r",
            reason="thumbnail",
        )

    body = alices_browser.get("/credits/").content.decode()

    for words in (
        "Welcome credits",
        "Held for thumbnail",
        "Delivered: thumbnail",
        "Returned: thumbnail",
        "Given back: thumbnail",
    ):
        assert words in body
    assert f"/jobs/{delivered.pk}/" in body


def test_what_is_held_now_is_listed(alices_browser: Client, alice: User) -> None:
    factories.make_job(alice)
    assert "Held right now" in alices_browser.get("/credits/").content.decode()


def test_what_was_spent_is_shown_by_day_and_by_purpose(alices_browser: Client, alice: User) -> None:
    factories.grant(alice, 100)
    first, second = factories.make_job(alice), factories.make_job(alice, count=2)
    assert second.reservation_id
    with factories.plain_pictures():
        for job in (first, second):
            running.run_job(job_id=job.pk)
    with act_as_worker():
        services.refund(reservation_id=second.reservation_id, amount=5, key="r", reason="thumbnail")

    page = alices_browser.get("/credits/?days=7")

    chart = page.context["chart"]
    assert (chart.days, chart.total, chart.purposes) == (7, 25, [("thumbnail", 25)])
    assert [bar.amount for bar in chart.bars] == [0, 0, 0, 0, 0, 0, 25]
    assert [bar.height for bar in chart.bars] == [0, 0, 0, 0, 0, 0, 100]
    assert 'height="100.0"' in page.content.decode()


@pytest.mark.parametrize("asked", ["", "31", "-7", "many", "7.0"])
def test_an_unknown_range_shows_thirty_days(alices_browser: Client, asked: str) -> None:
    chart = alices_browser.get("/credits/", {"days": asked}).context["chart"]
    assert (chart.days, len(chart.bars), chart.total) == (30, 30, 0)


def test_the_statement_can_be_kept_as_a_table(alices_browser: Client, alice: User) -> None:
    with act_as_worker():
        services.grant(user_id=alice.pk, amount=5, key="gift", reason="=cmd|' /C calc'!A0")
    job = factories.make_job(alice)

    answer = alices_browser.get("/credits/statement.csv")

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="visiona-credits.csv"'
    head, *rows = csv.reader(answer.content.decode().splitlines())
    assert head == ["time", "kind", "what", "change", "held_change", "balance", "job_id"]
    assert [row[1:] for row in rows] == [
        ["reserve", "Held for thumbnail", "0", "10", "25", str(job.pk)],
        ["grant", "'=cmd|' /C calc'!A0", "5", "0", "25", ""],
        ["grant", "Welcome credits", "20", "0", "20", ""],
    ]


def test_nobody_gets_a_statement_of_anothers(alices_browser: Client, bob: User) -> None:
    factories.make_job(bob, title="Secret of Bob")
    assert alices_browser.get("/credits/statement.csv").content.count(b"\n") == 2
    assert Client().get("/credits/statement.csv").status_code == 302
