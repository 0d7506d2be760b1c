"""What programs are told about credits: the wallet, the statement, the prices."""

import pytest
from django.test import Client

from accounts.models import User
from credits import selectors, services
from generation.models import Job
from generation.services import running
from tests import factories
from tests.clients import ApiClient
from visiona.lib.db.actor import act_as_user, act_as_worker

pytestmark = pytest.mark.django_db

JOB = "019f0000-0000-7000-8000-000000000001"


def spend(user: User, amount: int, key: str = "job:1") -> services.Result:
    with act_as_user(user.pk):
        held = services.reserve(amount=amount, key=key, purpose="thumbnail", reference=JOB)
    with act_as_worker():
        return services.capture(reservation_id=held.hold)


def test_a_new_wallet(api: ApiClient) -> None:
    assert api.get("credits").json()["data"] == {
        "available": 20,
        "held": 0,
        "granted_total": 20,
        "spent_total": 0,
        "next_refill_at": None,
        "expiring": [],
    }


def test_the_wallet_after_a_bit_of_everything(alice: User, api: ApiClient) -> None:
    spent = spend(alice, 10)
    with act_as_worker():
        services.refund(reservation_id=spent.hold, amount=4, key="r", reason="Sorry")
        services.adjust(user_id=alice.pk, amount=-1, key="a", reason="Mistake")
    with act_as_user(alice.pk):
        services.reserve(amount=3, key="job:2", purpose="thumbnail", reference=JOB)
    wallet = api.get("credits").json()["data"]
    assert (wallet["available"], wallet["held"]) == (10, 3)
    assert (wallet["granted_total"], wallet["spent_total"]) == (19, 6)
    assert wallet["granted_total"] - wallet["spent_total"] == wallet["available"] + wallet["held"]


def test_the_statement_has_what_changed_the_balance_and_no_holds(
    alice: User, api: ApiClient
) -> None:
    spent = spend(alice, 10)
    with act_as_worker():
        services.refund(reservation_id=spent.hold, amount=4, key="r", reason="Sorry")
        services.adjust(user_id=alice.pk, amount=-1, key="a", reason="Mistake")
    entries = api.get("credits/entries").json()["data"]
    shown = [
        (one["kind"], one["amount"], one["balance_after"], one["reason"], one["job_id"])
        for one in entries
    ]
    assert shown == [
        ("adjustment", -1, 13, "Mistake", None),
        ("refund", 4, 14, "Sorry", JOB),
        ("capture", -10, 10, "thumbnail", JOB),
        ("grant", 20, 20, "Welcome credits", None),
    ]
    assert set(entries[0]) == {
        "id", "kind", "amount", "balance_after", "reason", "job_id", "created_at",
    }  # fmt: skip


def test_what_is_taken_back_and_given_again_names_no_job(alice: User, api: ApiClient) -> None:
    with act_as_worker():
        services.revoke(user_id=alice.pk, lot_key="welcome", amount=5, key="r", reason="Disputed")
        services.reinstate(user_id=alice.pk, key="r", reason="Won")
    entries = api.get("credits/entries").json()["data"][:2]
    shown = [(one["kind"], one["amount"], one["job_id"]) for one in entries]
    assert shown == [("adjustment", 5, None), ("adjustment", -5, None)]


def test_an_expired_hold_is_no_line_of_the_statement(alice: User, api: ApiClient) -> None:
    with act_as_user(alice.pk):
        held = services.reserve(amount=3, key="job:1", purpose="thumbnail", reference="j")
    with act_as_worker():
        services.release(reservation_id=held.hold)
    assert [one["kind"] for one in api.get("credits/entries").json()["data"]] == ["grant"]
    assert [one.kind for one in selectors.entries_of(user=alice)] == ["release", "reserve", "grant"]


def test_the_statement_comes_in_pages_newest_first(alice: User, api: ApiClient) -> None:
    for number in range(5):
        with act_as_worker():
            services.grant(user_id=alice.pk, amount=number + 1, key=f"g{number}", reason="Gift")
    amounts, cursor = [], ""
    while True:
        page = api.get(f"credits/entries?limit=2&cursor={cursor}").json()
        amounts.append([one["amount"] for one in page["data"]])
        cursor = page["meta"]["next"]
        if cursor is None:
            break
    assert amounts == [[5, 4], [3, 2], [1, 20]]


@pytest.mark.django_db(transaction=True)
def test_a_job_names_itself_on_the_statement_with_the_request_that_caused_it(
    alice: User, api: ApiClient
) -> None:
    answer = api.post(
        "jobs", {"kind": "thumbnail", "title": "One"}, X_Request_ID="a-request-to-follow"
    )
    job_id = answer.json()["data"]["id"]
    with factories.plain_pictures():
        assert running.run_due(queue="quick")
    (capture, _grant) = api.get("credits/entries").json()["data"]
    assert (capture["kind"], capture["amount"], capture["job_id"]) == ("capture", -10, job_id)
    assert Job.objects.get().request_id == "a-request-to-follow"
    entries = selectors.entries_of(user=alice)
    named = [(one.kind, one.request_id) for one in entries]
    assert named[:2] == [("capture", "a-request-to-follow"), ("reserve", "a-request-to-follow")]


def test_the_prices_are_the_catalogues(api: ApiClient) -> None:
    prices = {one["kind"]: one for one in api.get("credits/prices").json()["data"]}
    assert list(prices) == ["image", "thumbnail", "product_ad", "video", "training"]
    thumbnail = prices["thumbnail"]
    assert (thumbnail["kind"], thumbnail["price"], thumbnail["unit"]) == (
        "thumbnail",
        10,
        "thumbnail",
    )
    assert {name: len(values) for name, values in thumbnail["options"].items()} == {
        "style": 6,
        "color_scheme": 9,
        "aspect_ratio": 6,
    }


@pytest.mark.parametrize(
    ("count", "price", "label"),
    [(1, 10, "1 thumbnail, 10 each"), (3, 30, "3 thumbnails, 10 each")],
)
def test_a_quote_is_what_submit_holds(
    alice: User, api: ApiClient, count: int, price: int, label: str
) -> None:
    factories.grant(alice, 100)
    order = {"kind": "thumbnail", "title": "One", "count": count}
    quote = api.post("credits/quote", order).json()["data"]
    assert quote == {"price": price, "lines": [{"label": label, "amount": price}]}
    assert selectors.wallet_of(user=alice).held == 0
    assert Job.objects.count() == 0

    job = api.post("jobs", order).json()["data"]

    assert job["price"] == price
    assert selectors.wallet_of(user=alice).held == price


def test_a_quote_refuses_what_submit_would(api: ApiClient) -> None:
    answer = api.post("credits/quote", {"kind": "thumbnail", "title": "", "style": "ugly"})
    assert answer.status_code == 422
    fields = [(one["field"], one["code"]) for one in answer.json()["errors"]]
    assert fields == [("title", "blank"), ("style", "invalid_choice")]


def test_the_page_explains_every_entry(alice: User, alices_browser: Client) -> None:
    spent = spend(alice, 10)
    with act_as_worker():
        services.refund(reservation_id=spent.hold, amount=4, key="r", reason="Sorry for that")
    text = alices_browser.get("/credits/").content.decode()
    for words in (
        "Welcome credits",
        "Held for thumbnail",
        "Delivered: thumbnail",
        "Sorry for that",
    ):
        assert words in text, words
