"""Whoever changes the books behind the ledger's back, even as their owner, is found out."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from credits import selectors, services, tasks
from tests import factories
from visiona.lib.db.actor import act_as_user, act_as_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(alice: User) -> User:
    """Alice's wallet after a bit of everything: five entries, one hold open."""
    for number, finish in enumerate(("capture", "release", "")):
        with act_as_user(alice.pk):
            held = services.reserve(
                amount=5, key=f"job:{number}", purpose="thumbnail", reference="j"
            )
        if finish:
            with act_as_worker():
                getattr(services, finish)(reservation_id=held.hold)
    return alice


def forge(sql: str, *parameters: Any) -> None:
    """Do what only somebody with the owner's password could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("credits_entry", "credits_move"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER immutable")
        cursor.execute(sql, parameters)
        assert cursor.rowcount >= 1, "Nothing was forged."
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("credits_entry", "credits_move"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER immutable")


ANY_LOT = "a lot differs from the sum of its moves"


def deletion_of(number: int) -> str:
    """Return what deletes an entry with all that it moved."""
    wanted = f"SELECT id FROM credits_entry WHERE seq = {number}"
    return (
        f"WITH gone AS (DELETE FROM credits_move WHERE entry_id IN ({wanted}))"
        f" DELETE FROM credits_entry WHERE seq = {number}"
    )


def problems() -> list[str]:
    return [problem for _user, problem in selectors.broken_promises()]


def test_honest_books_are_clean(books: User, bob: User) -> None:
    assert selectors.broken_promises() == []


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        (
            "UPDATE credits_entry SET balance_change = 1000, balance_after = 1000 WHERE seq = 1",
            [
                "entry 1 does not agree with what it moved",
                "the hash chain breaks at entry 1",
                "the running balance jumps at entry 2",
                "the wallet differs from the sum of its entries",
            ],
        ),
        (
            "UPDATE credits_entry SET reason = 'A better story' WHERE seq = 1",
            ["the hash chain breaks at entry 1"],
        ),
        (
            "UPDATE credits_entry SET reference = 'another job' WHERE seq = 3",
            ["the hash chain breaks at entry 3"],
        ),
        (
            deletion_of(1),
            [
                ANY_LOT,
                "the hash chain breaks at entry 2",
                "the running balance jumps at entry 2",
                "the sequence has a gap",
                "the wallet differs from the sum of its entries",
            ],
        ),
        (
            "UPDATE credits_wallet SET balance = balance + 1000",
            ["the wallet differs from the sum of its entries"],
        ),
        (
            "UPDATE credits_wallet SET head_hash = 'x'",
            ["the wallet points at another last entry"],
        ),
        (
            "UPDATE credits_wallet SET held = 0",
            [
                "held differs from the open reservations",
                "the wallet differs from the sum of its entries",
            ],
        ),
    ],
    ids=[
        "a larger gift",
        "another reason",
        "another job",
        "a deleted entry",
        "a fatter wallet",
        "another head",
        "a hold forgotten",
    ],
)
def test_what_was_forged_is_named(books: User, sql: str, expected: list[str]) -> None:
    forge(sql)
    assert [ANY_LOT if one.startswith("lot ") else one for one in problems()] == expected
    assert {user for user, _problem in selectors.broken_promises()} == {books.pk}


def test_the_last_entry_deleted_and_the_wallet_fitted_to_it_is_found(books: User) -> None:
    forge(deletion_of(6))
    assert "the wallet points at another last entry" in problems()
    assert any(problem.startswith("reservation ") for problem in problems())


def test_a_hold_ended_by_hand_is_found(books: User) -> None:
    forge(
        "UPDATE credits_reservation SET state = 'released', settled_at = now() WHERE state = 'held'"
    )
    (held, reservation) = problems()
    assert held == "held differs from the open reservations"
    assert reservation.endswith("does not agree with its entries")


def test_a_refund_written_by_hand_is_found(books: User) -> None:
    forge("UPDATE credits_reservation SET refunded = 5 WHERE state = 'captured'")
    (problem,) = problems()
    assert problem.endswith("does not agree with its entries")


def test_verifying_clean_books_says_so(books: User) -> None:
    said = io.StringIO()
    call_command("ledger_verify", stdout=said)
    assert said.getvalue().strip() == "The ledger is clean."


def test_verifying_broken_books_lists_what_is_wrong_and_fails(books: User) -> None:
    forge("UPDATE credits_wallet SET balance = balance + 1")
    said = io.StringIO()
    with pytest.raises(CommandError, match="The ledger is broken in 1 places") as failure:
        call_command("ledger_verify", stdout=said)
    assert failure.value.returncode == 1
    assert said.getvalue() == f"{books.pk}  the wallet differs from the sum of its entries\n"


def test_the_nightly_check_shouts_once_for_each_broken_promise(
    books: User, caplog: pytest.LogCaptureFixture
) -> None:
    tasks.check_books()
    assert "credits.ledger.broken" not in caplog.messages
    forge("UPDATE credits_wallet SET balance = balance + 1")
    tasks.check_books()
    assert caplog.messages.count("credits.ledger.broken") == 1


@pytest.fixture
def overdue(alice: User) -> Callable[[], None]:
    def age() -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE credits_reservation SET expires_at = now() - interval '1 s'")

    with act_as_user(alice.pk):
        services.reserve(amount=5, key="job:1", purpose="thumbnail", reference="j")
    return age


def test_holds_that_nobody_settled_return_by_the_clock(
    alice: User, overdue: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    tasks.release_expired()
    assert selectors.wallet_of(user=alice).held == 5

    overdue()
    tasks.release_expired()

    wallet = selectors.wallet_of(user=alice)
    assert (wallet.available, wallet.held) == (20, 0)
    assert caplog.messages.count("credits.reservations.expired") == 1
    kinds = [entry.kind for entry in selectors.entries_of(user=alice)]
    assert kinds == ["expire", "reserve", "grant"]
    assert selectors.broken_promises() == []


def test_a_hold_that_expired_can_neither_be_spent_nor_returned_again(
    alice: User, overdue: Callable[[], None]
) -> None:
    overdue()
    with act_as_worker():
        assert services.expire_due() == 1
        assert services.expire_due() == 0
    assert [hold.pk for hold in selectors.open_reservations_of(user=alice)] == []
    assert selectors.wallet_of(user=alice).available == 20
    assert factories.make_job(alice).price == 10
