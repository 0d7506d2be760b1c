"""Setting out to buy: one checkout for two browsers, the way back, and news that do not come."""

from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from billing import selectors, tasks
from billing.errors import AlreadySubscribed
from billing.gateways import till
from billing.models import GRACE, Checkout, Customer, Payment, Subscription, TillObject
from billing.plans import FREE, PRO
from billing.services import checkouts, returns, subscriptions
from credits import selectors as credits_selectors
from tests import databases, factories
from tests.factories import pay, subscribe
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.errors import NotFound, Unavailable
from visiona.webhooks import services as inbox
from visiona.webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db

WELCOME = 20


def begin(user: User, item: str = "pack_40") -> Checkout:
    with act_as_user(user.pk):
        return checkouts.begin(user=user, item=item)


def pay_unheard(user: User, item: str = "pack_40") -> Checkout:
    """A checkout that was paid and of which no news came."""
    checkout = begin(user, item)
    with act_as_user(user.pk):
        till.pay(checkout_id=checkout.pk)
    WebhookEvent.objects.all().delete()
    return checkout


def come_back(user: User, checkout: Checkout, *, ago: timedelta = timedelta()) -> Checkout:
    with act_as_user(user.pk):
        returned = checkouts.note_return(user=user, checkout_id=checkout.pk)
    if ago:
        Checkout.objects.filter(pk=checkout.pk).update(returned_at=clock.now() - ago)
    return returned


def balance_of(user: User) -> int:
    assert credits_selectors.broken_promises() == []
    return credits_selectors.wallet_of(user=user).balance


def test_who_sets_out_to_buy_is_sent_where_they_pay(alice: User) -> None:
    checkout = begin(alice, "pro")

    assert (checkout.item, checkout.state, checkout.user_id) == ("pro", "open", alice.pk)
    assert checkout.url.endswith(f"/billing/till/{checkout.pk}")
    assert checkout.session_id
    assert Customer.objects.get().user_id == alice.pk


def test_another_browser_takes_up_the_checkout_of_the_first(alice: User) -> None:
    first = begin(alice, "pro")

    assert begin(alice, "pro").pk == first.pk
    assert begin(alice, "pack_40").pk != first.pk


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": clock.now() - timedelta(minutes=61)},
        {"state": "done"},
        {"state": "expired"},
    ],
)
def test_what_is_over_is_not_taken_up_again(alice: User, changes: dict[str, object]) -> None:
    first = begin(alice)
    Checkout.objects.filter(pk=first.pk).update(**changes)

    assert begin(alice).pk != first.pk


def test_a_plan_is_not_bought_twice_but_packs_are_always_on_sale(
    alice: User, settings: Settings
) -> None:
    settings.PUBLIC_URL = "https://visiona.example"
    subscribe(alice, "pro")

    for plan in ("pro", "premium"):
        with pytest.raises(AlreadySubscribed) as refusal:
            begin(alice, plan)

    assert refusal.value.facts == {"portal": "https://visiona.example/billing/"}
    assert begin(alice, "pack_40").url


def test_what_is_not_on_sale_is_not_begun(alice: User) -> None:
    for item in ("free", "platinum"):
        with pytest.raises(ValueError, match="is not on sale"):
            begin(alice, item)

    assert Checkout.objects.count() == 0


def test_where_nothing_can_be_bought_the_next_try_goes_on_with_the_same_checkout(
    alice: User, settings: Settings
) -> None:
    settings.TEST_TILL = False
    with pytest.raises(Unavailable, match="payments are not set up"):
        begin(alice)
    (unfinished,) = Checkout.objects.all()
    assert (unfinished.session_id, unfinished.url) == (None, "")

    settings.TEST_TILL = True

    assert begin(alice).pk == unfinished.pk


def test_the_portal_is_for_who_has_bought_something(alice: User) -> None:
    with act_as_user(alice.pk), pytest.raises(NotFound, match="have not bought anything"):
        checkouts.portal(user=alice)
    begin(alice)

    with act_as_user(alice.pk):
        assert checkouts.portal(user=alice).endswith("/billing/")


def test_another_persons_checkout_is_not_there(alice: User, bob: User) -> None:
    checkout = begin(alice)

    for name in (checkout.pk, uuid4()):
        with act_as_user(bob.pk), pytest.raises(NotFound):
            selectors.checkout_of(user=bob, checkout_id=name)
        with act_as_user(bob.pk), pytest.raises(NotFound):
            checkouts.note_return(user=bob, checkout_id=name)


def test_a_checkout_is_closed_once(alice: User) -> None:
    session_id = begin(alice).session_id or ""

    with act_as_worker():
        assert checkouts.complete(session_id=session_id)
        assert not checkouts.complete(session_id=session_id)
        assert not checkouts.expire(session_id=session_id)
        assert not checkouts.complete(session_id="cs_nobodys")

    closed = Checkout.objects.get()
    assert (closed.state, closed.done_at is None) == ("done", False)


def test_who_comes_back_finds_the_payment_of_this_very_checkout(alice: User) -> None:
    pay(alice, "pack_40")
    checkout = begin(alice, "pack_40")
    assert selectors.payment_for(checkout=checkout) is None

    with act_as_user(alice.pk):
        till.pay(checkout_id=checkout.pk)
    inbox.handle_due()

    payment = selectors.payment_for(checkout=checkout)
    assert payment is not None
    assert payment.reference == checkout.session_id


