"""From `manage.py up`, the second time, to the first page."""

import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.bench.figures import Figure, Promise, interleaved
from tests.bench.stage import BASE_DIR, clean_environment, free_port
from visiona.embedded.throwaway import remove_outside

ROUNDS, QUICK_ROUNDS = 3, 1
LIMIT = 6
READY_SECONDS = 120.0
STOP_SECONDS = 20.0
BASELINE = "from visiona.wsgi import application"


def measure(*, quick: bool) -> list[Figure]:
    """Start everything once, end it, and then start it again for the clock."""
    with tempfile.TemporaryDirectory(prefix="visiona-bench-up-") as folder:
        try:
            _seconds_to_first_page(Path(folder))
            ours, baseline = interleaved(
                lambda: _seconds_to_first_page(Path(folder)),
                lambda: _seconds_to_load(Path(folder)),
                rounds=QUICK_ROUNDS if quick else ROUNDS,
                warm_up=0,
            )
        finally:
            remove_outside(Path(folder))
    figure = Figure(
        name="second start to first page",
        ours=ours,
        baseline=baseline,
        unit="s",
        promise=Promise.OURS_AT_MOST,
        limit=LIMIT,
        note="manage.py up with its own servers; a process that only loads visiona.wsgi",
    )
    return [figure]


def _seconds_to_first_page(data_dir: Path) -> float:
    port = free_port()
    environment = _environment(data_dir) | {"PORT": str(port)}
    started_at = time.perf_counter()
    process = subprocess.Popen(
        (sys.executable, "manage.py", "up"),
        cwd=BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _await_page(f"http://127.0.0.1:{port}/", process)
        return time.perf_counter() - started_at
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


def _seconds_to_load(data_dir: Path) -> float:
    started_at = time.perf_counter()
    command = (sys.executable, "-c", BASELINE)
    subprocess.run(command, check=True, cwd=BASE_DIR, env=_environment(data_dir))
    return time.perf_counter() - started_at


def _environment(data_dir: Path) -> dict[str, str]:
    return clean_environment() | {
        "DATA_DIR": str(data_dir),
        "DJANGO_SETTINGS_MODULE": "visiona.settings",
    }


def _await_page(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 (ours)
                answer.read()
                return
        except OSError:
            time.sleep(0.02)
    raise RuntimeError("manage.py up shows no page.")
