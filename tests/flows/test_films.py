"""A film survives the death of its worker at every stage: nothing is made twice, none is lost."""

import os
import subprocess
from datetime import timedelta
from typing import Any

import pytest

from accounts.models import User
from credits import selectors as credits_selectors
from generation import selectors
from generation.models import Asset, Job, Step
from generation.services import jobs
from tests import factories
from tests.databases import address_of
from tests.processes import python
from visiona.embedded.throwaway import Servers
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

STAGES = ("product", "storyboard", "plate-4")
FILM = {
    "product_name": "Morning Cup",
    "description": "Slow coffee, freshly roasted in small batches.",
    "quality": "480p",
    "seconds": 4,
    "seed": 7,
}
WORKER = """
import os, signal, sys
import django
django.setup()
from uuid import UUID
from generation.services import running, steps

job_id, fatal = UUID(sys.argv[1]), sys.argv[2]
keep, report = steps.Workshop.checkpoint, running.Reporter.report

def die_after(self, name, *arguments, **options):
    kept = keep(self, name, *arguments, **options)
    if name == fatal:
        os.kill(os.getpid(), signal.SIGKILL)
    return kept

def die_in_the_middle(self, stage, fraction):
    report(self, stage, fraction)
    if fatal == "filming" and fraction > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)

steps.Workshop.checkpoint = die_after
running.Reporter.report = die_in_the_middle
assert running.run_job(job_id=job_id)
"""


def ordered(user: User) -> Job:
    photo = factories.make_photo(user, "coffee.jpg")
    with act_as_user(user.pk):
        return jobs.submit(
            user=user,
            kind="video",
            params={**FILM, "photo_ids": [str(photo.pk)]},
            request_id="tests-request",
        )


def work_on(job: Job, servers: Servers, *, until: str = "") -> int:
    """Let a worker of its own go on with the job, and be killed at a stage; return how it ended."""
    Job.objects.filter(pk=job.pk).update(lease_until=clock.now() - timedelta(seconds=1))
    program = python("filming", address_of(servers.jobs_url), "-c", WORKER, str(job.pk), until)
    ended = subprocess.run(
        program.command,
        check=False,
        cwd=program.folder,
        env={**os.environ, **program.environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode in {0, -9}, ended.stderr
    return ended.returncode


def steps_of(job: Job) -> dict[str, Any]:
    return dict(Step.objects.filter(job=job).values_list("name", "ended_at"))


def film_of(job: Job) -> Asset:
    return selectors.assets_of_job(job=job).get()


def test_a_film_goes_on_where_its_worker_was_killed(product_servers: Servers) -> None:
    alice = factories.make_user("alice@example.com", extra_credits=80)
    killed = ordered(alice)
    kept: dict[str, Any] = {}
    for stage in STAGES:
        assert work_on(killed, product_servers, until=stage) == -9
        found = steps_of(killed)
        assert kept.items() <= found.items()
        assert stage in found
        # A worker that dies is an attempt; here it is not about how many of them there may be.
        Job.objects.filter(pk=killed.pk).update(attempts=0)
        kept = found
    assert work_on(killed, product_servers, until="filming") == -9
    assert steps_of(killed) == kept
    assert work_on(killed, product_servers) == 0

    undisturbed = ordered(alice)
    assert work_on(undisturbed, product_servers) == 0

    for job in (killed, undisturbed):
        job.refresh_from_db()
        assert (job.status, job.captured, job.released) == ("succeeded", 50, 0)
    film, same = film_of(killed), film_of(undisturbed)
    assert film.sha256 == same.sha256
    assert (film.width, film.height, film.duration_seconds) == (854, 480, 4.0)
    assert film.content_type == "video/mp4"
    assert film.poster
    assert film.captions
    assert steps_of(killed) == kept
    assert credits_selectors.broken_promises() == []
