"""Whatever is done to two wallets in whatever order, they hold what a simple model says.

`make soak` tells ten times as many stories.
"""

import os
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from credits import selectors, services
from credits.errors import InsufficientCredits, KeyConflict, TooMuch
from credits.models import Reservation
from tests import factories
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.errors import AppError

WELCOME = 20
GIFT = 200
CLOSED = ("captured", "released", "expired")

people = st.integers(0, 1)
# Few values, so that keys, amounts and holds meet again.
amounts = st.sampled_from([1, 3, 10, 25])
few_keys = st.integers(0, 2)
more_keys = st.integers(0, 15)
turns = st.integers(0, 2)


@dataclass
class Hold:
    """A reservation as the model knows it."""

    id: UUID
    owner: int
    amount: int
    state: str = "held"
    captured: int = 0
    refunded: int = 0
    is_overdue: bool = False


@dataclass
class Purse:
    """A wallet as the model knows it: what is there, and what each key did."""

    balance: int = WELCOME
    held: int = 0
    keys: dict[str, tuple[str, int]] = field(
        default_factory=lambda: {"welcome": ("grant", WELCOME)}
    )

    @property
    def available(self) -> int:
        return self.balance - self.held

    def outcome_of_key(self, key: str, kind: str, amount: int) -> str | None:
        """What an earlier use of the key makes of this one; None if there was none."""
        if key not in self.keys:
            return None
        return "replay" if self.keys[key] == (kind, amount) else "key_conflict"


def outcome(service: Any, **arguments: Any) -> tuple[str, services.Result | None]:
    """Call a service; return its status, or the name of what it raised, with its result."""
    try:
        with transaction.atomic():
            result: services.Result = service(**arguments)
    except AppError as error:
        return OUTCOMES.get(type(error)) or str(error.facts["state"]), None
    return result.status, result


OUTCOMES = {InsufficientCredits: "insufficient", KeyConflict: "key_conflict", TooMuch: "too_much"}


