"""Turns that transactions take, where there is no row that they could lock."""

from django.db import connection


def wait_for_turn(name: str) -> None:
    """Wait until it is this transaction's turn; until it ends nobody else has the same one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
