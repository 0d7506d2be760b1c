"""A job is paid for, made once, and settled whatever happens."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from credits.errors import InsufficientCredits
from generation import selectors, tasks
from generation.errors import JobNotCancelable, JobNotRetryable, ProviderError, ProviderUnavailable
from generation.models import Job, Notice
from generation.providers import local
from generation.services import jobs, running
from tests import factories
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user
from visiona.lib.errors import NotFound

pytestmark = pytest.mark.django_db


def wallet(user: User) -> tuple[int, int]:
    found = credits_selectors.wallet_of(user=user)
    return found.available, found.held


def run_everything() -> None:
    while running.run_due(queue="quick"):
        pass


def failing_after(pictures: int, error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the provider deliver some pictures and then fail: an outside service, scripted."""
    draw = local.thumbnail
    made: list[Any] = []

    def scripted(order: Any, **options: Any) -> Any:
        if len(made) >= pictures:
            raise error
        made.append(order)
        return draw(order, **options)

    monkeypatch.setattr(local, "thumbnail", scripted)


def test_a_job_holds_its_price_and_spends_it_when_it_delivers(alice: User) -> None:
    job = factories.make_job(alice)
    assert wallet(alice) == (10, 10)

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.captured, job.released, job.progress) == ("succeeded", 10, 0, 100)
    assert wallet(alice) == (10, 0)
    (asset,) = selectors.assets_of_job(job=job)
    assert (asset.width, asset.height, asset.provider) == (1280, 720, "local")


def test_the_same_submission_makes_one_job(alice: User) -> None:
    with act_as_user(alice.pk):
        first, again = (
            jobs.submit(
                user=alice,
                kind="thumbnail",
                params={"title": "Once"},
                request_id="r",
                idempotency_key="form-1",
            )
            for _ in range(2)
        )
    assert first.pk == again.pk
    assert wallet(alice) == (10, 10)


def test_nine_credits_do_not_buy_a_ten_credit_job(alice: User) -> None:
    factories.make_job(alice)
    with pytest.raises(InsufficientCredits):
        factories.make_job(alice, count=2)
    assert wallet(alice) == (10, 10)
    assert Job.objects.count() == 1


def test_another_persons_photo_is_not_found_and_nothing_is_held(alice: User, bob: User) -> None:
    photo = factories.make_photo(bob)
    with pytest.raises(NotFound):
        factories.make_job(alice, photo_id=str(photo.pk))
    assert wallet(alice) == (20, 0)


def test_a_provider_that_fails_for_good_costs_nothing(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after(0, ProviderError("It refused."), monkeypatch)
    job = factories.make_job(alice)

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.error_code, job.error_detail) == (
        "failed",
        "provider_error",
        "It refused.",
    )
    assert (job.captured, job.released) == (0, 10)
    assert wallet(alice) == (20, 0)
    assert Notice.objects.get().topic == "job_failed"


def test_what_arrived_before_a_failure_is_kept_and_only_that_is_paid(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after(1, ProviderError(), monkeypatch)
    job = factories.make_job(alice, count=2)

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.captured, job.released) == ("partial", 10, 10)
    assert selectors.assets_of_job(job=job).count() == 1
    assert wallet(alice) == (10, 0)


def test_a_provider_that_is_away_is_asked_again(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after(0, ProviderUnavailable(), monkeypatch)
    job = factories.make_job(alice)

    running.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.attempts) == ("running", 1)
    assert job.next_run_at > clock.now()
    assert wallet(alice) == (10, 10)


def test_a_defect_fails_the_job_returns_the_credits_and_is_not_hidden(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after(0, RuntimeError("a defect"), monkeypatch)
    job = factories.make_job(alice)

    with pytest.raises(RuntimeError):
        running.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "internal_error")
    assert wallet(alice) == (20, 0)


def test_a_queued_job_is_canceled_at_once(alice: User) -> None:
    job = factories.make_job(alice)
    with act_as_user(alice.pk):
        canceled = jobs.cancel(user=alice, job_id=job.pk)
    assert (canceled.status, canceled.released) == ("canceled", 10)
    assert wallet(alice) == (20, 0)
    assert not running.run_job(job_id=job.pk)


def test_a_running_job_is_canceled_when_its_worker_looks_up(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = factories.make_job(alice)
    draw = local.thumbnail

    def canceled_while_drawing(order: Any, **options: Any) -> Any:
        with act_as_user(alice.pk):
            jobs.cancel(user=alice, job_id=job.pk)
        return draw(order, **options)

    monkeypatch.setattr(local, "thumbnail", canceled_while_drawing)

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.released) == ("canceled", 10)
    assert wallet(alice) == (20, 0)


