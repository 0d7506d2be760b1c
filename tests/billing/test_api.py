"""What programs are told about plans and payments, and how they go and pay."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from billing import plans
from billing.gateways import till
from billing.models import Checkout, Payment, Subscription
from billing.services import checkouts
from credits import services as credits_services
from credits.models import Lot
from tests import factories
from tests.clients import ApiClient
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.webhooks import services as inbox

pytestmark = pytest.mark.django_db


def buy(user: User, item: str) -> Checkout:
    """Buy an item at the till, and let its news come in."""
    with act_as_user(user.pk):
        begun = checkouts.begin(user=user, item=item)
        till.pay(checkout_id=begun.pk)
    inbox.handle_due()
    return begun


def test_the_price_list_is_open_to_everybody() -> None:
    listed = ApiClient().get("plans").json()["data"]

    assert [(one["name"], one["price_cents"], one["credit_amount"]) for one in listed["plans"]] == [
        ("free", 0, 20),
        ("pro", 15_00, 80),
        ("premium", 35_00, 240),
    ]
    assert [one["recurring"] for one in listed["plans"]] == [False, True, True]
    assert [(one["name"], one["price_cents"], one["credit_amount"]) for one in listed["packs"]] == [
        ("pack_40", 9_00, 40),
        ("pack_100", 20_00, 100),
        ("pack_250", 45_00, 250),
    ]
    assert {one["currency"] for one in (*listed["plans"], *listed["packs"])} == {"usd"}
    assert listed["rules"] == list(plans.RULES)


def test_the_price_list_says_what_plans_allow_on_this_server(settings: Settings) -> None:
    settings.CONCURRENT_JOBS = 12
    free, pro, _ = ApiClient().get("plans").json()["data"]["plans"]
    assert free["limits"] == {
        "concurrent_jobs": 12,
        "clones": plans.FREE.clones,
        "chat": "20/day",
        "video_qualities": ["480p", "720p"],
    }
    assert (pro["limits"]["chat"], pro["limits"]["concurrent_jobs"]) == ("100/day", 15)
    assert pro["limits"]["video_qualities"][-1] == "1080p"


@pytest.mark.parametrize("wanted", [{"plan": "pro"}, {"pack": "pack_100"}])
def test_a_checkout_says_where_it_is_paid(
    alice: User, api: ApiClient, wanted: dict[str, str]
) -> None:
    answer = api.post("billing/checkout", wanted)

    begun = Checkout.objects.get(user=alice)
    assert answer.status_code == 201
    assert answer.json()["data"] == {
        "id": str(begun.pk),
        "url": f"http://127.0.0.1:8000/billing/till/{begun.pk}",
    }
    assert [begun.item] == list(wanted.values())


def test_a_checkout_is_begun_once_for_each_key(alice: User, api: ApiClient) -> None:
    first = api.post("billing/checkout", {"plan": "pro"}, Idempotency_Key="k")
    again = api.post("billing/checkout", {"plan": "pro"}, Idempotency_Key="k")
    other = api.post("billing/checkout", {"plan": "premium"}, Idempotency_Key="k")

    assert again.json()["data"] == first.json()["data"]
    assert again["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert Checkout.objects.filter(user=alice).count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"plan": "free"},
        {"plan": "gold"},
        {"pack": "pro"},
        {"plan": "pro", "pack": "pack_40"},
        {"plan": "pro", "price_cents": 1},
    ],
)
def test_what_is_not_on_sale_is_refused(api: ApiClient, body: dict[str, object]) -> None:
    answer = api.post("billing/checkout", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert not Checkout.objects.exists()


def test_a_second_plan_is_refused_and_the_portal_named(alice: User, api: ApiClient) -> None:
    factories.subscribe(alice)
    answer = api.post("billing/checkout", {"plan": "premium"})
    assert (answer.status_code, answer.json()["code"]) == (409, "already_subscribed")
    assert answer.json()["portal"] == "http://127.0.0.1:8000/billing/"
    assert api.post("billing/checkout", {"pack": "pack_40"}).status_code == 201


def test_the_portal_is_for_those_who_have_bought_something(alice: User, api: ApiClient) -> None:
    assert api.post("billing/portal").status_code == 404
    buy(alice, "pack_40")
    assert api.post("billing/portal").json()["data"] == {"url": "http://127.0.0.1:8000/billing/"}


def test_who_has_no_plan_has_the_free_one(api: ApiClient) -> None:
    assert api.get("billing/subscription").json()["data"] == {"plan": "free", "subscription": None}
    assert api.get("billing/payments").json()["data"] == []
    assert api.get("me").json()["data"]["plan"] == "free"


def test_a_plan_is_shown_with_its_period_and_where_its_payment_failed(
    alice: User, api: ApiClient
) -> None:
    buy(alice, "pro")
    one = Subscription.objects.get(user=alice)

    shown = api.get("billing/subscription").json()["data"]

    assert shown["plan"] == api.get("me").json()["data"]["plan"] == "pro"
    assert shown["subscription"]["status"] == "active"
    assert shown["subscription"]["grace_ends_at"] is None
    till.fail_payment(subscription_id=one.external_id)
    inbox.handle_due()
    failing = api.get("billing/subscription").json()["data"]["subscription"]
    assert failing["status"] == "past_due"
    assert failing["grace_ends_at"] > failing["past_due_since"]


def test_payments_are_listed_newest_first_and_to_their_payer_alone(
    alice: User, api: ApiClient, bobs_api: ApiClient
) -> None:
    buy(alice, "pack_40")
    buy(alice, "pro")

    listed = api.get("billing/payments").json()["data"]

    newest = Payment.objects.filter(user=alice).latest("id")
    assert [(one["item"], one["amount_cents"], one["credit_amount"]) for one in listed] == [
        ("pro", 15_00, 80),
        ("pack_40", 9_00, 40),
    ]
    assert listed[0]["id"] == str(newest.pk)
    assert set(listed[0]) == {
        "id", "item", "status", "amount_cents", "refunded_cents", "currency", "credit_amount",
        "paid_at", "created_at",
    }  # fmt: skip
    assert bobs_api.get("billing/payments").json()["data"] == []


def test_the_wallet_says_what_expires_and_when_it_is_refilled(alice: User, api: ApiClient) -> None:
    soon = clock.now() + timedelta(days=3)
    terms = credits_services.Terms(kind=Lot.Kind.PLAN, expires_at=soon)
    with act_as_worker():
        credits_services.grant(user_id=alice.pk, amount=80, key="p", reason="Pro plan", terms=terms)
    one = factories.subscribe(alice)

    wallet = api.get("credits").json()["data"]

    def said(moment: datetime) -> str:
        return moment.isoformat().replace("+00:00", "Z")

    assert wallet["expiring"] == [{"amount": 80, "at": said(soon)}]
    assert wallet["next_refill_at"] == said(one.period_end)
    factories.subscribe(alice, cancel_at_period_end=True)
    assert api.get("credits").json()["data"]["next_refill_at"] is None


def test_strangers_may_read_prices_and_nothing_else() -> None:
    stranger = Client()
    assert stranger.get("/api/v1/plans").status_code == 200
    for address in ("subscription", "payments"):
        assert stranger.get(f"/api/v1/billing/{address}").status_code == 401
    for address in ("checkout", "portal"):
        assert stranger.post(f"/api/v1/billing/{address}").status_code == 401


@pytest.mark.parametrize("slash", ["", "/"])
def test_the_predecessors_address_sells_a_plan_too(api: ApiClient, slash: str) -> None:
    answer = api.send("POST", f"/api/payment/subscribe{slash}", {"plan": "pro"})
    assert answer.status_code == 201
    assert answer.json()["data"]["url"].startswith("http://127.0.0.1:8000/billing/till/")
