"""Clean a picture in a process of its own: a decoder that a file takes over takes nothing with it.

One process a file. It holds no secret, no file and no connection, can open none, and may use
little time and memory. It reads the picture to its end, answers with one byte when it is about to
decode, then with the length of a JSON header, the header, and the pictures that the header lists.
What it answers is not trusted either.
"""

import contextlib
import json
import logging
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from generation.media import photos
from generation.media.photos import CleanPhoto, Refused

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-s", "-P", "-m", "generation.media.sandbox")
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}

CPU_SECONDS = 3
WALL_SECONDS = 8.0
# Anonymous memory; with the libraries that it maps, a child stays under 300 MB.
DATA_BYTES = 264 * 2**20
ADDRESS_BYTES = 768 * 2**20
MAX_ANSWER_BYTES = 16 * 2**20
CHUNK_BYTES = 64 * 1024

PLACES = 2
PLACE_WAIT_SECONDS = 5.0

READY = b"R"
LENGTH = struct.Struct(">I")
MARKS = {"jpeg": b"\xff\xd8\xff", "webp": b"RIFF"}
COSTLY = {-signal.SIGXCPU, -signal.SIGKILL}

logger = logging.getLogger(__name__)
_places = threading.BoundedSemaphore(PLACES)


class SandboxUnavailable(Exception):
    """The picture may be good: too many came at once, or no process could be started."""


def clean(raw: bytes) -> CleanPhoto:
    """Return what `photos.clean` makes of these bytes. Raises Refused and SandboxUnavailable."""
    photos.format_of(raw)  # what is no picture at all is worth no process
    if not _places.acquire(timeout=PLACE_WAIT_SECONDS):
        raise SandboxUnavailable
    try:
        answer, status = _ask(raw)
    finally:
        _places.release()
    if not answer.startswith(READY):
        logger.error("generation.sandbox.not_ready", extra={"status": status})
        raise SandboxUnavailable
    if status:
        raise Refused("too_costly" if status in COSTLY else "damaged")
    try:
        return _read(answer[len(READY) :])
    except (ValueError, KeyError, TypeError, AttributeError, struct.error):
        raise Refused("damaged") from None


def _ask(raw: bytes) -> tuple[bytes, int]:
    """Have a process look at these bytes; return what it said and how it ended."""
    ours, theirs = socket.socketpair()
    answer = bytearray()
    with ours:
        with theirs:
            process = _start(theirs)
        try:
            _converse(ours, raw, answer)
            process.wait(timeout=1)
        except (TimeoutError, subprocess.TimeoutExpired):
            logger.warning("generation.sandbox.stopped")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return bytes(answer), process.wait()


def _start(line: socket.socket) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 (our own module)
            COMMAND,
            stdin=line.fileno(),
            stdout=line.fileno(),
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except OSError:
        logger.exception("generation.sandbox.not_started")
        raise SandboxUnavailable from None


def _converse(line: socket.socket, raw: bytes, answer: bytearray) -> None:
    """Send all, then take what comes until the end. Raises TimeoutError, also when it is too much.

    A process that dies meanwhile ends the conversation; how it died says what that means.
    """
    deadline = time.monotonic() + WALL_SECONDS
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        line.settimeout(WALL_SECONDS)
        line.sendall(raw)
        line.shutdown(socket.SHUT_WR)
    with contextlib.suppress(ConnectionResetError):
        while len(answer) <= MAX_ANSWER_BYTES:
            line.settimeout(max(0.01, deadline - time.monotonic()))
            piece = line.recv(CHUNK_BYTES)
            if not piece:
                return
            answer += piece
        raise TimeoutError


def _read(answer: bytes) -> CleanPhoto:
    """Read a whole answer. Raises Refused, and other errors if it is not what we would write."""
    (length,) = LENGTH.unpack_from(answer)
    header = json.loads(answer[LENGTH.size : LENGTH.size + length])
    if "refused" in header:
        raise Refused(str(header["refused"]))
    parts = _parts(answer[LENGTH.size + length :], header["sizes"])
    data, renditions = parts[0], dict(zip(map(int, header["widths"]), parts[1:], strict=True))
    if not data.startswith(MARKS["jpeg"]):
        raise ValueError
    if not renditions or not all(copy.startswith(MARKS["webp"]) for copy in renditions.values()):
        raise ValueError
    photos.coach(header["issues"])  # a code that we do not know is a KeyError
    sides = header["width"], header["height"], *renditions
    if not all(0 < side <= photos.KEPT_SIDE for side in sides):
        raise ValueError
    return CleanPhoto(
        data=data,
        renditions=renditions,
        width=header["width"],
        height=header["height"],
        issues=header["issues"],
    )


def _parts(body: bytes, sizes: list[int]) -> list[bytes]:
    if sum(sizes) != len(body) or min(sizes) <= 0:
        raise ValueError
    ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
    return [body[end - size : end] for end, size in zip(ends, sizes, strict=True)]


# --- In the process -----------------------------------------------------------------------------


def main() -> None:
    """Clean the picture on the standard input."""
    raw = sys.stdin.buffer.read()
    kind = photos.format_of(raw)
    photos.load_decoder(kind)
    _give_up_everything(but_threads=kind in photos.DECODED_IN_THREADS)
    out = sys.stdout.buffer
    out.write(READY)
    out.flush()
    try:
        header, parts = _describe(photos.clean(raw))
    except Refused as refused:
        header, parts = {"refused": refused.reason}, []
    except MemoryError:
        header, parts = {"refused": "too_many_pixels"}, []
    text = json.dumps(header).encode()
    out.write(b"".join([LENGTH.pack(len(text)), text, *parts]))
    out.flush()


def _describe(photo: CleanPhoto) -> tuple[dict[str, Any], list[bytes]]:
    parts = [photo.data, *photo.renditions.values()]
    header = {
        "width": photo.width,
        "height": photo.height,
        "issues": photo.issues,
        "widths": list(photo.renditions),
        "sizes": [len(part) for part in parts],
    }
    return header, parts


def _give_up_everything(*, but_threads: bool) -> None:
    """Take from this process, for good, what decoding a picture does not need."""
    for name in os.environ.keys() - ENVIRONMENT.keys():  # Sentry adds to whatever is started
        del os.environ[name]
    limits = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NOFILE: 3,  # the standard ones are open; no file, no connection beside
        resource.RLIMIT_CPU: CPU_SECONDS,
    }
    if not but_threads:
        limits[resource.RLIMIT_NPROC] = 0
    if sys.platform == "linux":  # elsewhere these are refused or ignored
        limits |= {resource.RLIMIT_DATA: DATA_BYTES, resource.RLIMIT_AS: ADDRESS_BYTES}
    for kind, most in limits.items():
        # Between the soft and the hard limit of time lies the second in which it is told to end.
        hardest = most + 1 if kind == resource.RLIMIT_CPU else most
        resource.setrlimit(kind, (most, hardest))


if __name__ == "__main__":
    main()