def test_a_job_that_has_ended_cannot_be_canceled(alice: User) -> None:
    job = factories.make_job(alice)
    run_everything()
    with act_as_user(alice.pk), pytest.raises(JobNotCancelable):
        jobs.cancel(user=alice, job_id=job.pk)


def test_only_a_job_without_a_result_is_tried_again(alice: User) -> None:
    job = factories.make_job(alice)
    with act_as_user(alice.pk):
        with pytest.raises(JobNotRetryable):
            jobs.retry(user=alice, job_id=job.pk, request_id="r")
        jobs.cancel(user=alice, job_id=job.pk)
        again = jobs.retry(user=alice, job_id=job.pk, request_id="r")
    assert again.pk != job.pk
    assert again.params == job.params
    assert wallet(alice) == (10, 10)


def test_a_dead_workers_job_is_taken_over_and_the_dead_one_is_fenced_off(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = factories.make_job(alice)
    draw = local.thumbnail

    def slow_until_somebody_took_over(order: Any, **options: Any) -> Any:
        monkeypatch.setattr(local, "thumbnail", draw)
        Job.objects.update(lease_until=clock.now() - timedelta(seconds=1))
        assert running.run_job(job_id=job.pk)
        return draw(order, **options)

    monkeypatch.setattr(local, "thumbnail", slow_until_somebody_took_over)

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.attempts, job.captured) == ("succeeded", 2, 10)
    assert selectors.assets_of_job(job=job).count() == 1
    assert wallet(alice) == (10, 0)


def test_a_job_that_kills_its_workers_is_given_up_and_returned(alice: User) -> None:
    job = factories.make_job(alice)
    Job.objects.update(attempts=running.MAX_ATTEMPTS)

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "gave_up")
    assert wallet(alice) == (20, 0)


def test_a_job_past_its_deadline_fails_and_returns(alice: User) -> None:
    job = factories.make_job(alice)
    Job.objects.update(deadline=clock.now() - timedelta(seconds=1))

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.error_code) == ("failed", "deadline_passed")
    assert wallet(alice) == (20, 0)


def test_a_hold_that_expired_first_fails_the_job_and_keeps_the_books_clean(alice: User) -> None:
    job = factories.make_job(alice)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE credits_reservation SET expires_at = now() - interval '1 s'")
        cursor.execute("SELECT credits_expire_due(10)")

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.error_code, job.released) == ("failed", "hold_expired", 10)
    assert wallet(alice) == (20, 0)
    assert credits_selectors.broken_promises() == []


def test_work_that_is_free_holds_nothing_and_is_settled(alice: User, settings: Settings) -> None:
    settings.LOCAL_WORK_IS_FREE = True
    job = factories.make_job(alice)
    assert (job.price, job.reservation_id, wallet(alice)) == (0, None, (20, 0))

    with factories.plain_pictures():
        run_everything()

    job.refresh_from_db()
    assert (job.status, job.captured, job.released) == ("succeeded", 0, 0)
    assert credits_selectors.broken_promises() == []


def test_a_free_job_that_waits_can_be_canceled(alice: User, settings: Settings) -> None:
    settings.LOCAL_WORK_IS_FREE = True
    job = factories.make_job(alice)
    with act_as_user(alice.pk):
        assert jobs.cancel(user=alice, job_id=job.pk).status == "canceled"


def test_the_sweeper_wakes_a_worker_for_every_job_that_has_waited_a_while(
    alice: User, bob: User, django_capture_on_commit_callbacks: Any
) -> None:
    taken = factories.make_job(bob)
    for user in (alice, bob):
        factories.make_job(user)
    Job.objects.update(next_run_at=clock.now() - timedelta(seconds=6))
    Job.objects.filter(pk=taken.pk).update(lease_until=clock.now() + timedelta(minutes=1))
    factories.make_job(alice)  # its own message is on its way
    with django_capture_on_commit_callbacks() as callbacks:
        tasks.sweep_jobs()
    assert len(callbacks) == 2


def test_a_key_that_looks_like_a_previews_makes_nothing_free(alice: User) -> None:
    params = {"title": "Cats", "aspect_ratio": "16:9"}
    with act_as_user(alice.pk):
        paid = jobs.submit(
            user=alice, kind="thumbnail", params=params, request_id="r", idempotency_key="preview:x"
        )
        jobs.cancel(user=alice, job_id=paid.pk)
        assert jobs.retry(user=alice, job_id=paid.pk, request_id="r").price == paid.price == 10
    assert wallet(alice) == (10, 10)


