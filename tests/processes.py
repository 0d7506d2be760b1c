"""The product's own processes beside a test: each with its login, on the test's database."""

import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from django.conf import settings

from tests.databases import address_of
from visiona.embedded.machine import CELERY_AS_ROOT
from visiona.embedded.process import Program, end, kill_group, launch
from visiona.embedded.throwaway import Servers

ROOT = Path(__file__).parents[1]
START_SECONDS = 30.0


def python(name: str, database_url: str, *arguments: str, **environment: str) -> Program:
    """A Python process of the product, as the supervisor would start it."""
    chosen = {
        "DJANGO_SETTINGS_MODULE": "visiona.settings",
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "DATA_DIR": str(settings.DATA_DIR),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "CELERY_SKIP_CHECKS": "1",
        **(CELERY_AS_ROOT if os.geteuid() == 0 else {}),
    }
    command = (sys.executable, *arguments)
    return Program(name=name, command=command, environment={**chosen, **environment}, folder=ROOT)


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """This process may write no file beyond `size` bytes, as on a disk that is almost full.

    Keep the block inside the test: the limit is the process's, and pytest reports to a file.
    """
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def running(program: Program) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for the length of a block; what it says is kept beside the servers' logs."""
    with (Path(settings.DATA_DIR) / f"{program.name}.log").open("ab") as log:
        process = launch(program, output=log)
    try:
        yield process
    finally:
        end(process, stop_signal=program.stop_signal)
        kill_group(process)


@contextmanager
def web_server(servers: Servers, **environment: str) -> Iterator[str]:
    """Serve the product on the test's database; give its address."""
    with serve(address_of(servers.web_url), **environment) as address:
        yield address


@contextmanager
def serve(database_url: str, **environment: str) -> Iterator[str]:
    """Serve the product on a loopback port, pages and streams alike; give its address."""
    port = _free_port()
    manners = ("--port", str(port), "--lifespan", "off", "--no-access-log")
    patience = ("--log-level", "warning", "--timeout-graceful-shutdown", "1")
    program = python(
        "web",
        database_url,
        *("-m", "uvicorn", "visiona.asgi:application", *manners, *patience),
        **{"PORT": str(port), **environment},
    )
    address = f"http://127.0.0.1:{port}"
    with running(program) as process:
        wait_until(lambda: process.poll() is not None or _answers(address), seconds=START_SECONDS)
        assert process.poll() is None, (Path(settings.DATA_DIR) / "web.log").read_text()
        yield address


def jobs_loop(
    servers: Servers, *, name: str = "loop", headstart: float = 0, **environment: str
) -> Program:
    """A worker that needs no broker; it takes over soon from one that died."""
    pace = ("--headstart", str(headstart), "--pause", "0.25")
    arguments = ("manage.py", "run_jobs", "--skip-checks", *pace)
    chosen = {"JOB_LEASE_SECONDS": "2", **environment}
    return python(name, address_of(servers.jobs_url), *arguments, **chosen)


def wait_until(is_so: Callable[[], bool], *, seconds: float, what: str = "") -> None:
    """Look again and again until it is so; fail when that takes too long."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or is_so}"
        time.sleep(0.02)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False
