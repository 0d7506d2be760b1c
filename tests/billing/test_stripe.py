"""Stripe by its own SDK: what is asked of it, and what becomes of its answers."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.core.management import call_command

from billing import plans
from billing.gateways import reading, registry, shapes
from billing.gateways.ports import Gateway, Shape
from tests.standins import forms
from tests.standins.server import HTML, Cut, Instead, Reply, Seen
from tests.standins.stripe import Stripe
from visiona.lib import clock
from visiona.lib.errors import NotFound, Unavailable
from visiona.lib.request_id import moment_of, uuid7

ADDRESSES = {
    "success_url": "https://visiona.test/billing/return/1",
    "cancel_url": "https://visiona.test/pricing",
}
USER, CHECKOUT = (UUID(f"019f0000-0000-7000-8000-00000000000{n}") for n in (1, 2))


@pytest.fixture
def gateway(stripe: Stripe) -> Gateway:
    return registry.gateway()


@pytest.fixture
def customer(gateway: Gateway) -> str:
    return gateway.create_customer(user_id=USER, email="ada@example.com")


def bought(stripe: Stripe, customer: str, item: str) -> Shape:
    """Have a customer buy something."""
    session_id, _ = registry.gateway().create_checkout(
        checkout_id=uuid7(), customer=customer, item=plans.item(item), **ADDRESSES
    )
    return stripe.pay(session_id)


def last(stripe: Stripe, method: str = "POST") -> Seen:
    return [seen for seen in stripe.seen if seen.method == method][-1]


def test_every_request_names_the_version_and_every_write_bears_a_name(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    gateway.create_checkout(checkout_id=CHECKOUT, customer=customer, item=plans.PRO, **ADDRESSES)

    assert {seen.headers["stripe-version"] for seen in stripe.seen} == {"2026-10-28.endive"}
    names = [seen.headers["idempotency-key"] for seen in stripe.seen if seen.method == "POST"]
    assert names == [
        f"customer-{USER}-b5fc85e55755",
        f"checkout-{CHECKOUT}-price_visiona_pro_monthly-{customer}",
    ]


def test_a_plan_is_subscribed_to(stripe: Stripe, gateway: Gateway, customer: str) -> None:
    made = gateway.create_checkout(
        checkout_id=CHECKOUT, customer=customer, item=plans.PRO, **ADDRESSES
    )

    assert made == (f"cs_test_{CHECKOUT.hex}", f"https://checkout.stripe.test/c/pay/{CHECKOUT}")
    assert forms.parse(last(stripe).body.decode()) == {
        "mode": "subscription",
        "customer": customer,
        "client_reference_id": str(CHECKOUT),
        "expires_at": str(int(moment_of(CHECKOUT).timestamp()) + 95 * 60),
        "line_items": [{"price": "price_visiona_pro_monthly", "quantity": "1"}],
        "metadata": {"item": "pro"},
        **ADDRESSES,
    }


def test_a_pack_is_paid_once_and_has_an_invoice(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    gateway.create_checkout(
        checkout_id=CHECKOUT, customer=customer, item=plans.PACKS["pack_40"], **ADDRESSES
    )

    asked = forms.parse(last(stripe).body.decode())
    assert (asked["mode"], asked["invoice_creation"]) == ("payment", {"enabled": "true"})


def test_what_is_asked_twice_is_done_once(gateway: Gateway, customer: str) -> None:
    again = gateway.create_customer(user_id=USER, email="ada@example.com")
    made = {
        gateway.create_checkout(
            checkout_id=CHECKOUT, customer=customer, item=plans.PRO, **ADDRESSES
        )
        for _ in range(2)
    }

    assert (again, len(made)) == (customer, 1)


def test_the_portal_is_asked_for_its_address(gateway: Gateway, customer: str) -> None:
    url = gateway.portal_url(customer=customer, return_url="https://visiona.test/billing")

    assert url == "https://checkout.stripe.test/p/session"


def test_the_portal_offers_what_stripe_sync_has_set_up(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    call_command("stripe_sync")
    kept = list(stripe.objects.values())
    (ours,) = (one for one in kept if one["object"] == "billing_portal.configuration")
    stripe.keep(ours | {"id": "bpc_foreign", "metadata": None})

    gateway.portal_url(customer=customer, return_url="https://visiona.test/billing")

    assert forms.parse(last(stripe).body.decode())["configuration"] == ours["id"]


def test_a_session_that_is_expired_can_be_paid_no_more_and_a_paid_one_stays(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    session_id, _ = gateway.create_checkout(
        checkout_id=CHECKOUT, customer=customer, item=plans.PRO, **ADDRESSES
    )
    paid = bought(stripe, customer, "pro")["id"]

    states = [gateway.expire_session(name)["status"] for name in (session_id, session_id, paid)]

    assert states == ["expired", "expired", "complete"]
    assert [path for path in stripe.paths() if path.endswith("/expire")] == [
        f"/v1/checkout/sessions/{session_id}/expire"
    ]


def test_what_a_plan_was_paid_with_is_read_out_of_its_invoice(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    session = bought(stripe, customer, "premium")

    paid = reading.paid_invoice(gateway.invoice(session["invoice"]))

    assert paid == reading.Paid(
        reference=session["invoice"],
        charge_id=stripe.charge_of(session),
        customer=customer,
        item="premium",
        amount_cents=35_00,
        currency="usd",
        paid_at=reading.moment(stripe.objects[session["invoice"]]["created"]),
    )
    assert reading.paid_session(gateway.session(session["id"])) is None


def test_what_a_pack_was_paid_with_is_read_out_of_its_session(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    session = bought(stripe, customer, "pack_250")

    paid = reading.paid_session(gateway.session(session["id"]))

    assert paid
    assert (paid.reference, paid.charge_id) == (session["id"], stripe.charge_of(session))
    assert (paid.item, paid.amount_cents) == ("pack_250", 45_00)


def test_an_invoice_of_many_lines_is_read_to_its_end(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    session = bought(stripe, customer, "pro")
    stripe.objects[session["invoice"]]["lines"]["has_more"] = True

    invoice = gateway.invoice(session["invoice"])

    assert stripe.paths("GET")[-1] == f"/v1/invoices/{session['invoice']}/lines"
    assert len(invoice["lines"]["data"]) == 1


def test_an_invoice_that_evens_out_a_change_pays_for_no_period(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    session = bought(stripe, customer, "pro")
    (line,) = stripe.objects[session["invoice"]]["lines"]["data"]
    line["parent"]["subscription_item_details"]["proration"] = True

    paid = reading.paid_invoice(gateway.invoice(session["invoice"]))

    assert paid
    assert (paid.item, paid.brings_credits) == ("pro", False)


def test_a_plan_whose_price_was_replaced_is_known_by_its_product(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    session = bought(stripe, customer, "pro")
    (position,) = stripe.objects[session["subscription"]]["items"]["data"]
    position["price"] |= {"lookup_key": None, "unit_amount": 12_00}

    standing = reading.standing(gateway.subscription(session["subscription"]))

    assert standing
    assert (standing.plan, standing.status) == ("pro", "active")


def test_a_subscription_to_something_else_has_no_standing(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    session = bought(stripe, customer, "pro")
    (position,) = stripe.objects[session["subscription"]]["items"]["data"]
    position["price"]["product"] = "prod_of_somebody_else"

    assert reading.standing(gateway.subscription(session["subscription"])) is None


def test_what_was_paid_is_listed_page_by_page(
    stripe: Stripe, gateway: Gateway, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.gateways.stripe_gateway.PAGE", 2)
    subscribed = [bought(stripe, customer, "pro")["invoice"] for _ in range(3)]
    packs = [bought(stripe, customer, "pack_40")["id"] for _ in range(3)]
    stripe.objects[packs[0]]["payment_status"] = "no_payment_required"
    since = clock.now() - timedelta(hours=1)

    assert [one["id"] for one in gateway.paid_invoices(since)] == subscribed[::-1]
    assert [one["id"] for one in gateway.paid_sessions(since)] == packs[::-1]
    assert list(gateway.paid_invoices(clock.now() + timedelta(hours=1))) == []


def test_a_subscription_is_cancelled_once(stripe: Stripe, gateway: Gateway, customer: str) -> None:
    session = bought(stripe, customer, "pro")

    for _ in range(2):
        gateway.cancel_subscription(session["subscription"])

    assert gateway.subscription(session["subscription"])["status"] == "canceled"
    assert len(stripe.paths("DELETE")) == 1


def test_a_charge_is_given_back_in_parts_and_never_more_than_all(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    charge = stripe.charge_of(bought(stripe, customer, "pack_40"))

    for cents in (4_00, 5_00, 1_00):
        gateway.refund(charge, cents)

    assert gateway.charge(charge)["amount_refunded"] == 9_00


def test_a_dispute_is_read(stripe: Stripe, gateway: Gateway, customer: str) -> None:
    charge = stripe.objects[stripe.charge_of(bought(stripe, customer, "pack_40"))]
    made = stripe.keep(shapes.dispute(charge=charge))

    assert gateway.dispute(made["id"])["status"] == "needs_response"
    assert [one["id"] for one in gateway.disputes_of(charge["id"])] == [made["id"]]
    assert gateway.disputes_of("ch_another") == []


def test_what_went_back_is_listed_page_by_page_by_what_was_paid(
    stripe: Stripe, gateway: Gateway, customer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.gateways.stripe_gateway.PAGE", 2)
    charges = [stripe.charge_of(bought(stripe, customer, "pack_40")) for _ in range(3)]
    for charge in [*charges, charges[0]]:
        gateway.refund(charge, 1_00)
    disputes = [stripe.dispute(charge)["id"] for charge in charges]
    since = clock.now() - timedelta(hours=1)

    told = {one["id"]: one["amount_refunded"] for one in gateway.refunded_charges(since)}

    assert told == {charges[0]: 2_00, charges[1]: 1_00, charges[2]: 1_00}
    assert [one["id"] for one in gateway.disputes(since)] == disputes[::-1]


def test_a_refund_is_read(stripe: Stripe, gateway: Gateway, customer: str) -> None:
    charge = stripe.charge_of(bought(stripe, customer, "pack_40"))
    gateway.refund(charge, 9_00)
    failed = stripe.fail_refund(charge)

    found = gateway.refund_made(failed["id"])

    assert (found["status"], found["charge"]) == ("failed", charge)
    assert gateway.charge(charge)["amount_refunded"] == 0


def test_subscriptions_are_listed_until_they_end(
    stripe: Stripe, gateway: Gateway, customer: str
) -> None:
    first, second = (bought(stripe, customer, "pro")["subscription"] for _ in range(2))
    stripe.objects[first]["status"] = "canceled"
    stripe.objects[second]["status"] = "past_due"

    assert [one["id"] for one in gateway.going_subscriptions()] == [second]


@pytest.mark.parametrize(
    "kind", ["session", "subscription", "invoice", "charge", "dispute", "refund_made"]
)
def test_what_stripe_does_not_know_is_not_found(gateway: Gateway, kind: str) -> None:
    with pytest.raises(NotFound):
        getattr(gateway, kind)("of_404")


def test_somebody_whom_stripe_does_not_know_is_made_known_anew_by_another_name(
    gateway: Gateway, customer: str
) -> None:
    anew = {
        gateway.create_customer(user_id=USER, email="ada@example.com", instead_of=customer)
        for _ in range(2)
    }

    assert len(anew) == 1
    assert anew != {customer}


def test_what_has_no_price_yet_is_not_sold(stripe: Stripe, gateway: Gateway, customer: str) -> None:
    del stripe.objects["price_visiona_pro_monthly"]

    with pytest.raises(Unavailable, match="stripe_sync"):
        gateway.create_checkout(
            checkout_id=CHECKOUT, customer=customer, item=plans.PRO, **ADDRESSES
        )


def test_a_moment_of_trouble_is_borne_and_the_write_keeps_its_name(
    stripe: Stripe, gateway: Gateway
) -> None:
    stripe.misbehave(Cut(resets=True), Stripe.error(500, "api_error"))

    assert gateway.create_customer(user_id=USER, email="ada@example.com") in stripe.objects
    assert len({seen.headers["idempotency-key"] for seen in stripe.seen}) == 1
    assert len(stripe.seen) == 3


@pytest.mark.parametrize(
    "fault",
    [
        Stripe.error(429, "invalid_request_error", "rate_limit"),
        Stripe.error(401, "invalid_request_error"),
        Stripe.error(403, "invalid_request_error"),
        Stripe.error(400, "invalid_request_error", "parameter_unknown"),
        Stripe.error(400, "idempotency_error"),
        Stripe.error(402, "card_error", "card_declined"),
        Instead(Reply(400, b"", content_type="text/plain")),
        HTML,
    ],
    ids=["busy", "key", "rights", "parameter", "name", "card", "empty", "html"],
)
def test_whatever_goes_wrong_at_stripe_is_said_in_our_words(
    stripe: Stripe, gateway: Gateway, fault: Instead
) -> None:
    stripe.misbehave(fault)

    with pytest.raises(Unavailable, match="Payments do not work at the moment"):
        gateway.charge("ch_1")


@pytest.mark.parametrize(
    ("key", "is_live"),
    [("sk_live_1", True), ("rk_live_1", True), ("sk_test_1", False), ("rk_test_1", False)],
)
def test_a_key_tells_whether_the_money_is_real(key: str, is_live: bool) -> None:  # noqa: FBT001
    assert registry._stripe.__wrapped__(key, "").livemode == is_live
