"""System checks that fail where a table with a person's rows is not protected."""

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error
from django.db import connections

UNPROTECTED = """
SELECT c.relname FROM pg_class c
 WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
   AND (c.relname = 'accounts_user' OR EXISTS (
        SELECT FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped))
   AND NOT (c.relrowsecurity AND c.relforcerowsecurity
            AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid))
 ORDER BY 1
"""

LEAKING_VIEWS = """
SELECT relname FROM pg_class
 WHERE relkind IN ('v', 'm') AND relnamespace = 'public'::regnamespace
   AND NOT coalesce(reloptions @> '{security_invoker=true}', false)
"""

LOGIN = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user"


def check_row_security(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **_: Any,
) -> list[CheckMessage]:
    """Compare what the database enforces with what the product promises."""
    problems: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            cursor.execute(UNPROTECTED)
            problems += [_unprotected(table) for (table,) in cursor.fetchall()]
            cursor.execute(LEAKING_VIEWS)
            problems += [_leaking(view) for (view,) in cursor.fetchall()]
            cursor.execute(LOGIN)
            if cursor.fetchone() == (True,):
                problems.append(_bypassing())
    return problems


def _unprotected(table: str) -> CheckMessage:
    return Error(
        f"Table {table} holds people's rows without forced row-level security.",
        hint="Add visiona.lib.db.operations.ProtectTable to its migration.",
        id="visiona.E001",
    )


def _leaking(view: str) -> CheckMessage:
    return Error(
        f"View {view} reads with its owner's rights.",
        hint="Create it WITH (security_invoker = true).",
        id="visiona.E002",
    )


def _bypassing() -> CheckMessage:
    return Error(
        "The database login is a superuser or bypasses row-level security.",
        hint="Connect as visiona_web, visiona_jobs or visiona_owner (docs/running.md).",
        id="visiona.E003",
    )
