"""Real servers for every test, and the people that tests are about."""

import gc
import shutil
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, TransactionTestCase

from accounts.models import User
from tests import factories, remembered
from tests.clients import ApiClient
from tests.processes import web_server
from visiona.embedded.throwaway import Servers, throwaway_servers
from visiona.lib import outage

LET_THE_TESTS_EMPTY = "GRANT SET ON PARAMETER session_replication_role TO visiona_owner"
# Tests leave a few rows: to delete these takes a hundredth of the time of Django's TRUNCATE, which
# makes each table and index anew. It waits first for whoever writes still, as TRUNCATE would.
EMPTY = """
DO $$ BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE;
    {deletions}
END $$
"""
MADE_BY_THE_MIGRATIONS = {"django_content_type", "auth_permission"}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the files that take long: the last one keeps a process busy alone."""
    if not hasattr(config, "workerinput"):
        return
    patience: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        asked = item.get_closest_marker("timeout")
        patience[item.path] = max(patience[item.path], asked.args[0] if asked else 0)
    items.sort(key=lambda item: patience[item.path], reverse=True)


def pytest_collection_finish() -> None:
    """Let what stays until the end never be looked through for garbage again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    """Keep what the servers wrote only where something failed."""
    if exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def product_servers() -> Iterator[Servers]:
    """PostgreSQL and Redis of this run."""
    with throwaway_servers(Path(settings.DATA_DIR)) as running:
        with psycopg.connect(running.superuser_url) as session:
            session.execute(LET_THE_TESTS_EMPTY)
        yield running


@pytest.fixture(scope="session")
def django_db_modify_db_settings(product_servers: Servers) -> None:
    """Have the servers up before the test database is made."""


@pytest.fixture(scope="session", autouse=True)
def emptying_between_tests() -> Iterator[None]:
    """Let tests that commit start from nothing: the ledger too, which the product never empties."""

    def empty(_case: TransactionTestCase) -> None:
        assert not connection.in_atomic_block, "What a file shares is never committed."
        with connection.cursor() as cursor:
            cursor.execute(emptying())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty)
        yield


@cache
def emptying() -> str:
    """Return what leaves no row in any table, whatever its triggers say."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    names = sorted(set(tables) - MADE_BY_THE_MIGRATIONS)
    deletions = "".join(f"DELETE FROM {name};" for name in names)
    return EMPTY.format(tables=", ".join(names), deletions=deletions)


@pytest.fixture(scope="session", autouse=True)
def pictures_looked_at_once() -> Iterator[None]:
    """Where the same few pictures are uploaded and ordered in a thousand tests."""
    with remembered.remembering():
        yield


@pytest.fixture(autouse=True)
def own_redis(request: pytest.FixtureRequest) -> None:
    """Forget what an earlier test left in Redis, where a test uses it at all."""
    if "product_servers" in request.fixturenames:
        factories.redis_client().flushdb()
        outage.forget()


@pytest.fixture(scope="session")
def live_address(django_db_setup: None, product_servers: Servers) -> Iterator[str]:
    """Where the product's web process answers, with its own login; for tests that commit."""
    with web_server(product_servers) as address:
        yield address


@pytest.fixture
def alice(db: None) -> User:
    """She owns things; 20 welcome credits."""
    return factories.make_user("alice@example.com")


@pytest.fixture
def bob(db: None) -> User:
    """He is somebody else."""
    return factories.make_user("bob@example.com")


@pytest.fixture
def api(alice: User) -> ApiClient:
    """Alice's program."""
    return ApiClient(alice)


@pytest.fixture
def bobs_api(bob: User) -> ApiClient:
    """Bob's program."""
    return ApiClient(bob)


@pytest.fixture
def alices_browser(alice: User, client: Client) -> Client:
    """Alice's browser, without JavaScript."""
    client.force_login(alice)
    return client
