"""The operating-system account that PostgreSQL runs under, because it refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from visiona.embedded.errors import CannotStart

SERVICE = "visiona"


@dataclass(frozen=True, kw_only=True)
class Account:
    """An account of this machine."""

    name: str
    uid: int
    gid: int

    @classmethod
    def from_entry(cls, entry: pwd.struct_passwd) -> "Account":
        """Return the account of a password database entry."""
        return cls(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def account_for(cluster: Path) -> Account:
    """Return ourselves, or as root whoever owns the cluster, or else the service account."""
    if os.geteuid() != 0:
        return _account_of(os.geteuid())
    if cluster.exists() and (owner := cluster.stat().st_uid) != 0:
        return _account_of(owner)
    return _service_account()


def give(path: Path, *, account: Account) -> None:
    """Make the account the owner of a path that we made; only root needs to."""
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid)


def _account_of(uid: int) -> Account:
    try:
        return Account.from_entry(pwd.getpwuid(uid))
    except KeyError:
        raise CannotStart(
            f"User id {uid} has no name on this machine and PostgreSQL needs one: "
            "add it to /etc/passwd, or set DATABASE_URL."
        ) from None


def _service_account() -> Account:
    try:
        return Account.from_entry(pwd.getpwnam(SERVICE))
    except KeyError:
        _create_service_account()
    return Account.from_entry(pwd.getpwnam(SERVICE))


def _create_service_account() -> None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    reason = "useradd is missing"
    if useradd:
        command = [useradd, "--system", "--user-group", "--no-create-home", SERVICE]
        result = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
        if result.returncode == 0:
            return
        reason = result.stderr.strip() or f"useradd exited with {result.returncode}"
    raise CannotStart(
        f"PostgreSQL does not run as root and the account '{SERVICE}' cannot be made ({reason}): "
        "run as a user, or set DATABASE_URL."
    )
