"""Fixtures with real servers and real processes; none needs Django's database."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from visiona.embedded.throwaway import Servers, throwaway_servers

MARK = "VISIONA_TEST_MARK"


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with throwaway_servers(tmp_path_factory.mktemp("servers")) as running:
        yield running


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything that is started from here on carries the mark in its environment."""
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    return value


@pytest.fixture
def marked_processes(mark: str) -> Callable[[], set[int]]:
    def find() -> set[int]:
        found = set()
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes():
                    found.add(int(folder.name))
        return found - {os.getpid()}

    return find


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    def wait(condition: Callable[[], bool], seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "It did not happen in time."
            time.sleep(0.05)

    return wait
