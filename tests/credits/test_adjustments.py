"""Staff adjust wallets with a reason: alone up to a limit, above it by two persons."""

import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from psycopg import errors
from pytest_django import Settings

from accounts.models import Event, Role, User
from credits import selectors, services, tasks
from credits.errors import (
    AdjustmentDecided,
    KeyConflict,
    LessAvailable,
    OwnWallet,
    SecondPersonNeeded,
)
from credits.models import ALONE_UP_TO, Adjustment, Entry, Lot
from tests import databases, factories
from visiona.embedded.throwaway import Servers
from visiona.lib import clock
from visiona.lib.db.actor import Actor, act_as, act_as_user, act_as_worker
from visiona.lib.errors import InvalidInput, NotAllowed, NotFound

pytestmark = pytest.mark.django_db

LARGE = ALONE_UP_TO + 1


def employ(name: str) -> User:
    user = factories.make_user(f"{name}@example.com")
    User.objects.filter(pk=user.pk).update(role=Role.ADMIN)
    return user


@pytest.fixture
def sue(db: None) -> User:
    """She works for us."""
    return employ("sue")


@pytest.fixture
def tom(db: None) -> User:
    """He works for us too."""
    return employ("tom")


def propose(by: User, user: User, amount: int, **facts: Any) -> Adjustment:
    """Propose, and have a worker come by; the adjustment as it is then."""
    told: dict[str, Any] = {"adjustment_id": uuid4(), "reason": "Counted twice", **facts}
    with act_as(Actor(role="staff", user_id=by.pk)):
        adjustment = services.propose_adjustment(user_id=user.pk, amount=amount, **told)
    return posted(adjustment)


def decide(by: User, adjustment_id: UUID, *, is_approved: bool = True) -> Adjustment:
    """Decide, and have a worker come by; the adjustment as it is then."""
    with act_as(Actor(role="staff", user_id=by.pk)):
        adjustment = services.decide_adjustment(
            adjustment_id=adjustment_id, is_approved=is_approved
        )
    return posted(adjustment)


def posted(adjustment: Adjustment) -> Adjustment:
    tasks.post_adjustments()
    adjustment.refresh_from_db()
    return adjustment


def available(user: User) -> int:
    return selectors.wallet_of(user=user).available


def hold(user: User, amount: int) -> None:
    with act_as_user(user.pk):
        services.reserve(amount=amount, key="job:1", purpose="image", reference="job-1")


def test_one_person_adjusts_a_little_at_once(alice: User, sue: User) -> None:
    adjustment = propose(sue, alice, ALONE_UP_TO, reason="  Sorry for the delay  ")

    assert (adjustment.state, adjustment.decided_by_id) == ("posted", sue.pk)
    entry = selectors.entries_of(user=alice)[0]
    assert (entry.kind, entry.balance_change, entry.key, entry.reason) == (
        "adjust",
        100,
        f"adjustment:{adjustment.pk}",
        "Sorry for the delay",
    )
    lot = Lot.objects.get(key=entry.key)
    assert (lot.kind, lot.expires_at, lot.remaining) == ("promotional", None, 100)
    assert available(alice) == 120
    assert selectors.broken_promises() == []


def test_what_is_more_waits_for_a_second_person(alice: User, sue: User, tom: User) -> None:
    waiting = propose(sue, alice, LARGE)
    assert (waiting.state, waiting.decided_by_id, available(alice)) == ("proposed", None, 20)

    after = decide(tom, waiting.pk)

    assert (after.state, after.proposed_by_id, after.decided_by_id) == ("posted", sue.pk, tom.pk)
    assert available(alice) == 20 + LARGE
    assert selectors.broken_promises() == []


def test_nobody_approves_what_they_proposed_but_may_withdraw_it(alice: User, sue: User) -> None:
    waiting = propose(sue, alice, LARGE)
    with pytest.raises(SecondPersonNeeded):
        decide(sue, waiting.pk)
    assert Adjustment.objects.get().state == "proposed"

    assert decide(sue, waiting.pk, is_approved=False).state == "refused"
    assert available(alice) == 20


