"""The embedded PostgreSQL and Redis: kept data, crashes, leftovers, odd places."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from visiona.embedded import account, folders, location, postgres, redis, throwaway
from visiona.embedded.errors import CannotStart
from visiona.embedded.process import launch
from visiona.embedded.supervisor import Supervisor
from visiona.embedded.throwaway import remove_outside, throwaway_servers

type Wait = Callable[[Callable[[], bool]], None]


def remember(servers_url: str, redis_url: str) -> None:
    with psycopg.connect(servers_url) as connection:
        connection.execute("CREATE TABLE memory (word text)")
        connection.execute("INSERT INTO memory VALUES ('kept')")
    with redis_client.Redis.from_url(redis_url) as store:
        store.set("memory", "kept")


def recall(servers_url: str, redis_url: str) -> tuple[str, str]:
    with psycopg.connect(servers_url) as connection:
        row = connection.execute("SELECT word FROM memory").fetchone()
    with redis_client.Redis.from_url(redis_url, decode_responses=True) as store:
        return (row[0] if row else "", str(store.get("memory")))


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder to make; what is made outside of it goes with it."""
    yield tmp_path / "data"
    remove_outside(tmp_path / "data")


def test_data_is_kept_over_a_restart_and_nobody_listens_on_a_port(
    monkeypatch: pytest.MonkeyPatch, data_dir: Path
) -> None:
    monkeypatch.setattr(throwaway, "remove_outside", lambda _: None)
    monkeypatch.setenv("PGPORT", "6000")
    names = ("listen_addresses", "fsync", "data_checksums", "server_encoding")

    with throwaway_servers(data_dir, durable=True) as servers:
        remember(servers.database_url, servers.redis_url)
        with psycopg.connect(servers.superuser_url) as connection:
            shown = {name: connection.execute(f"SHOW {name}".encode()).fetchone() for name in names}
        with redis_client.Redis.from_url(servers.redis_url) as store:
            assert store.config_get("port") == {"port": "0"}
            assert store.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert b"graph" not in {module[b"name"] for module in store.module_list()}
    with throwaway_servers(data_dir, durable=True) as servers:
        assert recall(servers.database_url, servers.redis_url) == ("kept", "kept")

    assert shown == {
        "listen_addresses": ("",),
        "fsync": ("on",),
        "data_checksums": ("on",),
        "server_encoding": ("UTF8",),
    }


def test_killed_servers_come_back_with_their_data(data_dir: Path) -> None:
    folders.make_data_dir(data_dir)
    lines: list[str] = []
    with throwaway_servers(data_dir, durable=True) as servers:
        remember(servers.database_url, servers.redis_url)
        backend = psycopg.connect(servers.database_url)
        database_pid = int(
            (location.cluster_dir(data_dir) / "postmaster.pid").read_text().split()[0]
        )
        with redis_client.Redis.from_url(servers.redis_url) as store:
            redis_pid = int(store.info()["process_id"])
        urls = servers.database_url, servers.redis_url
        time.sleep(1.1)  # Redis writes to disk once a second
        os.kill(database_pid, signal.SIGKILL)
        os.kill(redis_pid, signal.SIGKILL)
        database = postgres.prepare(data_dir=data_dir)
        store_server = redis.prepare(data_dir=data_dir)
        with Supervisor(write=lines.append) as supervisor:
            supervisor.start(database.program, store_server.program)
            supervisor.wait_for(
                lambda: postgres.is_ready(database) and redis.is_ready(store_server), what="They"
            )
            assert recall(*urls) == ("kept", "kept")
        backend.close()


