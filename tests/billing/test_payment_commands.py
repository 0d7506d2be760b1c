"""The commands about money: make Stripe sell the catalogue, and buy at the till."""

from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from billing import plans, selectors
from credits import selectors as credits_selectors
from tests import factories
from tests.standins import forms
from tests.standins.stripe import Stripe
from visiona.webhooks import services as inbox

pytestmark = pytest.mark.django_db

PRO = plans.PRO


def said(command: str, *arguments: str) -> list[str]:
    told = StringIO()
    call_command(command, *arguments, stdout=told)
    return told.getvalue().splitlines()


def names(stripe: Stripe, kind: str) -> list[str]:
    return [name for name, one in stripe.objects.items() if one["object"] == kind]


# --- stripe_sync --------------------------------------------------------------------------------


def test_the_catalogue_is_made_once(stripe: Stripe) -> None:
    stripe.reset()

    assert len(said("stripe_sync")) == 2 * len(plans.ITEMS) + 1
    assert said("stripe_sync") == ["Everything was there."]

    assert names(stripe, "product") == [f"visiona_{name}" for name in plans.ITEMS]
    prices = [one for one in stripe.objects.values() if one["object"] == "price"]
    assert [(one["lookup_key"], one["unit_amount"], one["type"]) for one in prices] == [
        (item.lookup_key, item.price_cents, "recurring" if item.recurring else "one_time")
        for item in plans.ITEMS.values()
    ]


def test_an_amount_that_has_changed_makes_a_price_that_takes_over_the_lookup_key(
    stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("stripe_sync")
    (old,) = (one for one in stripe.objects.values() if one.get("lookup_key") == PRO.lookup_key)
    monkeypatch.setitem(plans.ITEMS, "pro", replace(PRO, price_cents=18_00))

    assert said("stripe_sync") == [
        "Made the price visiona_pro_monthly: 1800 usd cents.",
        "Renewed the customer portal.",
    ]

    (new,) = (one for one in stripe.objects.values() if one.get("lookup_key") == PRO.lookup_key)
    assert (new["unit_amount"], new["product"]) == (18_00, "visiona_pro")
    assert (old["lookup_key"], old["active"]) == (None, True)


def test_a_title_that_has_changed_is_renewed(
    stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("stripe_sync")
    monkeypatch.setitem(plans.ITEMS, "pro", replace(PRO, title="Professional"))

    assert said("stripe_sync") == ["Renamed the product visiona_pro."]
    assert stripe.objects["visiona_pro"]["name"] == "Professional"


def test_the_portal_lets_nobody_have_a_bigger_plan_for_less(stripe: Stripe) -> None:
    assert said("stripe_sync")[-1] == "Made the customer portal."

    (made,) = names(stripe, "billing_portal.configuration")
    asked = [forms.parse(one.body.decode()) for one in stripe.seen if one.method == "POST"][-1]
    assert asked["features"]["subscription_update"] == {
        "enabled": "true",
        "default_allowed_updates": ["price"],
        "products": [
            {"product": f"visiona_{name}", "prices": [f"price_visiona_{name}_monthly"]}
            for name in ("pro", "premium")
        ],
        "proration_behavior": "always_invoice",
        "schedule_at_period_end": {"conditions": [{"type": "decreasing_item_amount"}]},
    }
    assert asked["features"]["subscription_cancel"]["mode"] == "at_period_end"
    assert said("stripe_sync") == ["Everything was there."]
    assert names(stripe, "billing_portal.configuration") == [made]


def test_there_is_nothing_to_sync_by_without_a_key() -> None:
    with pytest.raises(CommandError, match="STRIPE_SECRET_KEY is not set"):
        call_command("stripe_sync")


def test_what_keeps_stripe_from_being_synced_is_said(stripe: Stripe) -> None:
    stripe.misbehave(Stripe.error(401, "invalid_request_error"))

    with pytest.raises(CommandError, match="Payments do not work"):
        call_command("stripe_sync")


# --- demo_pay -----------------------------------------------------------------------------------


def test_a_plan_is_bought_at_the_till_without_a_worker() -> None:
    user = factories.make_user("ada@example.com")
    factories.make_user()

    assert said("demo_pay", "pro", "--email", "Ada@example.com") == [
        "Bought pro. Balance now: 100."
    ]

    assert selectors.plan_of(user=user) == plans.PRO
    inbox.handle_due()
    assert credits_selectors.wallet_of(user=user).balance == 100


def test_without_an_address_the_newest_person_buys() -> None:
    factories.make_user()
    newest = factories.make_user()

    said("demo_pay", "pack_40")

    assert credits_selectors.wallet_of(user=newest).balance == 60


def test_a_second_plan_is_refused() -> None:
    factories.make_user()
    said("demo_pay", "pro")

    with pytest.raises(CommandError, match="You have a plan already"):
        call_command("demo_pay", "premium")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["gold"], "invalid choice: 'gold'"),
        (["pro", "--email", "nobody@example.com"], "Nobody has this e-mail address"),
        (["pro"], "Nobody has signed up yet"),
    ],
    ids=["item", "person", "nobody"],
)
def test_what_the_till_cannot_do_is_said(given: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("demo_pay", *given)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PRODUCTION", True), ("STRIPE_SECRET_KEY", "sk_test_1"), ("TEST_TILL", False)],
)
def test_the_till_is_closed_in_production_and_where_money_is_taken(
    settings: Settings, name: str, value: object
) -> None:
    factories.make_user()
    setattr(settings, name, value)

    with pytest.raises(CommandError, match="There is no test till"):
        call_command("demo_pay", "pro")
