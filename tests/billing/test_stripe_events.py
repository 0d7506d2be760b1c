"""Stripe's events through the inbox: in whatever order they come, what Stripe says now is noted."""

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.test import Client

from accounts.models import User
from billing import plans, selectors
from billing.errors import PaymentOnItsWay
from billing.gateways import shapes, signing
from billing.gateways.ports import Shape
from billing.models import Checkout, Customer, Payment, Subscription
from billing.services import checkouts, stripe_state
from credits import selectors as credits_selectors
from tests import factories
from tests.billing.conftest import WEBHOOK_SECRET
from tests.standins.stripe import Stripe
from visiona.lib import clock
from visiona.lib.db.actor import NOBODY, act_as, act_as_user, act_as_worker
from visiona.webhooks import services as inbox
from visiona.webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

WELCOME = 20
State = WebhookEvent.State


@pytest.fixture
def buyer() -> User:
    return factories.make_user()


@pytest.fixture
def buy(stripe: Stripe, buyer: User) -> Callable[[str], Shape]:
    """Have the buyer pay for something on Stripe's page, of which no news has come yet."""

    def pay(item: str) -> Shape:
        with act_as_user(buyer.pk):
            checkout = checkouts.begin(user=buyer, item=item)
        return stripe.pay(str(checkout.session_id))

    return pay


def tell(kind: str, about: Shape, **fields: Any) -> WebhookEvent:
    """Send an event as Stripe does."""
    event = shapes.event(type=kind, about=about) | fields
    body = json.dumps(event).encode()
    moment = int(clock.now().timestamp())
    signed = signing.header(secret=WEBHOOK_SECRET, moment=moment, body=body)
    with act_as(NOBODY):
        answer = Client().post(
            "/webhooks/stripe", body, "application/json", headers={"Stripe-Signature": signed}
        )
    assert answer.status_code == 200
    return WebhookEvent.objects.get(event_id=event["id"])


def handle(*events: WebhookEvent) -> list[str]:
    """Let the worker handle what has come; return the states of these events."""
    inbox.handle_due()
    return [WebhookEvent.objects.get(pk=event.pk).state for event in events]


def told_of(stripe: Stripe, session: Shape) -> list[tuple[str, Shape]]:
    """Return what Stripe tells of a session that was paid for a plan."""
    return [
        ("customer.subscription.created", stripe.objects[session["subscription"]]),
        ("invoice.paid", stripe.objects[session["invoice"]]),
        ("checkout.session.completed", session),
    ]


def balance_of(buyer: User) -> int:
    return credits_selectors.wallet_of(user=buyer).balance


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))), ids=str)
def test_a_plan_is_there_once_in_whatever_order_its_news_come(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape], order: tuple[int, ...]
) -> None:
    news = told_of(stripe, buy("pro"))
    for number in order:
        assert handle(tell(*news[number])) == [State.DONE]

    assert balance_of(buyer) == WELCOME + 80
    assert selectors.plan_of(user=buyer) == plans.PRO
    assert Checkout.objects.get().state == Checkout.State.DONE
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("kind", ["invoice.paid", "checkout.session.completed"])
def test_either_news_of_a_plan_is_enough(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape], kind: str
) -> None:
    news = dict(told_of(stripe, buy("premium")))

    handle(tell(kind, news[kind]))

    assert balance_of(buyer) == WELCOME + 240
    assert selectors.plan_of(user=buyer) == plans.PREMIUM


