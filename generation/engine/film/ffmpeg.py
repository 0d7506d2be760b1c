"""ffmpeg as a bounded child: a process group of its own, little time, memory and disk, no hang."""

import contextlib
import errno
import fcntl
import importlib
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self

ENVIRONMENT: Final = {"LC_ALL": "C", "MALLOC_ARENA_MAX": "2"}
QUIET: Final = ("-hide_banner", "-loglevel", "error", "-nostats")
DATA_BYTES: Final = 900 * 2**20
FILE_BYTES: Final = 160 * 2**20
FREE_BYTES: Final = 2 * FILE_BYTES  # the film, and its copy while its index is moved to the front
PIPE_BYTES: Final = 2**20
LONGEST_COMPLAINT: Final = 300
LAST_SECONDS: Final = 60.0  # for what remains to be done after the last frame


class FilmFailed(RuntimeError):
    """ffmpeg did not do its part; the stage says which one that was."""

    def __init__(self, stage: str, reason: str) -> None:
        self.stage = stage
        super().__init__(f"{stage}: {reason}")


def program() -> str:
    """Where ffmpeg is. Raises FilmFailed when it is not installed."""
    try:
        # Whoever makes no films does not need it.
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise FilmFailed("starting", "ffmpeg is not installed (imageio-ffmpeg)") from error


def require_room(folder: Path) -> None:
    """Raises OSError, as the disk itself would, when a film might not fit on it."""
    if shutil.disk_usage(folder).free < FREE_BYTES:
        raise OSError(errno.ENOSPC, "There is too little room on the disk for a film")


class Child:
    """One run of ffmpeg in a folder; when the block is left it has ended, one way or the other."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        stage: str,
        seconds: float,
        reads: bool = False,
        writes: bool = False,
    ) -> None:
        self._arguments = (program(), *QUIET, *arguments)
        self._folder = folder
        self._stage = stage
        self._seconds = seconds
        self._reads, self._writes = reads, writes
        self._is_late = False

    def __enter__(self) -> Self:
        self._complaints = (self._folder / f"ffmpeg-{id(self):x}.log").open("w+b")
        try:
            self._process = subprocess.Popen(  # noqa: S603 (a program and arguments of our own)
                self._arguments,
                stdin=subprocess.PIPE if self._reads else subprocess.DEVNULL,
                stdout=subprocess.PIPE if self._writes else subprocess.DEVNULL,
                stderr=self._complaints,
                env=ENVIRONMENT,
                cwd=self._folder,
                start_new_session=True,
            )
        except OSError as error:
            self._complaints.close()
            raise FilmFailed(self._stage, "ffmpeg could not be started") from error
        self._bound()
        self._watch = threading.Timer(self._seconds, self._expire)
        self._watch.daemon = True
        self._watch.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._watch.cancel()
        self._kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()
        self._complaints.close()

    def feed(self, data: bytes | memoryview) -> None:
        """Give it some of its input. Raises FilmFailed when it takes no more."""
        try:
            _pipe(self._process.stdin).write(data)
        except (BrokenPipeError, ValueError) as error:
            raise self._failure() from error

    def take(self, count: int) -> bytes:
        """So many bytes of what it makes, or fewer at its end."""
        return _pipe(self._process.stdout).read(count)

    def end(self) -> None:
        """Wait until all is done. Raises FilmFailed when it was not done well."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=LAST_SECONDS)
        if self._process.poll() != 0:
            raise self._failure()

    def complaints(self) -> str:
        """What it wrote about its work."""
        self._complaints.seek(0)
        return self._complaints.read().decode(errors="replace")

    def wait(self) -> None:
        """Wait for its end, whatever it makes of its work."""
        self._process.wait()

    def _failure(self) -> FilmFailed:
        if self._is_late:
            return FilmFailed(self._stage, f"ffmpeg took longer than {self._seconds:.0f} seconds")
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=1)
        said = " ".join(self.complaints().split())[-LONGEST_COMPLAINT:]
        return FilmFailed(self._stage, f"ffmpeg ended with {self._process.poll()} {said}".rstrip())

    def _bound(self) -> None:
        if self._process.stdin is not None and hasattr(fcntl, "F_SETPIPE_SZ"):
            with contextlib.suppress(OSError):  # more than this system allows: it only goes slower
                fcntl.fcntl(self._process.stdin, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        if sys.platform != "linux":
            return
        limits = {
            resource.RLIMIT_CORE: 0,
            resource.RLIMIT_FSIZE: FILE_BYTES,
            resource.RLIMIT_DATA: DATA_BYTES,
            resource.RLIMIT_CPU: int(2 * self._seconds) + 1,
        }
        for kind, most in limits.items():
            with contextlib.suppress(ProcessLookupError):  # it has ended already: `end` tells
                resource.prlimit(self._process.pid, kind, (most, most))

    def _expire(self) -> None:
        self._is_late = True
        self._kill()

    def _kill(self) -> None:
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - the child was made with it
    return pipe
