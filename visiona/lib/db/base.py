"""The PostgreSQL backend that binds every transaction to its actor.

Identity is only ever set with SET LOCAL meaning, at the outermost BEGIN. It dies with COMMIT or
ROLLBACK, so a pooled connection can never carry one person's rights to the next.
"""

from collections.abc import Callable
from contextlib import suppress
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


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL, with `OPTIONS["actor"]` naming who acts where nobody is bound."""

    def __init__(self, settings_dict: dict[str, Any], alias: str = "default") -> None:
        super().__init__(settings_dict, alias)
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

    def repoint(self) -> None:
        """Hand an open transaction to the actor of this moment.

        One that has failed takes no statement; its rollback brings back who acted before.
        """
        if not self.in_atomic_block or self.connection is None or self.needs_rollback:
            return
        if self.connection.info.transaction_status != TransactionStatus.INERROR:
            self._bind_transaction()

    def _bind_transaction(self) -> None:
        who = self.actor
        with self.wrap_database_errors, self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('app.user_id', %s, true),"
                " set_config('app.request_id', %s, true), set_config('role', %s, true)",
                [str(who.user_id or ""), request_id.current(), DATABASE_ROLES[who.role]],
            )

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 (Django's signature)
        super()._set_autocommit(autocommit)  # type: ignore[misc] # the stubs leave it out
        if autocommit:
            return
        try:
            self._bind_transaction()
        except BaseException:
            # Without this Django believes that no transaction is open while one hangs in error.
            with suppress(psycopg.Error):
                self.connection.rollback()
                self.connection.autocommit = True
            raise

    def _in_own_transaction(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: Any, context: Any
    ) -> Any:
        """Give a statement outside `atomic()` its own transaction, so that its actor is bound."""
        as_login = self.actor.role == "owner"
        if as_login or self.in_atomic_block or not self.get_autocommit():
            return execute(sql, params, many, context)
        with Atomic(self.alias, savepoint=False, durable=False):
            return execute(sql, params, many, context)
