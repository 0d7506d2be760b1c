"""The books against Stripe's: what is missing is posted, once, and what only we know is named."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from accounts.models import User
from billing import plans, selectors, tasks
from billing.gateways import shapes, till
from billing.gateways.ports import Shape
from billing.models import Payment, Subscription
from billing.services import checkouts, payments, reconciling
from credits import selectors as credits_selectors
from tests import factories
from tests.standins.stripe import Stripe
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker

pytestmark = pytest.mark.django_db

WELCOME = 20
LONG_AGO = timedelta(days=4)


@pytest.fixture
def buyer() -> User:
    return factories.make_user()


@pytest.fixture
def buy(stripe: Stripe, buyer: User) -> Callable[[str], Shape]:
    """Have the buyer pay on Stripe's page, of which no news ever come."""

    def pay(item: str) -> Shape:
        with act_as_user(buyer.pk):
            checkout = checkouts.begin(user=buyer, item=item)
        return stripe.pay(str(checkout.session_id))

    return pay


def balance_of(buyer: User) -> int:
    return credits_selectors.wallet_of(user=buyer).balance


def reconcile() -> reconciling.Findings:
    return reconciling.reconcile(since=clock.now() - timedelta(days=3))


def test_what_is_missing_is_posted_once(buyer: User, buy: Callable[[str], Shape]) -> None:
    plan, pack = buy("pro"), buy("pack_40")

    assert reconcile().posted == [plan["invoice"], pack["id"]]
    assert reconcile() == reconciling.Findings()

    assert balance_of(buyer) == WELCOME + 80 + 40


def test_what_is_known_is_not_asked_for_again(stripe: Stripe, buy: Callable[[str], Shape]) -> None:
    buy("pro")
    reconcile()
    stripe.seen.clear()

    reconcile()

    assert stripe.paths("GET") == [
        "/v1/invoices",
        "/v1/checkout/sessions",
        "/v1/refunds",
        "/v1/disputes",
        "/v1/subscriptions",
    ]


