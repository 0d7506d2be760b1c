"""Tell in a moment, without loading Django, whether `migrate` has anything to do."""

import hashlib
import sysconfig
from contextlib import suppress
from pathlib import Path

import psycopg

FILE = "migrated"
OURS = ("*/migrations/*.py", "*/*/migrations/*.py")


def is_migrated(*, base_dir: Path, data_dir: Path, database_url: str) -> bool:
    """Tell whether code, packages and database are as they were after the last `migrate`."""
    with suppress(FileNotFoundError, psycopg.errors.UndefinedTable):
        known = (data_dir / FILE).read_text(encoding="ascii")
        return known == _state(base_dir, database_url)
    return False


def note_migrated(*, base_dir: Path, data_dir: Path, database_url: str) -> None:
    """Remember how everything is after a `migrate`."""
    with suppress(psycopg.errors.UndefinedTable):
        (data_dir / FILE).write_text(_state(base_dir, database_url), encoding="ascii")


def _state(base_dir: Path, database_url: str) -> str:
    digest = hashlib.sha256(_applied(database_url).encode())
    packages = Path(sysconfig.get_path("purelib"))
    digest.update(f"{packages} {packages.stat().st_mtime_ns}".encode())
    for path in sorted(path for pattern in OURS for path in base_dir.glob(pattern)):
        digest.update(bytes(path.relative_to(base_dir)) + path.read_bytes())
    return digest.hexdigest()


def _applied(database_url: str) -> str:
    """Return which database this is, and what changes when a migration is applied or undone."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "SELECT oid, count(*), max(id), max(applied)"
            " FROM django_migrations, pg_database WHERE datname = current_database() GROUP BY oid"
        ).fetchone()
    return str(row)
