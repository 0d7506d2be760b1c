"""The supervisor: one output, restarts, one end for all. Its programs are small Python scripts."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from visiona.embedded import child
from visiona.embedded import supervisor as supervisor_module
from visiona.embedded.errors import CannotStart
from visiona.embedded.process import Program
from visiona.embedded.supervisor import Supervisor

type Find = Callable[[], set[int]]
type Wait = Callable[[Callable[[], bool]], None]

SLEEP = "import time; time.sleep(600)"
STUBBORN = """
import os, signal, time
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
os.fork()
print("deaf", flush=True)
time.sleep(600)
"""
POLITE = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("bye", flush=True)))
print("up", flush=True)
time.sleep(600)
"""


def script(name: str, code: str, *, stops_in_round: int = 0) -> Program:
    command = (sys.executable, "-S", "-c", code)
    return Program(name=name, command=command, stops_in_round=stops_in_round)


def signal_to_parent(number: signal.Signals, *, after: float = 0.3, times: int = 1) -> Program:
    code = f"import os, time\nfor _ in range({times}):\n"
    code += f" time.sleep({after}); os.kill(os.getppid(), {int(number)})\ntime.sleep(600)"
    return script("hand", code)


def supervise(lines: list[str], *programs: Program) -> None:
    with Supervisor(write=lines.append) as supervisor:
        supervisor.start(*programs)
        supervisor.run()


@pytest.fixture
def lines() -> list[str]:
    return []


