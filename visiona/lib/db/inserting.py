"""Insert rows of several tables in one trip, where nothing that the database adds is needed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Model
from django.db.transaction import mark_for_rollback_on_error


@contextmanager
def one_trip() -> Iterator[None]:
    """Send the `insert`s of a block together, and learn at its end whether all were taken.

    Only inside a transaction; anything that is asked in the block is a trip of its own. Raises
    what the first one that failed would: IntegrityError for a row that breaks a constraint.
    """
    with (
        mark_for_rollback_on_error(connection.alias),
        connection.wrap_database_errors,
        connection.connection.pipeline(),
    ):
        yield


def insert(*rows: Model) -> None:
    """Insert new rows of one table; what the database fills in, `created_at`, is not read back."""
    if not rows:
        return
    table = type(rows[0])._base_manager  # noqa: SLF001 (Django documents it)
    columns = rows[0]._meta.local_concrete_fields  # noqa: SLF001 (Django documents it)
    # What `bulk_create` does, but that would ask for what the database filled in, and wait for it.
    table._insert(rows, columns, using=connection.alias)  # type: ignore[attr-defined] # noqa: SLF001
    for row in rows:
        row._state.adding = False  # noqa: SLF001 (Django documents it)
        row._state.db = connection.alias  # noqa: SLF001
