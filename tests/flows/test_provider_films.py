"""A provider moves a product's picture; around it our own stages, each of them once."""

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import pytest
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from generation import selectors
from generation.models import Asset, Job, ProviderCall, Step
from generation.services import files, jobs, recuts, running, steps
from tests import factories
from tests.standins.server import Reply
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user
from visiona.lib.errors import Conflict

pytestmark = pytest.mark.django_db

PLAIN: dict[str, Any] = {
    "product_name": "Morning Cup",
    "quality": "480p",
    "seconds": 5,
    "captions": False,
    "music": "none",
    "voice": False,
}


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What a film model may deliver: two seconds, of a size of its own."""
    path: Path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    source = ("-f", "lavfi", "-i", "testsrc=size=320x180:rate=24:duration=2")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *source, str(path)]
    subprocess.run(command, check=True)
    return path.read_bytes()


@pytest.fixture
def replicate(standins: dict[str, Any], settings: Settings) -> Any:
    """Replicate makes the films; pictures stay here."""
    settings.PROVIDERS = dict.fromkeys(settings.CAPABILITIES, "local") | {"video": "replicate"}
    standins["replicate"].works.clear()
    return standins["replicate"]


def ordered(user: User, **params: Any) -> Job:
    photo = factories.make_photo(user, "coffee.jpg")
    with act_as_user(user.pk):
        return jobs.submit(
            user=user,
            kind="video",
            params={**PLAIN, **params, "photo_ids": [str(photo.pk)]},
            request_id="tests-request",
        )


def worked_on(job: Job) -> Job:
    """Let workers of whatever queue do all that can be done now."""
    while running.run_job(job_id=job.pk):
        pass
    job.refresh_from_db()
    return job


def told(job: Job) -> Job:
    """Let the poller find out that the provider has ended, and a worker go on."""
    Step.objects.filter(job=job).update(poll_at=clock.now())
    assert steps.poll() == 1
    return worked_on(job)


def wallet(user: User) -> tuple[int, int]:
    found = credits_selectors.wallet_of(user=user)
    return found.available, found.held


def test_a_clip_without_extras_is_kept_as_it_came_and_can_be_cut_anew(
    replicate: Any, clip: bytes
) -> None:
    alice = factories.make_user("alice@example.com", extra_credits=30)
    job = worked_on(ordered(alice))
    assert (job.status, job.queue, job.provider) == ("running", "calls", "replicate")
    assert wallet(alice) == (0, 50)
    (work,) = replicate.works
    assert replicate.works[work]["input"]["start_image"]

    replicate.finish(work, content=Reply(body=clip, content_type="video/mp4"))
    job = told(job)

    assert (job.status, job.captured) == ("succeeded", 50)
    assert list(replicate.works) == [work]
    (call,) = ProviderCall.objects.filter(job=job).exclude(cost_micro_usd=0)
    assert (call.operation, call.outcome, call.user_id) == ("video.end", "ok", alice.pk)
    film = selectors.assets_of_job(job=job).get()
    assert files.read(name=film.file) == clip
    assert (film.width, film.height, film.provider) == (320, 180, "replicate")
    assert film.poster
    assert film.captions == ""

    with act_as_user(alice.pk):
        changes = {"trim_start": 0.5, "captions": True}
        cut = recuts.recut(user=alice, asset_id=film.pk, changes=changes, request_id="r")
    cut = worked_on(cut)
    assert (cut.status, cut.price, cut.error_detail) == ("succeeded", 0, "")
    anew = selectors.assets_of_job(job=cut).get()
    assert (anew.width, anew.height) == (854, 480)
    assert anew.captions
    assert list(replicate.works) == [work]
    assert wallet(alice) == (0, 0)


def test_a_clip_that_fails_costs_nothing_and_is_offered_as_a_free_preview(replicate: Any) -> None:
    alice = factories.make_user("alice@example.com", extra_credits=30)
    job = worked_on(ordered(alice, seconds=10))
    (work,) = replicate.works
    replicate.fail(work)

    job = told(job)

    assert (job.status, job.error_code, job.captured) == ("failed", "provider_invalid", 0)
    assert wallet(alice) == (50, 0)
    assert job.has_free_preview
    assert not Step.objects.filter(job=job).exists()
    with act_as_user(alice.pk):
        preview = jobs.preview(user=alice, job_id=job.pk, request_id="r")
        again = jobs.preview(user=alice, job_id=job.pk, request_id="r")
    assert (preview.price, preview.provider, preview.queue) == (0, "local", "films")
    assert again.pk == preview.pk


def test_a_film_that_was_canceled_while_it_is_cut_anew_is_cut_once_at_a_time(
    replicate: Any, clip: bytes
) -> None:
    alice = factories.make_user("alice@example.com", extra_credits=30)
    job = worked_on(ordered(alice))
    (work,) = replicate.works
    replicate.finish(work, content=Reply(body=clip, content_type="video/mp4"))
    film = selectors.assets_of_job(job=told(job)).get()
    with act_as_user(alice.pk):
        cut = recuts.recut(user=alice, asset_id=film.pk, changes={"captions": True}, request_id="r")
        jobs.cancel(user=alice, job_id=cut.pk)
        again = jobs.retry(user=alice, job_id=cut.pk, request_id="r")
        with pytest.raises(Conflict, match="being cut anew"):
            jobs.retry(user=alice, job_id=cut.pk, request_id="r")
    assert (again.price, again.remix_of_id, again.params["changes"]) == (
        0,
        film.pk,
        cut.params["changes"],
    )


def test_the_parts_of_a_film_are_kept_for_as_long_as_one_cut_of_it_is(
    replicate: Any, clip: bytes
) -> None:
    alice = factories.make_user("alice@example.com", extra_credits=30)
    job = worked_on(ordered(alice))
    (work,) = replicate.works
    replicate.finish(work, content=Reply(body=clip, content_type="video/mp4"))
    film = selectors.assets_of_job(job=told(job)).get()
    with act_as_user(alice.pk):
        cut = recuts.recut(
            user=alice, asset_id=film.pk, changes={"trim_start": 0.5}, request_id="r"
        )
    anew = selectors.assets_of_job(job=worked_on(cut)).get()

    erase_later(film)
    assert Step.objects.filter(job=job).exists()
    with act_as_user(alice.pk):
        last = recuts.recut(user=alice, asset_id=anew.pk, changes={"volume": 50}, request_id="r")
        jobs.cancel(user=alice, job_id=last.pk)
    erase_later(anew)
    assert not Step.objects.filter(job=job).exists()


def erase_later(film: Asset) -> None:
    """Let thirty days go by after a film was deleted."""
    Asset.objects.filter(pk=film.pk).update(deleted_at=clock.now() - timedelta(days=31))
    files.erase_deleted()
    assert not Asset.objects.filter(pk=film.pk).exists()


@pytest.mark.parametrize("painter", ["replicate", "openai"])
def test_scenes_may_be_painted_by_a_provider_and_filmed_here(
    painter: str, standins: dict[str, Any], settings: Settings
) -> None:
    settings.PROVIDERS = dict.fromkeys(settings.CAPABILITIES, "local") | {"image": painter}
    settings.PROVIDERS_PAINT_FILMS = True
    alice = factories.make_user("alice@example.com", extra_credits=30)
    standin = standins[painter]
    standins["replicate"].works.clear()
    job = worked_on(ordered(alice))
    assert (job.provider, job.capability) == (painter, "image")
    if painter == "replicate":
        assert wallet(alice) == (0, 50)
        for work in standin.works:
            standin.finish(work)
        Step.objects.filter(job=job).update(poll_at=clock.now())
        assert steps.poll() == len(standin.works) > 0
        job = worked_on(job)
    assert (job.status, job.captured, job.error_detail) == ("succeeded", 50, "")
    calls = ProviderCall.objects.filter(job=job)
    assert {call.operation.partition(".")[0] for call in calls} == {"image"}
    asked = Step.objects.filter(job=job, name__startswith="plate-")
    assert asked.count() >= 3
    assert set(asked.values_list("capability", flat=True)) == {"image"}
