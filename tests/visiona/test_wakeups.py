"""A broker that is down costs a request a moment once, and then nothing for a while."""

import time
from typing import Any
from uuid import UUID

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from visiona.lib import live, outage, queue, request_id

SOMEBODY = UUID("019f0000-0000-7000-8000-000000000001")
RUN_JOB = "generation.tasks.run_job"


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """No circuit breaker is open, whatever an earlier test met."""
    outage.forget()
    outage.forget()


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """What reaches the broker."""
    sent: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda task, **options: sent.append((task, options))
    )
    return sent


@pytest.mark.django_db
def test_a_wake_up_goes_out_after_the_commit_with_ids_and_the_requests_id(
    broker: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with (
        request_id.bound("the-request"),
        django_capture_on_commit_callbacks() as callbacks,
        transaction.atomic(),
    ):
        queue.enqueue(RUN_JOB, queue="quick", job_id="1")
    assert broker == []
    for callback in callbacks:
        callback()
    ((task, options),) = broker
    assert task == RUN_JOB
    assert options["kwargs"] == {"job_id": "1"}
    assert options["queue"] == "quick"
    assert options["headers"] == {"request_id": "the-request"}


@pytest.mark.django_db
def test_what_is_rolled_back_wakes_nobody(
    broker: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    with (
        django_capture_on_commit_callbacks(execute=True) as callbacks,
        transaction.atomic(),
    ):
        queue.enqueue(RUN_JOB, job_id="1")
        live.announce(user_id=SOMEBODY, event="job.updated")
        transaction.set_rollback(True)
    assert callbacks == []
    assert broker == []


@pytest.mark.parametrize("error", [OperationalError(), RedisConnectionError(), OSError()], ids=repr)
def test_a_broker_that_is_down_is_left_alone_for_ten_seconds(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[float] = []

    def refuse(*_: Any, **__: Any) -> None:
        tried.append(time.monotonic())
        raise error

    monkeypatch.setattr(current_app, "send_task", refuse)
    for moment in (1000.0, 1000.1, 1009.9, 1010.0, 1010.1):
        monkeypatch.setattr(time, "monotonic", lambda moment=moment: moment)
        queue._send(RUN_JOB, "quick", "", {})
    assert tried == [1000.0, 1010.0]
    assert caplog.messages == ["queue.unreachable"] * 2


def test_a_defect_of_ours_is_no_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_: Any, **__: Any) -> None:
        raise TypeError

    monkeypatch.setattr(current_app, "send_task", break_down)
    with pytest.raises(TypeError):
        queue._send(RUN_JOB, "quick", "", {})


def test_news_are_not_announced_to_a_redis_that_just_failed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    for moment in (1000.0, 1000.1, 1009.9, 1010.0):
        monkeypatch.setattr(time, "monotonic", lambda moment=moment: moment)
        live._publish(live.channel_of(SOMEBODY), "job.updated")
    assert caplog.messages == ["live.unreachable"] * 2
