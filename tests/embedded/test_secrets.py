"""The secrets that an installation makes up for itself."""

import stat
from pathlib import Path

import pytest

from visiona.embedded import secrets
from visiona.embedded.errors import CannotStart


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"

    first, second = secrets.secret_key(data_dir), secrets.secret_key(data_dir)

    assert first == second
    assert len(first) >= 50
    assert stat.S_IMODE((data_dir / "secrets.json").stat().st_mode) == 0o600
    assert [path.name for path in data_dir.iterdir()] == ["secrets.json"]


def test_of_two_writers_of_the_secret_key_the_first_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = secrets._publish

    def lose_the_race(unfinished: Path, path: Path, *, keep: bool) -> None:
        path.write_text('{"SECRET_KEY": "first"}', encoding="utf-8")
        publish(unfinished, path, keep=keep)

    monkeypatch.setattr(secrets, "_publish", lose_the_race)

    assert secrets.secret_key(tmp_path) == "first"


def test_new_secrets_join_the_known_ones(tmp_path: Path) -> None:
    key = secrets.secret_key(tmp_path)

    secrets.write_secrets(tmp_path, {"OTHER": "word"})

    assert secrets.read_secrets(tmp_path) == {"SECRET_KEY": key, "OTHER": "word"}


def test_a_damaged_file_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{", encoding="utf-8")

    with pytest.raises(CannotStart, match=r"secrets\.json is damaged: restore it"):
        secrets.secret_key(tmp_path)


def test_a_data_directory_that_cannot_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(CannotStart, match="Not a directory"):
        secrets.secret_key(tmp_path / "file")
