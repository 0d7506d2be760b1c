"""Where the embedded servers of a data directory live; pure, so that settings can ask it."""

import hashlib
import os
from pathlib import Path
from urllib.parse import quote

SYSTEM_HOME = Path("/var/lib/visiona")
SHORT_HOME = Path("/tmp")  # noqa: S108 - the folder in it is ours, 0700 and checked before use
DATABASE = "visiona"
OWNER = "visiona_owner"
PORT = 5432  # only part of the socket's name; said everywhere, because PGPORT may say otherwise
POSTGRES_SOCKET = f".s.PGSQL.{PORT}"
REDIS_SOCKET = "redis.sock"
LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes on Linux, 103 on macOS


def cluster_dir(data_dir: Path) -> Path:
    """Return the folder of the PostgreSQL cluster."""
    return _home(data_dir.resolve()) / "postgres"


def socket_dir(data_dir: Path) -> Path:
    """Return the folder of both servers' sockets, always short enough to connect to."""
    resolved = data_dir.resolve()
    beside_cluster = _home(resolved) / "run"
    if len(os.fsencode(beside_cluster / POSTGRES_SOCKET)) <= LONGEST_SOCKET_PATH:
        return beside_cluster
    if os.geteuid() == 0:
        return _system_home(resolved) / "run"
    return SHORT_HOME / f"visiona-{os.geteuid()}-{_digest(resolved)}"


def database_url(data_dir: Path, user: str = OWNER, database: str = DATABASE) -> str:
    """Return the URL of the embedded PostgreSQL for one of its roles."""
    host = quote(str(socket_dir(data_dir)), safe="")
    return f"postgresql://{user}@:{PORT}/{database}?host={host}"


def redis_url(data_dir: Path) -> str:
    """Return the URL of the embedded Redis."""
    return f"unix://{quote(str(socket_dir(data_dir) / REDIS_SOCKET))}?db=0"


def is_reachable(path: Path, *, uid: int | None = None) -> bool:
    """Tell whether an account without special rights may pass every folder above the path."""
    return all(_may_pass(folder, uid) for folder in path.parents)


def _home(data_dir: Path) -> Path:
    if os.geteuid() != 0:
        return data_dir
    system_home = _system_home(data_dir)
    if system_home.exists() and (system_home / "postgres").exists():
        return system_home
    return data_dir if _holds_cluster(data_dir) else system_home


def _holds_cluster(data_dir: Path) -> bool:
    """PostgreSQL refuses to run as root: the data directory serves if another account gets in."""
    cluster = data_dir / "postgres"
    return cluster.exists() or is_reachable(cluster)


def _may_pass(folder: Path, uid: int | None) -> bool:
    try:
        status = folder.stat()
    except FileNotFoundError:
        return True  # it will be ours to make
    except OSError:
        return False
    owned = status.st_uid == uid and bool(status.st_mode & 0o100)
    return owned or bool(status.st_mode & 0o001)


def _system_home(data_dir: Path) -> Path:
    return SYSTEM_HOME / _digest(data_dir)


def _digest(data_dir: Path) -> str:
    return hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