class Ledger(RuleBasedStateMachine):
    """Two people, the ledger, and what should be in it."""

    def __init__(self) -> None:
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.users = [factories.make_user(), factories.make_user()]
        self.purses = [Purse(), Purse()]
        self.holds: list[Hold] = []

    def teardown(self) -> None:
        try:
            with act_as_worker():
                assert selectors.broken_promises() == []
        finally:
            transaction.set_rollback(True)
            self.around.__exit__(None, None, None)

    # --- What may be done -----------------------------------------------------------------------

    @initialize()
    def begin_with_enough(self) -> None:
        for who in (0, 1):
            self._deposit(services.grant, "grant", who, GIFT, "gift")

    @rule(who=people, amount=st.sampled_from([-150, -10, 10, 25]), number=few_keys)
    def give_or_correct(self, who: int, amount: int, number: int) -> None:
        kind = "grant" if amount == 25 else "adjust"
        self._deposit(getattr(services, kind), kind, who, amount, f"d{number}")

    @rule(who=people, amount=amounts, number=more_keys)
    def reserve(self, who: int, amount: int, number: int) -> None:
        self._reserve(who, amount, f"r{number}")

    @rule(who=people, beyond=st.sampled_from([0, 1]), number=few_keys)
    def reserve_all_that_is_left(self, who: int, beyond: int, number: int) -> None:
        self._reserve(who, max(1, self.purses[who].available + beyond), f"all{number}")

    @precondition(lambda self: self._has("held"))
    @rule(turn=turns, part=st.sampled_from([None, 1, 3, 0, 26]))
    def capture(self, turn: int, part: int | None) -> None:
        self._capture(self._hold(turn, "held"), part)

    @precondition(lambda self: self._has(*CLOSED))
    @rule(turn=turns, part=st.sampled_from([None, 0, 1]))
    def capture_what_has_ended(self, turn: int, part: int | None) -> None:
        self._capture(self._hold(turn, *CLOSED), part)

    @precondition(lambda self: self.holds)
    @rule(turn=turns)
    def release(self, turn: int) -> None:
        hold = self._hold(turn)
        endings = {"held": "ok", "released": "replay"}
        expected = endings.get(hold.state, hold.state)

        status, _ = self._settle(services.release, hold)

        self._check(status, expected)
        if status == "ok":
            self._close(hold, "released")

    @precondition(lambda self: self._has("held"))
    @rule(turn=turns)
    def let_a_hold_grow_old(self, turn: int) -> None:
        hold = self._hold(turn, "held")
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE credits_reservation SET expires_at = now() - interval '1 s' WHERE id = %s",
                [hold.id],
            )
        hold.is_overdue = True

    @precondition(lambda self: any(hold.is_overdue for hold in self.holds))
    @rule(limit=st.sampled_from([1, 2, 100]))
    def expire(self, limit: int) -> None:
        overdue = [hold for hold in self.holds if hold.state == "held" and hold.is_overdue]

        with act_as_worker():
            count = services.expire_due(limit=limit)

        assert count == min(limit, len(overdue))
        expired = Reservation.objects.filter(state="expired").values_list("id", flat=True)
        for hold in overdue:
            if hold.id in expired:
                self._close(hold, "expired")
        assert sum(hold.state == "expired" for hold in overdue) == count

    @precondition(lambda self: self._has("captured"))
    @rule(turn=turns, amount=st.sampled_from([0, 1, 3, 10]), number=few_keys)
    def refund_what_was_spent(self, turn: int, amount: int, number: int) -> None:
        self._refund(self._hold(turn, "captured"), amount, number)

    @precondition(lambda self: self._has("held", "released", "expired"))
    @rule(turn=turns, amount=st.sampled_from([0, 1]), number=few_keys)
    def refund_what_was_not_spent(self, turn: int, amount: int, number: int) -> None:
        self._refund(self._hold(turn, "held", "released", "expired"), amount, number)

    # --- What must be so after each step --------------------------------------------------------

    @invariant()
    def wallets_hold_what_the_model_says(self) -> None:
        for user, purse in zip(self.users, self.purses, strict=True):
            wallet = selectors.wallet_of(user=user)
            assert (wallet.balance, wallet.held) == (purse.balance, purse.held)
            assert purse.available >= 0

    @invariant()
    def reservations_are_as_the_model_says(self) -> None:
        rows = {
            row["id"]: (row["state"], row["amount"], row["captured"], row["refunded"])
            for row in Reservation.objects.filter(
                wallet_id__in=[user.pk for user in self.users]
            ).values("id", "state", "amount", "captured", "refunded")
        }
        assert rows == {
            hold.id: (hold.state, hold.amount, hold.captured, hold.refunded) for hold in self.holds
        }

    # --- How it is done -------------------------------------------------------------------------

    def _deposit(self, service: Any, kind: str, who: int, amount: int, key: str) -> None:
        purse = self.purses[who]
        expected = purse.outcome_of_key(key, kind, amount)
        expected = expected or ("ok" if purse.available + amount >= 0 else "insufficient")

        with act_as_worker():
            status, _ = outcome(
                service, user_id=self.users[who].pk, amount=amount, key=key, reason="Test"
            )

        self._check(status, expected)
        if status == "ok":
            purse.keys[key] = (kind, amount)
            purse.balance += amount

    def _reserve(self, who: int, amount: int, key: str) -> None:
        purse = self.purses[who]
        expected = purse.outcome_of_key(key, "reserve", amount)
        expected = expected or ("ok" if amount <= purse.available else "insufficient")

        with act_as_user(self.users[who].pk):
            status, result = outcome(
                services.reserve, amount=amount, key=key, purpose="thumbnail", reference="job"
            )

        self._check(status, expected)
        if result and status == "ok":
            purse.keys[key] = ("reserve", amount)
            purse.held += amount
            self.holds.append(Hold(id=result.hold, owner=who, amount=amount))

    def _capture(self, hold: Hold, part: int | None) -> None:
        amount = hold.amount if part is None else part
        expected = "ok" if 0 < amount <= hold.amount else "too_much"
        if hold.state != "held":
            same = hold.state == "captured" and hold.captured == amount
            expected = "replay" if same else hold.state

        status, _ = self._settle(services.capture, hold, amount=part)

        self._check(status, expected)
        if status == "ok":
            self._close(hold, "captured")
            hold.captured = amount
            self.purses[hold.owner].balance -= amount

    def _refund(self, hold: Hold, amount: int, number: int) -> None:
        purse, key = self.purses[hold.owner], f"f{number}"
        room = hold.captured - hold.refunded
        expected = purse.outcome_of_key(key, f"refund {hold.id}", amount)
        expected = expected or ("ok" if 0 < amount <= room else "too_much")

        status, _ = self._settle(services.refund, hold, amount=amount, key=key, reason="Sorry")

        self._check(status, expected)
        if status == "ok":
            purse.keys[key] = (f"refund {hold.id}", amount)
            purse.balance += amount
            hold.refunded += amount

    def _has(self, *states: str) -> bool:
        return any(hold.state in states for hold in self.holds)

    def _hold(self, turn: int, *states: str) -> Hold:
        """One of the latest holds, in one of the states if any are named."""
        wanted = [hold for hold in self.holds if not states or hold.state in states]
        return wanted[::-1][turn % len(wanted)]

    def _close(self, hold: Hold, state: str) -> None:
        hold.state = state
        self.purses[hold.owner].held -= hold.amount

    def _settle(
        self, service: Any, hold: Hold, **arguments: Any
    ) -> tuple[str, services.Result | None]:
        with act_as_worker():
            return outcome(service, reservation_id=hold.id, **arguments)

    def _check(self, status: str, expected: str) -> None:
        assert status == expected
        event(status)


@pytest.mark.django_db
def test_two_wallets_hold_what_the_model_says_after_every_step() -> None:
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=int(os.environ.get("LEDGER_STORIES", "30")),
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            print_blob=True,
            # Each step is several statements: to make a long story short would take minutes.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
