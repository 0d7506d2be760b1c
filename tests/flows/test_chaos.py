"""Workers are killed again and again in mid-render: every job ends, every credit is where it is."""

import hashlib
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
from tests.processes import python, wait_until
from visiona.embedded.process import Program, kill_group, launch
from visiona.embedded.throwaway import Servers

pytestmark = pytest.mark.django_db(transaction=True)

KILLS = 50
PEOPLE = 4
LEASE = {"JOB_LEASE_SECONDS": "2"}
FINAL = {"succeeded", "failed", "partial"}


class Crew:
    """Workers that are started again as soon as one has gone, as the supervisor does."""

    def __init__(self, programs: list[Program]) -> None:
        self._programs = programs
        self._processes: list[subprocess.Popen[bytes]] = []
        self._log = (Path(settings.DATA_DIR) / "chaos.log").open("ab")

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


def loop(servers: Servers, name: str) -> Program:
    """A worker that needs no broker."""
    arguments = ("manage.py", "run_jobs", "--headstart", "0")
    return python(name, address_of(servers.jobs_url), *arguments, **LEASE)


def celery(servers: Servers) -> Program:
    """A worker of Celery, which renders in a child of its own."""
    manners = ("--loglevel", "WARNING", "--without-gossip", "--without-mingle")
    worker = ("worker", "--queues", "quick", "--concurrency", "1", "--without-heartbeat")
    arguments = ("-m", "celery", "--quiet", "--app", "visiona", *worker, *manners)
    return python("celery", address_of(servers.jobs_url), *arguments, **LEASE)
