"""Many streams at once: news comes at once, and whoever goes leaves nothing behind."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.test import Client

from accounts import services as accounts_services
from accounts.models import User
from generation.models import Asset, Job
from generation.services import running
from tests import factories
from tests.databases import owned_rows
from tests.processes import wait_until
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db(transaction=True)

SOON = 2.0
CLIENTS = 100
OPEN_AT_ONCE = 40
WEB_SESSIONS = """
SELECT count(*) FROM pg_stat_activity
 WHERE usename = 'visiona_web' AND datname = current_database()
"""


def bearer(user: User) -> dict[str, str]:
    secret = accounts_services.issue_sign_in(user=user, client="tests")
    return {"Authorization": f"Bearer {secret}"}


def redis_clients() -> int:
    """How many connections Redis has, ours aside."""
    return len(factories.redis_client().client_list())


def web_sessions() -> int:
    """How many sessions the web process has at the database."""
    ((count,),) = owned_rows(WEB_SESSIONS)
    return int(count)


class Listener:
    """A stream that a thread reads; what it told and when can be asked at any time."""

    def __init__(self, address: str, path: str, headers: dict[str, str]) -> None:
        self.told: list[tuple[float, str, Any]] = []
        self._url = f"{address}/stream/{path}"
        self._headers = headers
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)

    def __enter__(self) -> "Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(20)
        assert not self._thread.is_alive()

    def names(self) -> list[str]:
        return [name for _, name, _ in self.told]

    def heard(self, name: str, **wanted: Any) -> bool:
        """Whether an event of this name with these values came."""
        return any(
            name == told and wanted.items() <= data.items() for _, told, data in self.told
        )

    def _read(self) -> None:
        timeout = httpx.Timeout(5, read=0.2)
        with (
            httpx.Client(timeout=timeout) as client,
            client.stream("GET", self._url, headers=self._headers) as got,
        ):
            fields: dict[str, str] = {}
            lines = got.iter_lines()
            for line in self._until_over(lines):
                name, _, value = line.partition(": ")
                if line and name:
                    fields[name] = value
                elif "data" in fields:
                    data = json.loads(fields["data"])
                    self.told.append((time.monotonic(), fields.get("event", ""), data))
                    fields = {}
