"""No column of the books can be changed unseen: every one of them is forged here."""

import os
import subprocess
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from accounts.models import User
from credits import selectors, services
from credits.models import Entry
from tests.databases import address_of
from tests.processes import python
from visiona.embedded.throwaway import Servers
from visiona.lib.db.actor import act_as_user, act_as_worker

pytestmark = pytest.mark.django_db


IMMUTABLE = ("credits_entry", "credits_move")


def forge(sql: str, *parameters: Any) -> None:
    """Change the ledger behind its back, as the tables' owner can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in IMMUTABLE:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER immutable")
        cursor.execute(sql, parameters)
        assert cursor.rowcount == 1
        for table in IMMUTABLE:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER immutable")


def verdict() -> set[tuple[UUID, str]]:
    """What the audit reports."""
    return set(selectors.broken_promises())


@pytest.fixture
def spent(alice: User, bob: User) -> UUID:
    """Alice bought for six of ten held credits and got two back; Bob looked on."""
    with act_as_user(alice.pk):
        reservation_id = services.reserve(
            amount=10, key="job:1", purpose="thumbnail", reference="job"
        ).hold
    with act_as_worker():
        services.capture(reservation_id=reservation_id, amount=6)
        services.refund(reservation_id=reservation_id, amount=2, key="r1", reason="Sorry")
    assert verdict() == set()
    return reservation_id


FORGED_ENTRIES = [
    (1, "balance_change = 120"),
    (1, "balance_after = 120"),
    (1, "key = 'hand:1'"),
    (1, "reason = 'A present'"),
    (1, "created_at = created_at - interval '1 day'"),
    (2, "held_change = 5"),
    (2, "held_after = 5"),
    (2, "reference = 'another job'"),
    (2, "reservation_id = NULL"),
    (2, "login = 'visiona_jobs'"),
    (2, "request_id = 'another-request'"),
    (2, "hash = sha256('forged')"),
    (4, "kind = 'expire'"),
    (5, "kind = 'grant'"),
    (5, "seq = 6"),
]


@pytest.mark.parametrize(("number", "change"), FORGED_ENTRIES)
def test_a_change_of_any_column_of_an_old_entry_is_reported(
    number: int, change: str, alice: User, spent: UUID
) -> None:
    sql = f"UPDATE credits_entry SET {change} WHERE user_id = %s AND seq = %s"
    forge(sql, alice.pk, number)

    assert {user_id for user_id, _ in verdict()} == {alice.pk}


def test_every_column_of_an_entry_has_its_forgery() -> None:
    tried = {change.split(" = ")[0] for _, change in FORGED_ENTRIES}
    assert tried | {"user_id", "id"} == {field.column for field in Entry._meta.concrete_fields}


def test_another_id_of_an_entry_is_reported(alice: User, spent: UUID) -> None:
    other, mine = uuid4(), "(SELECT id FROM credits_entry WHERE user_id = %s AND seq = 2)"
    forge(
        f"WITH moved AS (UPDATE credits_move SET entry_id = %s WHERE entry_id = {mine})"
        f" UPDATE credits_entry SET id = %s WHERE id = {mine}",
        *(other, alice.pk, other, alice.pk),
    )

    assert {user_id for user_id, _ in verdict()} == {alice.pk}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE credits_lot SET remaining = remaining - 1", "lot"),
        ("UPDATE credits_move SET amount = amount - 1 WHERE amount = 20", "entry 1"),
        ("UPDATE credits_move SET user_id = %s WHERE amount = 20", "entry 1"),
    ],
)
def test_lots_and_moves_changed_by_hand_are_reported(
    change: str, problem: str, alice: User, bob: User, spent: UUID
) -> None:
    mine = f"{change} {'AND' if 'WHERE' in change else 'WHERE'} user_id = %s"
    forge(mine, *([bob.pk] if "%s" in change else []), alice.pk)

    found = verdict()
    assert {user_id for user_id, _ in found} == {alice.pk}
    assert any(words.startswith(problem) for _, words in found)


def test_an_entry_moved_to_another_wallet_is_reported_for_both(
    alice: User, bob: User, spent: UUID
) -> None:
    forge("UPDATE credits_entry SET user_id = %s WHERE user_id = %s AND seq = 5", bob.pk, alice.pk)

    assert {user_id for user_id, _ in verdict()} == {alice.pk, bob.pk}


@pytest.mark.parametrize(
    "change",
    [
        "captured = 7",
        "refunded = 0",
        "amount = 100",
        "state = 'released', captured = 0, refunded = 0",
        "state = 'held', settled_at = NULL, captured = 0, refunded = 0",
    ],
)
def test_a_reservation_changed_by_hand_is_reported(change: str, alice: User, spent: UUID) -> None:
    forge(f"UPDATE credits_reservation SET {change} WHERE id = %s", spent)

    assert (alice.pk, f"reservation {spent} does not agree with its entries") in verdict()


def test_a_reservation_moved_to_another_person_is_reported(bob: User, spent: UUID) -> None:
    forge("UPDATE credits_reservation SET user_id = %s WHERE id = %s", bob.pk, spent)

    assert verdict() == {(bob.pk, f"reservation {spent} does not agree with its entries")}


def test_an_open_reservation_made_by_hand_is_reported(alice: User, spent: UUID) -> None:
    forge(
        "INSERT INTO credits_reservation (user_id, amount, purpose, reference, key, expires_at)"
        " VALUES (%s, 10, 'thumbnail', 'job', 'k', now() + interval '1 hour')",
        alice.pk,
    )

    assert (alice.pk, "held differs from the open reservations") in verdict()


@pytest.mark.django_db(transaction=True)
def test_the_command_ends_with_1_for_a_broken_ledger_and_0_for_a_clean_one(
    alice: User, product_servers: Servers
) -> None:
    def verify() -> subprocess.CompletedProcess[str]:
        program = python(
            "verify", address_of(product_servers.jobs_url), "manage.py", "ledger_verify"
        )
        return subprocess.run(
            program.command,
            check=False,
            capture_output=True,
            cwd=program.folder,
            env={**os.environ, **program.environment},
            text=True,
            timeout=30,
        )

    clean = verify()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE credits_wallet SET balance = 1000 WHERE user_id = %s", [alice.pk])
    broken = verify()

    assert (clean.returncode, clean.stdout) == (0, "The ledger is clean.\n")
    assert broken.returncode == 1
    assert broken.stdout == f"{alice.pk}  the wallet differs from the sum of its entries\n"
    assert "The ledger is broken in 1 places." in broken.stderr
