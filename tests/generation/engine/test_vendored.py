"""Vendored data: every file is the one we took, and is named in the NOTICE."""

import hashlib
from pathlib import Path

from generation.engine import icons
from generation.engine.synonyms import SYNONYMS
from generation.engine.vendored import DATA

ROOT = Path(__file__).parents[3]


def listed() -> dict[str, str]:
    lines = (DATA / "SHA256SUMS").read_text().splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def test_every_vendored_file_is_listed_and_unchanged() -> None:
    files = [path for path in DATA.rglob("*") if path.is_file() and path.name != "SHA256SUMS"]

    found = {
        path.relative_to(DATA).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }
    assert found == listed()


def test_every_vendored_file_is_named_in_the_notice() -> None:
    notice = (ROOT / "NOTICE").read_text()

    assert [name for name in listed() if name not in notice] == []


def test_every_synonym_names_an_object_that_is_in_the_pack() -> None:
    assert sorted(set(SYNONYMS.values()) - icons.names()) == []
