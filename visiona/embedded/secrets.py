"""The secrets that this installation made up for itself, in one file that only its owner reads."""

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from visiona.embedded.errors import CannotStart
from visiona.embedded.folders import make_data_dir

FILE = "secrets.json"


def secret_key(data_dir: Path) -> str:
    """Return the SECRET_KEY of the data directory; make one when there is none."""
    known = read_secrets(data_dir)
    if "SECRET_KEY" not in known:
        write_secrets(data_dir, {"SECRET_KEY": secrets.token_urlsafe(50)}, keep=True)
        known = read_secrets(data_dir)
    return known["SECRET_KEY"]


def read_secrets(data_dir: Path) -> dict[str, str]:
    """Return what is known; nothing before the first start."""
    try:
        text = (data_dir / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise CannotStart(f"{data_dir / FILE} cannot be read: {error.strerror}.") from None
    try:
        return {str(name): str(value) for name, value in json.loads(text).items()}
    except (ValueError, AttributeError):
        raise CannotStart(f"{data_dir / FILE} is damaged: restore it from a backup.") from None


def write_secrets(data_dir: Path, new: Mapping[str, str], *, keep: bool = False) -> None:
    """Add secrets to the file, whole or not at all; `keep` lets the first of two writers win."""
    path = data_dir / FILE
    unfinished = data_dir / f".{FILE}.{os.getpid()}"
    try:
        make_data_dir(data_dir)
        content = json.dumps({**read_secrets(data_dir), **new}, indent=1)
        with _open_private(unfinished) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _publish(unfinished, path, keep=keep and not path.exists())
    except OSError as error:
        raise CannotStart(f"{path} cannot be written: {error.strerror}.") from None
    finally:
        unfinished.unlink(missing_ok=True)


def _publish(unfinished: Path, path: Path, *, keep: bool) -> None:
    if not keep:
        unfinished.replace(path)
        return
    with suppress(FileExistsError):
        path.hardlink_to(unfinished)


def _open_private(path: Path) -> TextIO:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8")
