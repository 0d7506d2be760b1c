"""The database roles: exactly these, with exactly these rights, however often they are made."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from visiona.embedded import roles
from visiona.embedded.errors import CannotStart
from visiona.embedded.throwaway import Servers

NO_RIGHTS: dict[str, object] = {
    "super": False,
    "createrole": False,
    "replication": False,
    "bypassrls": False,
}
WEB_LIMITS = [
    "statement_timeout=5s",
    "lock_timeout=2s",
    "idle_in_transaction_session_timeout=15s",
    "transaction_timeout=30s",
]
JOBS_LIMITS = ["lock_timeout=5s", "idle_in_transaction_session_timeout=60s"]
ROLES: dict[str, dict[str, object]] = {
    "visiona_owner": {"login": True, "inherit": True, "createdb": True, "config": None},
    "visiona_web": {"login": True, "inherit": False, "createdb": False, "config": WEB_LIMITS},
    "visiona_jobs": {"login": True, "inherit": False, "createdb": False, "config": JOBS_LIMITS},
    "visiona_app": {"login": False, "inherit": True, "createdb": False, "config": None},
    "visiona_staff": {"login": False, "inherit": True, "createdb": False, "config": None},
    "visiona_worker": {"login": False, "inherit": True, "createdb": False, "config": None},
}
MEMBERS = {
    ("visiona_web", "visiona_app"),
    ("visiona_web", "visiona_staff"),
    ("visiona_jobs", "visiona_app"),
    ("visiona_jobs", "visiona_worker"),
    ("visiona_owner", "visiona_app"),
    ("visiona_owner", "visiona_staff"),
    ("visiona_owner", "visiona_worker"),
}


def roles_of(url: str) -> Mapping[str, dict[str, object]]:
    names = ("super", "createrole", "replication", "bypassrls", "login", "inherit", "createdb")
    query = b"""
        SELECT rolname, rolsuper, rolcreaterole, rolreplication, rolbypassrls,
               rolcanlogin, rolinherit, rolcreatedb, rolconfig
        FROM pg_roles WHERE rolname LIKE 'visiona%'
    """
    with psycopg.connect(url) as connection:
        rows = connection.execute(query).fetchall()
    return {name: dict(zip((*names, "config"), facts, strict=True)) for name, *facts in rows}


def memberships_of(url: str) -> set[tuple[str, str, bool, bool, bool]]:
    query = """
        SELECT member.rolname, role.rolname, inherit_option, set_option, admin_option
        FROM pg_auth_members JOIN pg_roles AS role ON role.oid = roleid
        JOIN pg_roles AS member ON member.oid = member WHERE member.rolname LIKE 'visiona%'
    """
    with psycopg.connect(url) as connection:
        return set(connection.execute(query).fetchall())


def test_the_roles_are_exactly_these(servers: Servers) -> None:
    backup: dict[str, object] = {"login": True, "inherit": True, "createdb": False, "config": None}
    expected = {name: {**NO_RIGHTS, **facts} for name, facts in ROLES.items()}
    expected["visiona_backup"] = {**NO_RIGHTS, "bypassrls": True, **backup}

    assert roles_of(servers.superuser_url) == expected
    assert memberships_of(servers.superuser_url) == {
        *((member, role, False, True, False) for member, role in MEMBERS),
        ("visiona_backup", "pg_read_all_data", True, True, False),
    }


def test_making_the_roles_again_changes_nothing_and_undoes_drift(servers: Servers) -> None:
    before = roles_of(servers.superuser_url), memberships_of(servers.superuser_url)
    with psycopg.connect(servers.superuser_url) as connection:
        connection.execute("ALTER ROLE visiona_web SUPERUSER INHERIT")

    roles.embedded_access(data_dir=servers.data_dir, superuser_url=servers.superuser_url)

    after = roles_of(servers.superuser_url), memberships_of(servers.superuser_url)
    assert after == before


def test_a_process_login_may_do_nothing_before_it_takes_a_role(servers: Servers) -> None:
    with psycopg.connect(servers.database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS thing (name text)")
        connection.execute("GRANT SELECT ON thing TO visiona_app")

    with psycopg.connect(servers.web_url) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM thing")
        connection.rollback()
        connection.execute("SET LOCAL ROLE visiona_app")
        assert connection.execute("SELECT * FROM thing").fetchall() == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET LOCAL ROLE visiona_worker")


def test_nobody_else_comes_in(servers: Servers) -> None:
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS stranger")
        connection.execute("CREATE ROLE stranger LOGIN")

    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(servers.web_url.replace("visiona_web", "stranger"))

    with psycopg.connect(servers.superuser_url) as connection:
        connection.execute("DROP ROLE stranger")


def test_the_owner_may_act_as_every_role_and_make_a_database(servers: Servers) -> None:
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        for role in ("visiona_app", "visiona_staff", "visiona_worker"):
            connection.execute(f"SET ROLE {role}".encode())
            connection.execute("RESET ROLE")
        connection.execute("CREATE DATABASE another")
        connection.execute("DROP DATABASE another")


def external_url(servers: Servers, user: str) -> str:
    return servers.database_url.replace("visiona_owner@", f"{user}@")


def test_on_an_external_server_an_admin_gets_the_roles_made_and_passwords_kept(
    servers: Servers, tmp_path: Path
) -> None:
    url = external_url(servers, "postgres")

    first = roles.external_access(database_url=url, data_dir=tmp_path)
    second = roles.external_access(database_url=url, data_dir=tmp_path)

    assert first == second
    parts = urlsplit(first.web)
    assert parts.username == "visiona_web"
    assert parts.password
    assert parts.password in (tmp_path / "secrets.json").read_text(encoding="utf-8")
    assert urlsplit(first.owner).username == "visiona_owner"
    with psycopg.connect(first.jobs) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("visiona_jobs",)


def test_on_an_external_server_the_owner_of_a_database_may_make_the_roles(
    servers: Servers, tmp_path: Path
) -> None:
    with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE landlord LOGIN CREATEROLE CREATEDB")
        connection.execute(
            "GRANT visiona_owner, visiona_web, visiona_jobs, visiona_app, visiona_staff,"
            " visiona_worker TO landlord WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
        )
        connection.execute("CREATE DATABASE house OWNER landlord")
    url = external_url(servers, "landlord").replace("/visiona?", "/house?")
    try:
        access = roles.external_access(database_url=url, data_dir=tmp_path)
        with psycopg.connect(access.owner) as connection:
            connection.execute("CREATE TABLE room (name text)")
        with psycopg.connect(url) as connection:
            connection.execute("SET ROLE visiona_owner")
            connection.execute("DROP TABLE room")
    finally:
        with psycopg.connect(servers.superuser_url, autocommit=True) as connection:
            connection.execute("DROP DATABASE house")
            connection.execute("DROP OWNED BY landlord CASCADE")
            connection.execute("DROP ROLE landlord")


def test_on_an_external_server_given_urls_win(servers: Servers, tmp_path: Path) -> None:
    access = roles.external_access(
        database_url=servers.database_url,
        data_dir=tmp_path,
        web_url="postgresql://web",
        jobs_url="postgresql://jobs",
    )

    assert access == roles.Access(
        owner=servers.database_url, web="postgresql://web", jobs="postgresql://jobs"
    )


def test_on_an_external_server_the_owner_alone_is_not_enough(
    servers: Servers, tmp_path: Path
) -> None:
    with pytest.raises(CannotStart, match=r"Set DATABASE_WEB_URL and DATABASE_JOBS_URL"):
        roles.external_access(database_url=servers.database_url, data_dir=tmp_path)


def test_a_login_that_may_not_make_the_missing_roles_is_told_where_to_read(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "ROLES", (*roles.ROLES, "visiona_missing"))

    with pytest.raises(CannotStart, match=r"lacks visiona_missing .* docs/running\.md"):
        roles.external_access(database_url=servers.database_url, data_dir=tmp_path)


def test_a_server_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    url = f"postgresql://postgres@/visiona?host={str(tmp_path).replace('/', '%2F')}"

    with pytest.raises(CannotStart) as refusal:
        roles.external_access(database_url=url, data_dir=tmp_path)

    assert "\n" not in str(refusal.value)
    assert "DATABASE_URL cannot be used" in str(refusal.value)


def test_a_login_replaces_another_in_a_url() -> None:
    url = roles.with_login("postgresql://me:old@db.test:5433/visiona?a=b", "you", "p/w")

    assert url == "postgresql://you:p%2Fw@db.test:5433/visiona?a=b"
