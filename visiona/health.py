"""/healthz: does this process answer? /readyz: may it be sent people?"""

from collections.abc import Callable
from typing import Any, cast

import redis
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from visiona.lib.redis_client import client
from visiona.lib.storage import StorageUnavailable

REDIS_SECONDS = 0.5


@require_safe
@transaction.non_atomic_requests
def healthz(request: HttpRequest) -> JsonResponse:
    """Say that this process answers."""
    return JsonResponse({"status": "ok"})


@require_safe
@transaction.non_atomic_requests
def readyz(request: HttpRequest) -> JsonResponse:
    """Look at everything that is needed; 503 names what is down."""
    checks = {name: _state(check) for name, check in CHECKS.items()}
    ready = all(state == "ok" for state in checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _migrations() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _redis() -> bool:
    return bool(client(seconds=REDIS_SECONDS).ping())


def _storage() -> bool:
    if not cast("Any", default_storage).is_ready():
        raise StorageUnavailable
    return True


CHECKS: dict[str, Callable[[], bool]] = {
    "database": _database,
    "migrations": _migrations,
    "redis": _redis,
    "storage": _storage,
}


def _state(check: Callable[[], bool]) -> str:
    try:
        return "ok" if check() else "behind"
    except (DatabaseError, redis.RedisError, StorageUnavailable, OSError):
        return "down"