def test_nobody_adjusts_their_own_wallet_nor_decides_about_it(sue: User, tom: User) -> None:
    with pytest.raises(OwnWallet):
        propose(sue, sue, 5)
    waiting = propose(sue, tom, LARGE)
    for is_approved in (True, False):
        with pytest.raises(OwnWallet):
            decide(tom, waiting.pk, is_approved=is_approved)
    assert available(tom) == 20


@pytest.mark.parametrize("second", [41, -41])
def test_a_large_one_cannot_be_split_even_between_wallets(
    second: int, alice: User, bob: User, sue: User, tom: User
) -> None:
    factories.grant(bob, 100)
    assert propose(sue, alice, 60).state == "posted"
    assert propose(sue, bob, second).state == "proposed"
    assert propose(sue, bob, 40).state == "posted"
    assert propose(tom, bob, 60).state == "posted"


def test_after_a_day_one_may_adjust_alone_again(alice: User, sue: User) -> None:
    first = propose(sue, alice, ALONE_UP_TO)
    assert propose(sue, alice, 1).state == "proposed"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE credits_adjustment DISABLE TRIGGER goes_its_way")
        Adjustment.objects.filter(pk=first.pk).update(decided_at=clock.now() - timedelta(hours=25))
    assert propose(sue, alice, 1).state == "posted"


def test_what_two_persons_posted_does_not_count_for_one(alice: User, sue: User, tom: User) -> None:
    decide(tom, propose(sue, alice, LARGE).pk)
    assert propose(sue, alice, ALONE_UP_TO).state == "posted"
    assert propose(tom, alice, ALONE_UP_TO).state == "posted"


def test_the_same_form_sent_twice_adjusts_once(alice: User, sue: User, tom: User) -> None:
    key = uuid4()
    assert propose(sue, alice, 5, adjustment_id=key).pk == key
    assert propose(sue, alice, 5, adjustment_id=key).state == "posted"
    with pytest.raises(KeyConflict):
        propose(sue, alice, 6, adjustment_id=key)
    with pytest.raises(KeyConflict):
        propose(tom, alice, 5, adjustment_id=key)
    assert (available(alice), Adjustment.objects.count()) == (25, 1)
    assert Event.objects.filter(name="credits.adjustment.posted").count() == 1


def test_approved_twice_it_is_posted_once(alice: User, sue: User, tom: User) -> None:
    waiting = propose(sue, alice, LARGE)
    assert [decide(tom, waiting.pk).state for _ in range(2)] == ["posted", "posted"]
    assert available(alice) == 20 + LARGE
    with pytest.raises(AdjustmentDecided, match="posted already"):
        decide(tom, waiting.pk, is_approved=False)


def test_what_was_refused_stays_refused(alice: User, sue: User, tom: User) -> None:
    waiting = propose(sue, alice, LARGE)
    assert decide(tom, waiting.pk, is_approved=False).state == "refused"
    assert decide(tom, waiting.pk, is_approved=False).state == "refused"
    with pytest.raises(AdjustmentDecided, match="refused already"):
        decide(tom, waiting.pk)
    assert available(alice) == 20


def test_no_more_is_taken_than_is_available(alice: User, sue: User, tom: User) -> None:
    hold(alice, 15)
    with pytest.raises(LessAvailable, match="Only 5 credits") as refusal:
        propose(sue, alice, -6)
    assert refusal.value.errors[0].field == "amount"
    assert propose(sue, alice, -5).state == "posted"

    factories.grant(alice, 200)
    waiting = propose(sue, alice, -150)
    propose(tom, alice, -60)
    with pytest.raises(LessAvailable, match="Only 140 credits"):
        decide(tom, waiting.pk)
    assert Adjustment.objects.get(pk=waiting.pk).state == "proposed"
    factories.grant(alice, 10)
    assert decide(tom, waiting.pk).state == "posted"
    assert (available(alice), selectors.broken_promises()) == (0, [])


