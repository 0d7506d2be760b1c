"""The twelve numbers of an AI request: kept once, logged, counted, and they add up."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from accounts.models import User
from generation.models import Job, ProviderCall, RequestMetric
from generation.pipelines import image
from generation.providers import registry
from generation.providers.ports import ProviderCall as Call
from generation.services import jobs, metrics, prompts, provider_calls, running
from tests import factories
from tests.clients import ApiClient
from visiona.lib import clock, outage, telemetry
from visiona.lib.db.actor import act_as_user, act_as_worker
from visiona.lib.timing import STEPS, Stopwatch

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("product_servers")]

Commit = Callable[..., AbstractContextManager[Any]]


@pytest.fixture(autouse=True)
def rested(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis answers, whatever another test did without it."""
    outage.forget()


def a_metric(user: User, **numbers: Any) -> RequestMetric:
    """An answer of the chat, not saved."""
    usual: dict[str, Any] = {
        "user": user,
        "request_id": "tests-request",
        "operation": "chat",
        "message_id": uuid4(),
        "total_ms": 950.0,
        "db_ms": 4.0,
        "cache_read_ms": 1.0,
        "credit_ms": 3.0,
        "ai_ms": 900.0,
        "cache_write_ms": 2.0,
        "status": "ok",
        "provider": "gemini",
        "message_length": 12,
    }
    return RequestMetric(**usual | numbers)


def counted() -> dict[str, float]:
    """Every sample of every counter, written as Prometheus is told it."""
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for metric in telemetry.collect(metrics.COUNTED)
        for sample in metric.samples
    }


def test_the_numbers_are_kept_logged_and_counted(
    alice: User,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Commit,
) -> None:
    caplog.set_level(logging.INFO, "generation.services.metrics")
    with django_capture_on_commit_callbacks(execute=True):
        metrics.keep(metric=a_metric(alice, fallback_used=True), captured=1)

    kept = RequestMetric.objects.get()
    (line,) = [one for one in caplog.records if one.message == "ai.request.finished"]
    numbers = {name: getattr(kept, name) for name in metrics.NUMBERS}
    assert len(numbers) == 12
    assert {name: getattr(line, name) for name in metrics.NUMBERS} == numbers
    assert vars(line)["operation"] == "chat"
    found = counted()
    assert found["visiona_ai_requests_total['chat', 'gemini', 'ok']"] == 1
    assert found["visiona_ai_requests_fallback_total['chat']"] == 1
    assert found["visiona_credits_total['captured', 'chat']"] == 1
    for step in ("total_ms", *STEPS):
        name = step.removesuffix("_ms")
        where = str(sorted(["chat", name]))
        assert found[f"visiona_ai_seconds_sum{where}"] == pytest.approx(numbers[step] / 1000)
        assert found[f"visiona_ai_seconds_count{where}"] == 1
    assert round(sum(numbers[step] for step in STEPS), 3) <= numbers["total_ms"]


def test_a_request_is_kept_and_counted_once(
    alice: User, django_capture_on_commit_callbacks: Commit
) -> None:
    message_id = uuid4()
    with django_capture_on_commit_callbacks(execute=True):
        metrics.keep(metric=a_metric(alice, message_id=message_id, total_ms=950.0))
        with pytest.raises(IntegrityError), transaction.atomic():
            metrics.keep(metric=a_metric(alice, message_id=message_id, total_ms=2_000.0))

    assert RequestMetric.objects.get().total_ms == 950.0
    assert counted()["visiona_ai_requests_total['chat', 'gemini', 'ok']"] == 1