def test_many_that_wait_on_one_queue_hide_nobody_on_another(
    alice: User, django_capture_on_commit_callbacks: Any, settings: Settings
) -> None:
    settings.CONCURRENT_JOBS = 100
    factories.grant(alice, 1000)
    films = [factories.make_job(alice).pk for _ in range(running.SWEEP_LIMIT + 1)]
    call = factories.make_job(alice)
    long_ago = clock.now() - timedelta(hours=1)
    Job.objects.filter(pk__in=films).update(queue="films", next_run_at=long_ago)
    late = clock.now() - timedelta(seconds=10)
    Job.objects.filter(pk=call.pk).update(queue="calls", next_run_at=late)
    with django_capture_on_commit_callbacks() as callbacks:
        tasks.sweep_jobs()
    assert len(callbacks) == running.SWEEP_LIMIT + 1


def test_a_message_for_a_job_that_has_ended_or_never_was_does_nothing(alice: User) -> None:
    job = factories.make_job(alice)
    with act_as_user(alice.pk):
        jobs.cancel(user=alice, job_id=job.pk)
    tasks.run_job(job_id=str(job.pk))
    tasks.run_job(job_id="019f0000-0000-7000-8000-000000000001")
    assert wallet(alice) == (20, 0)


def test_an_order_that_the_engine_cannot_draw_costs_nothing(alice: User) -> None:
    job = factories.make_job(alice)
    Job.objects.update(params=job.params | {"style": "of another year"})

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.error_code, job.released) == ("failed", "provider_error", 10)


def test_a_job_that_takes_longer_than_usual_says_so(alice: User) -> None:
    job = factories.make_job(alice)
    assert (job.usual_seconds, job.eta_seconds, job.is_slow) == (0, 4, False)
    job.started_at = job.created_at = clock.now() - timedelta(seconds=13)
    assert (job.eta_seconds, job.is_slow) == (None, True)
    assert str(job) == "thumbnail queued"


def test_what_to_expect_is_what_was_measured_lately_whoevers_it_was(alice: User, bob: User) -> None:
    factories.grant(alice, 100)
    for seconds, count in ((6, 1), (20, 1), (16, 2)):  # 6, 20 and 8 seconds a picture
        done = factories.make_job(alice, count=count)
        Job.objects.filter(pk=done.pk).update(started_at=clock.now() - timedelta(seconds=seconds))
        with factories.plain_pictures():
            running.run_job(job_id=done.pk)

    job = factories.make_job(bob, count=2)

    assert job.usual_seconds == pytest.approx(8, abs=0.8)
    assert job.expected_seconds == pytest.approx(16, abs=1.6)
    assert job.eta_seconds in {15, 16, 17}
    job.created_at = clock.now() - timedelta(seconds=40)
    assert not job.is_slow
    job.created_at = clock.now() - timedelta(seconds=60)
    assert job.is_slow


def test_an_order_remembers_the_picture_that_it_began_from(alice: User, bob: User) -> None:
    factories.grant(alice, 10)
    with factories.plain_pictures():
        running.run_job(job_id=factories.make_job(alice).pk)
    (picture,) = selectors.assets_of(user=alice)

    again = factories.make_job(alice, remix_of=picture.pk)

    assert Job.objects.get(pk=again.pk).remix_of_id == picture.pk
    assert "remix_of" not in again.params
    with pytest.raises(NotFound):
        factories.make_job(bob, remix_of=picture.pk)
    assert wallet(bob) == (20, 0)
    assert not Job.objects.filter(user=bob).exists()


def test_a_job_whose_worker_died_after_a_cancel_was_asked_for_is_canceled(alice: User) -> None:
    job = factories.make_job(alice)
    moment = clock.now() - timedelta(seconds=1)
    Job.objects.update(status="running", lease_until=moment, cancel_requested_at=moment)

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.released) == ("canceled", 10)
    assert wallet(alice) == (20, 0)


def test_a_deadline_that_passes_in_mid_render_ends_the_job(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = factories.make_job(alice)
    late = clock.now() + timedelta(hours=1)

    def slow(order: Any, *, report: Any) -> Any:
        monkeypatch.setattr(clock, "now", lambda: late)
        report("drawing", 0.5)

    monkeypatch.setattr(local, "thumbnail", slow)

    run_everything()

    job.refresh_from_db()
    assert (job.status, job.error_code, job.error_stage) == ("failed", "deadline_passed", "drawing")
    assert wallet(alice) == (20, 0)


def test_who_lost_the_lease_at_the_very_end_settles_nothing(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = factories.make_job(alice)
    draw = local.thumbnail

    def taken_over_at_the_end(order: Any, **options: Any) -> Any:
        picture = draw(order, **options)
        Job.objects.update(lease_token="019f0000-0000-7000-8000-000000000001")
        return picture

    monkeypatch.setattr(local, "thumbnail", taken_over_at_the_end)

    assert running.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.captured, job.released) == ("running", 0, 0)
    assert wallet(alice) == (10, 10)
    assert selectors.assets_of_job(job=job).count() == 0
