"""Everything of Visiona on one machine: checks, servers, roles, migrations, processes, address."""

import errno
import fcntl
import http
import http.client
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from dotenv import load_dotenv

from visiona.embedded import location, postgres, redis, roles
from visiona.embedded.css import BASE_DIR, build_css
from visiona.embedded.errors import CannotStart
from visiona.embedded.folders import make_data_dir
from visiona.embedded.migrations import is_migrated, note_migrated
from visiona.embedded.process import Program
from visiona.embedded.supervisor import Supervisor

LOCK_FILE = "up.lock"
CELERY_AS_ROOT = {  # it refuses pickles, which we do not use, and warns at length
    "C_FORCE_ROOT": "1",
    "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
}
ONE_PROCESS = ("--concurrency", "1")
WORKERS = {  # who draws has a process of its own; who waits for others needs only a thread
    "quick": ("--queues", "quick", *ONE_PROCESS),
    "films": ("--queues", "films", *ONE_PROCESS),
    # Who answers waits for others as well, but nobody waits behind a thousand jobs for an answer.
    "chat": ("--queues", "chat", "--pool", "threads", "--concurrency", "64"),
    # Redis is asked for both by turns: the timetable never waits behind a thousand jobs.
    "calls": ("--queues", "calls,chores", "--pool", "threads", "--concurrency", "16"),
}
NICENESS = {"quick": 5, "films": 10}
SHARING = {"chat": {"DATABASE_POOL": "16"}}
"""What else a worker is told: who writes answers needs the database for moments only."""
LEFTOVER_SECONDS = 12.0  # what a killed supervisor leaves ends by itself in this time


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What is chosen from outside; an empty URL stands for an embedded server."""

    base_dir: Path
    data_dir: Path
    host: str
    port: int
    database_url: str = ""
    web_url: str = ""
    jobs_url: str = ""
    redis_url: str = ""

    @classmethod
    def from_environment(cls, *, base_dir: Path = BASE_DIR) -> "Machine":
        """Read it as settings.py does, without the second that Django takes to load."""
        load_dotenv(base_dir / ".env")
        known = os.environ
        port = known.get("PORT") or "8000"
        if not port.isdecimal():
            raise CannotStart(f"PORT is '{port}', which is no number.")
        return cls(
            base_dir=base_dir,
            data_dir=Path(known.get("DATA_DIR") or base_dir / ".data").resolve(),
            host=known.get("HOST") or "127.0.0.1",
            port=int(port),
            database_url=known.get("DATABASE_URL", ""),
            web_url=known.get("DATABASE_WEB_URL", ""),
            jobs_url=known.get("DATABASE_JOBS_URL", ""),
            redis_url=known.get("REDIS_URL", ""),
        )

    @property
    def address(self) -> str:
        """The address for a browser on this machine."""
        host = f"[{self.visited_host}]" if ":" in self.visited_host else self.visited_host
        return f"http://{host}:{self.port}/"

    @property
    def visited_host(self) -> str:
        """The host to connect to; a server that listens everywhere also listens on loopback."""
        return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104


def run(machine: Machine, *, write: Callable[[str], None]) -> None:
    """Run everything until a signal ends it. Raises CannotStart with one line if it cannot be."""
    with _hold(machine.data_dir, write) as was_killed, Supervisor(write=write) as supervisor:
        supervisor.wait_for(
            lambda: _is_free(machine) or not was_killed,
            what=f"Port {machine.port}",
            seconds=LEFTOVER_SECONDS,
        )
        _check_port(machine)
        if build_css(base_dir=machine.base_dir):
            supervisor.say("the style sheet is built")
        _start_redis(machine, supervisor)
        access = _start_database(machine, supervisor)
        _migrate(machine, supervisor, access)
        supervisor.start(_web(machine, access))
        supervisor.wait_for(lambda: _answers(machine), what="The web process")
        supervisor.start(*_background(machine, access))
        write(f"Visiona is ready: {machine.address}")
        supervisor.run()


def write_line(line: str) -> None:
    """Write to the terminal; when nobody reads any more, go on in silence."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _hold(data_dir: Path, write: Callable[[str], None]) -> Iterator[bool]:
    """Be the only one who runs on the data directory; tell whether the last one was killed."""
    try:
        make_data_dir(data_dir)
        lock = (data_dir / LOCK_FILE).open("a+", encoding="ascii")
    except OSError as error:
        raise CannotStart(f"DATA_DIR {data_dir} cannot be written: {error.strerror}.") from None
    with lock:
        before = _lock(lock, data_dir)
        if before:
            write(f"The last run (process {before}) was killed: what it left is cleared up.")
        try:
            yield bool(before)
        finally:
            lock.truncate(0)


