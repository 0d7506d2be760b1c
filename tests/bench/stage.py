"""What the scenarios work on: clean environments and programs that serve a port."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from visiona.embedded.throwaway import Servers

BASE_DIR = Path(__file__).parents[2]
OWNER_URL = "BENCH_OWNER_URL"
SUPERUSER_URL = "BENCH_SUPERUSER_URL"
WEB_URL = "BENCH_WEB_URL"
READY_SECONDS = 60.0
STOP_SECONDS = 15.0
LIMITS = ("API", "CHAT", "JOBS", "UPLOADS", "WEBHOOKS")
FOREIGN = (
    *("ENVIRONMENT", "PUBLIC_URL", "SENTRY_DSN", "HOST", "PORT", "DEBUG", "SECRET_KEY"),
    *("DATABASE_URL", "DATABASE_WEB_URL", "DATABASE_JOBS_URL", "REDIS_URL", "DATA_DIR"),
)


def clean_environment() -> dict[str, str]:
    """Return our environment without what would point at an installation that runs here."""
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}


def environment_of(servers: Servers, *, database_url: str, settings: str) -> dict[str, str]:
    """Return the environment of a process that works on these servers by this login."""
    return {
        **clean_environment(),
        "DJANGO_SETTINGS_MODULE": settings,
        "DATABASE_URL": database_url,
        "REDIS_URL": servers.redis_url,
        "DATA_DIR": str(servers.data_dir),
        "OMP_NUM_THREADS": "1",  # as the supervisor of `make run` has it
        # Limits are asked as ever; nobody reaches them.
        **{f"{rule}_RATE": "1000000000/day" for rule in LIMITS},
        "STREAMS_PER_PERSON": "1000000",
        "CONCURRENT_JOBS": "1000000",
        OWNER_URL: servers.database_url,
        SUPERUSER_URL: servers.superuser_url,
        WEB_URL: servers.web_url,
    }


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as attempt:
        attempt.bind(("127.0.0.1", 0))
        return int(attempt.getsockname()[1])


@contextmanager
def serving(
    *command: str, port: int, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python program for the length of the block, from when its port is open."""
    with running(*command, environment=environment) as process:
        _await_port(port, process)
        yield process


@contextmanager
def running(
    *command: str, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a Python program for the length of the block."""
    process = subprocess.Popen(
        (sys.executable, *command),
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        _end(process)


def megabytes_of(pid: int, what: str) -> float:
    """Return what the kernel says of a process's memory: VmRSS for now, VmHWM for its most."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith(f"{what}:"))
    return int(line.split()[1]) / 1024


def _await_port(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise RuntimeError(f"Nothing serves port {port}.")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
