"""Setting out to buy: one checkout for two browsers, the way back, and news that do not come."""

from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
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
from tests.standins.stripe import Stripe
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.errors import Conflict, NotFound, Unavailable
from visiona.lib.request_id import uuid7
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


def test_of_two_plans_in_two_tabs_only_the_one_begun_last_can_be_paid(alice: User) -> None:
    first, pack, second = begin(alice, "pro"), begin(alice, "pack_40"), begin(alice, "premium")

    with act_as_user(alice.pk):
        with pytest.raises(Conflict, match="expired already"):
            till.pay(checkout_id=first.pk)
        for checkout in (pack, second):
            till.pay(checkout_id=checkout.pk)
    inbox.handle_due()

    states = dict(Checkout.objects.values_list("item", "state"))
    assert states == {"pro": "expired", "pack_40": "done", "premium": "done"}
    assert balance_of(alice) == WELCOME + 40 + 240


def test_who_goes_back_to_the_first_tab_begins_anew(alice: User) -> None:
    first = begin(alice, "pro")
    begin(alice, "premium")

    third = begin(alice, "pro")

    assert third.pk != first.pk
    assert [one.item for one in Checkout.objects.filter(state="open")] == ["pro"]
    assert begin(alice, "pro").pk == third.pk


def test_who_has_paid_in_the_first_tab_is_refused_in_the_second(alice: User) -> None:
    first = pay_unheard(alice, "pro")

    with pytest.raises(AlreadySubscribed):
        begin(alice, "premium")
    first.refresh_from_db()
    assert (first.state, first.returned_at is None) == ("open", False)
    come_back(alice, first, ago=returns.PATIENCE)
    tasks.look_after_checkouts()

    assert selectors.plan_of(user=alice) is PRO
    assert balance_of(alice) == WELCOME + 80


def test_a_page_that_is_opened_while_another_plan_is_begun_is_closed_at_once(alice: User) -> None:
    with act_as_user(alice.pk):
        slow = checkouts.choose(user=alice, item="pro")
    begin(alice, "premium")

    with pytest.raises(Conflict, match="meanwhile"), act_as_user(alice.pk):
        checkouts.open_page(user=alice, checkout=slow)

    with act_as_worker():
        sessions = TillObject.objects.filter(kind="checkout.session")
        states = {one.data["metadata"]["item"]: one.data["status"] for one in sessions}
    assert states == {"pro": "expired", "premium": "open"}
    assert dict(Checkout.objects.values_list("item", "state")) == {
        "pro": "expired",
        "premium": "open",
    }


