"""Whoever asks the database, and however: it gives a person their own rows, and nobody any.

The tables are read from the database itself. A new table with people's rows is probed as soon as
it exists, and the probe fails until `factories.furnish` gives Alice a row in it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from psycopg import errors

from tests import databases
from tests.factories import Household
from visiona.embedded.throwaway import Servers
from visiona.lib.db.actor import NOBODY, Actor, act_as, act_as_user, act_as_worker
from visiona.lib.db.checks import check_row_security

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]

OWNED_TABLES = """
SELECT c.relname, CASE c.relname WHEN 'accounts_user' THEN 'id' ELSE 'user_id' END
  FROM pg_class c
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
   AND (c.relname = 'accounts_user' OR EXISTS (
        SELECT FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped))
 ORDER BY 1
"""
COLUMNS = """
SELECT column_name FROM information_schema.columns
 WHERE table_schema = 'public' AND table_name = %s ORDER BY 1
"""
OTHER_TABLES_OPEN_TO_THE_PRODUCT = """
SELECT c.relname FROM pg_class c, unnest(ARRAY['visiona_app', 'visiona_web', 'visiona_jobs']) AS r
 WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_attribute a
                    WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped)
   AND has_table_privilege(r, c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
 GROUP BY 1 ORDER BY 1
"""

# Before anybody is known, somebody has to be found. Only these, only by reading.
FOUND_BY_NOBODY = {
    "account_emailaddress": "signing in and resetting a password begin with an address",
    "accounts_apitoken": "a bearer is found by the hash of its secret",
    "accounts_clerksession": "a token of a session that has ended names nobody",
    "accounts_user": "a session, an address or a token names its person",
}
# A job is refused by its trigger, which runs before the policy: another's hold cannot be seen.
REFUSALS = (errors.InsufficientPrivilege, errors.CheckViolation)


def tables() -> list[tuple[str, str]]:
    return [(table, owner) for table, owner in databases.owned_rows(OWNED_TABLES)]


def columns(table: str) -> list[str]:
    return [name for (name,) in databases.owned_rows(COLUMNS, table)]


def rows_of(person: Household) -> dict[str, list[str]]:
    """Every row of a person's as the owner of the tables sees it."""
    found = {}
    for table, owner in tables():
        sql = f"SELECT t::text FROM {table} t WHERE {owner} = %s ORDER BY 1"
        found[table] = [row for (row,) in databases.owned_rows(sql, person.user.pk)]
    return found


def touched(sql: str, *parameters: Any) -> int:
    """How many rows a statement of the acting person reached; none when it was refused."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return max(int(cursor.rowcount), 0)
    except DatabaseError as error:
        return reached_nothing(error)


def reached_nothing(error: DatabaseError) -> int:
    """Count a refusal as nothing reached; any other error is one of the test's own."""
    if isinstance(error.__cause__, REFUSALS):
        return 0
    raise error


def statements(table: str, owner: str) -> Iterator[tuple[str, int]]:
    """What one person might try on the rows of another; the ids that each statement takes."""
    yield f"SELECT * FROM {table} WHERE {owner} = %s", 1
    yield f"SELECT * FROM {table} WHERE {owner} = %s FOR UPDATE", 1
    yield f"SELECT 1 FROM {table} WHERE {owner} = %s LIMIT 1", 1
    yield f"DELETE FROM {table} WHERE {owner} = %s", 1
    for column in columns(table):
        yield f'UPDATE {table} SET "{column}" = "{column}" WHERE {owner} = %s', 1


def test_every_table_with_peoples_rows_has_some_of_alices(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    assert len(tables()) >= 10
    assert [table for table, rows in rows_of(alice).items() if not rows] == []
    assert [table for table, rows in rows_of(bob).items() if not rows] == []


def test_bob_reaches_no_row_of_alices_in_any_table(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    before = rows_of(alice)
    with act_as_user(bob.user.pk):
        reached = {
            sql: count
            for table, owner in tables()
            for sql, places in statements(table, owner)
            if (count := touched(sql, *[alice.user.pk] * places))
        }
    assert reached == {}
    assert rows_of(alice) == before


def test_bob_without_a_condition_reaches_only_his_own_rows(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    before = rows_of(alice)
    mine = {table: len(rows) for table, rows in rows_of(bob).items()}
    with act_as_user(bob.user.pk):
        too_many = [
            (sql, count)
            for table, _owner in tables()
            for sql in (
                f"SELECT * FROM {table}",
                *(f'UPDATE {table} SET "{name}" = "{name}"' for name in columns(table)),
                f"DELETE FROM {table}",
            )
            if (count := touched(sql)) > mine[table]
        ]
    assert too_many == []
    assert rows_of(alice) == before


def test_bob_can_neither_take_a_row_nor_plant_one(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    before = rows_of(alice)
    with act_as_user(bob.user.pk):
        for table, owner in tables():
            move = f"UPDATE {table} SET {owner} = %s WHERE {owner} = %s"
            assert touched(move, bob.user.pk, alice.user.pk) == 0, table
            assert touched(move, alice.user.pk, bob.user.pk) == 0, table
    assert rows_of(alice) == before


@pytest.mark.parametrize("actor", ["bob", "nobody"])
def test_no_row_can_be_inserted_for_alice(
    households: tuple[Household, Household], actor: str
) -> None:
    alice, bob = households
    before = rows_of(alice)
    who = Actor(user_id=bob.user.pk) if actor == "bob" else NOBODY
    for table, owner in tables():
        # A row just like one of hers, so that nothing but the policy can be in its way.
        sample = f"SELECT to_jsonb(t) FROM {table} t WHERE {owner} = %s LIMIT 1"
        ((row,),) = databases.owned_rows(sample, alice.user.pk)
        copy = f"INSERT INTO {table} SELECT * FROM jsonb_populate_record(NULL::{table}, %s::jsonb)"
        with act_as(who):
            if (table, actor) == ("account_emailaddress", "nobody"):
                continue  # a door adds the address of the person whom it has just made
            if (table, actor) == ("accounts_user", "nobody"):
                # Nobody may sign up, but as nothing but a user.
                row = json.dumps(json.loads(row) | {"role": "admin"})
            assert touched(copy, row) == 0, table
    assert rows_of(alice) == before


def test_nobody_reaches_nothing_but_identities_and_these_only_by_reading(
    households: tuple[Household, Household],
) -> None:
    alice, _bob = households
    before = rows_of(alice)
    with act_as(NOBODY):
        reached = {
            (table, sql.split(maxsplit=1)[0], sql.endswith("FOR UPDATE"))
            for table, owner in tables()
            for sql, places in statements(table, owner)
            if touched(sql, *[alice.user.pk] * places)
        }
    assert reached == {(table, "SELECT", False) for table in FOUND_BY_NOBODY}
    assert rows_of(alice) == before


def test_the_orm_gives_only_ones_own_by_every_road(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    before = rows_of(alice)
    names = dict(tables())
    for model in apps.get_models():
        column = names.get(model._meta.db_table)
        if column is None:
            continue
        field = next(f.attname for f in model._meta.concrete_fields if f.column == column)
        with act_as_user(bob.user.pk):
            assert owners_by_orm(model._base_manager, field) <= {bob.user.pk}, model
            assert updated_by_orm(model._base_manager, field, alice, bob) == 0, model
    assert rows_of(alice) == before


def owners_by_orm(rows: Any, field: str) -> set[Any]:
    """Whose rows the acting person gets, by a list, by an iterator, by SQL of their own."""
    sql = f"SELECT * FROM {rows.model._meta.db_table}"
    try:
        with transaction.atomic():
            return (
                set(rows.values_list(field, flat=True))
                | {getattr(row, field) for row in rows.iterator(chunk_size=1)}
                | {getattr(row, field) for row in rows.raw(sql)}
            )
    except DatabaseError as error:
        reached_nothing(error)
        return set()


def updated_by_orm(rows: Any, field: str, alice: Household, bob: Household) -> int:
    try:
        with transaction.atomic():
            found: int = rows.filter(**{field: alice.user.pk}).update(**{field: bob.user.pk})
            return found
    except DatabaseError as error:
        return reached_nothing(error)


def test_every_other_table_is_closed_but_for_a_few(db: None) -> None:
    assert databases.owned_rows(OTHER_TABLES_OPEN_TO_THE_PRODUCT) == [
        ("account_emailconfirmation",),  # without rows, but emptied with an address
        ("accounts_user",),  # probed above: its owner is called id
        ("django_migrations",),  # /readyz compares them with the code
        ("django_session",),  # keyed by a secret; exists before anybody is known
    ]


# --- The system check ---------------------------------------------------------------------------


def test_our_schema_passes_the_check(db: None) -> None:
    assert check_row_security(None, databases=["default"]) == []
    call_command("check", databases=["default"])


@pytest.mark.parametrize(
    "made",
    [
        "CREATE TABLE secrets (user_id uuid)",
        (
            "CREATE TABLE secrets (user_id uuid); ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;"
            " CREATE POLICY p ON secrets USING (true)"
        ),
        (
            "CREATE TABLE secrets (user_id uuid); ALTER TABLE secrets FORCE ROW LEVEL SECURITY;"
            " ALTER TABLE secrets ENABLE ROW LEVEL SECURITY"
        ),
    ],
    ids=["open", "not forced", "without a policy"],
)
def test_an_unprotected_table_fails_the_check(db: None, made: str) -> None:
    with connection.cursor() as cursor:
        for statement in made.split(";"):
            cursor.execute(statement)
    (problem,) = check_row_security(None, databases=["default"])
    assert (problem.id, "secrets" in problem.msg) == ("visiona.E001", True)


def test_a_view_with_its_owners_rights_fails_the_check(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW honest WITH (security_invoker = true) AS SELECT 1 AS one")
        cursor.execute("CREATE VIEW leaking AS SELECT * FROM credits_entry")
    (problem,) = check_row_security(None, databases=["default"])
    assert (problem.id, "leaking" in problem.msg) == ("visiona.E002", True)


def test_a_login_that_passes_row_security_fails_the_check(
    db: None, product_servers: Servers
) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "visiona.settings",
        "DATABASE_URL": databases.address_of(product_servers.superuser_url),
    }
    ran = subprocess.run(
        [sys.executable, "manage.py", "check", "--database", "default"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert "visiona.E003" in ran.stderr


@pytest.mark.parametrize("login", ["web_url", "jobs_url"])
def test_a_login_that_took_no_role_may_do_nothing(
    db: None, product_servers: Servers, login: str
) -> None:
    for table, _owner in tables():
        with (
            databases.session_of(getattr(product_servers, login)) as session,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            session.execute(f"SELECT 1 FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE credits_entry SET balance_change = 1000 WHERE kind = 'grant'",
        "DELETE FROM credits_entry",
        "TRUNCATE credits_entry CASCADE",
    ],
)
def test_the_ledger_cannot_be_changed_even_by_its_owner(households: Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError, match="append-only"):
            cursor.execute(statement)


def test_the_worker_may_read_everything_and_settle(
    households: tuple[Household, Household],
) -> None:
    alice, bob = households
    both = {alice.user.pk, bob.user.pk}
    with act_as_worker():
        for table, owner in tables():
            sql = f"SELECT DISTINCT {owner} FROM {table}"
            assert {row[0] for row in databases.owned_rows(sql)} == both, table
