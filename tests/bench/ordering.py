"""POST /api/v1/jobs, against a bare DRF view that does one insert."""

import os
from collections.abc import Callable
from typing import Any

import psycopg

from tests.bench.bare import PATH, TABLE
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.people import call, make_person
from tests.bench.stage import OWNER_URL
from visiona.wsgi import application

ROUNDS, QUICK_ROUNDS = 400, 100
ORDER = {"kind": "thumbnail", "title": "How to win", "style": "neon"}


def measure(*, quick: bool) -> list[Figure]:
    """Send both through the same WSGI handler, in this process."""
    with psycopg.connect(os.environ[OWNER_URL]) as connection:
        connection.execute(TABLE)
    bearer = f"Bearer {make_person().bearer}"
    ours, baseline = interleaved(
        timed(order("/api/v1/jobs", ORDER, expected="202", authorization=bearer)),
        timed(order(PATH, {"title": ORDER["title"]}, expected="201", authorization=bearer)),
        rounds=QUICK_ROUNDS if quick else ROUNDS,
        warm_up=10,
    )
    figure = Figure(
        name="POST /jobs",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.RATIO_AT_MOST,
        limit=3,
        note="a signed-in person's DRF view that does one insert; both through the WSGI handler",
    )
    return [figure]


def order(path: str, body: Any, *, expected: str, **headers: str) -> Callable[[], None]:
    """Return a step that sends this and looks at the answer's status."""

    def step() -> None:
        status, answer = call(application, "POST", path, body=body, **headers)
        if not status.startswith(expected):
            raise RuntimeError(f"{path} answered {status}: {answer[:300]!r}")

    return step
