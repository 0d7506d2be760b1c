"""The test database as the product's own processes reach it: by their login, not by the owner's."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection, connections


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
