"""The till: what is bought there without a cent comes in by the inbox, as from Stripe."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import override_settings

from accounts.models import User
from billing import plans, selectors
from billing.gateways import registry, shapes, till
from billing.models import Checkout, Payment, Subscription, TillObject
from billing.services import checkouts
from credits import selectors as credits_selectors
from tests import factories
from tests.standins.contracts import Contract
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.errors import Conflict, NotFound, Unavailable
from visiona.webhooks import services as inbox
from visiona.webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

WELCOME = 20


@pytest.fixture
def buyer() -> User:
    return factories.make_user()


def buy(buyer: User, item: str) -> Checkout:
    """Set out to buy something, pay at the till, and let the worker handle what it told."""
    with act_as_user(buyer.pk):
        checkout = checkouts.begin(user=buyer, item=item)
        till.pay(checkout_id=checkout.pk)
    inbox.handle_due()
    checkout.refresh_from_db()
    return checkout


def balance_of(buyer: User) -> int:
    return credits_selectors.wallet_of(user=buyer).balance


def subscription_of(buyer: User) -> Subscription:
    return Subscription.objects.get(user=buyer)


def payment_for(buyer: User, item: str) -> Payment:
    return Payment.objects.get(user=buyer, item=item)


def refund_of(charge: str) -> str:
    return TillObject.objects.get(kind="refund", data__charge=charge).pk


def payment_of(buyer: User) -> Payment:
    return Payment.objects.get(user=buyer)


def test_a_plan_that_is_paid_brings_its_credits_and_its_limits(buyer: User) -> None:
    checkout = buy(buyer, "pro")

    assert checkout.state == Checkout.State.DONE
    assert balance_of(buyer) == WELCOME + 80
    assert selectors.plan_of(user=buyer) == plans.PRO
    payment = payment_of(buyer)
    assert (payment.amount_cents, payment.currency, payment.status) == (15_00, "usd", "paid")


def test_a_pack_that_is_paid_brings_its_credits_and_no_plan(buyer: User) -> None:
    checkout = buy(buyer, "pack_100")

    assert checkout.state == Checkout.State.DONE
    assert balance_of(buyer) == WELCOME + 100
    assert selectors.plan_of(user=buyer) == plans.FREE
    assert payment_of(buyer).reference == checkout.session_id


def test_the_page_of_a_checkout_is_on_the_host_that_one_returns_to(buyer: User) -> None:
    with act_as_user(buyer.pk):
        checkout = checkouts.begin(user=buyer, item="pro")

    assert checkout.url == f"http://127.0.0.1:8000/billing/till/{checkout.pk}"


def test_a_checkout_is_paid_once(buyer: User) -> None:
    checkout = buy(buyer, "pack_40")

    with act_as_user(buyer.pk), pytest.raises(Conflict, match="complete already"):
        till.pay(checkout_id=checkout.pk)
    assert inbox.handle_due() == 0
    assert balance_of(buyer) == WELCOME + 40


def test_a_card_that_is_declined_leaves_the_checkout_open(buyer: User) -> None:
    with act_as_user(buyer.pk):
        checkout = checkouts.begin(user=buyer, item="pro")
        till.decline(checkout_id=checkout.pk)
    inbox.handle_due()
    assert balance_of(buyer) == WELCOME

    with act_as_user(buyer.pk):
        till.pay(checkout_id=checkout.pk)
    inbox.handle_due()
    assert balance_of(buyer) == WELCOME + 80


def test_a_checkout_that_expires_can_be_paid_no_more(buyer: User) -> None:
    with act_as_user(buyer.pk):
        checkout = checkouts.begin(user=buyer, item="pro")
        till.expire(checkout_id=checkout.pk)
        with pytest.raises(Conflict, match="expired already"):
            till.pay(checkout_id=checkout.pk)
    inbox.handle_due()

    checkout.refresh_from_db()
    assert checkout.state == Checkout.State.EXPIRED


def test_a_renewal_brings_the_credits_of_the_next_period(buyer: User) -> None:
    buy(buyer, "premium")
    before = subscription_of(buyer)
    with act_as_user(buyer.pk):
        till.renew(subscription_id=before.external_id)
    inbox.handle_due()

    after = subscription_of(buyer)
    assert balance_of(buyer) == WELCOME + 2 * 240
    assert (after.period_start, after.status) == (before.period_end, "active")


def test_a_payment_that_fails_is_noted_and_one_that_comes_late_brings_the_credits(
    buyer: User,
) -> None:
    buy(buyer, "pro")
    name = subscription_of(buyer).external_id
    with act_as_user(buyer.pk):
        till.fail_payment(subscription_id=name)
    inbox.handle_due()
    failed = Payment.objects.get(user=buyer, status="failed")
    assert subscription_of(buyer).status == "past_due"
    assert balance_of(buyer) == WELCOME + 80

    with act_as_user(buyer.pk):
        till.renew(subscription_id=name)
    inbox.handle_due()

    failed.refresh_from_db()
    assert (failed.status, subscription_of(buyer).status) == ("paid", "active")
    assert balance_of(buyer) == WELCOME + 2 * 80


def test_what_is_cancelled_goes_on_until_its_period_ends_and_may_be_taken_up_again(
    buyer: User,
) -> None:
    buy(buyer, "pro")
    name = subscription_of(buyer).external_id
    with act_as_user(buyer.pk):
        till.cancel(subscription_id=name)
    inbox.handle_due()
    assert subscription_of(buyer).cancel_at_period_end
    assert selectors.plan_of(user=buyer) == plans.PRO

    with act_as_user(buyer.pk):
        till.resume(subscription_id=name)
        till.cancel(subscription_id=name)
        till.renew(subscription_id=name)
    inbox.handle_due()
    assert subscription_of(buyer).status == "canceled"
    assert selectors.plan_of(user=buyer) == plans.FREE
    assert balance_of(buyer) == WELCOME + 80


def test_another_plan_holds_at_once_and_its_credits_come_with_the_next_payment(
    buyer: User,
) -> None:
    buy(buyer, "pro")
    name = subscription_of(buyer).external_id
    with act_as_user(buyer.pk):
        till.change_plan(subscription_id=name, item=plans.PREMIUM)
    inbox.handle_due()
    assert selectors.plan_of(user=buyer) == plans.PREMIUM
    assert balance_of(buyer) == WELCOME + 80

    with act_as_user(buyer.pk):
        till.renew(subscription_id=name)
    inbox.handle_due()
    assert balance_of(buyer) == WELCOME + 80 + 240


def test_a_refund_takes_as_many_credits_back(buyer: User) -> None:
    buy(buyer, "pack_100")
    charge = payment_of(buyer).charge_id
    with act_as_user(buyer.pk):
        till.refund(charge_id=charge, cents=5_00)
    inbox.handle_due()
    assert (balance_of(buyer), payment_of(buyer).status) == (WELCOME + 75, "partly_refunded")

    with act_as_user(buyer.pk):
        till.refund(charge_id=charge)
    inbox.handle_due()
    assert (balance_of(buyer), payment_of(buyer).status) == (WELCOME, "refunded")


def test_a_refund_that_the_bank_sends_back_brings_the_credits_back(buyer: User) -> None:
    buy(buyer, "pack_100")
    charge = payment_of(buyer).charge_id
    with act_as_user(buyer.pk):
        till.refund(charge_id=charge)
    inbox.handle_due()
    assert balance_of(buyer) == WELCOME

    with act_as_user(buyer.pk):
        till.fail_refund(refund_id=refund_of(charge))
        with pytest.raises(Conflict, match="failed already"):
            till.fail_refund(refund_id=refund_of(charge))
    inbox.handle_due()
    assert (balance_of(buyer), payment_of(buyer).status) == (WELCOME + 100, "paid")


@pytest.mark.parametrize(("end", "balance"), [("won", WELCOME + 40), ("lost", WELCOME)])
def test_a_dispute_takes_the_credits_until_it_is_won(buyer: User, end: str, balance: int) -> None:
    buy(buyer, "pack_40")
    with act_as_user(buyer.pk):
        name = till.dispute(charge_id=payment_of(buyer).charge_id)
    inbox.handle_due()
    assert balance_of(buyer) == WELCOME

    with act_as_user(buyer.pk):
        till.close_dispute(dispute_id=name, status=end)
    inbox.handle_due()
    assert balance_of(buyer) == balance


def test_a_dispute_ends_won_or_lost(buyer: User) -> None:
    with pytest.raises(ValueError, match="lost, won"):
        till.close_dispute(dispute_id="dp_1", status="forgotten")


def test_nobody_pays_what_somebody_else_set_out_to_buy(buyer: User) -> None:
    with act_as_user(buyer.pk):
        checkout = checkouts.begin(user=buyer, item="pro")

    with act_as_user(factories.make_user().pk), pytest.raises(NotFound):
        till.pay(checkout_id=checkout.pk)


def test_what_the_till_does_not_know_is_not_found(buyer: User) -> None:
    with act_as_user(buyer.pk), pytest.raises(NotFound):
        till.pay(checkout_id=uuid4())


def test_whatever_the_till_keeps_and_tells_has_stripes_shape(buyer: User) -> None:
    buy(buyer, "pro")
    buy(buyer, "pack_40")
    name, charge = subscription_of(buyer).external_id, payment_for(buyer, "pack_40").charge_id
    with act_as_user(buyer.pk):
        till.fail_payment(subscription_id=name)
        till.renew(subscription_id=name)
        till.refund(charge_id=charge, cents=1_00)
        till.fail_refund(refund_id=refund_of(charge))
        till.close_dispute(dispute_id=till.dispute(charge_id=charge), status="lost")
        till.cancel(subscription_id=name, at_once=True)

    contract = Contract.of("stripe")
    kept = list(TillObject.objects.all())
    assert {row.kind for row in kept} == {
        "customer",
        "checkout.session",
        "subscription",
        "invoice",
        "charge",
        "payment_intent",
        "refund",
        "dispute",
    }
    for row in kept:
        told = shapes.event(type="anything", about=row.data)
        assert contract.complaints_about(row.kind, row.data) == []
        assert contract.complaints_about("event", told) == []


def test_what_was_told_twice_and_backwards_comes_to_the_same(buyer: User) -> None:
    buy(buyer, "pro")
    with act_as_user(buyer.pk):
        till.renew(subscription_id=subscription_of(buyer).external_id)
        till.refund(charge_id=payment_of(buyer).charge_id)
    WebhookEvent.objects.update(state="new")
    inbox.handle_due()
    assert balance_of(buyer) == WELCOME + 80

    for event in WebhookEvent.objects.order_by("-id"):
        WebhookEvent.objects.filter(pk=event.pk).update(state="new")
        inbox.handle_due()
    assert balance_of(buyer) == WELCOME + 80


def test_what_the_portal_would_offer_is_on_our_own_pages(buyer: User) -> None:
    buy(buyer, "pro")

    with act_as_user(buyer.pk):
        assert checkouts.portal(user=buyer) == "http://127.0.0.1:8000/billing/"


def test_a_worker_ends_a_subscription_of_who_leaves_and_once(buyer: User) -> None:
    buy(buyer, "pro")
    name = subscription_of(buyer).external_id
    with act_as_worker():
        for _ in range(2):
            registry.gateway().cancel_subscription(name)

    assert inbox.handle_due() == 1
    assert subscription_of(buyer).status == "canceled"
    with act_as_user(buyer.pk), pytest.raises(Conflict, match="has ended"):
        till.renew(subscription_id=name)


def test_the_till_lists_what_was_paid_since_then(buyer: User) -> None:
    buy(buyer, "pro")
    buy(buyer, "pack_40")
    gateway, now = registry.gateway(), clock.now()

    for listed in (gateway.paid_invoices, gateway.paid_sessions):
        assert len(list(listed(now - timedelta(hours=1)))) == 1
        assert list(listed(now + timedelta(hours=1))) == []


def test_without_a_till_and_without_stripe_nothing_is_sold(buyer: User) -> None:
    with override_settings(TEST_TILL=False):
        assert registry.webhook_secrets() == []
        with pytest.raises(Unavailable, match="payments are not set up"):
            registry.gateway()


def test_the_till_is_closed_where_stripe_takes_the_money() -> None:
    with override_settings(STRIPE_SECRET_KEY="sk_test_1", STRIPE_WEBHOOK_SECRET=["whsec_1"]):
        assert registry.webhook_secrets() == ["whsec_1"]
        assert not registry.is_till()
        assert not registry.gateway().livemode
