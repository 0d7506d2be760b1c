"""The database roles of `roles.sql`: create them, and say by which URL each process connects."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from visiona.embedded import location
from visiona.embedded.errors import CannotStart
from visiona.embedded.secrets import read_secrets, write_secrets

STATEMENTS = Path(__file__).with_name("roles.sql")
LOGINS = ("visiona_owner", "visiona_web", "visiona_jobs")
ROLES = (*LOGINS, "visiona_app", "visiona_staff", "visiona_worker")
OLDEST_SERVER = 180000
HELP = "see 'Your own PostgreSQL' in docs/running.md"


@dataclass(frozen=True, kw_only=True)
class Access:
    """The URLs by which migrations, the web process and the workers reach the database."""

    owner: str
    web: str
    jobs: str


def bootstrap(admin_url: str) -> None:
    """Create the roles and their rights in the URL's database; run again, change nothing."""
    with psycopg.connect(admin_url) as connection:
        connection.execute(STATEMENTS.read_bytes())


def embedded_access(*, data_dir: Path, superuser_url: str) -> Access:
    """Create the database and the roles of the embedded server; return its URLs."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT FROM pg_database WHERE datname = %s", (location.DATABASE,)
        ).fetchone()
        if found is None:
            connection.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(location.DATABASE))
            )
    admin_url = location.database_url(data_dir, user=urlsplit(superuser_url).username or "")
    bootstrap(admin_url)
    with psycopg.connect(admin_url) as connection:
        connection.execute("ALTER ROLE visiona_owner CREATEDB")  # the tests make their database
    owner, web, jobs = (location.database_url(data_dir, user=login) for login in LOGINS)
    return Access(owner=owner, web=web, jobs=jobs)


def external_access(
    *, database_url: str, data_dir: Path, web_url: str = "", jobs_url: str = ""
) -> Access:
    """Create the roles on somebody's server if they are missing and the login may.

    Raises CannotStart with what is missing otherwise.
    """
    try:
        with psycopg.connect(database_url, connect_timeout=10) as connection:
            _check_server(connection)
            passwords = _ensure_roles(connection, database_url, data_dir)
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise CannotStart(f"DATABASE_URL cannot be used: {reason} ({HELP}).") from None
    urls = {login: with_login(database_url, login, word) for login, word in passwords.items()}
    web_url = web_url or urls.get("visiona_web", "")
    jobs_url = jobs_url or urls.get("visiona_jobs", "")
    if not (web_url and jobs_url):
        raise CannotStart(f"Set DATABASE_WEB_URL and DATABASE_JOBS_URL too: {HELP}.")
    return Access(owner=urls.get("visiona_owner", database_url), web=web_url, jobs=jobs_url)


def with_login(url: str, user: str, password: str) -> str:
    """Return the URL for another login of the same database."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}"))


def _check_server(connection: psycopg.Connection) -> None:
    if connection.info.server_version < OLDEST_SERVER:
        raise CannotStart("The database of DATABASE_URL is older than PostgreSQL 18.")


def _ensure_roles(
    connection: psycopg.Connection, database_url: str, data_dir: Path
) -> Mapping[str, str]:
    """Return the passwords of the logins that we keep; none where somebody else made them."""
    if _may_create_roles(connection):
        connection.execute(STATEMENTS.read_bytes())
        _join_roles(connection)
        return _set_passwords(connection, data_dir)
    missing = set(ROLES) - _known_roles(connection)
    if missing:
        raise CannotStart(
            f"The database lacks {', '.join(sorted(missing))} and '{connection.info.user}' "
            f"may not create roles: {HELP}."
        )
    return {}


def _may_create_roles(connection: psycopg.Connection) -> bool:
    row = connection.execute(
        "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    return bool(row and row[0])


def _known_roles(connection: psycopg.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", (list(ROLES),)
    )
    return {name for (name,) in rows}


def _join_roles(connection: psycopg.Connection) -> None:
    """Let hand-run commands, which use DATABASE_URL as it is, act as every role."""
    if connection.info.user in ROLES:
        return
    roles = sql.SQL(", ").join(map(sql.Identifier, ROLES))
    login = sql.Identifier(connection.info.user)
    connection.execute(sql.SQL("GRANT {} TO {} WITH INHERIT TRUE, SET TRUE").format(roles, login))


def _set_passwords(connection: psycopg.Connection, data_dir: Path) -> Mapping[str, str]:
    """Give the logins the passwords of the secrets file, made up when first needed."""
    known = read_secrets(data_dir)
    names = {login: f"{login.upper()}_PASSWORD" for login in LOGINS}
    passwords = {
        login: known.get(name) or secrets.token_urlsafe(32) for login, name in names.items()
    }
    write_secrets(data_dir, {names[login]: word for login, word in passwords.items()})
    for login, word in passwords.items():
        hashed = connection.pgconn.encrypt_password(
            word.encode(), login.encode(), b"scram-sha-256"
        ).decode()
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(hashed))
        )
    return passwords
