"""Real servers for every test, and the people that tests are about."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client

from accounts.models import User
from tests import factories
from tests.clients import ApiClient
from tests.processes import web_server
from visiona.embedded.throwaway import Servers, throwaway_servers

FREE_THE_LEDGER = "ALTER TABLE credits_entry DISABLE TRIGGER never_emptied;"
GUARD_THE_LEDGER = "ALTER TABLE credits_entry ENABLE TRIGGER never_emptied;"


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


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    """Keep what the servers wrote only where something failed."""
    if exitstatus == pytest.ExitCode.OK:
        shutil.rmtree(settings.DATA_DIR, ignore_errors=True)


@pytest.fixture(scope="session")
def product_servers() -> Iterator[Servers]:
    """PostgreSQL and Redis of this run."""
    with throwaway_servers(Path(settings.DATA_DIR)) as running:
        yield running


@pytest.fixture(scope="session")
def django_db_modify_db_settings(product_servers: Servers) -> None:
    """Have the servers up before the test database is made."""


@pytest.fixture(scope="session", autouse=True)
def emptying_the_ledger_between_tests() -> Iterator[None]:
    """Let tests that commit start from nothing, which the product itself never may."""
    original = DatabaseOperations.sql_flush

    def sql_flush(self: Any, *arguments: Any, **options: Any) -> list[str]:
        statements = original(self, *arguments, **options)
        return [FREE_THE_LEDGER, *statements, GUARD_THE_LEDGER] if statements else []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", sql_flush)
        yield


@pytest.fixture(autouse=True)
def own_redis(request: pytest.FixtureRequest) -> None:
    """Forget what an earlier test left in Redis, where a test uses it at all."""
    if "product_servers" in request.fixturenames:
        factories.redis_client().flushdb()


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