def test_buckets_hold_all_that_is_no_larger(
    alice: User, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        for total in (20.0, 25.0, 300.0, 10_000_000.0):
            metrics.keep(metric=a_metric(alice, total_ms=total))
    found = counted()
    bounds = {"0.001": 0, "0.025": 2, "0.25": 2, "0.5": 3, "600": 3, "+Inf": 4}
    assert {
        bound: found[f"visiona_ai_seconds_bucket{sorted(['chat', 'total', bound])}"]
        for bound in bounds
    } == bounds


def test_what_a_label_does_not_know_is_something_else(
    alice: User, django_capture_on_commit_callbacks: Commit
) -> None:
    strange = a_metric(alice, provider="a-server-of-mine", error_name="E0815", status="failed")
    with django_capture_on_commit_callbacks(execute=True):
        metrics.keep(metric=strange)
    found = counted()
    assert found["visiona_ai_requests_total['chat', 'failed', 'other']"] == 1
    assert found["visiona_ai_errors_total['chat', 'other']"] == 1


def test_every_way_that_a_job_ends_is_a_known_error() -> None:
    endings = (
        *(running.CANCELED, running.GAVE_UP, running.TOO_LATE, running.HOLD_EXPIRED),
        *(running.CLONE_GONE, running.CLONE_MOVED, running.UNEXPECTED, image.HELD_BACK),
    )
    assert {ending.code for ending in endings} <= metrics.ERRORS


def test_nothing_is_told_of_what_was_rolled_back(
    alice: User, django_capture_on_commit_callbacks: Commit
) -> None:
    with django_capture_on_commit_callbacks(execute=False):
        metrics.keep(metric=a_metric(alice))
    assert counted() == {}


def test_without_redis_a_request_is_kept_all_the_same(
    alice: User,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: Commit,
) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(3):
            metrics.keep(metric=a_metric(alice))

    assert RequestMetric.objects.count() == 3
    asked = [one.message for one in caplog.records].count("telemetry.unreachable")
    assert asked == 1, "After a failure nobody waits for ten seconds."


def test_a_job_made_here_has_its_numbers(
    alice: User, django_capture_on_commit_callbacks: Commit
) -> None:
    with factories.plain_pictures(), django_capture_on_commit_callbacks(execute=True):
        job = factories.make_job(alice, title="Ten words")
        running.run_job(job_id=job.pk)

    kept = RequestMetric.objects.get(job_id=job.pk)
    assert (kept.operation, kept.status, kept.provider) == ("thumbnail", "ok", "local")
    assert (kept.request_id, kept.message_length) == ("tests-request", 9)
    assert (kept.cached, kept.fallback_used, kept.error_name) == (False, False, "")
    assert kept.db_ms > 0
    assert kept.credit_ms > 0
    assert kept.ai_ms > 0
    assert round(sum(getattr(kept, step) for step in STEPS), 3) <= kept.total_ms
    found = counted()
    assert found["visiona_jobs_total['succeeded', 'thumbnail']"] == 1
    assert found["visiona_credits_total['captured', 'thumbnail']"] == 10
    assert "visiona_credits_total['released', 'thumbnail']" not in found


def ended(user: User, **facts: Any) -> Job:
    """A job that took ten seconds, of which eight were spent on making it."""
    now = clock.now()
    usual: dict[str, Any] = {
        "id": uuid4(),
        "user": user,
        "kind": "image",
        "params": {"prompt": "A mug"},
        "status": Job.Status.SUCCEEDED,
        "created_at": now - timedelta(seconds=10),
        "started_at": now - timedelta(seconds=8),
        "finished_at": now,
    }
    return Job(**usual | facts)


def test_the_making_is_what_this_machine_worked_or_what_the_provider_took(alice: User) -> None:
    with act_as_worker():
        local = metrics.for_job(job=ended(alice))
    assert (local.total_ms, local.ai_ms) == (10_000, 8_000)
    assert local.message_length == 5

    job = factories.make_job(alice, kind="image")
    for latency in (1_500, 500):
        ProviderCall.objects.create(
            user=alice, job=job, provider="replicate", operation="image.end",
            model="flux", outcome="ok", latency_ms=latency,
        )  # fmt: skip
    remote = metrics.for_job(job=ended(alice, id=job.pk, provider="replicate"))
    assert (remote.ai_ms, remote.provider) == (2_000, "replicate")


def test_no_step_takes_more_than_there_was(alice: User) -> None:
    now = clock.now()
    watch = Stopwatch({"db_ms": 30.0, "credit_ms": 20.0})
    job = ended(alice, created_at=now - timedelta(milliseconds=100), finished_at=now)
    numbers = metrics.for_job(job=job, watch=watch)
    assert (numbers.total_ms, numbers.ai_ms) == (100, 50)


def test_a_job_that_nobody_began_was_made_in_no_time(
    alice: User, django_capture_on_commit_callbacks: Commit
) -> None:
    job = factories.make_job(alice)
    Job.objects.filter(pk=job.pk).update(created_at=job.created_at - timedelta(minutes=1))
    with act_as_user(alice.pk), django_capture_on_commit_callbacks(execute=True):
        jobs.cancel(user=alice, job_id=job.pk)
    kept = RequestMetric.objects.get(job_id=job.pk)
    assert (kept.status, kept.ai_ms, kept.error_name) == ("canceled", 0, "")
    assert kept.total_ms == pytest.approx(60_000, abs=5_000)
    assert counted()["visiona_credits_total['released', 'thumbnail']"] == 10


def test_a_prompt_made_better_by_rules_has_its_numbers(alice: User, api: ApiClient) -> None:
    answer = api.post("prompts/enhance", {"prompt": "Red sneakers", "kind": "image"})
    kept = RequestMetric.objects.get()
    assert (kept.operation, kept.status, kept.provider) == ("enhance", "ok", "local")
    assert kept.request_id == answer["X-Request-ID"]
    assert (kept.message_length, kept.user_id) == (12, alice.pk)
    assert (kept.fallback_used, kept.error_name) == (False, "")
    assert 0 < kept.ai_ms <= kept.total_ms


def test_a_prompt_of_a_job_is_a_part_of_it(alice: User) -> None:
    job = factories.make_job(alice)
    prompts.enhance(user_id=alice.pk, prompt="Red sneakers", kind="image", job_id=job.pk)
    assert not RequestMetric.objects.exists()


A_CALL = Call(
    provider="gemini",
    operation="text.write",
    model="gemini-flash",
    outcome="ok",
    latency_ms=900,
    request_id="their-id",
    input_tokens=120,
    output_tokens=30,
    cost_micro_usd=45,
)


def test_a_call_is_counted_as_often_as_it_is_kept(
    alice: User, django_capture_on_commit_callbacks: Commit
) -> None:
    with act_as_worker(), django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            provider_calls.keep(calls=[A_CALL], user_id=alice.pk)
    assert counted() == {
        "visiona_provider_calls_total['gemini', 'ok', 'text']": 1,
        "visiona_provider_tokens_total['gemini', 'input', 'text']": 120,
        "visiona_provider_tokens_total['gemini', 'output', 'text']": 30,
        "visiona_provider_cost_micro_usd_total['gemini', 'text']": 45,
    }


def test_a_person_may_keep_a_call_and_read_none(
    alice: User, django_capture_on_commit_callbacks: Commit
) -> None:
    with act_as_user(alice.pk), django_capture_on_commit_callbacks(execute=True):
        provider_calls.keep(calls=[A_CALL], user_id=alice.pk, message_id=uuid4())
    assert counted()["visiona_provider_calls_total['gemini', 'ok', 'text']"] == 1
    assert set(registry.KEYS) < set(metrics.CALLS.labels["provider"])