@pytest.mark.parametrize(
    ("amount", "reason", "field"),
    [(0, "Sorry", "amount"), (100_001, "Sorry", "amount"), (1, " Hm ", "reason"),
     (1, "x" * 201, "reason")],
)  # fmt: skip
def test_nonsense_is_refused_by_the_name_of_its_field(
    amount: int, reason: str, field: str, alice: User, sue: User
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        propose(sue, alice, amount, reason=reason)
    assert [error.field for error in refusal.value.errors] == [field]


def test_unknown_people_and_unknown_adjustments_are_not_found(sue: User) -> None:
    with pytest.raises(NotFound):
        propose(sue, User(pk=uuid4()), 5)
    with pytest.raises(NotFound):
        decide(sue, uuid4())


@pytest.mark.parametrize("change", [{"role": Role.USER}, {"is_active": False}])
def test_who_works_for_us_no_more_can_do_nothing(
    change: dict[str, Any], alice: User, sue: User, tom: User
) -> None:
    waiting = propose(sue, alice, LARGE)
    User.objects.filter(pk=tom.pk).update(**change)
    with pytest.raises(NotAllowed):
        propose(tom, alice, 1)
    with pytest.raises(NotAllowed):
        decide(tom, waiting.pk)


@pytest.mark.parametrize("actor", ["app", "worker"])
def test_only_staff_may_ask_the_database_for_it(actor: Any, alice: User, sue: User) -> None:
    waiting = propose(sue, alice, LARGE)
    who = Actor(role=actor, user_id=sue.pk)
    for sql in (
        "SELECT credits_propose_adjustment(gen_random_uuid(), %s, 5, 'Sorry', '', '')",
        "SELECT credits_decide_adjustment(%s, true, '')",
        "UPDATE credits_adjustment SET amount = 5 WHERE user_id = %s",
        "DELETE FROM credits_adjustment WHERE user_id = %s",
    ):
        with act_as(who), pytest.raises(ProgrammingError) as refusal, transaction.atomic():
            databases.owned_rows(sql, waiting.pk)
        assert isinstance(refusal.value.__cause__, errors.InsufficientPrivilege), sql


BECOME_STAFF = """
SELECT set_config('role', 'visiona_staff', true), set_config('app.user_id', '{}', true)
"""


@pytest.mark.django_db(transaction=True)
def test_a_statement_let_into_the_web_process_moves_no_credits(
    alice: User, sue: User, tom: User, product_servers: Servers, caplog: pytest.LogCaptureFixture
) -> None:
    key, proof = uuid4(), "\\x" + bytes(propose(sue, alice, 5).proposal_proof).hex()
    large = f"'{key}', '{alice.pk}', 5000, 'A gift', '{proof}', '{proof}'"
    for by, call in (
        (sue, f"credits_propose_adjustment({large})"),
        (tom, f"credits_decide_adjustment('{key}', true, '{proof}')"),
    ):
        with psycopg.connect(databases.address_of(product_servers.web_url)) as session:
            session.execute(BECOME_STAFF.format(by.pk))
            session.execute(f"SELECT {call}")
    forged = Adjustment.objects.get(pk=key)
    assert (forged.state, forged.decided_by_id) == ("approved", tom.pk)

    assert posted(forged).state == "failed"

    assert "credits.adjustment.forged" in caplog.text
    assert available(alice) == 25
    assert selectors.broken_promises() == []


def test_what_was_proven_by_the_secret_before_is_posted(
    alice: User, sue: User, settings: Settings
) -> None:
    approved = approve_alone(sue, alice, 5)
    assert (approved.state, available(alice)) == ("approved", 20)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another " * 8

    assert posted(approved).state == "posted"


def test_what_was_spent_before_a_worker_came_is_not_taken(alice: User, sue: User) -> None:
    approved = approve_alone(sue, alice, -20)
    hold(alice, 1)

    assert posted(approved).state == "failed"

    assert available(alice) == 19
    assert selectors.broken_promises() == []


def approve_alone(by: User, user: User, amount: int) -> Adjustment:
    """Propose so little that nobody else has to agree; no worker has come by yet."""
    with act_as(Actor(role="staff", user_id=by.pk)):
        return services.propose_adjustment(
            adjustment_id=uuid4(), user_id=user.pk, amount=amount, reason="Counted twice"
        )


def test_staff_write_no_row_by_themselves(alice: User, sue: User) -> None:
    facts = {"id": uuid4(), "wallet_id": alice.pk, "amount": 5, "reason": "Sorry"}
    staff = Actor(role="staff", user_id=sue.pk)
    with act_as(staff), pytest.raises(ProgrammingError), transaction.atomic():
        Adjustment.objects.create(proposed_by=sue, proposal_proof=b"hers", **facts)
    with act_as(staff), pytest.raises(ProgrammingError), transaction.atomic():
        services.adjust(user_id=alice.pk, amount=5, key="a", reason="Sorry")


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE credits_adjustment SET amount = 7, state = 'refused'",
        "UPDATE credits_adjustment SET state = 'proposed', decided_by_id = NULL",
        "DELETE FROM credits_adjustment",
        "TRUNCATE credits_adjustment",
    ],
)
def test_what_was_decided_cannot_be_changed_even_by_the_owner_of_the_table(
    sql: str, alice: User, sue: User
) -> None:
    propose(sue, alice, 5)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="append-only"):
            cursor.execute(sql)


