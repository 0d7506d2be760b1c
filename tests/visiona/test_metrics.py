"""/metrics tells Prometheus what all processes counted, and tells it to nobody else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from accounts.models import User
from generation.models import RequestMetric
from generation.providers import registry
from generation.providers.ports import Capability
from generation.services import metrics, numbers
from tests import factories
from visiona.lib import outage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("product_servers")]

PAGE = "/metrics"
TOKEN = "a-token-of-the-scraper"


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis answers, whatever another test did without it."""
    outage.forget()


def told(client: Client, **headers: str) -> dict[tuple[str, ...], float]:
    """Every sample by its name and its sorted labels, as Prometheus reads it."""
    answer = client.get(PAGE, headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain; version=")
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def test_what_was_counted_is_told(
    client: Client,
    alice: User,
    django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]],
) -> None:
    numbers_of_it = {"operation": "chat", "total_ms": 950, "ai_ms": 900, "status": "ok"}
    with django_capture_on_commit_callbacks(execute=True):
        metrics.keep(metric=RequestMetric(user=alice, provider="gemini", **numbers_of_it))

    found = told(client)

    assert found["visiona_ai_requests_total", "chat", "gemini", "ok"] == 1
    assert found["visiona_ai_seconds_sum", "chat", "total"] == 0.95
    assert found["visiona_ai_seconds_bucket", "0.5", "ai", "chat"] == 0
    assert found["visiona_ai_seconds_bucket", "1", "ai", "chat"] == 1
    assert found["visiona_ai_seconds_count", "ai", "chat"] == 1


def test_how_things_stand_is_told(client: Client, alice: User) -> None:
    factories.make_job(alice)
    images = registry.breaker_of("replicate", Capability.IMAGE)
    for _ in range(images.failures):
        images.failed()

    found = told(client)

    assert found["visiona_queue_depth", "quick"] == 1
    assert found["visiona_queue_depth", "chat"] == 0
    assert found["visiona_queue_age_seconds", "quick"] >= 0
    assert found["visiona_open_answers",] == 0
    assert found["visiona_breaker_open", "image", "replicate"] == 1
    assert found["visiona_breaker_open", "openai", "text"] == 0
    assert found["visiona_redis_up",] == found["visiona_database_up",] == 1


def test_without_redis_it_tells_what_else_it_knows(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    found = told(client)
    assert (found["visiona_redis_up",], found["visiona_database_up",]) == (0, 1)
    assert ("visiona_queue_depth", "films") in found


def test_without_the_database_it_tells_what_else_it_knows(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> Any:
        raise OperationalError

    monkeypatch.setattr(numbers, "lines", away)
    found = told(client)
    assert (found["visiona_redis_up",], found["visiona_database_up",]) == (1, 0)


@pytest.mark.parametrize(
    "forwarded", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via"]
)
def test_who_comes_through_a_proxy_is_not_from_here(client: Client, forwarded: str) -> None:
    assert client.get(PAGE, headers={forwarded: "127.0.0.1"}).status_code == 404


def test_behind_a_proxy_nobody_is_from_here(client: Client, settings: Settings) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert client.get(PAGE).status_code == 404


@pytest.mark.parametrize("address", ["10.0.0.7", "127.0.0.2", "", "::ffff:127.0.0.1"])
def test_another_machine_needs_the_token(client: Client, settings: Settings, address: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    answers = {
        given: client.get(PAGE, headers=headers, REMOTE_ADDR=address).status_code
        for given, headers in {
            "nothing": {},
            "the token": {"Authorization": f"Bearer {TOKEN}"},
            "another": {"Authorization": f"Bearer {TOKEN}s"},
            "as a name": {"Authorization": f"Basic {TOKEN}"},
        }.items()
    }
    assert answers == {"nothing": 404, "the token": 200, "another": 404, "as a name": 404}


def test_no_token_is_no_token(client: Client) -> None:
    for given in ("Bearer ", "Bearer", ""):
        away = client.get(PAGE, headers={"Authorization": given}, REMOTE_ADDR="10.0.0.7")
        assert away.status_code == 404


def test_it_is_only_read(client: Client) -> None:
    assert client.post(PAGE).status_code == 405
