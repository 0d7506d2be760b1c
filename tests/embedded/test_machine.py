"""Everything on one machine, as `make run` does it, around a stand-in for the product."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from visiona.embedded import location
from visiona.embedded.errors import CannotStart
from visiona.embedded.machine import Machine
from visiona.embedded.throwaway import remove_outside

type Find = Callable[[], set[int]]
type Wait = Callable[[Callable[[], bool]], None]

REPOSITORY = Path(__file__).resolve().parents[2]
DRIVER = """
import sys
from pathlib import Path
from visiona.embedded import child, machine
child.FIRST_PAUSE_SECONDS = 0.05
base, data_dir, port, redis_url = sys.argv[1:]
machine.run(
    machine.Machine(
        base_dir=Path(base), data_dir=Path(data_dir), host="127.0.0.1", port=int(port),
        redis_url=redis_url,
    ),
    write=machine.write_line,
)
"""
ASGI = """
import os
async def application(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": os.environ["DATABASE_URL"].encode()})
"""
MANAGE = """
import os, sys, time
print(sys.argv[1], "as", os.environ["DATABASE_URL"].partition("@")[0], flush=True)
if sys.argv[1] == "run_jobs":
    time.sleep(600)
"""
CELERY_MAIN = """
import os, sys, time
print(sys.argv[4], os.environ["DATABASE_URL"].partition("@")[0], flush=True)
time.sleep(600)
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A stand-in for the repository: the entry points that the machine calls, and no more."""
    folder = tmp_path / "product"
    for name, content in {
        "visiona/__init__.py": "",
        "visiona/asgi.py": ASGI,
        "celery/__init__.py": "",
        "celery/__main__.py": CELERY_MAIN,
        "manage.py": MANAGE,
        "static/css/app.css": "",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "data"
    yield folder
    remove_outside(folder)


class Run:
    """A run of the machine, and what it has written."""

    def __init__(self, base: Path, data_dir: Path, port: int, redis_url: str = "") -> None:
        self.log = base.parent / f"{time.monotonic_ns()}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", DRIVER, base, data_dir, str(port), redis_url],
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def lines(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.lines
        return any(line.startswith("Visiona is ready") for line in self.lines)


@contextmanager
def running(*arguments: object) -> Iterator[Run]:
    run = Run(*arguments)  # type: ignore[arg-type]
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()


def page(port: int) -> str:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/")
        return connection.getresponse().read().decode()


def test_everything_starts_as_its_role_and_ends_together(
    base: Path, data_dir: Path, port: int, marked_processes: Find, eventually: Wait
) -> None:
    with running(base, data_dir, port) as run:
        eventually(run.is_ready)
        first_page = page(port)
        eventually(lambda: sum("visiona_jobs" in line for line in run.lines) == 6)
        lines = run.lines
        asked_at = time.monotonic()
        run.process.terminate()
        code = run.process.wait(10)

    assert code == 0
    assert time.monotonic() - asked_at < 10
    eventually(lambda: marked_processes() == set())
    assert first_page.startswith("postgresql://visiona_web@")
    assert "migrate      | migrate as postgresql://visiona_owner" in lines
    assert f"Visiona is ready: http://127.0.0.1:{port}/" in lines
    assert {line.partition(" ")[0] for line in lines if "visiona_jobs" in line} == {
        "worker-quick",
        "worker-films",
        "worker-chat",
        "worker-calls",
        "jobs",
        "beat",
    }
    assert (data_dir / "up.lock").read_text() == ""


def test_the_environment_chooses_and_has_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOST", "DATA_DIR", "DATABASE_URL", "DATABASE_WEB_URL", "REDIS_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PORT", "9000")

    machine = Machine.from_environment(base_dir=tmp_path)

    assert machine == Machine(
        base_dir=tmp_path, data_dir=tmp_path / ".data", host="127.0.0.1", port=9000
    )
    assert replace(machine, host="0.0.0.0").address == "http://127.0.0.1:9000/"  # noqa: S104
    assert replace(machine, host="::").address == "http://[::1]:9000/"
    monkeypatch.setenv("PORT", "nine")
    with pytest.raises(CannotStart, match="PORT is 'nine', which is no number"):
        Machine.from_environment(base_dir=tmp_path)


def test_a_second_start_on_the_same_data_directory_is_refused_in_one_line(
    base: Path, data_dir: Path, port: int, eventually: Wait
) -> None:
    with running(base, data_dir, port, "redis://127.0.0.1:1") as first:
        eventually(first.is_ready)
        with running(base, data_dir, port) as second:
            assert second.process.wait(10) == 1
        assert page(port)
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(10) == 0

    assert second.lines == [f"Visiona already runs on {data_dir} (process {first.process.pid})."]


def test_a_killed_run_is_named_in_one_line_and_the_next_one_works(
    base: Path, data_dir: Path, port: int, marked_processes: Find, eventually: Wait
) -> None:
    with running(base, data_dir, port) as killed:
        eventually(killed.is_ready)
        url = location.database_url(data_dir)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE memory (word text)")
        killed.process.kill()
        killed.process.wait()
    with running(base, data_dir, port) as run:
        eventually(run.is_ready)
        with psycopg.connect(url) as connection:
            connection.execute("SELECT * FROM memory")
        run.process.terminate()
        assert run.process.wait(10) == 0

    line = f"The last run (process {killed.process.pid}) was killed: what it left is cleared up."
    assert [found for found in run.lines if "last run" in found] == [line]
    eventually(lambda: marked_processes() == set())


def test_a_taken_port_is_told_in_one_line(base: Path, data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with running(base, data_dir, port) as run:
            assert run.process.wait(10) == 1

    message = f"Port {port} of 127.0.0.1 is taken: end what uses it, or set PORT."
    assert [line for line in run.lines if "|" not in line] == [message]
    assert not location.cluster_dir(data_dir).exists()


def test_a_data_directory_that_cannot_be_written_is_told_in_one_line(
    base: Path, tmp_path: Path, port: int
) -> None:
    (tmp_path / "file").touch()

    with running(base, tmp_path / "file", port) as run:
        assert run.process.wait(10) == 1

    assert run.lines == [f"DATA_DIR {tmp_path / 'file'} cannot be written: File exists."]


def test_a_web_process_that_cannot_start_ends_everything_with_its_reason(
    base: Path, data_dir: Path, port: int, marked_processes: Find, eventually: Wait
) -> None:
    (base / "visiona/asgi.py").write_text("raise RuntimeError('half configured')\n")

    with running(base, data_dir, port) as run:
        assert run.process.wait(50) == 1

    text = "\n".join(run.lines)
    assert re.search(r"^web exited with 1, 5 times within 60 seconds\.", text, re.MULTILINE)
    assert run.lines[-1] == "    RuntimeError: half configured"
    eventually(lambda: marked_processes() == set())
