"""What is read out of Stripe's objects, as it is now and as it may look."""

import json
from typing import Any

import pytest

from billing import plans
from billing.gateways import reading, shapes
from billing.gateways.ports import Shape
from tests.standins import contracts
from visiona.lib.request_id import uuid7

CUSTOMER = "cus_1"


def subscription() -> Shape:
    return shapes.subscription(customer=CUSTOMER, item=plans.PRO)


def invoice(*, failed: bool = False) -> Shape:
    charge = shapes.charge(customer=CUSTOMER, amount=15_00, failed=failed)
    intent = shapes.intent(charge=charge)
    made = shapes.invoice(subscription=subscription(), intent=intent, reason="subscription_cycle")
    made["payments"]["data"][0]["payment"]["payment_intent"] = intent
    return made


@pytest.mark.parametrize(
    ("fields", "is_ending"),
    [({}, False), ({"cancel_at_period_end": True}, True), ({"cancel_at": 1}, True)],
    ids=["goes on", "at its end", "on a day"],
)
def test_a_subscription_ends_with_its_period_by_either_word(
    fields: dict[str, Any],
    is_ending: bool,  # noqa: FBT001
) -> None:
    found = reading.standing(subscription() | fields)

    assert found
    assert found.cancel_at_period_end == is_ending


def test_what_is_told_as_a_whole_is_known_by_its_id() -> None:
    assert reading.id_of({"id": "cus_1", "object": "customer"}) == reading.id_of("cus_1")
    assert reading.id_of(None) == ""


def test_the_charge_of_an_invoice_is_the_one_that_was_paid() -> None:
    made, tried = invoice(), invoice(failed=True)
    (paid,), (failed,) = made["payments"]["data"], tried["payments"]["data"]
    made["payments"]["data"] = [failed, paid]

    found = reading.paid_invoice(made)

    assert found
    assert found.charge_id == paid["payment"]["payment_intent"]["latest_charge"]


def test_a_charge_without_an_intent_is_found_too() -> None:
    made = invoice()
    made["payments"]["data"][0]["payment"] = {"type": "charge", "charge": "ch_1"}

    found = reading.paid_invoice(made)

    assert found
    assert found.charge_id == "ch_1"


@pytest.mark.parametrize("payments", [None, shapes.listed([], "/v1/invoice_payments")], ids=str)
def test_where_no_card_was_charged_there_is_no_charge(payments: Shape | None) -> None:
    found = reading.paid_invoice(invoice() | {"payments": payments, "amount_paid": 0})

    assert found
    assert (found.charge_id, found.amount_cents) == ("", 0)


def test_a_coupon_takes_nothing_off_the_credits() -> None:
    made = invoice()
    made["lines"]["data"][0]["discount_amounts"] = [{"amount": 15_00, "discount": "di_1"}]

    found = reading.paid_invoice(made | {"payments": None, "amount_paid": 0})

    assert found
    assert (found.item, found.amount_cents, found.brings_credits) == ("pro", 0, True)


def test_a_pack_that_a_coupon_pays_wholly_is_paid_once_it_is_complete() -> None:
    made = shapes.session(customer=CUSTOMER, item=plans.PACKS["pack_40"], checkout_id=uuid7())
    free = made | {"payment_status": "no_payment_required", "amount_total": 0}

    assert reading.paid_session(free) is None
    found = reading.paid_session(free | {"status": "complete"})

    assert found
    assert (found.item, found.charge_id, found.amount_cents) == ("pack_40", "", 0)


def test_a_trial_is_no_payment() -> None:
    made = invoice()
    made["lines"]["data"][0] |= {"amount": 0, "subtotal": 0}

    assert reading.paid_invoice(made | {"payments": None, "amount_paid": 0}) is None


@pytest.mark.parametrize(("days", "is_month"), [(7, False), (28, True), (31, True), (365, False)])
def test_a_period_that_is_no_month_is_not_what_is_sold(days: int, is_month: bool) -> None:  # noqa: FBT001
    made = invoice()
    period = made["lines"]["data"][0]["period"]
    period["end"] = period["start"] + days * 24 * 3600

    if is_month:
        assert reading.paid_invoice(made)
    else:
        with pytest.raises(ValueError, match=f"{days} days of 'pro': no month"):
            reading.paid_invoice(made)


@pytest.mark.parametrize("parent", ["subscription_item_details", "invoice_item_details"])
def test_a_change_within_a_period_is_of_the_plan_that_it_takes_most_for(parent: str) -> None:
    made = invoice()
    (line,) = made["lines"]["data"]
    premium = {"product": "visiona_premium", "price": "price_1"}
    evened: Shape = {"parent": {"type": parent, parent: {"proration": True}}}
    made["lines"]["data"] = [
        line | evened | {"amount": -7_50},
        line | evened | {"amount": 17_50, "pricing": {"price_details": premium}},
    ]

    found = reading.paid_invoice(made | {"amount_paid": 10_00})

    assert found
    assert (found.item, found.amount_cents, found.brings_credits) == ("premium", 10_00, False)
    assert reading.paid_invoice(made | {"amount_paid": 0}) is None


def test_what_was_not_tried_yet_has_not_failed() -> None:
    made = invoice(failed=True)
    assert reading.unpaid_invoice(made)
    assert reading.unpaid_invoice(made | {"attempted": False}) is None
    assert reading.unpaid_invoice(invoice()) is None


def test_stripes_own_examples_are_read_and_are_none_of_ours() -> None:
    examples = json.loads((contracts.VENDORED / "stripe-examples.json").read_text())

    assert reading.standing(examples["subscription"]) is None
    assert reading.paid_invoice(examples["invoice"] | {"status": "paid"}) is None
    assert reading.unpaid_invoice(examples["invoice"]) is None
    assert reading.paid_session(examples["checkout.session"]) is None
    assert not reading.has_failed(examples["checkout.session"])