def test_every_line_carries_the_name_of_its_program(lines: list[str], mark: str) -> None:
    print_two = (
        "import sys; print('one', flush=True); print('zwei ä'); sys.stderr.write('no newline')"
    )

    with Supervisor(write=lines.append) as supervisor:
        supervisor.start(script("worker-quick", POLITE))
        supervisor.wait_for(lambda: bool(lines), what="The worker")
        supervisor.call(script("migrate", print_two))

    assert lines[:4] == [
        "worker-quick | up",
        "migrate      | one",
        "migrate      | zwei ä",
        "migrate      | no newline",
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_and_is_no_error(
    number: signal.Signals, lines: list[str], marked_processes: Find, eventually: Wait
) -> None:
    handler = signal.getsignal(number)

    supervise(lines, script("polite", POLITE), signal_to_parent(number))

    assert "polite       | bye" in lines
    eventually(lambda: marked_processes() == set())
    assert signal.getsignal(number) == handler


def test_programs_end_in_rounds(lines: list[str], mark: str) -> None:
    with Supervisor(write=lines.append) as supervisor:
        for number, name in ((2, "postgres"), (1, "redis"), (0, "web")):
            supervisor.start(script(name, POLITE, stops_in_round=number))
        supervisor.wait_for(lambda: len(lines) == 3, what="All")

    assert [line.split()[0] for line in lines[-3:]] == ["web", "redis", "postgres"]


def test_a_program_that_dies_is_started_again(
    lines: list[str], tmp_path: Path, marked_processes: Find, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "FIRST_PAUSE_SECONDS", 0.01)
    once = f"""
import pathlib, os, signal, time
flag = pathlib.Path({str(tmp_path / "flag")!r})
if not flag.exists():
    flag.touch()
    if os.fork():
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)
print("back", flush=True)
time.sleep(600)
"""
    with Supervisor(write=lines.append) as supervisor:
        supervisor.start(script("phoenix", once))
        supervisor.wait_for(lambda: "phoenix      | back" in lines, what="It")
        running = len(marked_processes())

    assert lines[0] == ("visiona      | phoenix was ended by SIGKILL; it starts again in 0.01 s")
    assert running == 1  # what the dead one had started is gone too


def test_a_program_that_keeps_dying_ends_everything_with_its_reason(
    lines: list[str], marked_processes: Find, eventually: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "FIRST_PAUSE_SECONDS", 0.01)

    with pytest.raises(CannotStart) as reason:
        supervise(
            lines,
            script("other", SLEEP),
            script("broken", "import sys; sys.exit('no such table')"),
        )

    assert str(reason.value).splitlines() == [
        "broken exited with 1, 5 times within 60 seconds. Its last lines:",
        *["    no such table"] * 5,
    ]
    pauses = [line.rpartition(" in ")[2] for line in lines if "starts again" in line]
    assert pauses == ["0.01 s", "0.02 s", "0.04 s", "0.08 s"]
    eventually(lambda: marked_processes() == set())


def test_exits_that_lie_far_apart_are_forgiven(
    mark: str, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(child, "WINDOW_SECONDS", 0.05)

    with Supervisor(write=lines.append) as supervisor:
        supervisor.start(script("short", "import time; time.sleep(0.06)"))
        supervisor.wait_for(lambda: len(lines) >= 7, what="It")

    assert all("starts again in 0.001 s" in line for line in lines[:7])


def test_what_ignores_every_signal_is_killed_in_its_round(
    lines: list[str], marked_processes: Find, eventually: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert max(supervisor_module.STOP_DEADLINES) < 10
    monkeypatch.setattr(supervisor_module, "STOP_DEADLINES", (1.0, 1.2, 1.5))

    with Supervisor(write=lines.append) as supervisor:
        supervisor.start(script("deaf", STUBBORN))
        supervisor.start(script("server", STUBBORN, stops_in_round=2))
        supervisor.wait_for(lambda: len(lines) == 4, what="All")
        asked_at = time.monotonic()

    assert 1.4 < time.monotonic() - asked_at < 5
    eventually(lambda: marked_processes() == set())


def test_a_second_interrupt_kills_at_once(
    lines: list[str], marked_processes: Find, eventually: Wait
) -> None:
    with Supervisor(write=lines.append) as supervisor:
        supervisor.start(script("deaf", STUBBORN))
        supervisor.wait_for(lambda: len(lines) == 2, what="It")
        hand = signal_to_parent(signal.SIGINT, after=0.5, times=2)
        supervisor.start(Program(name="hand", command=hand.command, stops_in_round=1))
        started_at = time.monotonic()
        supervisor.run()

    assert time.monotonic() - started_at < 5
    eventually(lambda: marked_processes() == set())


def test_a_call_that_fails_ends_with_its_last_words(lines: list[str], mark: str) -> None:
    with (
        pytest.raises(CannotStart, match=r"migrate exited with 3\. .*\n    no database$"),
        Supervisor(write=lines.append) as supervisor,
    ):
        supervisor.call(script("migrate", "print('no database'); raise SystemExit(3)"))


def test_what_is_late_is_named(lines: list[str]) -> None:
    with (
        pytest.raises(CannotStart, match="PostgreSQL is not ready after 0 seconds"),
        Supervisor(write=lines.append) as supervisor,
    ):
        supervisor.wait_for(lambda: False, what="PostgreSQL", seconds=0.1)


def test_a_program_may_close_its_output_and_live(lines: list[str], mark: str) -> None:
    close = "import os, time; os.close(1); os.close(2); time.sleep(600)"

    with Supervisor(write=lines.append) as supervisor:
        supervisor.start(script("mute", close))
        started_at = time.process_time()
        with pytest.raises(CannotStart):
            supervisor.wait_for(lambda: False, what="Nothing", seconds=0.5)

    assert time.process_time() - started_at < 0.2


def test_nothing_outlives_a_killed_supervisor(marked_processes: Find, eventually: Wait) -> None:
    code = f"""
import sys
from visiona.embedded.machine import write_line
from visiona.embedded.process import Program
from visiona.embedded.supervisor import Supervisor
with Supervisor(write=write_line) as supervisor:
    supervisor.start(Program(name="one", command=(sys.executable, "-c", {SLEEP!r})))
    supervisor.run()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(Path.cwd())}
    )
    eventually(lambda: len(marked_processes()) == 2)

    process.kill()
    process.wait()

    eventually(lambda: marked_processes() == set())
