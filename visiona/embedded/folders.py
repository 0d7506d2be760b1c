"""Make the folders of an installation, and refuse those that somebody else made."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from visiona.embedded import location
from visiona.embedded.account import Account, give
from visiona.embedded.errors import CannotStart


def make_data_dir(data_dir: Path) -> None:
    """Make the data directory: for its owner only; as root the service account may pass through.

    Raises OSError.
    """
    _make(data_dir)


def make_parents(path: Path) -> None:
    """Make the folders above a path."""
    try:
        _make(path.parent)
    except OSError as error:
        raise CannotStart(f"{path.parent} cannot be made: {error.strerror}.") from None


def make_socket_dir(*, data_dir: Path, account: Account | None = None) -> Path:
    """Make the folder of the sockets, which in the shared /tmp somebody else may have made."""
    folder = location.socket_dir(data_dir)
    make_parents(folder)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    owners = {os.geteuid(), account.uid if account else os.geteuid()}
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
        raise CannotStart(f"{folder} is not ours: remove it.")
    if account:
        give(folder, account=account)
    folder.chmod(0o700)
    return folder


def _make(folder: Path) -> None:
    """Make a folder, and those above it, for whom they are meant, whatever the umask says."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    for above in reversed(folder.parents):
        if not above.exists():
            above.mkdir(exist_ok=True)
            above.chmod(above.stat().st_mode | mode)
    if not folder.is_dir():
        folder.mkdir(mode=mode, exist_ok=True)
        folder.chmod(mode)
