"""Whether the process answers, and whether people may be sent to it; what is down is named."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts import services as accounts_services
from accounts.models import User
from generation.models import Job
from generation.services import running
from tests import factories
from tests.processes import web_server
from visiona.embedded.throwaway import Servers

DEAD = "redis://127.0.0.1:1/0"
READY = {"database": "ok", "migrations": "ok", "redis": "ok", "storage": "ok"}


@pytest.mark.django_db
def test_a_process_that_answers_says_so(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_a_process_with_everything_it_needs_is_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "checks": READY})
    assert client.post("/readyz").status_code == 405


def not_ready(client: Client, **down: str) -> None:
    answer = client.get("/readyz")
    expected = {"status": "unavailable", "checks": READY | down}
    assert (answer.status_code, answer.json()) == (503, expected)
    assert client.get("/healthz").status_code == 200


@pytest.mark.django_db
def test_redis_that_is_gone_is_named(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = DEAD
    not_ready(client, redis="down")


@pytest.mark.django_db
def test_storage_that_cannot_be_reached_is_named(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "occupied").write_text("a file where a folder should be")
    monkeypatch.setattr(default_storage, "location", str(tmp_path / "occupied"))
    not_ready(client, storage="down")


@pytest.mark.django_db
def test_a_database_behind_the_code_is_named(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE app = 'generation' AND name ="
            " (SELECT max(name) FROM django_migrations WHERE app = 'generation')"
        )
    not_ready(client, migrations="behind")


@pytest.fixture(scope="module")
def without_database(
    tmp_path_factory: pytest.TempPathFactory, product_servers: Servers
) -> Iterator[str]:
    """A web process whose database does not exist."""
    nowhere = f"postgresql://visiona_web@127.0.0.1:1/{tmp_path_factory.mktemp('none').name}"
    with web_server(product_servers, DATABASE_URL=nowhere) as address:
        yield address


def test_without_a_database_everything_says_so_in_its_own_form(without_database: str) -> None:
    ready = httpx.get(f"{without_database}/readyz", timeout=20)
    assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
    assert ready.json()["checks"] == READY | {"database": "down", "migrations": "down"}
    assert httpx.get(f"{without_database}/healthz").json() == {"status": "ok"}

    headers = {"Authorization": "Bearer vis_something"}
    program = httpx.get(f"{without_database}/api/v1/jobs", headers=headers, timeout=20)
    assert (program.status_code, program.json()["code"]) == (503, "unavailable")
    assert program.headers["Content-Type"] == "application/problem+json"
    assert program.headers["Retry-After"] == "5"
    stream = httpx.get(f"{without_database}/stream/events", headers=headers, timeout=20)
    assert (stream.status_code, stream.json()["code"]) == (503, "unavailable")
    page = httpx.get(f"{without_database}/studio/", headers={"Cookie": "sessionid=x"}, timeout=20)
    assert page.status_code == 503
    assert "Part of Visiona does not answer" in page.text
    assert "visiona_web" not in page.text + program.text + stream.text + ready.text


# --- Without Redis -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def without_redis(django_db_setup: None, product_servers: Servers) -> Iterator[str]:
    """A web process that finds no Redis."""
    with web_server(product_servers, REDIS_URL=DEAD) as address:
        yield address


def bearer(user: User) -> dict[str, str]:
    secret = accounts_services.issue_sign_in(user=user, client="tests")
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.django_db(transaction=True)
def test_without_redis_work_is_taken_and_done(without_redis: str) -> None:
    alice = factories.make_user("alice@example.com", extra_credits=100)
    headers = bearer(alice)
    order = {"kind": "thumbnail", "title": "How to win"}
    taken = []
    for _ in range(3):
        answer = httpx.post(f"{without_redis}/api/v1/jobs", json=order, headers=headers, timeout=5)
        assert answer.status_code == 202
        taken.append(answer.elapsed.total_seconds())
    assert min(taken[1:]) < 1.0  # a dead broker is asked once, then left alone for a while
    with factories.plain_pictures():
        while running.run_due(queue="quick"):
            pass
    assert set(Job.objects.values_list("status", flat=True)) == {"succeeded"}
    for path in ("credits", "jobs", "assets", "me"):
        assert httpx.get(f"{without_redis}/api/v1/{path}", headers=headers).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_without_redis_pages_answer_and_signing_in_waits(without_redis: str) -> None:
    alice = factories.make_user("alice@example.com")
    browser = Client()
    browser.force_login(alice)
    cookie = {"Cookie": f"sessionid={browser.session.session_key}"}
    for path in ("/studio/", "/library/", "/credits/", "/"):
        answer = httpx.get(f"{without_redis}{path}", headers=cookie, follow_redirects=True)
        assert answer.status_code == 200, path

    password = {"email": alice.email, "password": factories.PASSWORD}
    for door in ("login", "signup"):
        answer = httpx.post(f"{without_redis}/api/v1/auth/{door}", json=password)
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), door
        assert answer.headers["Retry-After"] == "5"
    assert User.objects.count() == 1
