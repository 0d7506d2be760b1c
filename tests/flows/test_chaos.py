"""Workers are killed again and again in mid-render: every job ends, every credit is where it is.

Where they are hit is left to chance; `make soak` gives it more of them.
"""

import hashlib
import os
import random
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.storage import default_storage

from accounts.models import User
from credits import selectors as credits_selectors
from credits.models import Entry, Reservation
from generation import selectors
from generation.models import Asset, Job
from tests import factories
from tests.databases import address_of
from tests.processes import jobs_loop, python, wait_until
from visiona.embedded.process import Program, kill_group, launch
from visiona.embedded.throwaway import Servers
from visiona.lib import clock

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = int(os.environ.get("CHAOS_KILLS", "8"))
PEOPLE = 4


class Crew:
    """Workers that are started again as soon as one has gone, as the supervisor does."""

    def __init__(self, programs: list[Program]) -> None:
        self._programs = programs
        self._processes: list[subprocess.Popen[bytes]] = []
        self._log = (Path(settings.DATA_DIR) / "chaos.log").open("ab")

    @property
    def size(self) -> int:
        return len(self._programs)

    def start(self) -> None:
        self._processes = [launch(program, output=self._log) for program in self._programs]

    def kill(self, number: int) -> None:
        """Kill a worker with all that it started, and start it again."""
        self.restart_the_gone()
        process = self._processes[number]
        kill_group(process)
        process.wait(10)
        self.restart_the_gone()

    def restart_the_gone(self) -> None:
        for number, process in enumerate(self._processes):
            if process.poll() is not None:
                kill_group(process)
                self._processes[number] = launch(self._programs[number], output=self._log)

    def end(self) -> None:
        for process in self._processes:
            kill_group(process)
            process.wait(10)
        self._log.close()


@contextmanager
def crew_of(programs: list[Program]) -> Iterator[Crew]:
    crew = Crew(programs)
    try:
        crew.start()
        yield crew
    finally:
        crew.end()


def celery(servers: Servers) -> Program:
    """A worker of Celery, which renders in a child of its own."""
    manners = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")
    worker = ("worker", "--queues", "quick", "--concurrency", "1", "--without-heartbeat")
    arguments = ("-m", "celery", "--quiet", "--app", "visiona", *worker, *manners)
    return python("celery", address_of(servers.jobs_url), *arguments, JOB_LEASE_SECONDS="2")


def customers() -> list[User]:
    """People with enough credits for sixty pictures each."""
    return [
        factories.make_user(f"person-{number}@example.com", extra_credits=580)
        for number in range(PEOPLE)
    ]


def order(users: list[User], *, chance: random.Random) -> None:
    """Let everybody order a picture or two."""
    for user in users:
        factories.make_job(user, title="Fast", style="minimal", count=chance.choice([1, 2]))


def is_at_work(since: datetime) -> bool:
    """Whether some worker that lives has said so since."""
    return Job.objects.filter(lease_token__isnull=False, updated_at__gt=since).exists()


def is_everything_final() -> bool:
    return not Job.objects.unfinished().exists()


def check_the_books(users: list[User]) -> Counter[str]:
    """Every wallet, file and hold is as the jobs say; return how the jobs ended."""
    outcomes: Counter[str] = Counter()
    for user in users:
        jobs = list(selectors.jobs_of(user=user))
        outcomes.update(job.status for job in jobs)
        made = list(Asset.objects.filter(user=user))
        wallet = credits_selectors.wallet_of(user=user)
        assert (wallet.available, wallet.held) == (600 - 10 * len(made), 0)
        assert sum(job.captured for job in jobs) == 10 * len(made)
        assert credits_selectors.totals_of(user=user).spent == 10 * len(made)
        for job in jobs:
            check_the_job(job, [asset for asset in made if asset.job_id == job.pk])
    assert not Reservation.objects.filter(state="held").exists()
    assert Entry.objects.filter(kind="reserve").count() == Job.objects.count()
    assert credits_selectors.broken_promises() == []
    return outcomes


def check_the_job(job: Job, made: list[Asset]) -> None:
    """It ended in one of its ways, in full or with nothing, and its files are whole."""
    ordered = job.params["count"]
    ends = {("succeeded", "", ordered), ("failed", "gave_up", 0)}
    assert (job.status, job.error_code, len(made)) in ends
    assert (job.captured, job.released) == (10 * len(made), job.price - 10 * len(made))
    assert sorted(asset.number for asset in made) == list(range(len(made)))
    for asset in made:
        with default_storage.open(asset.file) as file:
            data = file.read()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (asset.bytes, asset.sha256)
        assert default_storage.size(asset.preview) > 0


def kill_at_random(crew: Crew, users: list[User], *, kills: int, chance: random.Random) -> int:
    """Kill workers in the midst of their work, with more to do for the others; count the hits."""
    last_kill = clock.now()
    for _ in range(kills):
        if Job.objects.unfinished().count() < 2 * PEOPLE:
            order(users, chance=chance)
        wait_until(partial(is_at_work, last_kill), seconds=30, what="a worker is at work")
        time.sleep(chance.uniform(0, 0.3))  # not to wait for anything: to hit anywhere in a render
        crew.kill(chance.randrange(crew.size))
        last_kill = clock.now()
    return (
        sum(Job.objects.values_list("attempts", flat=True))
        - Job.objects.exclude(attempts=0).count()
    )


def run_to_the_end(crew: Crew, users: list[User], *, kills: int, seed: int) -> None:
    started = time.monotonic()
    hits = kill_at_random(crew, users, kills=kills, chance=random.Random(seed))
    killed = time.monotonic()

    def is_over() -> bool:
        crew.restart_the_gone()
        return is_everything_final()

    wait_until(is_over, seconds=60, what=f"every job is final (seed {seed})")

    outcomes = check_the_books(users)
    sys.stdout.write(
        f"seed {seed}: {kills} kills in {killed - started:.0f} s, {hits} in mid-render;"
        f" all final {time.monotonic() - killed:.1f} s later: {dict(outcomes)}\n"
    )
    assert hits >= kills // 10, "the kills hit nobody at work"
    assert outcomes["succeeded"] > 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_kills_of_workers_in_mid_render_lose_and_double_nothing(
    product_servers: Servers,
) -> None:
    users = customers()
    programs = [jobs_loop(product_servers, name=f"loop-{number}") for number in (1, 2)]
    with crew_of(programs) as crew:
        run_to_the_end(crew, users, kills=KILLS, seed=a_seed())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_celery_and_the_loop_beside_it_survive_kills_together(product_servers: Servers) -> None:
    users = customers()
    programs = [celery(product_servers), jobs_loop(product_servers, headstart=2)]
    with crew_of(programs) as crew:
        run_to_the_end(crew, users, kills=KILLS // 3, seed=a_seed())


def a_seed() -> int:
    """Another one each time; CHAOS_SEED repeats what failed."""
    return int(os.environ.get("CHAOS_SEED") or secrets.randbelow(2**31))
