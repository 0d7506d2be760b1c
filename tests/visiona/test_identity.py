"""Identity dies with its transaction: no connection carries one person to another."""

import random
from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connection, transaction
from django.test import Client

from accounts.models import User
from credits import selectors as credits_selectors
from generation.models import Job
from tests import databases, factories
from tests.clients import ApiClient
from visiona.embedded.throwaway import Servers
from visiona.lib.db.actor import NOBODY, OWNER, WORKER, act_as, act_as_user, current

THREADS = 16
ROUNDS = 160


def owners() -> set[UUID]:
    """Whose jobs, wallets and entries the acting one sees."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT user_id FROM generation_job UNION SELECT user_id FROM credits_wallet"
            " UNION SELECT user_id FROM credits_entry UNION SELECT user_id FROM credits_reservation"
        )
        return {owner for (owner,) in cursor.fetchall()}


def residue() -> tuple[Any, ...]:
    """What is bound to the bare session, outside of every transaction."""
    if connection.connection is None:
        connection.ensure_connection()
    found: tuple[Any, ...] = connection.connection.execute(
        "SELECT coalesce(current_setting('app.user_id', true), ''),"
        " current_user = session_user, pg_backend_pid()"
    ).fetchone()
    return found


@pytest.mark.django_db
def test_whoever_is_nested_inside_acts_only_inside(alice: User, bob: User) -> None:
    with act_as_user(alice.pk):
        assert owners() == {alice.pk}
        with act_as_user(bob.pk):
            assert owners() == {bob.pk}
            with act_as(NOBODY):
                assert owners() == set()
            with act_as(WORKER):
                assert owners() == {alice.pk, bob.pk}
            assert owners() == {bob.pk}
        assert owners() == {alice.pk}
    assert current() is None


@pytest.mark.django_db
def test_a_savepoint_that_rolls_back_keeps_who_acts(alice: User, bob: User) -> None:
    with act_as_user(alice.pk):
        with pytest.raises(DatabaseError), transaction.atomic():
            owned("SELECT 1 / 0")
        assert owners() == {alice.pk}
        with pytest.raises(RuntimeError), transaction.atomic(), act_as_user(bob.pk):
            raise RuntimeError
        assert owners() == {alice.pk}


@pytest.mark.django_db
def test_an_exception_inside_a_broken_savepoint_hands_back_who_acts(alice: User, bob: User) -> None:
    with act_as_user(alice.pk):
        with pytest.raises(DatabaseError), transaction.atomic(), act_as_user(bob.pk):
            owned("SELECT 1 / 0")
        assert owners() == {alice.pk}


@pytest.mark.django_db
def test_a_statement_that_was_never_sent_leaves_nobody_elses_rights(alice: User) -> None:
    with act_as(NOBODY):
        assert owners() == set()
        with pytest.raises(DatabaseError), act_as_user(alice.pk), connection.cursor() as cursor:
            cursor.execute("SELECT %s", [cast("Any", object())])
        assert owners() == set()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["one", "several in one", "many", "by a cursor of the server"])
def test_the_first_statement_of_a_transaction_is_its_persons_of_whatever_kind(kind: str) -> None:
    alice, bob = factories.make_user(), factories.make_user()
    for user in (alice, bob):
        factories.make_job(user)
    begun = "UPDATE generation_job SET cancel_requested_at = now()"

    with act_as_user(alice.pk), transaction.atomic(), connection.cursor() as cursor:
        match kind:
            case "one":
                assert Job.objects.update(cancel_requested_at=None) == 1
            case "several in one":
                cursor.execute(f"{begun}; {begun}")
                assert cursor.rowcount == 1
            case "many":
                cursor.executemany(f"{begun} WHERE id <> %s", [(alice.pk,), (bob.pk,)])
                assert cursor.rowcount == 2
            case _:
                assert [job.user_id for job in Job.objects.iterator(chunk_size=1)] == [alice.pk]


@pytest.mark.django_db(transaction=True)
def test_a_first_statement_that_fails_says_why() -> None:
    alice = factories.make_user()
    factories.make_job(alice)

    with (
        pytest.raises(IntegrityError, match="cannot change owner, kind, price") as failed,
        act_as(OWNER),
        transaction.atomic(),
    ):
        Job.objects.update(price=0)

    assert isinstance(failed.value.__cause__, psycopg.IntegrityError)
    with act_as_user(alice.pk):
        assert owners() == {alice.pk}


def owned(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_nothing_stays_on_the_session_after_any_end_of_a_transaction() -> None:
    alice = factories.make_user()
    with act_as_user(alice.pk):
        assert owners() == {alice.pk}  # a statement of its own
    assert residue()[:2] == ("", True)
    with act_as_user(alice.pk), transaction.atomic():
        assert owners() == {alice.pk}
    assert residue()[:2] == ("", True)
    with pytest.raises(RuntimeError), act_as_user(alice.pk), transaction.atomic():
        look_and_raise()
    assert residue()[:2] == ("", True)
    with pytest.raises(DatabaseError), act_as_user(alice.pk), transaction.atomic():
        owned("SELECT 1 / 0")
    assert residue()[:2] == ("", True)


@pytest.mark.django_db(transaction=True)
def test_a_connection_killed_in_mid_transaction_comes_back_as_nobody(
    product_servers: Servers,
) -> None:
    alice, bob = factories.make_user(), factories.make_user()
    with (
        pytest.raises(OperationalError),
        act_as_user(alice.pk),
        transaction.atomic(),
    ):
        look_after_dying(product_servers)
    connection.close_if_unusable_or_obsolete()
    with act_as(NOBODY):
        assert owners() == set()
    with act_as_user(bob.pk):
        assert owners() == {bob.pk}


def look_after_dying(servers: Servers) -> None:
    assert len(owners()) == 1
    kill(servers, connection.connection.info.backend_pid)
    owners()


def kill(servers: Servers, backend: int) -> None:
    with psycopg.connect(servers.superuser_url, autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


@pytest.mark.django_db(transaction=True)
def test_a_begin_that_cannot_bind_its_actor_leaves_nothing_open(
    product_servers: Servers,
) -> None:
    alice = factories.make_user()
    assert owners() == {alice.pk}
    kill(product_servers, connection.connection.info.backend_pid)
    with pytest.raises(OperationalError), act_as_user(alice.pk), transaction.atomic():
        owners()
    assert not connection.in_atomic_block
    connection.close_if_unusable_or_obsolete()
    with act_as_user(alice.pk), transaction.atomic():
        assert owners() == {alice.pk}


def look_and_raise() -> None:
    assert len(owners()) == 1
    raise RuntimeError


def reads(me: UUID, others: list[UUID]) -> None:
    with act_as_user(me):
        assert owners() == {me}


def writes(me: UUID, others: list[UUID]) -> None:
    with act_as_user(me), transaction.atomic():
        assert set(Job.objects.values_list("user_id", flat=True)) == {me}
        assert Job.objects.filter(user_id__in=others).update(cancel_requested_at=None) == 0
        assert owners() == {me}


def raises(me: UUID, others: list[UUID]) -> None:
    with pytest.raises(RuntimeError), act_as_user(me), transaction.atomic():
        look_and_raise()


def breaks_sql(me: UUID, others: list[UUID]) -> None:
    with pytest.raises(DatabaseError), act_as_user(me), transaction.atomic():
        owned("SELECT 1 / 0")
    with act_as(NOBODY):
        assert owners() == set()


def rolls_back_to_a_savepoint(me: UUID, others: list[UUID]) -> None:
    with act_as_user(me), transaction.atomic():
        with pytest.raises(DatabaseError), transaction.atomic(), act_as_user(others[0]):
            owned("SELECT nonsense")
        assert owners() == {me}


def nests(me: UUID, others: list[UUID]) -> None:
    with act_as_user(me), transaction.atomic():
        with act_as_user(others[0]):
            assert owners() == {others[0]}
        assert owners() == {me}


def forgets_to_say(me: UUID, others: list[UUID]) -> None:
    with act_as(OWNER):
        assert owners() > {me}


BEHAVIORS: tuple[Callable[[UUID, list[UUID]], None], ...] = (
    reads,
    writes,
    raises,
    breaks_sql,
    rolls_back_to_a_savepoint,
    nests,
    forgets_to_say,
)


@pytest.mark.django_db(transaction=True)
def test_sixteen_threads_of_many_people_never_see_each_others_rows() -> None:
    people = [factories.make_user() for _ in range(6)]
    programs = {user.pk: ApiClient(user) for user in people}
    for user in people:
        factories.make_job(user)

    def one_round(seed: int) -> bool:
        dice = random.Random(seed)
        me, *others = dice.sample([user.pk for user in people], len(people))
        dice.choice(BEHAVIORS)(me, others)
        owner = programs[me].get("me").json()["data"]["id"]
        jobs = programs[me].get("jobs").json()["data"]
        assert Client().get("/api/v1/jobs").status_code == 401
        return owner == str(me) and len(jobs) == 1 and residue()[:2] == ("", True)

    assert all(databases.in_threads(one_round, range(ROUNDS), threads=THREADS))
    assert credits_selectors.broken_promises() == []
