"""Migration operations that say who may touch which rows of a table.

Nothing is granted by default: a table that no operation opens is closed to every process.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

OWN_ROWS = "user_id = (SELECT acting_user())"
"""Only what is mine. The sub-select makes PostgreSQL ask once per query, not once per row."""

NOBODY_OR_ME = f"(SELECT acting_user()) IS NULL OR {OWN_ROWS}"
"""Identity has to be found before anybody is known; once somebody is, only their own."""

ALL_COMMANDS = ("SELECT", "INSERT", "UPDATE", "DELETE")
ALL_MY_ROWS = dict.fromkeys(ALL_COMMANDS, OWN_ROWS)

INSTALL_ACTING_USER = """
CREATE FUNCTION acting_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE
  AS $$ SELECT nullif(current_setting('app.user_id', true), '')::uuid $$;
GRANT USAGE ON SCHEMA public TO visiona_app, visiona_staff, visiona_worker;
GRANT SELECT ON django_migrations TO visiona_app, visiona_staff, visiona_worker;
"""

REMOVE_ACTING_USER = "DROP FUNCTION acting_user()"


class ProtectTable(Operation):
    """ENABLE and FORCE row-level security on a table and open it, command by command.

    `app` gives for each command of the product's role the condition that binds its rows; `worker`
    and `staff` list the commands that our own processes and our people may use on every row.
    A command may name columns, as in ``UPDATE (title)``.
    """

    reversible = True

    def __init__(
        self,
        table: str,
        *,
        app: Mapping[str, str] = ALL_MY_ROWS,
        worker: Sequence[str] = ALL_COMMANDS,
        staff: Sequence[str] = ("SELECT",),
    ) -> None:
        self.table = table
        self.conditions = {
            "visiona_app": dict(app),
            "visiona_worker": dict.fromkeys(worker, "true"),
            "visiona_staff": dict.fromkeys(staff, "true"),
        }

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Change no model: this is about the database alone."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *_: Any
    ) -> None:
        table = self.table
        for statement in (
            f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
            # FORCE binds the owner too, and data migrations run as the owner.
            f"CREATE POLICY owner_all ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)",
        ):
            schema_editor.execute(statement, params=None)
        for role, command, condition in self._grants():
            schema_editor.execute(f"GRANT {command} ON {table} TO {role}", params=None)
            schema_editor.execute(_policy(table, role, command, condition), params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *_: Any
    ) -> None:
        for role, command, _condition in self._grants():
            schema_editor.execute(f"DROP POLICY {_name(role, command)} ON {self.table}")
            schema_editor.execute(f"REVOKE {command} ON {self.table} FROM {role}")
        schema_editor.execute(f"DROP POLICY owner_all ON {self.table}")
        schema_editor.execute(f"ALTER TABLE {self.table} NO FORCE ROW LEVEL SECURITY")
        schema_editor.execute(f"ALTER TABLE {self.table} DISABLE ROW LEVEL SECURITY")

    def describe(self) -> str:
        return f"Protect the rows of {self.table}"

    def _grants(self) -> Iterator[tuple[str, str, str]]:
        for role, conditions in self.conditions.items():
            for command, condition in conditions.items():
                yield role, command, condition


def _name(role: str, command: str) -> str:
    return f"{role.removeprefix('visiona_')}_{_verb(command).lower()}"


def _verb(command: str) -> str:
    return command.split(maxsplit=1)[0]


def _policy(table: str, role: str, command: str, condition: str) -> str:
    verb = _verb(command)
    using = f" USING ({condition})" if verb != "INSERT" else ""
    check = f" WITH CHECK ({condition})" if verb in {"INSERT", "UPDATE"} else ""
    return f"CREATE POLICY {_name(role, command)} ON {table} FOR {verb} TO {role}{using}{check}"