def test_a_large_one_by_one_person_has_no_row(alice: User, sue: User) -> None:
    with pytest.raises(DatabaseError, match="adjustment_large_by_two"):
        Adjustment.objects.create(
            pk=uuid4(),
            wallet_id=alice.pk,
            amount=-LARGE,
            reason="Sorry",
            state="posted",
            proposed_by=sue,
            decided_by=sue,
            decided_at=clock.now(),
            proposal_proof=b"hers",
        )


def test_what_is_noted_of_it_says_no_reason(alice: User, sue: User, tom: User) -> None:
    decide(tom, propose(sue, alice, LARGE).pk, is_approved=False)
    propose(sue, alice, -3)
    noted = Event.objects.filter(user=alice, name__startswith="credits.adjustment").order_by("id")
    assert [(one.name, one.facts) for one in noted] == [
        ("credits.adjustment.proposed", {"amount": LARGE}),
        ("credits.adjustment.refused", {"amount": LARGE}),
        ("credits.adjustment.approved", {"amount": -3}),
        ("credits.adjustment.posted", {"amount": -3}),
    ]


def test_an_adjustment_is_called_by_what_it_does(alice: User, sue: User) -> None:
    assert str(propose(sue, alice, -3)) == "-3 posted"


@pytest.mark.django_db(transaction=True)
def test_tabs_at_once_do_not_pass_the_limit_together(alice: User, sue: User) -> None:
    gate = threading.Barrier(8)

    def send(_: int) -> str:
        gate.wait(timeout=30)
        return propose(sue, alice, 30).state

    outcomes = Counter(databases.in_threads(send, range(8), threads=8))

    assert outcomes == {"posted": 3, "proposed": 5}
    assert (available(alice), selectors.broken_promises()) == (110, [])


@pytest.mark.django_db(transaction=True)
def test_a_double_click_and_two_deciders_at_once_move_credits_once(
    alice: User, sue: User, tom: User
) -> None:
    key, others = uuid4(), [tom, employ("ann")]

    def click(_: int) -> str:
        return propose(sue, alice, LARGE, adjustment_id=key).state

    def agree(turn: int) -> str:
        try:
            return decide(others[turn % 2], key).state
        except AdjustmentDecided as late:
            return str(late.facts["state"])

    assert databases.in_threads(click, range(6), threads=6) == ["proposed"] * 6
    assert set(databases.in_threads(agree, range(6), threads=6)) <= {"approved", "posted"}
    assert Adjustment.objects.get().state == "posted"
    assert Entry.objects.filter(kind="adjust").count() == 1
    with act_as_worker():
        assert selectors.broken_promises() == []