def test_what_went_back_without_a_word_is_corrected_once(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    sessions = [(buy("pack_40"), reconcile())[0] for _ in range(4)]
    refunded, failed, disputed, _ = map(stripe.charge_of, sessions)
    stripe.refund(refunded, 4_50)
    stripe.refund(failed, 9_00)
    dispute = stripe.dispute(disputed)

    assert reconcile().corrected == [refunded, failed, dispute["id"]]
    assert balance_of(buyer) == WELCOME + 20 + 0 + 0 + 40
    stripe.fail_refund(failed)
    dispute["status"] = "won"

    assert reconcile().corrected == [failed, dispute["id"]]
    assert balance_of(buyer) == WELCOME + 20 + 40 + 40 + 40
    assert reconcile() == reconciling.Findings()


def test_what_goes_back_before_its_payment_is_known_is_posted_with_it(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pack_40")
    stripe.refund(stripe.charge_of(session), 9_00)

    findings = reconcile()

    assert (findings.posted, findings.corrected) == ([session["id"]], [stripe.charge_of(session)])
    assert balance_of(buyer) == WELCOME


def test_plans_that_changed_without_a_word_are_corrected_once(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    name = buy("pro")["subscription"]
    reconcile()
    stripe.objects[name]["status"] = "past_due"
    assert reconcile().corrected == [name]
    assert Subscription.objects.get().status == "past_due"

    stripe.objects[name]["status"] = "canceled"
    assert reconcile().corrected == [name]
    assert selectors.plan_of(user=buyer) == plans.FREE
    assert reconcile() == reconciling.Findings()


def test_a_plan_of_which_nobody_told_is_noted(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("premium")
    reconcile()
    Subscription.objects.all().delete()

    assert reconcile().corrected == [session["subscription"]]
    assert selectors.plan_of(user=buyer) == plans.PREMIUM


def test_a_plan_that_only_we_know_is_named_and_goes_on(stripe: Stripe, buyer: User) -> None:
    factories.subscribe(buyer, "pro", external_id="sub_of_the_till")

    assert reconcile().unknown == ["sub_of_the_till"]
    assert selectors.plan_of(user=buyer) == plans.PRO


def test_staff_end_what_stripe_does_not_know(stripe: Stripe, buyer: User) -> None:
    factories.subscribe(buyer, "pro", external_id="sub_of_the_till")
    factories.subscribe(factories.make_user(), "pro", source="clerk", external_id="csub_1")
    told = StringIO()

    call_command("billing_reconcile", "--end-unknown-plans", stdout=told)

    assert "Plans ended: sub_of_the_till" in told.getvalue().splitlines()
    assert selectors.plan_of(user=buyer) == plans.FREE
    assert User.objects.get(pk=buyer.pk).role == "user"
    assert reconcile() == reconciling.Findings()


def test_people_who_pay_for_two_plans_are_named(stripe: Stripe, buyer: User) -> None:
    factories.subscribe(buyer, "pro", source="clerk", external_id="csub_1")
    factories.subscribe(buyer, "premium", source="clerk", external_id="csub_2")
    other = factories.make_user()
    factories.subscribe(other, "pro", source="clerk", external_id="csub_3")
    factories.subscribe(other, "pro", source="clerk", external_id="csub_4", status="canceled")

    assert reconcile().doubled == [str(buyer.pk)]
    with pytest.raises(CommandError, match="The books differ"):
        call_command("billing_reconcile", stdout=StringIO())


def test_what_was_paid_late_is_found(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session = buy("pro")
    stripe.objects[session["invoice"]]["created"] -= 20 * 24 * 3600

    assert reconcile().posted == [session["invoice"]]


def test_what_was_paid_earlier_is_left_alone(stripe: Stripe, buy: Callable[[str], Shape]) -> None:
    session = buy("pro")
    invoice = stripe.objects[session["invoice"]]
    invoice["status_transitions"]["paid_at"] -= int(LONG_AGO.total_seconds())

    assert reconcile().posted == []
    assert not Payment.objects.exists()


def test_what_only_we_know_is_named(stripe: Stripe, buyer: User) -> None:
    with act_as_worker():
        for reference, age in (("in_gone", timedelta(0)), ("in_old", LONG_AGO)):
            payments.record_paid(
                user_id=buyer.pk,
                source="stripe",
                charge_id="",
                reference=reference,
                item="pro",
                amount_cents=15_00,
                currency="usd",
                paid_at=clock.now() - age,
            )

    assert reconcile().unknown == ["in_gone"]


def test_what_is_not_ours_is_told_apart(stripe: Stripe) -> None:
    charge = shapes.charge(customer="cus_foreign", amount=15_00)
    intent = shapes.intent(charge=charge)
    subscription = shapes.subscription(customer="cus_foreign", item=plans.PRO)
    invoice = shapes.invoice(subscription=subscription, intent=intent, reason="subscription_create")
    stripe.keep(charge, intent, subscription, invoice)

    assert reconcile().foreign == [invoice["id"], subscription["id"]]
    assert not Payment.objects.exists()


def test_one_that_cannot_be_posted_keeps_no_other_from_it(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    wrong, right = buy("pack_40"), buy("pack_100")
    wrong["metadata"]["item"] = "pack_9"

    findings = reconcile()

    assert (findings.failed, findings.posted) == ([wrong["id"]], [right["id"]])
    assert balance_of(buyer) == WELCOME + 100


def test_the_command_says_what_it_found_and_fails_where_the_books_differ(
    stripe: Stripe, buyer: User, buy: Callable[[str], Shape]
) -> None:
    session, told = buy("pack_40"), StringIO()
    call_command("billing_reconcile", since="2026-01-01", stdout=told)
    assert told.getvalue().splitlines() == [
        f"Posted now: {session['id']}",
        "Corrected now: none",
        "Could not be noted: none",
        "Not ours: none",
        "Known to us and not to Stripe: none",
        "Plans ended: none",
        "People with two plans: none",
    ]

    del stripe.objects[session["id"]]
    with pytest.raises(CommandError, match="The books differ"):
        call_command("billing_reconcile", stdout=StringIO())


@pytest.mark.parametrize("since", ["yesterday", "2026-02-30"])
def test_the_command_wants_a_day(since: str) -> None:
    with pytest.raises(CommandError, match="--since: write a day such as"):
        call_command("billing_reconcile", since=since)


def test_the_command_says_that_stripe_does_not_answer(stripe: Stripe) -> None:
    stripe.misbehave(Stripe.error(401, "invalid_request_error"))

    with pytest.raises(CommandError, match="Payments do not work"):
        call_command("billing_reconcile")


def test_the_chore_posts_what_is_missing(buyer: User, buy: Callable[[str], Shape]) -> None:
    buy("premium")

    tasks.reconcile_payments()

    assert balance_of(buyer) == WELCOME + 240


def test_at_the_till_the_books_are_compared_too(buyer: User) -> None:
    with act_as_user(buyer.pk):
        for item in ("pro", "pack_40"):
            checkout = checkouts.begin(user=buyer, item=item)
            till.pay(checkout_id=checkout.pk)

    assert len(reconcile().posted) == 2
    assert balance_of(buyer) == WELCOME + 80 + 40


def test_at_the_till_what_went_back_is_compared_too(buyer: User) -> None:
    with act_as_user(buyer.pk):
        for item in ("pro", "pack_40"):
            checkout = checkouts.begin(user=buyer, item=item)
            till.pay(checkout_id=checkout.pk)
        reconcile()
        bought = Payment.objects.get(item="pack_40")
        till.refund(charge_id=bought.charge_id)
        dispute = till.dispute(charge_id=Payment.objects.get(item="pro").charge_id)
        till.cancel(subscription_id=Subscription.objects.get().external_id)

    assert reconcile().corrected == [
        bought.charge_id,
        dispute,
        Subscription.objects.get().external_id,
    ]
    assert balance_of(buyer) == WELCOME
    assert reconcile() == reconciling.Findings()


def test_without_anybody_who_takes_money_there_is_nothing_to_compare(settings: Settings) -> None:
    settings.TEST_TILL = False

    tasks.reconcile_payments()

    assert not Payment.objects.exists()