def test_a_pack_is_there_once_however_often_it_is_told(
    buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_40")

    states = handle(*(tell("checkout.session.completed", session) for _ in range(4)))

    assert (states, balance_of(buyer)) == ([State.DONE] * 4, WELCOME + 40)


def test_the_invoice_of_a_pack_brings_nothing_besides(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_40")
    made = shapes.invoice(
        subscription=shapes.subscription(customer=session["customer"], item=plans.PRO),
        intent=stripe.objects[session["payment_intent"]],
        reason="manual",
    )
    stripe.keep(made | {"parent": None})

    assert handle(tell("invoice.paid", made)) == [State.IGNORED]
    assert balance_of(buyer) == WELCOME


def test_a_payment_that_takes_its_time_brings_credits_when_it_has_come(
    buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_100")
    session["payment_status"] = "unpaid"
    handle(tell("checkout.session.completed", session))
    assert (balance_of(buyer), Checkout.objects.get().state) == (WELCOME, Checkout.State.OPEN)

    session["payment_status"] = "paid"
    handle(tell("checkout.session.async_payment_succeeded", session))

    assert (balance_of(buyer), Checkout.objects.get().state) == (WELCOME + 100, "done")


def test_a_payment_that_takes_its_time_and_fails_ends_the_checkout(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_100")
    session["payment_status"] = "unpaid"
    stripe.objects[session["payment_intent"]]["status"] = "requires_payment_method"

    handle(tell("checkout.session.async_payment_failed", session))

    assert (balance_of(buyer), Checkout.objects.get().state) == (WELCOME, "expired")


def debited(stripe: Stripe, session: Shape) -> Shape:
    """Let a plan be paid by a bank debit, which is on its way; return the subscription."""
    session["payment_status"] = "unpaid"
    invoice = stripe.objects[session["invoice"]]
    invoice |= {"status": "open", "amount_paid": 0}
    stripe.objects[session["subscription"]]["status"] = "incomplete"
    return stripe.objects[session["subscription"]]


def states() -> dict[str, str]:
    return dict(Checkout.objects.values_list("item", "state"))


@pytest.mark.parametrize("end", ["incomplete_expired", "canceled"])
def test_whose_bank_debit_fails_may_choose_a_plan_again(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape], end: str
) -> None:
    session = buy("pro")
    subscription = debited(stripe, session)
    handle(tell("checkout.session.completed", session))
    with act_as_user(buyer.pk), pytest.raises(PaymentOnItsWay) as refusal:
        checkouts.begin(user=buyer, item="premium")
    assert refusal.value.code == "already_subscribed"

    subscription["status"] = end
    with act_as_user(buyer.pk):
        again = checkouts.begin(user=buyer, item="premium")

    assert again.url
    assert states() == {"pro": "expired", "premium": "open"}


def test_the_checkout_of_a_plan_whose_first_payment_never_came_expires_by_its_news(
    stripe: Stripe, buy: Callable[[str], Shape]
) -> None:
    session = buy("pro")
    debited(stripe, session)["status"] = "incomplete_expired"

    handle(tell("checkout.session.async_payment_failed", session))

    assert states() == {"pro": "expired"}


def test_a_plan_that_was_paid_and_ended_since_keeps_nobody_from_another(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pro")
    del stripe.objects[session["subscription"]]

    with act_as_user(buyer.pk):
        assert checkouts.begin(user=buyer, item="premium").url

    assert states() == {"pro": "expired", "premium": "open"}


def test_what_is_paid_and_cannot_be_noted_locks_nobody_out_for_good(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pro")
    stripe.objects[session["invoice"]]["lines"]["data"][0]["period"]["end"] += 335 * 24 * 3600
    assert handle(tell("checkout.session.completed", session)) == [State.NEW]
    with act_as_user(buyer.pk), pytest.raises(PaymentOnItsWay):
        checkouts.begin(user=buyer, item="premium")

    Checkout.objects.update(created_at=clock.now() - checkouts.ON_ITS_WAY - timedelta(seconds=1))
    with act_as_user(buyer.pk):
        assert checkouts.begin(user=buyer, item="premium").url


def test_a_pack_that_a_coupon_paid_wholly_brings_its_credits(
    buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_100")
    free = {"payment_status": "no_payment_required", "payment_intent": None, "amount_total": 0}
    session |= free

    assert handle(tell("checkout.session.completed", session)) == [State.DONE]

    payment = Payment.objects.get()
    assert (payment.amount_cents, payment.charge_id, payment.status) == (0, "", "paid")
    assert (balance_of(buyer), states()) == (WELCOME + 100, {"pack_100": "done"})


@pytest.mark.parametrize(("item", "amount"), [("pack_40", 40), ("pro", 80)])
def test_what_a_customer_pays_of_whom_we_do_not_know_is_whose_checkout_it_is(
    buyer: User, buy: Callable[[str], Shape], item: str, amount: int
) -> None:
    session = buy(item)
    Customer.objects.all().delete()

    with act_as_worker():
        assert stripe_state.note_session(session_id=session["id"])

    assert (balance_of(buyer), Customer.objects.get().pk) == (WELCOME + amount, session["customer"])


def test_a_checkout_that_nobody_paid_expires(stripe: Stripe, buyer: User) -> None:
    with act_as_user(buyer.pk):
        checkout = checkouts.begin(user=buyer, item="pro")
    session = stripe.objects[str(checkout.session_id)]
    session["status"] = "expired"

    handle(tell("checkout.session.expired", session))

    assert Checkout.objects.get().state == Checkout.State.EXPIRED


def test_old_news_are_overtaken_by_what_stripe_says_now(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pro")
    active = dict(stripe.objects[session["subscription"]])
    stripe.objects[session["subscription"]] |= {"status": "canceled"}

    handle(tell("customer.subscription.updated", active))

    assert Subscription.objects.get().status == "canceled"
    assert selectors.plan_of(user=buyer) == plans.FREE


def test_a_renewal_that_fails_is_noted_as_a_payment_and_at_the_plan(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pro")
    handle(*(tell(*one) for one in told_of(stripe, session)))
    subscription = stripe.objects[session["subscription"]]
    subscription["status"] = "past_due"
    charge = shapes.charge(customer=session["customer"], amount=15_00, failed=True)
    intent = shapes.intent(charge=charge)
    invoice = shapes.invoice(subscription=subscription, intent=intent, reason="subscription_cycle")
    stripe.keep(charge, intent, invoice)

    assert handle(tell("invoice.payment_failed", invoice)) == [State.DONE]

    assert Subscription.objects.get().status == "past_due"
    assert Payment.objects.get(reference=invoice["id"]).status == "failed"
    assert balance_of(buyer) == WELCOME + 80


def test_a_refund_that_is_told_before_its_payment_waits_for_it(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_40")
    charge = stripe.refund(stripe.charge_of(session), 9_00)
    refunded = tell("charge.refunded", charge)
    assert handle(refunded) == [State.NEW]
    assert WebhookEvent.objects.get().error == "Later"

    handle(tell("checkout.session.completed", session))
    WebhookEvent.objects.update(next_at=F("received_at"))
    assert handle(refunded) == [State.DONE]

    assert (balance_of(buyer), Payment.objects.get().status) == (WELCOME, "refunded")


@pytest.mark.parametrize(("end", "kept"), [("won", 40), ("lost", 0), ("warning_closed", 40)])
def test_what_is_disputed_is_gone_until_the_dispute_is_won(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape], end: str, kept: int
) -> None:
    session = buy("pack_40")
    handle(tell("checkout.session.completed", session))
    is_only_asked = end.startswith("warning")
    begun = "warning_needs_response" if is_only_asked else "needs_response"
    made = stripe.dispute(stripe.charge_of(session), begun)
    handle(tell("charge.dispute.created", made))
    assert balance_of(buyer) == WELCOME + (40 if is_only_asked else 0)

    stripe.objects[made["id"]]["status"] = end
    for kind in ("funds_reinstated", "closed", "updated"):
        assert handle(tell(f"charge.dispute.{kind}", made)) == [State.DONE]

    assert balance_of(buyer) == WELCOME + kept


@pytest.mark.parametrize("kind", ["refund.failed", "refund.updated", "charge.refund.updated"])
def test_a_refund_that_fails_at_the_bank_brings_the_credits_back_and_may_be_made_again(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape], kind: str
) -> None:
    session = buy("pack_40")
    charge_id = stripe.charge_of(session)
    handle(tell("checkout.session.completed", session))
    handle(tell("charge.refunded", stripe.refund(charge_id, 9_00)))
    assert balance_of(buyer) == WELCOME

    failed = stripe.fail_refund(charge_id)
    assert [handle(tell(kind, failed)) for _ in range(2)] == [[State.DONE]] * 2
    assert (balance_of(buyer), Payment.objects.get().status) == (WELCOME + 40, "paid")

    handle(tell("charge.refunded", stripe.refund(charge_id, 9_00)))
    assert (balance_of(buyer), Payment.objects.get().status) == (WELCOME, "refunded")


def test_a_dispute_that_was_lost_and_is_won_after_all_brings_the_credits_back(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_40")
    handle(tell("checkout.session.completed", session))
    made = stripe.dispute(stripe.charge_of(session), "lost")
    handle(tell("charge.dispute.closed", made))
    assert balance_of(buyer) == WELCOME

    made["status"] = "won"
    assert handle(tell("charge.dispute.funds_reinstated", made)) == [State.DONE]

    assert (balance_of(buyer), Payment.objects.get().status) == (WELCOME + 40, "paid")


def test_a_change_of_plan_within_a_period_is_a_payment_that_can_be_refunded(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pro")
    handle(*(tell(*one) for one in told_of(stripe, session)))
    charge = shapes.charge(customer=session["customer"], amount=10_00)
    intent = shapes.intent(charge=charge)
    subscription = stripe.objects[session["subscription"]]
    invoice = shapes.invoice(subscription=subscription, intent=intent, reason="subscription_update")
    (line,) = invoice["lines"]["data"]
    line["parent"]["subscription_item_details"]["proration"] = True
    stripe.keep(charge, intent, invoice)
    invoice["status"] = "open"
    handle(tell("invoice.payment_failed", invoice))
    failed = Payment.objects.get(reference=invoice["id"])
    assert (failed.status, failed.credit_amount) == ("failed", 0)

    invoice["status"] = "paid"
    assert handle(tell("invoice.paid", invoice)) == [State.DONE]
    payment = Payment.objects.get(reference=invoice["id"])
    assert (payment.amount_cents, payment.credit_amount) == (10_00, 0)
    assert balance_of(buyer) == WELCOME + 80

    refunded = stripe.refund(charge["id"], 10_00)
    assert handle(tell("charge.refunded", refunded)) == [State.DONE]
    payment.refresh_from_db()
    assert (payment.status, balance_of(buyer)) == ("refunded", WELCOME + 80)


def test_a_trial_opens_a_plan_and_brings_no_credits(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("premium")
    stripe.objects[session["subscription"]]["status"] = "trialing"
    invoice = stripe.objects[session["invoice"]]
    invoice |= {"amount_paid": 0, "payments": shapes.listed([], "/v1/invoice_payments")}
    invoice["lines"]["data"][0]["amount"] = 0

    assert handle(*(tell(*one) for one in told_of(stripe, session))) == [State.DONE] * 3

    assert selectors.plan_of(user=buyer) == plans.PREMIUM
    assert (balance_of(buyer), Payment.objects.count()) == (WELCOME, 0)


def test_a_year_of_a_plan_is_left_for_staff(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pro")
    invoice = stripe.objects[session["invoice"]]
    invoice["lines"]["data"][0]["period"]["end"] += 335 * 24 * 3600

    assert handle(tell("invoice.paid", invoice)) == [State.NEW]

    assert WebhookEvent.objects.get().error == "ValueError"
    assert balance_of(buyer) == WELCOME


def test_a_customer_who_was_deleted_at_stripe_loses_the_plan_and_may_come_again(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pro")
    handle(*(tell(*one) for one in told_of(stripe, session)))
    stripe.objects[session["subscription"]]["status"] = "canceled"

    deleted = stripe.objects[session["customer"]]
    assert handle(tell("customer.deleted", deleted)) == [State.DONE]

    del stripe.objects[session["customer"]]
    assert selectors.plan_of(user=buyer) == plans.FREE
    late = tell("customer.subscription.deleted", stripe.objects[session["subscription"]])
    assert handle(late) == [State.DONE]
    with act_as_user(buyer.pk):
        again = checkouts.begin(user=buyer, item="premium")
    came_again = stripe.objects[str(again.session_id)]["customer"]
    assert (came_again in stripe.objects, Customer.objects.count()) == (True, 2)


FOREIGN = ("session", "invoice", "subscription", "charge", "dispute", "customer")


@pytest.mark.parametrize("what", FOREIGN)
def test_what_somebody_elses_customers_do_is_none_of_our_business(
    stripe: Stripe, what: str
) -> None:
    customer = {"id": "cus_foreign", "object": "customer", "created": 1, "livemode": False}
    charge = shapes.charge(customer="cus_foreign", amount=5_00)
    intent = shapes.intent(charge=charge)
    subscription = shapes.subscription(customer="cus_foreign", item=plans.PRO)
    about = {
        "session": shapes.session(customer="cus_foreign", item=plans.PRO, checkout_id=uuid4()),
        "invoice": shapes.invoice(
            subscription=subscription, intent=intent, reason="subscription_create"
        ),
        "subscription": subscription,
        "charge": charge,
        "dispute": shapes.dispute(charge=charge),
        "customer": customer,
    }
    stripe.keep(*about.values(), intent)
    kind = {
        "session": "checkout.session.completed",
        "invoice": "invoice.paid",
        "subscription": "customer.subscription.updated",
        "charge": "charge.refunded",
        "dispute": "charge.dispute.created",
        "customer": "customer.deleted",
    }[what]

    assert handle(tell(kind, about[what])) == [State.IGNORED]


def test_what_was_done_in_the_other_mode_is_ignored(
    buyer: User, buy: Callable[[str], Shape]
) -> None:
    event = tell("checkout.session.completed", buy("pack_40"), livemode=True)

    assert handle(event) == [State.IGNORED]
    assert balance_of(buyer) == WELCOME


@pytest.mark.parametrize(
    "fields",
    [{"type": "customer.created"}, {"type": None}, {"data": None}, {"data": {"object": []}}],
    ids=["another", "no type", "no data", "no object"],
)
def test_what_we_have_no_use_for_is_ignored(stripe: Stripe, fields: dict[str, Any]) -> None:
    about = shapes.charge(customer="cus_1", amount=1)
    event = tell("charge.refunded", about, **fields)

    assert handle(event) == [State.IGNORED]
    assert stripe.seen == []


def test_what_is_not_on_sale_any_more_is_left_for_staff(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_40")
    session["metadata"]["item"] = "pack_9"

    event = tell("checkout.session.completed", session)

    assert handle(event) == [State.NEW]
    assert WebhookEvent.objects.get().error == "ValueError"


def test_while_stripe_does_not_answer_its_news_wait(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    event = tell("checkout.session.completed", buy("pack_40"))
    stripe.misbehave(Stripe.error(429, "invalid_request_error", "rate_limit"))
    assert handle(event) == [State.NEW]

    WebhookEvent.objects.update(next_at=F("received_at"))
    assert handle(event) == [State.DONE]
    assert balance_of(buyer) == WELCOME + 40


def test_nothing_of_what_stripe_says_of_people_is_stored(
    buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_40") | {"customer_details": {"email": buyer.email}}

    event = tell("checkout.session.completed", session)

    assert json.loads(bytes(event.body or b"")).keys() == {
        "id", "type", "livemode", "created", "data",
    }  # fmt: skip
    assert json.loads(bytes(event.body or b""))["data"] == {"object": {"id": session["id"]}}
