"""One program under the supervisor: its present process, its lines, its exits."""

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

from visiona.embedded.process import Program, kill_group, launch

EXITS_TO_GIVE_UP = 5
WINDOW_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_LINE = 65536
LINES_TO_REMEMBER = 5


class Child:
    """A program that is started, read, and started again when it exits."""

    def __init__(self, *, program: Program) -> None:
        self.program = program
        self.due_at = 0.0
        self.last_lines: deque[str] = deque(maxlen=LINES_TO_REMEMBER)
        self._process: subprocess.Popen[bytes] | None = None
        self._exits: deque[float] = deque(maxlen=EXITS_TO_GIVE_UP)
        self._rest = b""
        self._has_ended_output = False

    @property
    def is_running(self) -> bool:
        """Tell whether there is a process; an ended one counts until it is buried."""
        return self._process is not None

    @property
    def is_silent(self) -> bool:
        """Tell whether nothing more will be read: it closed its output, running or not."""
        return self._has_ended_output

    @property
    def output(self) -> int:
        """The descriptor to watch while it runs."""
        if self._process is None or self._process.stdout is None:
            raise ValueError(f"{self.program.name} does not run.")
        return self._process.stdout.fileno()

    def start(self) -> None:
        """Start the process; its output is read without waiting."""
        self._process = launch(self.program, output=subprocess.PIPE)
        self._has_ended_output = False
        os.set_blocking(self.output, False)

    def lines(self) -> Iterator[str]:
        """Return the complete lines that it wrote since the last time."""
        with suppress(BlockingIOError):
            while chunk := os.read(self.output, LONGEST_LINE):
                self._rest += chunk
                *complete, self._rest = self._rest.split(b"\n")
                if len(self._rest) >= LONGEST_LINE:
                    complete, self._rest = [*complete, self._rest], b""
                yield from map(self._remember, complete)
            self._has_ended_output = True

    def exit_code(self) -> int | None:
        """Return how it exited; None while it runs."""
        return self._process.poll() if self._process else None

    def bury(self) -> Iterator[str]:
        """Clear up after an exit: what it left running, its last words, its pipe."""
        if self._process is None or self._process.stdout is None:
            return
        kill_group(self._process)
        yield from self.lines()
        if self._rest:
            yield self._remember(self._rest)
        self._process.stdout.close()
        self._process, self._rest = None, b""

    def note_exit(self) -> float | None:
        """Return the seconds to wait before the next start; None when it exited too often."""
        now = time.monotonic()
        self._exits.append(now)
        recent = sum(now - exited_at < WINDOW_SECONDS for exited_at in self._exits)
        if recent >= EXITS_TO_GIVE_UP:
            return None
        pause: float = FIRST_PAUSE_SECONDS * 2 ** (recent - 1)
        self.due_at = now + pause
        return pause

    def ask_to_end(self) -> None:
        """Send the signal that the program ends on."""
        if self._process is not None:
            self._process.send_signal(self.program.stop_signal)

    def kill(self) -> None:
        """End the process and its group now."""
        if self._process is not None:
            kill_group(self._process)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(1)

    def _remember(self, line: bytes) -> str:
        text = line.decode(errors="replace").rstrip()
        self.last_lines.append(text)
        return text


def describe_exit(code: int) -> str:
    """Return how an exit code reads in a sentence."""
    if code >= 0:
        return f"exited with {code}"
    return f"was ended by {signal.Signals(-code).name}"
