"""The PostgreSQL backend that binds every transaction to its actor.

Identity is only ever set with SET LOCAL meaning, with the first statement of a transaction and
with the first after somebody else acts. It dies with COMMIT or ROLLBACK, so a pooled connection can
never carry one person's rights to the next.
"""

from collections.abc import Callable
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from django.db.transaction import Atomic
from psycopg.pq import TransactionStatus

from visiona.lib import request_id
from visiona.lib.db import actor

DATABASE_ROLES = {
    "app": "visiona_app",
    "staff": "visiona_staff",
    "worker": "visiona_worker",
    "owner": "none",  # PostgreSQL's word for the login role itself
}

TELL = (
    "SELECT set_config('app.user_id', %s, true),"
    " set_config('app.request_id', %s, true), set_config('role', %s, true)"
)


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, with `OPTIONS["actor"]` naming who acts where nobody is bound."""

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
        self._told: tuple[str, str, str] | None = None
        """What the open transaction knows of who acts; nothing where that is not certain."""
        self.execute_wrappers.append(self._in_own_transaction)

    @property
    def actor(self) -> actor.Actor:
        """Who acts on this connection now."""
        default = self.settings_dict["OPTIONS"].get("actor", actor.NOBODY)
        return actor.current() or default

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        params.pop("actor", None)
        return params

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 (Django's signature)
        super()._set_autocommit(autocommit)  # type: ignore[misc] # the stubs leave it out
        self._told = None

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc] # the stubs leave it out
        self._told = None  # whoever acted when the savepoint was made acts again

    def _in_own_transaction(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: Any, context: Any
    ) -> Any:
        """Give a statement outside `atomic()` its own transaction, so that its actor is bound."""
        as_login = self.actor.role == "owner"
        if self.in_atomic_block or not self.get_autocommit():
            return self._as_actor(execute, sql, params, many, context)
        if as_login:
            return execute(sql, params, many, context)
        with Atomic(self.alias, savepoint=False, durable=False):
            return self._as_actor(execute, sql, params, many, context)

    def _as_actor(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: Any, context: Any
    ) -> Any:
        """Tell the transaction who acts, unless it knows, on the way of the statement itself.

        One that has failed takes no statement: its rollback brings back who acted before.
        """
        who, status = self._acting(), self.connection.info.transaction_status
        # Active: others of the same trip are on their way.
        is_open = status in {TransactionStatus.INTRANS, TransactionStatus.ACTIVE}
        is_known = who == self._told and is_open
        if is_known or status == TransactionStatus.INERROR:
            return execute(sql, params, many, context)
        self._told = None  # until all has gone well
        if _goes_alone(params, many, context["cursor"]):
            self._tell(who)
            self._told = who
            return execute(sql, params, many, context)
        with self.wrap_database_errors, self.connection.pipeline():
            self._tell(who)
            found = execute(sql, params, many, context)
        self._told = who
        return found

    def _acting(self) -> tuple[str, str, str]:
        who = self.actor
        return str(who.user_id or ""), request_id.current(), DATABASE_ROLES[who.role]

    def _tell(self, who: tuple[str, str, str]) -> None:
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(TELL, who)


def _goes_alone(params: Any, many: Any, cursor: Any) -> bool:
    """Whether a statement cannot be sent together with another.

    Those without a place for parameters may be several in one; a cursor of the server is two.
    """
    return params is None or many or isinstance(cursor.cursor, psycopg.ServerCursor)
