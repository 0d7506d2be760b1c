"""What the ledger's rows are called, and what its answers can be asked."""

import pytest

from accounts.models import User
from credits import selectors, services
from credits.models import Entry, Reservation, Wallet, Welcome
from tests import factories
from visiona.lib.db.actor import act_as_worker

pytestmark = pytest.mark.django_db


def test_rows_are_called_by_what_they_hold(alice: User) -> None:
    factories.make_job(alice)
    assert str(Wallet.objects.get()) == "10 available, 10 held"
    assert str(Reservation.objects.get()) == "10 held"
    assert [str(entry) for entry in Entry.objects.order_by("seq")] == ["grant +20", "reserve +0"]
    assert len(str(Welcome.objects.get())) == 8


def test_only_a_change_of_a_reservation_has_one(alice: User) -> None:
    with act_as_worker():
        given = services.grant(user_id=alice.pk, amount=1, key="k", reason="Test")
    with pytest.raises(TypeError, match="no change of a reservation"):
        _ = given.hold


def test_what_is_held_is_listed_with_what_it_is_for(alice: User, bob: User) -> None:
    job = factories.make_job(alice)
    factories.make_job(bob)
    (held,) = selectors.open_reservations_of(user=alice)
    assert (held.pk, held.purpose, held.reference) == (
        job.reservation_id,
        "thumbnail",
        str(job.pk),
    )
