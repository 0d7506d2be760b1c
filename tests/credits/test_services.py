"""The ledger does what its words say, and each only once."""

from uuid import uuid4

import pytest

from accounts.models import User
from credits import selectors, services
from credits.errors import InsufficientCredits, KeyConflict, ReservationClosed, TooMuch
from tests import factories
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.errors import NotFound

pytestmark = pytest.mark.django_db


def wallet(user: User) -> tuple[int, int]:
    found = selectors.wallet_of(user=user)
    return found.available, found.held


def hold(user: User, amount: int, key: str = "job:1") -> services.Result:
    with act_as_user(user.pk):
        return services.reserve(amount=amount, key=key, purpose="thumbnail", reference="job-1")


def test_a_person_is_born_with_twenty_credits(alice: User) -> None:
    assert wallet(alice) == (20, 0)
    assert [entry.reason for entry in selectors.entries_of(user=alice)] == ["Welcome credits"]


def test_reserving_holds_and_capturing_spends(alice: User) -> None:
    held = hold(alice, 15)
    assert wallet(alice) == (5, 15)
    with act_as_worker():
        services.capture(reservation_id=held.hold)
    assert wallet(alice) == (5, 0)


def test_a_part_can_be_captured_and_the_rest_returns(alice: User) -> None:
    held = hold(alice, 15)
    with act_as_worker():
        services.capture(reservation_id=held.hold, amount=10)
    assert wallet(alice) == (10, 0)
    kinds = [entry.kind for entry in selectors.entries_of(user=alice)]
    assert kinds == ["release", "capture", "reserve", "grant"]


def test_releasing_gives_everything_back(alice: User) -> None:
    held = hold(alice, 15)
    with act_as_worker():
        services.release(reservation_id=held.hold)
    assert wallet(alice) == (20, 0)


def test_more_than_is_available_is_refused_and_changes_nothing(alice: User) -> None:
    with pytest.raises(InsufficientCredits) as refusal:
        hold(alice, 21)
    assert refusal.value.facts == {"required": 21, "available": 20}
    assert wallet(alice) == (20, 0)


def test_the_same_key_reserves_once(alice: User) -> None:
    first, again = hold(alice, 10), hold(alice, 10)
    assert (first.status, again.status) == ("ok", "replay")
    assert first.reservation_id == again.reservation_id
    assert wallet(alice) == (10, 10)


def test_the_same_key_with_another_amount_is_a_conflict(alice: User) -> None:
    hold(alice, 10)
    with pytest.raises(KeyConflict):
        hold(alice, 5)


def test_a_hold_closes_once(alice: User) -> None:
    held = hold(alice, 10)
    with act_as_worker():
        assert services.capture(reservation_id=held.hold).status == "ok"
        assert services.capture(reservation_id=held.hold).is_replay
        with pytest.raises(ReservationClosed):
            services.release(reservation_id=held.hold)
    assert wallet(alice) == (10, 0)


def test_a_refund_never_exceeds_what_was_captured(alice: User) -> None:
    held = hold(alice, 10)
    with act_as_worker():
        services.capture(reservation_id=held.hold)
        services.refund(reservation_id=held.hold, amount=6, key="r1", reason="Sorry")
        with pytest.raises(TooMuch):
            services.refund(reservation_id=held.hold, amount=5, key="r2", reason="Sorry")
    assert wallet(alice) == (16, 0)


def test_an_unknown_reservation_is_not_found(db: None) -> None:
    with act_as_worker(), pytest.raises(NotFound):
        services.capture(reservation_id=uuid4())


def test_a_correction_cannot_take_what_is_held(alice: User) -> None:
    hold(alice, 15)
    with act_as_worker():
        with pytest.raises(InsufficientCredits):
            services.adjust(user_id=alice.pk, amount=-6, key="a1", reason="Mistake")
        services.adjust(user_id=alice.pk, amount=-5, key="a2", reason="Mistake")
    assert wallet(alice) == (0, 15)


def test_the_books_are_clean_after_all_of_it(alice: User, bob: User) -> None:
    for user in (alice, bob, factories.make_user(extra_credits=100)):
        held = hold(user, 10)
        with act_as_worker():
            services.capture(reservation_id=held.hold, amount=5)
            services.refund(reservation_id=held.hold, amount=5, key="r", reason="Sorry")
    assert selectors.broken_promises() == []
