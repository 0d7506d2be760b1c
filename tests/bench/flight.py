"""Thousands of jobs in flight at a provider: one worker process, and none of them waits in it."""

import base64
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from generation.models import Job, ProviderCall
from tests.bench.figures import Figure, Promise
from tests.bench.people import make_person
from tests.bench.stage import WEB_URL, free_port, megabytes_of, running, serving
from visiona.embedded.machine import CELERY_AS_ROOT, WORKERS
from visiona.lib.db.actor import act_as_worker
from visiona.webhooks.models import WebhookEvent

KIND, PARAMS = "image", {"prompt": "A red sneaker on a plinth"}
IN_FLIGHT, QUICK_IN_FLIGHT = 10_000, 500
PERIOD_SECONDS = 600
"""In which ten thousand end; fewer end at the same rate."""
SOON_SECONDS = 5
PATIENCE_SECONDS = 120
PEOPLE = 4
SECRET = f"whsec_{base64.b64encode(bytes(24)).decode()}"
CELERY = ("-m", "celery", "--quiet", "--app", "visiona")


def measure(*, quick: bool) -> list[Figure]:
    """Order them all, let them end one by one, and see how soon each is with its person."""
    number = int(os.environ.get("BENCH_IN_FLIGHT") or (QUICK_IN_FLIGHT if quick else IN_FLIGHT))
    period = number * PERIOD_SECONDS // IN_FLIGHT
    with _everything() as (fleet, web, worker):
        began = time.monotonic()
        _order(web, number)
        _wait_for(lambda: _ask(f"{fleet}/count") == number, seconds=number, what="all in flight")
        ordering = time.monotonic() - began
        _wait_for(_is_at_rest, seconds=number, what="at rest")
        _ask(f"{fleet}/end?seconds={period}", method="POST")
        _wait_for(lambda: not _unfinished(), seconds=period + PATIENCE_SECONDS, what="all final")
        lost = number - _delivered()
        delays = _delays(_ask(f"{fleet}/ended"))
        megabytes = megabytes_of(worker.pid, "VmHWM")
    late = sum(delay > SOON_SECONDS for delay in delays) / number
    median, slowest = sorted(delays)[len(delays) // 2], max(delays)
    note = (
        f"{number} {KIND} jobs of tiny pictures that end within {period} s, by webhook; one thread "
        f"pool of 16; ordered at {number / ordering:.0f}/s; median {median:.2f} s, "
        f"slowest {slowest:.1f} s"
    )
    return [
        _figure("in flight, final later than 5 s", late * 100, "%", 5, note),
        _figure("in flight, lost", lost, "", 0, "what was ordered less what was delivered"),
        _figure("in flight, worker's memory", megabytes, "MB", 600, "its most, by the kernel"),
    ]


def _figure(name: str, ours: float, unit: str, limit: float, note: str) -> Figure:
    return Figure(
        name=name,
        ours=ours,
        baseline=limit or 1,
        unit=unit,
        promise=Promise.OURS_AT_MOST,
        limit=limit,
        note=note,
    )


@contextmanager
def _everything() -> Iterator[tuple[str, str, subprocess.Popen[bytes]]]:
    """Run a provider, a web process, a worker and the timetable; give all but the last."""
    fleet, web = free_port(), free_port()
    environment = {
        **os.environ,
        "REPLICATE_API_TOKEN": "r8_bench",
        "REPLICATE_BASE_URL": f"http://127.0.0.1:{fleet}",
        "REPLICATE_WEBHOOK_SECRET": SECRET,
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "IMAGE_PROVIDER": "replicate",
        "MALLOC_ARENA_MAX": "2",
        **(CELERY_AS_ROOT if os.geteuid() == 0 else {}),
    }
    logging.getLogger("httpx").setLevel(logging.WARNING)
    granian = ("-m", "granian", "--interface", "wsgi", "--port", str(web), "--workers", "1")
    server = (
        *granian,
        "--blocking-threads",
        "1",
        "--log-level",
        "error",
        "visiona.wsgi:application",
    )
    with ExitStack() as programs, tempfile.TemporaryDirectory() as folder:
        programs.enter_context(serving("-m", "tests.bench.fleet", str(fleet), SECRET, port=fleet))
        at_web = environment | {"DATABASE_URL": os.environ[WEB_URL]}
        programs.enter_context(serving(*server, port=web, environment=at_web))
        quiet = ("--loglevel", "ERROR")
        beat = ("beat", "--schedule", str(Path(folder) / "beat"), *quiet)
        programs.enter_context(running(*CELERY, *beat, environment=environment))
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
        hands = ("worker", *WORKERS["calls"], *quiet, *alone)
        yield (
            f"http://127.0.0.1:{fleet}",
            f"http://127.0.0.1:{web}",
            programs.enter_context(running(*CELERY, *hands, environment=environment)),
        )


def _order(web: str, number: int) -> None:
    bearers = [f"Bearer {make_person().bearer}" for _ in range(PEOPLE)]
    order = {"kind": KIND, **PARAMS}
    with httpx.Client(base_url=web, timeout=30) as client:
        for one in range(number):
            headers = {"Authorization": bearers[one % PEOPLE]}
            client.post("/api/v1/jobs", json=order, headers=headers).raise_for_status()


def _is_at_rest() -> bool:
    """Whether every job waits for its provider, and nothing waits for us."""
    with act_as_worker():
        new = WebhookEvent.objects.filter(state=WebhookEvent.State.NEW)
        return not (Job.objects.due().exists() or new.exists())


def _unfinished() -> int:
    with act_as_worker():
        return Job.objects.unfinished().count()


def _delivered() -> int:
    with act_as_worker():
        return Job.objects.filter(kind=KIND, status=Job.Status.SUCCEEDED).count()


def _delays(ended: dict[str, float]) -> list[float]:
    """For how many seconds each job was not final though its provider had ended."""
    with act_as_worker():
        ends = ProviderCall.objects.filter(operation__endswith=".end")
        final = dict(ends.values_list("request_id", "job__finished_at"))
    return [moment.timestamp() - ended[name] for name, moment in final.items() if moment]


def _ask(address: str, *, method: str = "GET") -> Any:
    return httpx.request(method, address, timeout=30).raise_for_status().json()


def _wait_for(is_so: Any, *, seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            sys.stderr.write(f"not within {seconds} s: {what}\n")
            return
        time.sleep(0.5)
