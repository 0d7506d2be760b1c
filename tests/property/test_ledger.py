"""Whatever is done to a wallet, in whatever order: the ledger agrees with a model of a few lines."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from accounts.models import User
from credits import selectors, services
from credits.errors import InsufficientCredits, KeyConflict, ReservationClosed, TooMuch
from tests import factories
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.errors import AppError

pytestmark = pytest.mark.django_db

EXAMPLES = 25
STEPS = 25

amounts = st.integers(min_value=1, max_value=30)
keys = st.sampled_from(["one", "two", "three", "four"])


class Hold:
    """A reservation as the model remembers it."""

    def __init__(self, reservation: UUID, amount: int) -> None:
        self.reservation = reservation
        self.amount = amount
        self.state = "held"
        self.captured = 0
        self.refunded = 0
        self.overdue = False


def outcome(call: Any) -> str:
    """What a call of the ledger came to, in one word."""
    try:
        with transaction.atomic():
            result: services.Result = call()
            return result.status
    except AppError as error:
        return type(error).__name__


class Ledger(RuleBasedStateMachine):
    """Drives one wallet and keeps the books beside it."""

    holds = Bundle("holds")

    @initialize()
    def open_books(self) -> None:
        self.user: User = factories.make_user()
        self.available, self.held, self.entries = 20, 0, 1
        self.used: dict[str, tuple[str, int]] = {}
        self.open: dict[str, Hold] = {}

    def known(self, key: str, kind: str, amount: int) -> str:
        """What the ledger says about a key that was used before, or nothing."""
        if key not in self.used:
            return ""
        return "replay" if self.used[key] == (kind, amount) else KeyConflict.__name__

    @rule(amount=amounts, key=keys)
    def grant(self, amount: int, key: str) -> None:
        expected = self.known(key, "grant", amount) or "ok"
        assert expected == self.as_worker(
            lambda: services.grant(user_id=self.user.pk, amount=amount, key=key, reason="Test")
        )
        if expected == "ok":
            self.used[key] = ("grant", amount)
            self.available += amount
            self.entries += 1

    @rule(amount=amounts.flatmap(lambda n: st.sampled_from([n, -n])), key=keys)
    def adjust(self, amount: int, key: str) -> None:
        expected = self.known(key, "adjust", amount)
        if not expected:
            enough = self.available + amount >= 0
            expected = "ok" if enough else InsufficientCredits.__name__
        assert expected == self.as_worker(
            lambda: services.adjust(user_id=self.user.pk, amount=amount, key=key, reason="Test")
        )
        if expected == "ok":
            self.used[key] = ("adjust", amount)
            self.available += amount
            self.entries += 1

    @rule(target=holds, amount=amounts, key=keys)
    def reserve(self, amount: int, key: str) -> Hold | None:
        expected = self.known(key, "reserve", amount)
        if not expected:
            enough = self.available >= amount
            expected = "ok" if enough else InsufficientCredits.__name__
        made: list[UUID] = []

        def hold() -> services.Result:
            with act_as_user(self.user.pk):
                result = services.reserve(amount=amount, key=key, purpose="test", reference="")
            made.append(result.hold)
            return result

        assert outcome(hold) == expected
        if expected == "replay":
            assert made == [self.open[key].reservation]
            return self.open[key]
        if expected != "ok":
            return None
        self.used[key] = ("reserve", amount)
        self.open[key] = Hold(made[0], amount)
        self.available -= amount
        self.held += amount
        self.entries += 1
        return self.open[key]

    @rule(hold=holds, amount=st.none() | st.integers(min_value=0, max_value=35))
    def capture(self, hold: Hold | None, amount: int | None) -> None:
        if hold is None:
            return
        spent = hold.amount if amount is None else amount
        if hold.state != "held":
            same = (hold.state, hold.captured) == ("captured", spent)
            expected = "replay" if same else ReservationClosed.__name__
        else:
            expected = "ok" if 0 < spent <= hold.amount else TooMuch.__name__
        assert expected == self.as_worker(
            lambda: services.capture(reservation_id=hold.reservation, amount=amount)
        )
        if expected == "ok":
            self.close(hold, "captured", spent)

    @rule(hold=holds)
    def release(self, hold: Hold | None) -> None:
        if hold is None:
            return
        again = "replay" if hold.state == "released" else ReservationClosed.__name__
        expected = "ok" if hold.state == "held" else again
        assert expected == self.as_worker(
            lambda: services.release(reservation_id=hold.reservation)
        )
        if expected == "ok":
            self.close(hold, "released", 0)

    @rule(hold=holds)
    def grow_old(self, hold: Hold | None) -> None:
        if hold is None:
            return
        hold.overdue = True
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE credits_reservation SET expires_at = now() WHERE id = %s",
                [hold.reservation],
            )

    @rule()
    def expire(self) -> None:
        due = [hold for hold in self.open.values() if hold.overdue and hold.state == "held"]
        with act_as_worker():
            assert services.expire_due() == len(due)
        for hold in due:
            self.close(hold, "expired", 0)

    @rule(hold=holds, amount=st.integers(min_value=0, max_value=35), key=keys)
    def refund(self, hold: Hold | None, amount: int, key: str) -> None:
        if hold is None:
            return
        expected = self.known(key, "refund", amount)
        if not expected:
            fits = 0 < amount <= hold.captured - hold.refunded
            expected = "ok" if fits else TooMuch.__name__
        assert expected == self.as_worker(
            lambda: services.refund(
                reservation_id=hold.reservation, amount=amount, key=key, reason="Test"
            )
        )
        if expected == "ok":
            self.used[key] = ("refund", amount)
            hold.refunded += amount
            self.available += amount
            self.entries += 1

    @rule()
    def settle_what_never_was(self) -> None:
        assert self.as_worker(lambda: services.release(reservation_id=uuid4())) == "NotFound"

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "user"):
            return
        wallet = selectors.wallet_of(user=self.user)
        assert (wallet.available, wallet.held, wallet.seq) == (
            self.available,
            self.held,
            self.entries,
        )
        assert selectors.broken_promises() == []

    def close(self, hold: Hold, state: str, spent: int) -> None:
        hold.state, hold.captured = state, spent
        self.held -= hold.amount
        self.available += hold.amount - spent
        self.entries += (spent > 0) + (spent < hold.amount)

    def as_worker(self, call: Any) -> str:
        with act_as_worker():
            return outcome(call)

    def teardown(self) -> None:
        """Leave nothing: the next example has its own person, and the test its rollback."""


@pytest.mark.slow
def test_the_ledger_agrees_with_its_model() -> None:
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
