"""Credits come in lots: which of them pay, which expire, and what is taken back of which."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from accounts.models import User
from credits import selectors, services, tasks
from credits.errors import InsufficientCredits, KeyConflict, TooMuch
from credits.models import Entry, Lot, Move
from credits.services import Terms
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.errors import NotFound

pytestmark = pytest.mark.django_db

FILL = Path(services.__file__).parent / "sql" / "fill_lots.sql"


def give(user: User, amount: int, key: str, kind: str, days: int | None = None) -> None:
    expires_at = None if days is None else clock.now() + timedelta(days=days)
    with act_as_worker():
        terms = Terms(kind=Lot.Kind(kind), expires_at=expires_at, paid_cents=0)
        services.grant(user_id=user.pk, amount=amount, key=key, reason=key.title(), terms=terms)


def hold(user: User, amount: int, key: str = "job:1") -> UUID:
    with act_as_user(user.pk):
        return services.reserve(amount=amount, key=key, purpose="image", reference="job").hold


def capture(reservation_id: UUID, amount: int | None = None) -> None:
    with act_as_worker():
        services.capture(reservation_id=reservation_id, amount=amount)


def spend(user: User, amount: int, key: str = "job:1") -> UUID:
    reservation_id = hold(user, amount, key)
    capture(reservation_id)
    return reservation_id


def left(user: User) -> dict[str, int]:
    """What is left in each lot of a person, by its name."""
    assert selectors.broken_promises() == []
    return {lot.key: lot.remaining for lot in selectors.lots_of(user=user)}


def available(user: User) -> int:
    return selectors.wallet_of(user=user).available


def grow_old(key: str) -> None:
    """Let the time of a lot be over."""
    over = clock.now() - timedelta(minutes=1)
    Lot.objects.filter(key=key).update(expires_at=over, term_ends_at=over)


def revoke(user: User, lot: str, amount: int, key: str = "refund:1") -> None:
    with act_as_worker():
        services.revoke(user_id=user.pk, lot_key=lot, amount=amount, key=key, reason="Money back")


@pytest.fixture
def rich(alice: User) -> User:
    """Somebody with the welcome credits, two months of a plan, and a pack."""
    give(alice, 40, "pack", "purchased")
    give(alice, 80, "next", "plan", days=45)
    give(alice, 80, "this", "plan", days=15)
    return alice


def test_what_expires_first_pays_first_and_what_was_bought_last(rich: User) -> None:
    spend(rich, 90, "job:1")
    assert left(rich) == {"this": 0, "next": 70, "welcome": 20, "pack": 40}
    spend(rich, 80, "job:2")
    assert left(rich) == {"this": 0, "next": 0, "welcome": 10, "pack": 40}
    spend(rich, 15, "job:3")
    assert left(rich) == {"this": 0, "next": 0, "welcome": 0, "pack": 35}


def test_what_returns_goes_where_it_came_from_and_what_was_bought_first(rich: User) -> None:
    held = hold(rich, 200)
    assert left(rich) == {"this": 0, "next": 0, "welcome": 0, "pack": 20}
    capture(held, 100)
    assert left(rich) == {"this": 0, "next": 60, "welcome": 20, "pack": 40}
    with act_as_worker():
        services.refund(reservation_id=held, amount=30, key="r", reason="Sorry")
    assert left(rich) == {"this": 10, "next": 80, "welcome": 20, "pack": 40}


def test_a_statement_can_say_which_lots_paid(rich: User) -> None:
    held = spend(rich, 90)
    paid = selectors.paid_by(reservation_ids=[held])
    assert [(lot.key, amount) for lot, amount in paid[held]] == [("this", 80), ("next", 10)]


def test_credits_expire_by_the_clock_and_an_entry_says_so(rich: User) -> None:
    spend(rich, 30)
    grow_old("this")
    tasks.lapse_lots()
    tasks.lapse_lots()
    assert left(rich) == {"this": 0, "next": 80, "welcome": 20, "pack": 40}
    assert available(rich) == 140
    last = selectors.statement_of(user=rich).first()
    assert last is not None
    assert (last.kind, last.balance_change, last.reason) == ("lapse", -50, "This")


def test_nothing_is_bought_with_what_has_expired(alice: User) -> None:
    give(alice, 80, "this", "plan", days=1)
    grow_old("this")
    with pytest.raises(InsufficientCredits) as refused, transaction.atomic():
        hold(alice, 21)
    assert refused.value.facts == {"required": 21, "available": 20}
    assert left(alice)["welcome"] == 20


def test_what_is_held_does_not_expire_and_lasts_a_week_when_it_returns(rich: User) -> None:
    held = hold(rich, 30)
    grow_old("this")
    tasks.lapse_lots()
    assert left(rich)["this"] == 0
    with act_as_worker():
        services.release(reservation_id=held)
    assert left(rich)["this"] == 30
    (amount, at), *_ = selectors.expiring_of(user=rich)
    assert amount == 30
    assert timedelta(days=6) < at - clock.now() <= timedelta(days=7)


def test_what_returns_brings_back_nothing_else_that_has_expired(rich: User) -> None:
    held = hold(rich, 1)
    grow_old("this")
    with act_as_worker():
        services.release(reservation_id=held)
    assert left(rich)["this"] == 1
    assert selectors.entries_of(user=rich).filter(kind="lapse").get().balance_change == -79


def test_nobody_holds_credits_beyond_a_week_after_their_time(rich: User) -> None:
    held = hold(rich, 30)
    Lot.objects.filter(key="this").update(
        expires_at=clock.now() - timedelta(minutes=1), term_ends_at=clock.now() - timedelta(days=8)
    )
    with act_as_worker():
        services.release(reservation_id=held)
    tasks.lapse_lots()
    assert left(rich)["this"] == 0


def test_what_we_give_back_long_after_can_be_used_for_a_week(rich: User) -> None:
    held = spend(rich, 30)
    grow_old("this")
    Lot.objects.filter(key="this").update(term_ends_at=clock.now() - timedelta(days=80))
    with act_as_worker():
        services.refund(reservation_id=held, amount=10, key="r", reason="Sorry")
    tasks.lapse_lots()
    assert left(rich)["this"] == 10


def test_only_the_unspent_part_of_a_lot_is_taken_back_and_the_rest_is_owed(alice: User) -> None:
    give(alice, 40, "pack", "purchased")
    spend(alice, 35)
    revoke(alice, "pack", 40)
    revoke(alice, "pack", 40)
    assert left(alice) == {"welcome": 0, "pack": 0}
    (revocation,) = selectors.revocations_of(user=alice)
    assert (revocation.amount, revocation.taken, revocation.owed) == (40, 25, 15)


def test_no_other_lot_pays_for_what_is_taken_back(rich: User) -> None:
    spend(rich, 215)
    revoke(rich, "pack", 40)
    give(rich, 80, "later", "plan", days=60)
    assert left(rich) == {"this": 0, "next": 0, "welcome": 0, "pack": 0, "later": 80}
    assert available(rich) == 80


def test_what_is_held_of_a_revoked_lot_is_taken_when_it_returns(alice: User) -> None:
    give(alice, 40, "pack", "purchased")
    held = hold(alice, 50)
    revoke(alice, "pack", 40)
    assert left(alice) == {"welcome": 0, "pack": 0}
    with act_as_worker():
        services.release(reservation_id=held)
    assert left(alice) == {"welcome": 20, "pack": 0}
    (revocation,) = selectors.revocations_of(user=alice)
    assert (revocation.taken, revocation.owed) == (40, 0)


def test_what_was_taken_back_can_be_given_back_once(alice: User) -> None:
    give(alice, 40, "pack", "purchased")
    spend(alice, 35)
    revoke(alice, "pack", 40)
    with act_as_worker():
        for _ in range(2):
            services.reinstate(user_id=alice.pk, key="refund:1", reason="Dispute won")
    assert left(alice) == {"welcome": 0, "pack": 25}
    assert [one.owed for one in selectors.revocations_of(user=alice)] == [0]


def test_no_more_is_taken_back_than_a_lot_ever_was(alice: User, bob: User) -> None:
    give(alice, 40, "pack", "purchased")
    revoke(alice, "pack", 30, "refund:1")
    with pytest.raises(TooMuch), transaction.atomic():
        revoke(alice, "pack", 11, "refund:2")
    with pytest.raises(KeyConflict), transaction.atomic():
        revoke(alice, "pack", 10, "refund:1")
    with pytest.raises(NotFound), transaction.atomic():
        revoke(bob, "pack", 10, "refund:3")
    assert left(alice) == {"welcome": 20, "pack": 10}


def test_two_revocations_of_one_lot_take_each_their_part(alice: User) -> None:
    give(alice, 40, "pack", "purchased")
    held = hold(alice, 55)
    revoke(alice, "pack", 10, "refund:1")
    revoke(alice, "pack", 20, "refund:2")
    with act_as_worker():
        services.release(reservation_id=held)
    assert left(alice) == {"welcome": 20, "pack": 10}
    assert [one.owed for one in selectors.revocations_of(user=alice)] == [0, 0]


def test_a_correction_by_hand_spends_as_anything_does(rich: User) -> None:
    with act_as_worker():
        services.adjust(user_id=rich.pk, amount=-100, key="a", reason="Counted twice")
    assert left(rich) == {"this": 0, "next": 60, "welcome": 20, "pack": 40}


def test_what_was_bought_cannot_be_given_an_end(alice: User) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        give(alice, 40, "pack", "purchased", days=30)


def test_what_wallets_had_before_there_were_lots_is_put_into_some(rich: User) -> None:
    capture(hold(rich, 90, "job:1"), 50)
    hold(rich, 30, "job:2")
    with act_as_worker():
        services.adjust(user_id=rich.pk, amount=-5, key="a", reason="Counted twice")
    before = available(rich)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE credits_move DISABLE TRIGGER immutable")
        Move.objects.all().delete()
        Lot.objects.all().delete()
        cursor.execute("ALTER TABLE credits_move ENABLE TRIGGER immutable")
        cursor.execute(FILL.read_text())

    assert sum(left(rich).values()) == available(rich) == before
    assert Lot.objects.filter(wallet_id=rich.pk, kind="promotional").count() == 4
    assert Entry.objects.filter(moves=None).exclude(kind="capture").count() == 0