def test_a_server_that_is_killed_under_the_supervisor_is_started_again(data_dir: Path) -> None:
    folders.make_data_dir(data_dir)
    lines: list[str] = []
    database = postgres.prepare(data_dir=data_dir, durable=False)
    with Supervisor(write=lines.append) as supervisor:
        supervisor.start(database.program)
        supervisor.wait_for(lambda: postgres.is_ready(database), what="PostgreSQL")
        pid = int((database.cluster / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        supervisor.wait_for(
            lambda: any("starts again" in line for line in lines), what="The restart"
        )
        supervisor.wait_for(lambda: postgres.is_ready(database), what="PostgreSQL")


def test_lock_files_of_another_process_are_stale(data_dir: Path) -> None:
    folders.make_data_dir(data_dir)
    database = postgres.prepare(data_dir=data_dir, durable=False)
    socket_lock = location.socket_dir(data_dir) / f"{location.POSTGRES_SOCKET}.lock"
    with subprocess.Popen(["/bin/sleep", "60"]) as stranger:
        for path in (database.cluster / "postmaster.pid", socket_lock):
            path.write_text(f"{stranger.pid}\n{database.cluster}\n1\n5432\n\n\n  1234567 9\n")
            path.chmod(0o644)  # whatever our umask is, the service account wrote its own

        try:
            with throwaway_servers(data_dir) as servers, psycopg.connect(servers.database_url):
                assert stranger.poll() is None
        finally:
            stranger.kill()


def test_servers_that_an_earlier_run_left_are_ended_first(
    data_dir: Path, eventually: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.make_data_dir(data_dir)
    database = postgres.prepare(data_dir=data_dir, durable=False)
    store = redis.prepare(data_dir=data_dir)
    leftovers = [
        launch(program, output=subprocess.DEVNULL) for program in (database.program, store.program)
    ]
    eventually(lambda: postgres.is_ready(database) and redis.is_ready(store))
    sleep = time.sleep

    def reap_and_sleep(seconds: float) -> None:
        """Do what init does for processes whose parent is gone; here we are the parent."""
        for process in leftovers:
            process.poll()
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", reap_and_sleep)
    with throwaway_servers(data_dir) as servers, psycopg.connect(servers.database_url):
        pass

    assert [process.wait() for process in leftovers] == [0, 0]


def test_a_path_that_is_too_long_for_a_socket_works(tmp_path: Path) -> None:
    data_dir = tmp_path / ("long" * 20) / ("longer" * 15)

    with throwaway_servers(data_dir) as servers, psycopg.connect(servers.web_url) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("visiona_web",)

    assert len(os.fsencode(data_dir)) > 160
    assert not servers.socket_dir.exists()


def test_a_path_with_spaces_and_quotes_works(tmp_path: Path) -> None:
    with throwaway_servers(tmp_path / "Ann's 100 % ü") as servers:
        remember(servers.database_url, servers.redis_url)
        assert recall(servers.database_url, servers.redis_url) == ("kept", "kept")


def test_a_cluster_of_another_version_is_refused_and_left_alone(data_dir: Path) -> None:
    folders.make_data_dir(data_dir)
    mark = postgres.prepare(data_dir=data_dir, durable=False).cluster / "PG_VERSION"
    mark.write_text("17\n")

    with pytest.raises(CannotStart, match="was made by PostgreSQL 17 and this is 18"):
        postgres.prepare(data_dir=data_dir)


def test_a_folder_of_sockets_that_is_a_link_is_refused(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(location, "socket_dir", lambda _: tmp_path / "run")

    with pytest.raises(CannotStart, match=r"run is not ours: remove it\."):
        folders.make_socket_dir(data_dir=data_dir)


def test_a_user_without_a_name_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54321)

    with pytest.raises(CannotStart, match="User id 54321 has no name on this machine"):
        account.account_for(Path("/nowhere"))


def test_as_root_a_machine_that_makes_no_account_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account, "SERVICE", "visiona-that-is-not-there")
    monkeypatch.setattr("shutil.which", lambda *_, **__: None)

    with pytest.raises(CannotStart, match=r"cannot be made \(useradd is missing\): run as a user"):
        account.account_for(Path("/nowhere"))


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root runs PostgreSQL as another account.")
def test_as_root_binaries_out_of_reach_are_copied_once_with_their_libraries(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders.make_data_dir(data_dir)
    home = location.SYSTEM_HOME / f"test-{os.getpid()}"
    monkeypatch.setattr(location, "SYSTEM_HOME", home)
    monkeypatch.setattr(postgres, "_is_usable", lambda *_: False)
    try:
        with throwaway_servers(data_dir) as servers, psycopg.connect(servers.web_url):
            pass
        assert [path.name for path in home.iterdir()] == [f"postgresql-{version(postgres.WHEEL)}"]
        monkeypatch.setattr(postgres, "_copy_installation", pytest.fail)
        postgres._installation(account.account_for(Path("/nowhere")))
    finally:
        subprocess.run(["/bin/rm", "-rf", str(home)], check=True)