def _lock(lock: TextIO, data_dir: Path) -> str:
    """Take the lock and put our process id in; return the id of a run that did not take its out."""
    lock.seek(0)
    before = lock.read().strip()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CannotStart(f"Visiona already runs on {data_dir} (process {before}).") from None
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return before


def _is_free(machine: Machine) -> bool:
    return _refusal_to_listen(machine) is None


def _check_port(machine: Machine) -> None:
    refusal = _refusal_to_listen(machine)
    if refusal is None:
        return
    if refusal.errno == errno.EADDRINUSE:
        raise CannotStart(
            f"Port {machine.port} of {machine.host} is taken: end what uses it, or set PORT."
        )
    raise CannotStart(
        f"Nothing can listen at {machine.host}, port {machine.port}: {refusal.strerror}."
    )


def _refusal_to_listen(machine: Machine) -> OSError | None:
    family = socket.AF_INET6 if ":" in machine.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((machine.host, machine.port))
        except OSError as error:
            return error
    return None


def _start_redis(machine: Machine, supervisor: Supervisor) -> None:
    """Start it; nothing waits for it, because everything works without it."""
    if not machine.redis_url:
        supervisor.start(redis.prepare(data_dir=machine.data_dir).program)


def _start_database(machine: Machine, supervisor: Supervisor) -> roles.Access:
    if machine.database_url:
        return roles.external_access(
            database_url=machine.database_url,
            data_dir=machine.data_dir,
            web_url=machine.web_url,
            jobs_url=machine.jobs_url,
        )
    server = postgres.prepare(data_dir=machine.data_dir)
    supervisor.start(server.program)
    supervisor.wait_for(lambda: postgres.is_ready(server), what="PostgreSQL")
    return roles.embedded_access(data_dir=machine.data_dir, superuser_url=server.superuser_url)


def _migrate(machine: Machine, supervisor: Supervisor, access: roles.Access) -> None:
    base_dir, data_dir, url = machine.base_dir, machine.data_dir, access.owner
    if not is_migrated(base_dir=base_dir, data_dir=data_dir, database_url=url):
        supervisor.call(_python(machine, "migrate", url, "manage.py", "migrate"))
        note_migrated(base_dir=base_dir, data_dir=data_dir, database_url=url)


def _web(machine: Machine, access: roles.Access) -> Program:
    listen = ("--host", machine.host, "--port", str(machine.port))
    manners = ("--lifespan", "off", "--no-access-log", "--log-level", "warning")
    patience = ("--timeout-graceful-shutdown", "5")
    application = ("-m", "uvicorn", "visiona.asgi:application")
    return _python(machine, "web", access.web, *application, *listen, *manners, *patience)


def _background(machine: Machine, access: roles.Access) -> Iterator[Program]:
    """The workers, one for each queue so that slow work never keeps quick work waiting."""
    celery = ("-m", "celery", "--quiet", "--app", "visiona")
    manners = ("--loglevel", "WARNING")
    alone = ("--without-gossip", "--without-mingle", "--without-heartbeat")
    for name, hands in WORKERS.items():
        worker = ("worker", *hands, "--hostname", f"{name}@%h", *manners, *alone)
        program = _python(machine, f"worker-{name}", access.jobs, *celery, *worker)
        program = replace(program, environment={**program.environment, **SHARING.get(name, {})})
        yield _yielding(program, NICENESS.get(name, 0))
    loop = _python(machine, "jobs", access.jobs, "manage.py", "run_jobs", "--skip-checks")
    yield _yielding(loop, NICENESS["quick"])
    schedule = ("beat", "--schedule", str(machine.data_dir / "beat"))
    yield _python(machine, "beat", access.jobs, *celery, *schedule, *manners)


def _yielding(program: Program, niceness: int) -> Program:
    """Let whoever draws yield to whoever answers."""
    nice = ("nice", "-n", str(niceness)) if niceness else ()
    return replace(program, command=(*nice, *program.command))


def _python(machine: Machine, name: str, database_url: str, *arguments: str) -> Program:
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": machine.redis_url or location.redis_url(machine.data_dir),
        "DATA_DIR": str(machine.data_dir),
        "HOST": machine.host,
        "PORT": str(machine.port),
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",  # or else each thread keeps what others have freed
        "CELERY_SKIP_CHECKS": "1",  # `migrate` has made them; a worker begins a second sooner
        **(CELERY_AS_ROOT if os.geteuid() == 0 else {}),
    }
    command = (sys.executable, *arguments)
    return Program(name=name, command=command, environment=environment, folder=machine.base_dir)


def _answers(machine: Machine) -> bool:
    connection = http.client.HTTPConnection(machine.visited_host, machine.port, timeout=2)
    with suppress(OSError, http.client.HTTPException), closing(connection):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.HTTPStatus.OK
    return False
