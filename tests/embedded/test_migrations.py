"""Whether `migrate` has anything to do is known without Django, and never guessed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from visiona.embedded.migrations import is_migrated, note_migrated
from visiona.embedded.throwaway import Servers

type Ask = Callable[[], bool]


@pytest.fixture
def table(servers: Servers) -> Iterator[None]:
    """Django's record of migrations, with one in it."""
    with psycopg.connect(servers.database_url) as connection:
        connection.execute(
            "CREATE TABLE django_migrations"
            " (id int GENERATED ALWAYS AS IDENTITY, applied timestamptz DEFAULT clock_timestamp())"
        )
        connection.execute("INSERT INTO django_migrations DEFAULT VALUES")
    yield
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("DROP TABLE django_migrations")


@pytest.fixture
def migration(tmp_path: Path) -> Path:
    path = tmp_path / "accounts/migrations/0001_initial.py"
    path.parent.mkdir(parents=True)
    path.write_text("first", encoding="utf-8")
    return path


@pytest.fixture
def is_current(tmp_path: Path, servers: Servers) -> Ask:
    url = servers.database_url
    return lambda: is_migrated(base_dir=tmp_path, data_dir=tmp_path, database_url=url)


def note(tmp_path: Path, servers: Servers) -> None:
    note_migrated(base_dir=tmp_path, data_dir=tmp_path, database_url=servers.database_url)


@pytest.mark.usefixtures("table")
def test_nothing_is_to_do_when_nothing_changed(
    tmp_path: Path, servers: Servers, migration: Path, is_current: Ask
) -> None:
    before = is_current()
    note(tmp_path, servers)

    assert (before, is_current()) == (False, True)


@pytest.mark.usefixtures("table")
def test_a_changed_and_a_new_migration_are_to_do(
    tmp_path: Path, servers: Servers, migration: Path, is_current: Ask
) -> None:
    note(tmp_path, servers)
    migration.write_text("second", encoding="utf-8")
    changed = is_current()
    note(tmp_path, servers)
    migration.with_name("0002_more.py").touch()

    assert (changed, is_current()) == (False, False)


@pytest.mark.usefixtures("table")
def test_a_migration_that_was_taken_back_by_hand_is_to_do(
    tmp_path: Path, servers: Servers, is_current: Ask
) -> None:
    note(tmp_path, servers)
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("DELETE FROM django_migrations")

    assert not is_current()


def test_everything_is_to_do_in_an_empty_database(
    tmp_path: Path, servers: Servers, is_current: Ask
) -> None:
    note(tmp_path, servers)
    (tmp_path / "migrated").write_text("whatever")

    assert not is_current()