def test_who_comes_back_from_a_plan_finds_its_first_payment(alice: User) -> None:
    pay(alice, "pro", paid_at=clock.now() - timedelta(days=90))
    checkout = begin(alice, "pro")
    assert selectors.payment_for(checkout=checkout) is None

    with act_as_user(alice.pk):
        till.pay(checkout_id=checkout.pk)
    inbox.handle_due()

    payment = selectors.payment_for(checkout=checkout)
    assert payment is not None
    assert payment.item == "pro"


@pytest.mark.parametrize(("item", "amount"), [("pack_100", 100), ("pro", 80)])
def test_news_that_do_not_come_are_asked_for_after_a_minute(
    alice: User, item: str, amount: int
) -> None:
    checkout = pay_unheard(alice, item)
    come_back(alice, checkout)
    assert returns.reconcile_due() == 0
    assert balance_of(alice) == WELCOME

    come_back(alice, checkout, ago=returns.PATIENCE)
    tasks.look_after_checkouts()

    assert balance_of(alice) == WELCOME + amount
    assert Checkout.objects.get().state == "done"
    assert returns.reconcile_due() == 0
    assert (selectors.plan_of(user=alice) is PRO) == (item == "pro")


def test_news_that_come_late_change_nothing_any_more(alice: User) -> None:
    checkout = begin(alice)
    with act_as_user(alice.pk):
        till.pay(checkout_id=checkout.pk)
    come_back(alice, checkout, ago=returns.PATIENCE)

    assert returns.reconcile_due() == 1
    inbox.handle_due()

    assert balance_of(alice) == WELCOME + 40
    assert Payment.objects.count() == 1


def test_what_is_not_paid_yet_is_asked_for_again_while_somebody_waits(alice: User) -> None:
    checkout = begin(alice)
    come_back(alice, checkout, ago=returns.PATIENCE)

    assert returns.reconcile_due() == 1
    assert returns.reconcile_due() == 0
    with act_as_user(alice.pk):
        till.pay(checkout_id=checkout.pk)
    WebhookEvent.objects.all().delete()
    come_back(alice, checkout, ago=returns.PATIENCE)

    assert returns.reconcile_due() == 1
    assert balance_of(alice) == WELCOME + 40


def test_a_checkout_that_cannot_be_asked_about_keeps_no_other_waiting(
    alice: User, bob: User
) -> None:
    lost, found = begin(alice), pay_unheard(bob)
    Checkout.objects.filter(pk=lost.pk).update(session_id="cs_lost")
    come_back(alice, lost, ago=returns.PATIENCE * 2)
    come_back(bob, found, ago=returns.PATIENCE)

    assert returns.reconcile_due() == 2

    assert (balance_of(alice), balance_of(bob)) == (WELCOME, WELCOME + 40)


def test_a_checkout_without_a_session_has_nothing_to_ask_for(alice: User) -> None:
    with act_as_user(alice.pk):
        unfinished = Checkout.objects.create(user=alice, item="pro")

    assert not returns.reconcile(checkout=unfinished)


def test_who_leaves_pays_for_nothing_any_more(alice: User, bob: User) -> None:
    for user in (alice, bob):
        checkout = begin(user, "pro")
        with act_as_user(user.pk):
            till.pay(checkout_id=checkout.pk)
    inbox.handle_due()

    assert subscriptions.cancel_for_the_gone() == 0
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert [subscriptions.cancel_for_the_gone() for _ in range(2)] == [1, 0]
    inbox.handle_due()
    assert subscriptions.cancel_for_the_gone() == 0
    assert selectors.subscription_of(user=alice) is None
    assert selectors.plan_of(user=bob) is PRO


def test_what_is_told_of_somebody_who_has_left_is_ended_too(alice: User) -> None:
    checkout = begin(alice, "pro")
    with act_as_user(alice.pk):
        till.pay(checkout_id=checkout.pk)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    inbox.handle_due()
    assert subscriptions.cancel_for_the_gone() == 1
    inbox.handle_due()
    assert {one.status for one in selectors.subscriptions_of(user=alice)} == {"canceled"}


def test_a_plan_whose_payment_fails_is_paid_and_not_bought_again(alice: User) -> None:
    checkout = begin(alice, "pro")
    with act_as_user(alice.pk):
        till.pay(checkout_id=checkout.pk)
        (kept,) = TillObject.objects.filter(user=alice, kind="subscription")
        till.fail_payment(subscription_id=kept.pk)
    inbox.handle_due()
    Subscription.objects.update(past_due_since=clock.now() - 2 * GRACE)
    assert selectors.plan_of(user=alice) is FREE
    with pytest.raises(AlreadySubscribed):
        begin(alice, "premium")


@pytest.mark.django_db(transaction=True)
def test_ten_browsers_that_buy_the_same_at_once_pay_once() -> None:
    alice = factories.make_user()

    def buy(_: int) -> tuple[str, str | None]:
        checkout = begin(alice, "pro")
        return str(checkout.pk), checkout.session_id

    outcomes = Counter(databases.in_threads(buy, range(10), threads=10))

    assert len(outcomes) == 1
    assert Checkout.objects.get().session_id
    assert Customer.objects.count() == 1
