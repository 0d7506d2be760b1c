"""Real PostgreSQL and Redis for the length of a `with` block, in a folder of the caller's."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from visiona.embedded import location, postgres, redis, roles
from visiona.embedded.errors import CannotStart
from visiona.embedded.folders import make_data_dir
from visiona.embedded.process import Program, end, kill_group, launch

READY_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Servers:
    """Where the servers listen, and the folder of everything."""

    database_url: str
    web_url: str
    jobs_url: str
    superuser_url: str
    redis_url: str
    data_dir: Path
    socket_dir: Path


@contextmanager
def throwaway_servers(directory: Path, *, durable: bool = False) -> Iterator[Servers]:
    """Start both servers with database and roles, end them after the block, and clear up.

    What lies in the directory stays; folders that had to be made outside of it go.
    """
    make_data_dir(directory)
    with ExitStack() as stack:
        stack.callback(remove_outside, directory)
        database = postgres.prepare(data_dir=directory, durable=durable)
        store = redis.prepare(data_dir=directory, durable=durable)
        _run(stack, directory, database.program, lambda: postgres.is_ready(database))
        _run(stack, directory, store.program, lambda: redis.is_ready(store))
        access = roles.embedded_access(data_dir=directory, superuser_url=database.superuser_url)
        yield Servers(
            database_url=access.owner,
            web_url=access.web,
            jobs_url=access.jobs,
            superuser_url=database.superuser_url,
            redis_url=location.redis_url(directory),
            data_dir=directory,
            socket_dir=location.socket_dir(directory),
        )


def remove_outside(directory: Path) -> None:
    """Remove the folders of this directory that lie elsewhere: short sockets, root's cluster."""
    for folder in (location.socket_dir(directory), location.cluster_dir(directory)):
        if directory.resolve() in folder.parents:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        if folder.parent.parent == location.SYSTEM_HOME:
            with suppress(OSError):  # the other one is still in it, or there never was one
                folder.parent.rmdir()


def _run(stack: ExitStack, directory: Path, program: Program, is_ready: Callable[[], bool]) -> None:
    log = directory / f"{program.name}.log"
    with log.open("ab") as output:
        process = launch(program, output=output)
    stack.callback(kill_group, process)
    stack.callback(end, process, stop_signal=program.stop_signal)
    _await(process, is_ready, log)


def _await(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise CannotStart(f"{log.stem} does not start:\n{log.read_text(errors='replace')}")
        time.sleep(0.02)
