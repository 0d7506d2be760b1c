"""The scanner is asked as clamd's manual says; without a verdict nothing counts as clean."""

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from visiona.lib import antivirus
from visiona.lib.antivirus import Verdict, scan

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MOST_BYTES = 1_000_000


@dataclass
class Clamd:
    """A stand-in that speaks INSTREAM exactly, or answers what a test wants."""

    listener: socket.socket
    answer: Callable[[socket.socket], object] | None = None
    commands: list[bytes] = field(default_factory=list)
    chunks: list[int] = field(default_factory=list)
    received: bytes = b""

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                if self.answer:
                    self.answer(connection)
                else:
                    self._instream(connection, stream)

    def _instream(self, connection: socket.socket, stream: object) -> None:
        read: Callable[[int], bytes] = stream.read  # type: ignore[attr-defined] # a buffered reader
        self.commands.append(read(len(b"zINSTREAM\0")))
        data = b""
        while True:
            (length,) = struct.unpack(">I", read(4))
            self.chunks.append(length)
            if not length:
                break
            data += read(length)
            if len(data) > MOST_BYTES:
                connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
                return
        self.received = data
        found = b"stream: Eicar-Test-Signature FOUND\0"
        connection.sendall(found if EICAR in data else b"stream: OK\0")


@contextmanager
def serving(listener: socket.socket, clamd: Clamd) -> Iterator[Clamd]:
    listener.listen()
    thread = threading.Thread(target=clamd.serve)
    thread.start()
    try:
        yield clamd
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)
        assert not thread.is_alive()


@pytest.fixture
def clamd(settings: Settings) -> Iterator[Clamd]:
    listener = socket.create_server(("127.0.0.1", 0))
    settings.CLAMD_ADDRESS = f"tcp://127.0.0.1:{listener.getsockname()[1]}"
    with serving(listener, Clamd(listener)) as running:
        yield running


def hear_out(connection: socket.socket) -> None:
    """Read to the empty chunk that ends a stream."""
    heard = b""
    while not heard.endswith(bytes(4)):
        heard += connection.recv(65536)


def reply(text: bytes) -> Callable[[socket.socket], None]:
    """Read what comes, and answer this."""

    def answer(connection: socket.socket) -> None:
        hear_out(connection)
        connection.sendall(text)

    return answer


def test_without_a_scanner_everything_counts_as_clean(settings: Settings) -> None:
    settings.CLAMD_ADDRESS = ""
    assert scan(EICAR) is Verdict.CLEAN


def test_a_harmless_file_is_clean(clamd: Clamd) -> None:
    data = bytes(range(256)) * 600
    assert scan(data) is Verdict.CLEAN
    assert clamd.received == data
    assert clamd.commands == [b"zINSTREAM\0"]
    assert clamd.chunks == [65536, 65536, 22528, 0]


def test_an_empty_file_is_asked_about_too(clamd: Clamd) -> None:
    assert scan(b"") is Verdict.CLEAN
    assert clamd.chunks == [0]


def test_the_test_virus_is_infected(clamd: Clamd) -> None:
    assert scan(EICAR) is Verdict.INFECTED
    assert scan(b"x" * 100_000 + EICAR) is Verdict.INFECTED


def test_a_socket_file_does_as_well(settings: Settings, tmp_path: Path) -> None:
    path = Path("/tmp") / f"clamd-{tmp_path.name[-20:]}.sock"  # noqa: S108 (a socket's path is short)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    settings.CLAMD_ADDRESS = f"unix://{path}"
    try:
        with serving(listener, Clamd(listener)):
            assert scan(b"harmless") is Verdict.CLEAN
            assert scan(EICAR) is Verdict.INFECTED
    finally:
        path.unlink()
    assert scan(b"harmless") is Verdict.UNAVAILABLE


def test_a_file_that_the_scanner_finds_too_large_is_not_clean(clamd: Clamd) -> None:
    assert scan(b"x" * (5 * MOST_BYTES)) is Verdict.UNAVAILABLE
    assert scan(b"x") is Verdict.CLEAN
    assert clamd.chunks[-1] == 0


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\0",
        b"stream: OK",  # cut off
        b"stream: OK\n\0",
        b"stream: OKAY\0",
        b"OK\0",
        b"stream: Eicar-Test-Signature ERROR\0",
        b"stream:  FOUND\n\0",
        b"UNKNOWN COMMAND\0",
        b"\xff\xfe\xfd\0",
        b"stream: OK\0stream: Eicar-Test-Signature FOUND\0",
        b"x" * 100_000,
    ],
    ids=range(12),
)
def test_an_answer_that_says_nothing_is_no_verdict(clamd: Clamd, text: bytes) -> None:
    clamd.answer = reply(text)
    assert scan(b"harmless") is Verdict.UNAVAILABLE


def test_a_verdict_may_come_in_pieces(clamd: Clamd) -> None:
    def answer(connection: socket.socket) -> None:
        hear_out(connection)
        for piece in (b"stre", b"am: ", b"OK", b"\0"):
            connection.sendall(piece)
            time.sleep(0.02)

    clamd.answer = answer
    assert scan(b"harmless") is Verdict.CLEAN


def test_a_scanner_that_is_silent_is_given_up(
    clamd: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(antivirus, "SCAN_SECONDS", 0.3)
    gate = threading.Event()
    clamd.answer = lambda _: gate.wait(5)
    began = time.monotonic()
    verdict = scan(b"harmless")
    waited = time.monotonic() - began
    gate.set()
    assert verdict is Verdict.UNAVAILABLE
    assert 0.25 < waited < 2


def test_a_scanner_that_drips_is_given_up(clamd: Clamd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(antivirus, "SCAN_SECONDS", 0.3)

    def answer(connection: socket.socket) -> None:
        try:
            for _ in range(100):
                connection.sendall(b"s")
                time.sleep(0.05)
        except OSError:
            pass

    clamd.answer = answer
    began = time.monotonic()
    assert scan(b"harmless") is Verdict.UNAVAILABLE
    assert time.monotonic() - began < 2


def test_a_scanner_that_reads_nothing_is_given_up(
    clamd: Clamd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(antivirus, "SCAN_SECONDS", 0.3)
    gate = threading.Event()
    clamd.answer = lambda _: gate.wait(5)
    verdict = scan(b"x" * 20_000_000)  # more than the buffers between us hold
    gate.set()
    assert verdict is Verdict.UNAVAILABLE


def test_a_scanner_that_is_gone_is_no_verdict(settings: Settings) -> None:
    settings.CLAMD_ADDRESS = "tcp://127.0.0.1:1"
    assert scan(b"harmless") is Verdict.UNAVAILABLE
    settings.CLAMD_ADDRESS = "unix:///nowhere/clamd.sock"
    assert scan(b"harmless") is Verdict.UNAVAILABLE


@pytest.mark.parametrize(
    "address", ["clamd", "tcp://clamd", "http://clamd:3310", "unix://", "unix://path/x", "tcp://:1"]
)
def test_an_address_that_is_none_is_named(settings: Settings, address: str) -> None:
    settings.CLAMD_ADDRESS = address
    with pytest.raises(ImproperlyConfigured, match="CLAMD_ADDRESS"):
        scan(b"harmless")
