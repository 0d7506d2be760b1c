"""Keep programs running together: one output, restarts, one end for all."""

import os
import selectors
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

from visiona.embedded.child import EXITS_TO_GIVE_UP, WINDOW_SECONDS, Child, describe_exit
from visiona.embedded.errors import CannotStart
from visiona.embedded.process import Program

STOP_DEADLINES = (6.5, 8.0, 9.5)  # seconds after the first signal, a round each
NAME_WIDTH = 12
LONGEST_PAUSE = 1.0
SECOND_SIGNAL_AFTER = 0.3  # one Ctrl-C may reach us twice: from the terminal and from make
OURSELVES = "visiona"


class StopRequested(Exception):
    """Somebody asked everything to end."""


class Supervisor:
    """Programs that start in order, are restarted one by one and end together.

    A context: signals are its own inside of it, and on the way out everything ends.
    """

    def __init__(self, *, write: Callable[[str], None]) -> None:
        self._write = write
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._signaled_at: float | None = None
        self._kill_now = False
        self._handlers: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        self._wake_reader, self._wake_writer = os.pipe()
        for descriptor in (self._wake_reader, self._wake_writer):
            os.set_blocking(descriptor, False)
        self._selector.register(self._wake_reader, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._wake_writer, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, self._on_signal)
        self._handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> bool:
        self._stop()
        signal.set_wakeup_fd(-1)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._selector.close()
        os.close(self._wake_reader)
        os.close(self._wake_writer)
        return isinstance(error, StopRequested)

    def start(self, *programs: Program) -> None:
        """Start programs and keep them running."""
        for program in programs:
            child = Child(program=program)
            self._children.append(child)
            self._launch(child)

    def call(self, program: Program) -> None:
        """Run a program to its end. Raises CannotStart with its last words if it fails."""
        child = Child(program=program)
        self._launch(child)
        try:
            while (code := child.exit_code()) is None:
                self._step(LONGEST_PAUSE)
        finally:
            child.kill()
            self._bury(child)
        if code:
            raise CannotStart(_reason(child, f"{program.name} {describe_exit(code)}"))

    def wait_for(self, condition: Callable[[], bool], *, what: str, seconds: float = 60) -> None:
        """Look after the programs until the condition holds. Raises CannotStart when it is late."""
        deadline = time.monotonic() + seconds
        while not condition():
            self._step(0.02)
            if time.monotonic() > deadline:
                raise CannotStart(f"{what} is not ready after {seconds:.0f} seconds.")

    def run(self) -> None:
        """Look after the programs until somebody asks everything to end."""
        while True:
            self._step(LONGEST_PAUSE)

    def say(self, sentence: str) -> None:
        """Write a line of our own."""
        self._write_line(OURSELVES, sentence)

    def _step(self, seconds: float) -> None:
        now = time.monotonic()
        waits = (child.due_at - now for child in self._children if not child.is_running)
        self._listen(max(0.0, min((seconds, *waits))))
        if self._signaled_at is not None:
            raise StopRequested
        for child in self._children:
            self._look_after(child)

    def _listen(self, seconds: float) -> None:
        """Pass on what the programs say, for so long or until something happens."""
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, Child):
                self._pass_on(key.data)
            else:
                with suppress(BlockingIOError):
                    os.read(self._wake_reader, 512)

    def _pass_on(self, child: Child) -> None:
        for line in child.lines():
            self._write_line(child.program.name, line)
        if child.is_silent:
            self._selector.unregister(child.output)

    def _look_after(self, child: Child) -> None:
        if child.is_running:
            self._replace_if_exited(child)
        elif time.monotonic() >= child.due_at:
            self._launch(child)

    def _replace_if_exited(self, child: Child) -> None:
        code = child.exit_code()
        if code is None:
            return
        self._bury(child)
        ending = f"{child.program.name} {describe_exit(code)}"
        pause = child.note_exit()
        if pause is None:
            often = f"{ending}, {EXITS_TO_GIVE_UP} times within {WINDOW_SECONDS:.0f} seconds"
            raise CannotStart(_reason(child, often))
        self.say(f"{ending}; it starts again in {pause:g} s")

    def _launch(self, child: Child) -> None:
        child.start()
        self._selector.register(child.output, selectors.EVENT_READ, child)

    def _bury(self, child: Child) -> None:
        if not child.is_running:
            return
        with suppress(KeyError):  # a silent one is no longer listened to
            self._selector.unregister(child.output)
        for line in child.bury():
            self._write_line(child.program.name, line)

    def _stop(self) -> None:
        """End the programs round by round, whatever they do, in less than ten seconds."""
        if self._children:
            self.say("everything ends")
        started_at = time.monotonic()
        for number, seconds in enumerate(STOP_DEADLINES):
            members = [child for child in self._children if child.program.stops_in_round == number]
            self._stop_round(members, deadline=started_at + seconds)

    def _stop_round(self, members: list[Child], *, deadline: float) -> None:
        for child in members:
            child.ask_to_end()
        while any(child.is_running for child in members):
            late = self._kill_now or time.monotonic() >= deadline
            for child in members:
                if late:
                    child.kill()
                if late or child.exit_code() is not None:
                    self._bury(child)
            self._listen(0.1)

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        now = time.monotonic()
        if self._signaled_at is None:
            self._signaled_at = now
        elif number == signal.SIGINT and now - self._signaled_at > SECOND_SIGNAL_AFTER:
            self._kill_now = True

    def _write_line(self, name: str, line: str) -> None:
        self._write(f"{name:<{NAME_WIDTH}} | {line}")


def _reason(child: Child, ending: str) -> str:
    return "\n    ".join((f"{ending}. Its last lines:", *child.last_lines))