def test_the_plan_begun_last_is_the_one_to_pay_however_the_hosts_clocks_differ(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = uuid7()
    behind = UUID(int=ahead.int - (50 << 80))  # fifty milliseconds
    ids = iter([ahead, behind])
    monkeypatch.setattr(checkouts, "uuid7", lambda: next(ids))

    begin(alice, "pro")
    begin(alice, "premium")

    assert dict(Checkout.objects.values_list("item", "state")) == {
        "pro": "expired",
        "premium": "open",
    }


def test_what_could_be_paid_for_another_plan_is_closed_when_one_is_there(alice: User) -> None:
    needless = begin(alice, "premium")
    pack = begin(alice, "pack_40")
    subscribe(alice, "pro")

    tasks.look_after_checkouts()

    with act_as_user(alice.pk), pytest.raises(Conflict, match="expired already"):
        till.pay(checkout_id=needless.pk)
    assert dict(Checkout.objects.values_list("pk", "state")) == {
        needless.pk: "expired",
        pack.pk: "open",
    }
    assert returns.close_needless() == 0


def test_people_whose_plan_is_over_do_not_take_the_turn_of_those_who_have_one(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returns, "BATCH", 1)
    may_buy, needless = begin(alice, "premium"), begin(bob, "premium")
    subscribe(alice, "pro", period_end=clock.now() - 2 * GRACE)
    subscribe(bob, "pro")

    assert returns.close_needless() == 1

    assert dict(Checkout.objects.values_list("pk", "state")) == {
        may_buy.pk: "open",
        needless.pk: "expired",
    }


def test_a_second_plan_that_was_paid_before_its_page_was_closed_is_recorded(alice: User) -> None:
    pay_unheard(alice, "premium")
    subscribe(alice, "pro")

    assert returns.close_needless() == 1

    assert Checkout.objects.get().state == "done"
    assert balance_of(alice) == WELCOME + 240
    assert {one.plan for one in selectors.subscriptions_of(user=alice)} == {"pro", "premium"}


@pytest.mark.parametrize("session_id", ["cs_of_another_key", None])
def test_what_the_gateway_does_not_know_is_closed_too(alice: User, session_id: str | None) -> None:
    first = begin(alice, "pro")
    Checkout.objects.filter(pk=first.pk).update(session_id=session_id)

    begin(alice, "premium")

    first.refresh_from_db()
    assert first.state == "expired"


def test_a_needless_page_that_the_gateway_does_not_know_is_closed(alice: User) -> None:
    first = begin(alice, "premium")
    Checkout.objects.filter(pk=first.pk).update(session_id="cs_of_another_key")
    subscribe(alice, "pro")

    assert returns.close_needless() == 1

    assert Checkout.objects.get().state == "expired"


def test_nobody_says_by_the_database_that_a_checkout_was_paid(alice: User) -> None:
    checkout = begin(alice, "pro")
    mine = Checkout.objects.filter(pk=checkout.pk)

    with act_as_user(alice.pk):
        with pytest.raises(ProgrammingError), transaction.atomic():
            mine.update(state="done")
        mine.update(state="expired")

    assert Checkout.objects.get().state == "expired"


def test_who_was_a_customer_of_the_till_is_made_known_to_stripe_once(
    alice: User, stripe: Stripe
) -> None:
    Customer.objects.create(user=alice, stripe_id="cus_of_the_till")

    checkout = begin(alice, "pack_40")

    till, customer = Customer.objects.order_by("created_at")
    assert till.stripe_id == "cus_of_the_till"
    assert stripe.objects[customer.stripe_id]["metadata"] == {"user_id": str(alice.pk)}
    assert stripe.objects[str(checkout.session_id)]["customer"] == customer.stripe_id
    begin(alice, "pack_100")
    assert stripe.paths().count("/v1/customers") == 1


def test_who_was_a_customer_of_stripe_is_made_known_to_the_till(alice: User) -> None:
    Customer.objects.create(user=alice, stripe_id="cus_of_stripe")

    checkout = begin(alice, "pack_40")

    assert checkout.url.endswith(f"/billing/till/{checkout.pk}")
    assert Customer.objects.latest("created_at").stripe_id == f"cus_{alice.pk.hex}"


def test_nobody_becomes_by_the_database_the_customer_that_another_person_is(
    alice: User, bob: User
) -> None:
    mine = Customer.objects.create(user=bob, stripe_id="cus_bob")

    with act_as_user(bob.pk):
        for change in (
            lambda: Customer.objects.filter(pk=mine.pk).update(stripe_id="cus_nowhere"),
            lambda: Customer.objects.filter(pk=mine.pk).update(user=alice),
            lambda: Customer.objects.filter(pk=mine.pk).delete(),
        ):
            with pytest.raises(ProgrammingError), transaction.atomic():
                change()
        Customer.objects.create(user=bob, stripe_id="cus_nowhere")
    with act_as_user(alice.pk), pytest.raises(IntegrityError), transaction.atomic():
        Customer.objects.create(user=alice, stripe_id="cus_bob")

    assert list(Customer.objects.order_by("created_at").values_list("stripe_id", "user_id")) == [
        ("cus_bob", bob.pk),
        ("cus_nowhere", bob.pk),
    ]


def test_who_was_made_known_to_a_wrong_key_is_afterwards_who_they_were_before(
    alice: User, stripe: Stripe
) -> None:
    begin(alice, "pack_40")
    (first,) = Customer.objects.values_list("stripe_id", flat=True)
    theirs = stripe.objects.pop(first)
    second = str(stripe.objects[str(begin(alice, "pack_100").session_id)]["customer"])
    del stripe.objects[second]
    stripe.objects[first] = theirs

    third = stripe.objects[str(begin(alice, "pack_250").session_id)]["customer"]

    assert (third, Customer.objects.count()) == (first, 2)


def test_who_pays_for_a_plan_is_not_made_anew_for_a_wrong_key(alice: User, stripe: Stripe) -> None:
    begin(alice, "pro")
    subscribe(alice, "pro")
    (paying,) = Customer.objects.values_list("stripe_id", flat=True)
    theirs = stripe.objects.pop(paying)

    with act_as_user(alice.pk), pytest.raises(Unavailable):
        checkouts.portal(user=alice)
    with pytest.raises(Unavailable):
        begin(alice, "pack_40")
    stripe.objects[paying] = theirs
    with act_as_user(alice.pk):
        checkouts.portal(user=alice)

    assert f"customer={paying}" in stripe.seen[-1].body.decode()
    assert stripe.paths().count("/v1/customers") == 1


def test_somebody_stays_the_customer_that_they_are_where_something_else_is_missing(
    alice: User, stripe: Stripe
) -> None:
    begin(alice, "pack_40")
    known = Customer.objects.get().stripe_id
    stripe.misbehave(Stripe.error(404, "invalid_request_error", "resource_missing"))

    with pytest.raises(NotFound):
        begin(alice, "pack_100")

    assert Customer.objects.get().stripe_id == known


def test_who_was_a_customer_of_another_key_has_a_portal_again(alice: User, stripe: Stripe) -> None:
    Customer.objects.create(user=alice, stripe_id="cus_of_the_test")

    with act_as_user(alice.pk):
        assert checkouts.portal(user=alice) == "https://checkout.stripe.test/p/session"

    assert Customer.objects.latest("created_at").stripe_id in stripe.objects


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


def test_a_session_that_cannot_be_read_keeps_no_other_waiting(alice: User, bob: User) -> None:
    strange, found = pay_unheard(alice), pay_unheard(bob)
    with act_as_worker():
        kept = TillObject.objects.get(pk=strange.session_id)
        del kept.data["payment_status"]
        kept.save()
    come_back(alice, strange, ago=returns.PATIENCE * 2)
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


@pytest.mark.django_db(transaction=True)
def test_of_many_tabs_of_two_plans_at_once_one_page_can_be_paid() -> None:
    alice = factories.make_user()

    def press(turn: int) -> str:
        try:
            return begin(alice, ("pro", "premium")[turn % 2]).item
        except Conflict as refusal:
            return refusal.code

    outcomes = Counter(databases.in_threads(press, range(20), threads=10))

    assert set(outcomes) <= {"pro", "premium", "conflict"}
    sessions = TillObject.objects.filter(kind="checkout.session")
    can_be_paid = [one.pk for one in sessions if one.data["status"] == "open"]
    last = Checkout.objects.latest("id")
    assert can_be_paid == [last.session_id]
    assert [one.pk for one in Checkout.objects.filter(state="open")] == [last.pk]
