"""Start and end single programs; each in a session of its own, none outlives us."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from visiona.embedded.account import Account

TETHER = str(Path(__file__).with_name("tether.py"))


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, where and as whom; the signal that asks it to end, and after whom."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path("/")
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stops_in_round: int = 0


def launch(program: Program, *, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the program with its output and errors in one stream and nothing to read."""
    account = program.account
    uid, gid = (account.uid, account.gid) if account else (os.geteuid(), os.getegid())
    identity = map(str, (os.getpid(), int(program.stop_signal), uid, gid))
    return subprocess.Popen(  # noqa: S603
        (sys.executable, "-I", "-S", TETHER, *identity, *program.command),
        cwd=program.folder,
        env={**os.environ, **program.environment},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what the program started and left, and itself if it still runs."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def end(
    process: subprocess.Popen[bytes], *, stop_signal: signal.Signals, seconds: float = 10
) -> None:
    """Ask the program to end; kill it and its group when it takes too long."""
    process.send_signal(stop_signal)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        kill_group(process)
        process.wait()


def command_of(pid: int) -> tuple[str, ...]:
    """Return the command line of a process of this machine; empty if there is none."""
    if not Path("/proc/self/cmdline").exists():
        return _command_by_ps(pid)
    try:
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(os.fsdecode(word) for word in line.split(b"\0") if word)


def _command_by_ps(pid: int) -> tuple[str, ...]:
    command = ("/bin/ps", "-o", "command=", "-p", str(pid))
    result = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    return tuple(result.stdout.split())
