"""GET /api/v1/jobs/{id} under granian's WSGI, against the same under plain Django ASGI."""

import subprocess
import sys

from accounts.models import User
from generation.services import jobs
from tests.bench.figures import Figure, Promise, interleaved
from tests.bench.people import make_person
from tests.bench.stage import BASE_DIR, free_port, serving
from visiona.lib.db.actor import act_as_user

TARGET = "visiona.wsgi:application"
WORKERS = "2"
THREADS = "1"
VISITORS = 16
ROUNDS, QUICK_ROUNDS = 12, 4
SECONDS = 2.0


def measure(*, quick: bool) -> list[Figure]:
    """Ask both servers by turns from one process: a job that waits, with its person's bearer."""
    person = make_person()
    path = f"/api/v1/jobs/{_job_of(person.user)}"
    wsgi, asgi = free_port(), free_port()
    with (
        serving(*_granian(wsgi), port=wsgi),
        serving(*_uvicorn(asgi), port=asgi),
    ):
        ours, baseline = interleaved(
            lambda: _ask(wsgi, path, person.bearer),
            lambda: _ask(asgi, path, person.bearer),
            rounds=QUICK_ROUNDS if quick else ROUNDS,
            warm_up=1,
            of_all=max,  # a neighbor on the machine takes more from two processes than from many
        )
    figure = Figure(
        name="GET /jobs/{id}",
        ours=ours,
        baseline=baseline,
        unit="/s",
        promise=Promise.RATIO_AT_LEAST,
        limit=3,
        note=f"granian, visiona.wsgi; uvicorn, Django's ASGI; {WORKERS} workers, "
        f"{VISITORS} connections each",
    )
    return [figure]


def _job_of(user: User) -> str:
    order = {"title": "How to win"}
    with act_as_user(user.pk):
        return str(jobs.submit(user=user, kind="thumbnail", params=order, request_id="bench").pk)


def _granian(port: int) -> tuple[str, ...]:
    manners = ("--workers", WORKERS, "--blocking-threads", THREADS, "--log-level", "error")
    return ("-m", "granian", "--interface", "wsgi", "--port", str(port), *manners, TARGET)


def _uvicorn(port: int) -> tuple[str, ...]:
    # It reports each visitor that leaves as an error.
    manners = ("--workers", WORKERS, "--log-level", "critical", "--lifespan", "off")
    return ("-m", "uvicorn", "--port", str(port), *manners, "tests.bench.plain_asgi:application")


def _ask(port: int, path: str, bearer: str) -> float:
    arguments = (str(port), path, bearer, str(SECONDS), str(VISITORS))
    command = (sys.executable, "-m", "tests.bench.load", *arguments)
    result = subprocess.run(command, check=True, cwd=BASE_DIR, stdout=subprocess.PIPE)
    return float(result.stdout)
