"""How soon a page answers while a film is rendered beside it, on the same machine."""

import http.client
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bench.figures import Figure, Promise
from tests.bench.people import make_person
from tests.bench.stage import BASE_DIR, WEB_URL, free_port, serving
from visiona.embedded.machine import NICENESS

ROUNDS, QUICK_ROUNDS = 5, 3
REQUESTS = 60
PAUSE_SECONDS = 0.02  # somebody looks at pages; nobody floods the server
RENDER = "from tests.bench import filming\nwhile True: filming.make('720p', seconds=4)"


def measure(*, quick: bool) -> list[Figure]:
    """Ask for a page by turns with and without a render beside it; the median of its times."""
    bearer = make_person().bearer
    port = free_port()
    granian = ("-m", "granian", "--interface", "wsgi", "--port", str(port), "--workers", "1")
    manners = ("--blocking-threads", "1", "--log-level", "error")
    at_web = {**os.environ, "DATABASE_URL": os.environ[WEB_URL]}
    busy, idle = [], []
    with serving(*granian, *manners, "visiona.wsgi:application", port=port, environment=at_web):
        _times(port, bearer)
        for _ in range(QUICK_ROUNDS if quick else ROUNDS):
            idle += _times(port, bearer)
            with _render():
                busy += _times(port, bearer)
    figure = Figure(
        name="page beside a render",
        ours=statistics.median(busy),
        baseline=statistics.median(idle),
        unit="ms",
        promise=Promise.RATIO_AT_MOST,
        limit=1.5,
        note="GET /api/v1/me; a film at 720p by a process as nice as the worker of films; nothing",
    )
    return [figure]


def _times(port: int, bearer: str) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    found = []
    for _ in range(REQUESTS):
        time.sleep(PAUSE_SECONDS)
        began = time.perf_counter()
        connection.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {bearer}"})
        answer = connection.getresponse()
        answer.read()
        found.append((time.perf_counter() - began) * 1000)
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"The page answered {answer.status}.")
    connection.close()
    return found


@contextmanager
def _render() -> Iterator[None]:
    """Render one film after the other, from when the first is under way."""
    command = ("nice", "-n", str(NICENESS["films"]), sys.executable, "-c", RENDER)
    process = subprocess.Popen(command, cwd=BASE_DIR, start_new_session=True)
    try:
        time.sleep(3)
        yield
    finally:
        os.killpg(process.pid, 9)
        process.wait()
