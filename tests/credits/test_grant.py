"""Whoever runs Visiona can give credits by hand, and the welcome is given once."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import User
from credits import selectors
from credits.models import Entry
from tests import factories

pytestmark = pytest.mark.django_db


def grant(*arguments: str) -> str:
    said = io.StringIO()
    call_command("grant", *arguments, stdout=said)
    return said.getvalue().strip()


def available(user: User) -> int:
    return selectors.wallet_of(user=user).available


def test_a_gift_is_on_the_statement_with_its_reason(alice: User) -> None:
    said = grant("alice@example.com", "100", "--reason", "Thank you")
    assert said == "Granted 100 credits. Available now: 120."
    assert available(alice) == 120
    newest = selectors.entries_of(user=alice)[0]
    assert (newest.kind, newest.balance_change, newest.reason) == ("grant", 100, "Thank you")
    assert newest.key.startswith("hand:")


def test_the_address_is_found_whatever_its_case(alice: User) -> None:
    grant(" ALICE@Example.com ", "1", "--reason", "Thank you")
    assert available(alice) == 21


def test_a_gift_with_a_key_is_given_once(alice: User) -> None:
    once = ("alice@example.com", "100", "--reason", "Thank you", "--key", "prize-1")
    assert grant(*once) == "Granted 100 credits. Available now: 120."
    assert grant(*once) == "Had been granted before. Available now: 120."
    assert available(alice) == 120


def test_a_key_that_was_used_for_another_gift_is_refused(alice: User) -> None:
    grant("alice@example.com", "100", "--reason", "Thank you", "--key", "prize-1")
    with pytest.raises(CommandError, match="used before for another change"):
        grant("alice@example.com", "50", "--reason", "Thank you", "--key", "prize-1")
    assert available(alice) == 120


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("alice@example.com", "0", "--reason", "x"), "amount: use a whole number from 1"),
        (("alice@example.com", "-5", "--reason", "x"), "amount: use a whole number from 1"),
        (("alice@example.com", "1000001", "--reason", "x"), "amount: use a whole number from 1"),
        (("alice@example.com", "ten", "--reason", "x"), "invalid int value: 'ten'"),
        (("alice@example.com", "1.5", "--reason", "x"), "invalid int value: '1.5'"),
        (("alice@example.com", "10"), "the following arguments are required: --reason"),
        (("alice@example.com", "10", "--reason", "  "), "--reason: use 1 to 200 characters"),
        (("alice@example.com", "10", "--reason", "x" * 201), "--reason: use 1 to 200 characters"),
        (("nobody@example.com", "10", "--reason", "x"), "Nobody has this e-mail address"),
        (("alice@example.com", "1", "--reason", "x", "--key", "k" * 300), "--key: use at most"),
    ],
    ids=[
        "nothing", "less than nothing", "too much", "a word", "a fraction", "no reason",
        "an empty reason", "a long reason", "an unknown person", "a long key",
    ],
)  # fmt: skip
def test_a_bad_gift_gives_nothing_and_says_why(
    alice: User, arguments: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(CommandError, match=complaint):
        grant(*arguments)
    assert available(alice) == 20
    assert Entry.objects.count() == 1


def test_the_welcome_is_given_once_for_an_address_even_after_its_person_is_gone(
    alice: User,
) -> None:
    forget(alice)
    again = factories.make_user("Alice@Example.COM")
    assert again.email == "alice@example.com"
    assert available(again) == 0
    assert list(selectors.entries_of(user=again)) == []
    assert selectors.broken_promises() == []


LEDGER = tuple(f"credits_{name}" for name in ("move", "entry", "reservation", "lot", "wallet"))


@contextmanager
def changeable(cursor: Any) -> Iterator[None]:
    """Let what is never changed be changed."""
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in ("credits_entry", "credits_move"):
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER immutable")
    yield
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in ("credits_entry", "credits_move"):
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER immutable")


def forget(user: User) -> None:
    """Take a person's rows away, as erasing an account one day will."""
    with connection.cursor() as cursor, changeable(cursor):
        for table in ("accounts_event", *LEDGER):
            cursor.execute(f"DELETE FROM {table} WHERE user_id = %s", [user.pk])
        cursor.execute("DELETE FROM accounts_user WHERE id = %s", [user.pk])


def test_somebody_without_a_wallet_has_nothing_and_can_be_given_something(alice: User) -> None:
    with connection.cursor() as cursor, changeable(cursor):
        for table in LEDGER:
            cursor.execute(f"DELETE FROM {table}")
    assert available(alice) == 0
    grant("alice@example.com", "7", "--reason", "Thank you")
    assert available(alice) == 7
