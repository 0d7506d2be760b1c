"""Where the embedded servers of a data directory live."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from visiona.embedded import location

MAKE = """
import os, sys
from pathlib import Path
from visiona.embedded.folders import make_data_dir
os.umask(0o077)
make_data_dir(Path(sys.argv[1]))
"""


@pytest.fixture
def open_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data directory of a user who is not root."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return tmp_path / "data"


def test_a_user_keeps_everything_in_the_data_directory(open_dir: Path) -> None:
    assert location.cluster_dir(open_dir) == open_dir / "postgres"
    assert location.socket_dir(open_dir) == open_dir / "run"


def test_urls_name_the_socket_folder(open_dir: Path) -> None:
    quoted = str(open_dir / "run").replace("/", "%2F")

    expected = f"postgresql://visiona_owner@:5432/visiona?host={quoted}"
    assert location.database_url(open_dir) == expected
    assert location.redis_url(open_dir) == f"unix://{open_dir}/run/redis.sock?db=0"


def test_a_long_path_gets_a_short_socket_folder_of_its_own(open_dir: Path) -> None:
    first, second = open_dir / ("x" * 120), open_dir / ("y" * 120)

    assert location.socket_dir(first) != location.socket_dir(second)
    assert location.socket_dir(first).parent == location.SHORT_HOME
    assert location.socket_dir(first).name.startswith("visiona-1000-")
    assert location.cluster_dir(first) == first / "postgres"


def test_as_root_a_closed_folder_sends_the_cluster_to_the_system_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    tmp_path.chmod(0o700)

    cluster = location.cluster_dir(tmp_path / "data")

    assert cluster.parent.parent == location.SYSTEM_HOME
    assert location.socket_dir(tmp_path / "data") == cluster.parent / "run"


def test_as_root_open_folders_keep_the_cluster_in_the_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(location, "_may_pass", lambda *_: True)

    assert location.cluster_dir(tmp_path) == tmp_path / "postgres"


def test_as_root_the_cluster_of_a_user_is_found_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    tmp_path.chmod(0o700)
    (tmp_path / "postgres").mkdir()

    assert location.cluster_dir(tmp_path) == tmp_path / "postgres"


def test_a_folder_is_passed_by_its_owner_and_where_it_is_open(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)

    assert not location.is_reachable(folder / "file", uid=folder.stat().st_uid + 1)
    assert location._may_pass(folder, folder.stat().st_uid)
    assert location._may_pass(folder / "missing", None)


def test_folders_are_for_whom_they_are_meant_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "data"

    subprocess.run([sys.executable, "-c", MAKE, folder], check=True)

    passable = 0o711 if os.geteuid() == 0 else 0o700
    assert [path.stat().st_mode & 0o777 for path in (folder.parent, folder)] == [passable] * 2
