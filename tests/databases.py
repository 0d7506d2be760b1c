"""The test database as the product's own processes reach it: by their login, not by the owner's."""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection, connections

REST_SECONDS = 0.15
PATIENCE_SECONDS = 20.0
BUSY = """
SELECT pid FROM pg_stat_activity
 WHERE datname = current_database() AND backend_type = 'client backend'
   AND pid <> pg_backend_pid() AND state <> 'idle'
"""


def address_of(login_url: str) -> str:
    """Return the address by which a login of this run's server reaches the test database."""
    return urlunsplit(urlsplit(login_url)._replace(path=f"/{connection.settings_dict['NAME']}"))


@contextmanager
def session_of(login_url: str) -> Any:
    """Open a plain session of a login on the test database; nothing of it stays."""
    with psycopg.connect(address_of(login_url)) as session:
        yield session
        session.rollback()


def owned_rows(sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Read as the owner, who sees every row."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def await_rest() -> None:
    """Wait until no other process has worked on the test database for a moment.

    A stream whose client has just left may still be looking; emptying the tables under it would
    end in a deadlock.
    """
    quiet_since = started = time.monotonic()
    while time.monotonic() - quiet_since < REST_SECONDS:
        if owned_rows(BUSY):
            quiet_since = time.monotonic()
            assert quiet_since - started < PATIENCE_SECONDS, "Somebody keeps working."
        time.sleep(0.02)


def in_threads[Item, Result](
    work: Callable[[Item], Result], items: Iterable[Item], *, threads: int
) -> list[Result]:
    """Do all of it in so many real threads at once; each keeps one connection and ends it."""
    gate = threading.Barrier(threads)

    def leave(_: int) -> None:
        gate.wait(timeout=30)
        connections.close_all()

    with ThreadPoolExecutor(max_workers=threads) as pool:
        try:
            return list(pool.map(work, items))
        finally:
            list(pool.map(leave, range(threads)))
