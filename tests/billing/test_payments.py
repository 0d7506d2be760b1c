"""One payment is one grant, and what goes back takes back its own credits, in every order."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from accounts.models import Event, User
from billing import selectors
from billing.errors import Later
from billing.models import Payment
from billing.services import payments
from credits import selectors as credits_selectors
from credits import services as credits_services
from tests import databases, factories
from tests.factories import pay
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker

pytestmark = pytest.mark.django_db

WELCOME = 20
SECOND = timedelta(seconds=1)


def available(user: User) -> int:
    assert credits_selectors.broken_promises() == []
    return credits_selectors.wallet_of(user=user).available


def owed(user: User) -> int:
    return sum(one.owed for one in credits_selectors.revocations_of(user=user))


def spend(user: User, amount: int) -> None:
    with act_as_user(user.pk):
        hold = credits_services.reserve(
            amount=amount, key="job:1", purpose="image", reference="job"
        ).hold
    with act_as_worker():
        credits_services.capture(reservation_id=hold)


def refund(user: User, cents: int, *, seen_at: datetime | None = None) -> Payment:
    with act_as_worker():
        return payments.record_refund(
            source="stripe", charge_id=f"ch_1_{user.pk}", refunded_cents=cents, seen_at=seen_at
        )


def dispute(
    user: User, status: str, name: str = "dp_1", *, seen_at: datetime | None = None
) -> Payment:
    with act_as_worker():
        return payments.record_disputes(
            source="stripe",
            charge_id=f"ch_1_{user.pk}",
            statuses={name: status},
            seen_at=seen_at or clock.now(),
        )


def fail(user: User, **facts: Any) -> Payment:
    told = {"reference": f"in_1_{user.pk}", "item": "pro", "amount_cents": 1500, "currency": "usd"}
    with act_as_worker():
        return payments.record_failed(user_id=user.pk, source="stripe", **{**told, **facts})


def test_a_pack_is_bought_for_good_and_says_what_was_paid(alice: User) -> None:
    payment = pay(alice, "pack_40")

    assert available(alice) == WELCOME + 40
    (lot,) = credits_selectors.lots_of(user=alice).filter(key=payment.lot_key)
    assert (lot.kind, lot.amount, lot.paid_cents, lot.expires_at) == ("purchased", 40, 900, None)
    assert lot.key == f"payment:stripe:in_1_{alice.pk}"
    assert lot.reason == "40 credits"


def test_credits_of_a_plan_last_sixty_days_from_their_payment(alice: User) -> None:
    paid_at = clock.now() - timedelta(days=3)

    payment = pay(alice, "premium", paid_at=paid_at)

    (lot,) = credits_selectors.lots_of(user=alice).filter(key=payment.lot_key)
    assert (lot.kind, lot.amount, lot.paid_cents) == ("plan", 240, 3500)
    assert lot.expires_at == paid_at + timedelta(days=60)
    assert lot.reason == "Premium plan"


def test_a_payment_that_is_told_again_is_the_same_one(alice: User) -> None:
    first = pay(alice, "pro")

    again = [pay(alice, "pro") for _ in range(3)]

    assert {payment.pk for payment in again} == {first.pk}
    assert available(alice) == WELCOME + 80


def test_the_same_charge_by_another_reference_is_the_same_money(alice: User) -> None:
    first = pay(alice, "pack_100")

    again = pay(alice, "pack_100", reference="cs_1")

    assert again.pk == first.pk
    assert available(alice) == WELCOME + 100


def test_two_payments_are_two_grants(alice: User) -> None:
    pay(alice, "pro", number=1)
    pay(alice, "pro", number=2)

    assert available(alice) == WELCOME + 160
    assert [one.reference for one in selectors.payments_of(user=alice)] == [
        f"in_{number}_{alice.pk}" for number in (2, 1)
    ]


def test_two_invoices_that_coupons_paid_are_two_grants(alice: User) -> None:
    for number in (1, 2):
        pay(alice, "pro", number=number, charge_id="", amount_cents=0)

    assert available(alice) == WELCOME + 160


def test_what_is_not_on_sale_is_not_booked(alice: User) -> None:
    for item in ("platinum", "free", ""):
        with pytest.raises(ValueError, match="is not on sale"):
            pay(alice, item)

    assert Payment.objects.count() == 0
    assert available(alice) == WELCOME


def test_a_payment_that_failed_gives_nothing_until_it_is_paid(alice: User) -> None:
    failed = fail(alice)
    assert (failed.status, available(alice)) == ("failed", WELCOME)

    paid = pay(alice, "pro")
    fail(alice)

    assert (paid.pk, paid.status) == (failed.pk, "paid")
    assert Payment.objects.get().status == "paid"
    assert available(alice) == WELCOME + 80


def test_a_refund_takes_back_what_was_bought(alice: User) -> None:
    pay(alice, "pack_40")

    payment = refund(alice, 900)

    assert (payment.status, payment.refunded_cents) == ("refunded", 900)
    assert (available(alice), owed(alice)) == (WELCOME, 0)


def test_a_part_of_a_credit_is_taken_back_as_a_whole_one(alice: User) -> None:
    pay(alice, "pack_40")

    payment = refund(alice, 1)

    assert payment.status == "partly_refunded"
    assert available(alice) == WELCOME + 39


@pytest.mark.parametrize("totals", sorted(set(permutations((300, 600, 900)))))
def test_refunds_come_to_the_same_in_every_order_however_often(
    alice: User, totals: tuple[int, ...]
) -> None:
    pay(alice, "pack_40")

    began = clock.now()
    for total in (*totals, *totals):
        refund(alice, total, seen_at=began + total * SECOND)

    assert Payment.objects.get().refunded_cents == 900
    assert available(alice) == WELCOME


def test_what_was_spent_stays_owed_and_the_balance_is_never_negative(alice: User) -> None:
    pay(alice, "pack_40")
    spend(alice, 50)  # the welcome credits, then thirty of these

    refund(alice, 900)

    assert (available(alice), owed(alice)) == (0, 30)
    assert credits_selectors.wallet_of(user=alice).balance == 0


def test_a_refund_takes_nothing_of_what_others_paid(alice: User) -> None:
    pay(alice, "pack_40", number=1)
    spend(alice, 60)
    pay(alice, "pack_100", number=2)

    refund(alice, 900)

    assert (available(alice), owed(alice)) == (100, 40)


def test_a_refund_before_its_payment_is_told_comes_again(alice: User) -> None:
    with pytest.raises(Later):
        refund(alice, 900)
    fail(alice, charge_id=f"ch_1_{alice.pk}")
    with pytest.raises(Later):
        refund(alice, 900)
    with pytest.raises(Later):
        dispute(alice, "needs_response")


def test_a_refund_of_no_charge_is_refused() -> None:
    with act_as_worker(), pytest.raises(ValueError, match="Name the charge"):
        payments.record_refund(source="stripe", charge_id="", refunded_cents=1)


def test_a_refund_that_fails_at_the_bank_gives_the_credits_back(alice: User) -> None:
    pay(alice, "pack_40")
    spend(alice, 30)
    refund(alice, 900)
    assert (available(alice), owed(alice)) == (0, 10)

    payment = refund(alice, 0)

    assert (payment.status, payment.refunded_cents) == ("paid", 0)
    assert (available(alice), owed(alice)) == (30, 0)


def test_what_is_refunded_goes_up_and_down_as_often_as_it_likes(alice: User) -> None:
    pay(alice, "pack_40")

    for cents, left in ((900, 0), (0, 40), (900, 0), (450, 20), (675, 10), (450, 20), (900, 0)):
        for _ in range(2):
            assert refund(alice, cents).refunded_cents == cents
        assert available(alice) == WELCOME + left


def test_a_total_that_was_read_earlier_changes_nothing(alice: User) -> None:
    pay(alice, "pack_40")
    refund(alice, 450)

    refund(alice, 900, seen_at=clock.now() - SECOND * 60)

    assert Payment.objects.get().refunded_cents == 450
    assert available(alice) == WELCOME + 20


def test_a_dispute_takes_all_back_and_one_that_is_lost_stays(alice: User) -> None:
    pay(alice, "pack_40")

    for status in ("needs_response", "under_review", "needs_response", "lost", "lost"):
        assert dispute(alice, status).status == "disputed"

    assert available(alice) == WELCOME
    assert Payment.objects.get().disputes == {"dp_1": "lost"}


def test_a_dispute_that_is_won_gives_all_back(alice: User) -> None:
    pay(alice, "pack_40")
    spend(alice, 30)
    began = clock.now()
    dispute(alice, "needs_response")
    assert (available(alice), owed(alice)) == (0, 10)

    payment = dispute(alice, "won")
    dispute(alice, "needs_response", seen_at=began)

    assert payment.status == "paid"
    assert (available(alice), owed(alice)) == (30, 0)


def test_a_dispute_that_was_lost_may_be_won_and_lost_again(alice: User) -> None:
    pay(alice, "pack_40")

    for status, left in (("lost", 0), ("won", 40), ("under_review", 0), ("won", 40), ("lost", 0)):
        for _ in range(2):
            dispute(alice, status)
        assert available(alice) == WELCOME + left


def test_a_dispute_that_was_won_before_we_heard_of_it_changes_nothing(alice: User) -> None:
    pay(alice, "pack_40")
    began = clock.now()

    dispute(alice, "won")
    dispute(alice, "needs_response", seen_at=began)

    assert Payment.objects.get().status == "paid"
    assert available(alice) == WELCOME + 40


def test_an_inquiry_moves_no_money_and_no_credits(alice: User) -> None:
    pay(alice, "pack_40")

    for status in ("warning_needs_response", "warning_under_review", "warning_closed"):
        dispute(alice, status)

    assert Payment.objects.get().status == "paid"
    assert available(alice) == WELCOME + 40


STEPS: tuple[tuple[Callable[..., Payment], Any], ...] = (
    (refund, 450),
    (dispute, "needs_response"),
    (dispute, "won"),
)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_refund_and_a_dispute_come_to_the_same_in_every_order(
    alice: User, order: tuple[int, ...]
) -> None:
    pay(alice, "pack_40")
    began = clock.now()

    for number in order:
        tell, fact = STEPS[number]
        tell(alice, fact, seen_at=began + number * SECOND)

    payment = Payment.objects.get()
    assert (payment.status, payment.disputes) == ("partly_refunded", {"dp_1": "won"})
    assert (available(alice), owed(alice)) == (WELCOME + 20, 0)


def test_credits_go_back_once_where_two_banks_want_them(alice: User) -> None:
    pay(alice, "pack_40")

    dispute(alice, "needs_response", "dp_1")
    dispute(alice, "needs_response", "dp_2")
    dispute(alice, "won", "dp_1")
    assert available(alice) == WELCOME
    dispute(alice, "won", "dp_2")

    assert available(alice) == WELCOME + 40


def test_what_is_noted_of_money_has_no_words_of_anybody(alice: User) -> None:
    pay(alice, "pack_40")
    refund(alice, 900)

    told = {one.name: one.facts for one in Event.objects.filter(name__startswith="billing")}
    assert told == {
        "billing.payment.received": {"item": "pack_40", "cents": 900},
        "billing.payment.settled": {"status": "refunded", "owed": 40},
    }


def test_what_evens_out_a_change_of_plan_is_a_payment_that_brings_no_credits(alice: User) -> None:
    payment = pay(alice, "premium", amount_cents=900, brings_credits=False)
    assert (payment.status, payment.credit_amount, payment.lot_key) == ("paid", 0, "")
    assert available(alice) == WELCOME

    assert refund(alice, 900).status == "refunded"
    assert dispute(alice, "lost").status == "disputed"

    assert (available(alice), owed(alice)) == (WELCOME, 0)


def test_another_persons_payments_are_not_there(alice: User, bob: User) -> None:
    pay(alice)

    with act_as_user(bob.pk):
        assert list(selectors.payments_of(user=alice)) == []
    with act_as_user(alice.pk):
        assert len(selectors.payments_of(user=alice)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_payment_and_its_refund_that_ten_processes_tell_are_booked_once() -> None:
    alice = factories.make_user()

    def tell(turn: int) -> str:
        if turn % 2:
            return pay(alice, "pack_40").status
        try:
            return refund(alice, 450).status
        except Later:
            return "later"

    outcomes = Counter(databases.in_threads(tell, range(20), threads=10))

    refund(alice, 450)
    assert set(outcomes) <= {"paid", "partly_refunded", "later"}
    assert Payment.objects.get().refunded_cents == 450
    assert available(alice) == WELCOME + 20
