"""What is under the product goes away: it says so, works on where it can, and loses nothing."""

import os
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from accounts import services as accounts_services
from accounts.models import User
from credits import selectors as credits_selectors
from generation import selectors
from generation.models import Asset, Job
from generation.services import running
from tests import factories
from tests.databases import address_of
from tests.processes import jobs_loop, python, serve, wait_until, web_server
from tests.processes import running as run_beside
from visiona.embedded import location, postgres
from visiona.embedded.process import launch
from visiona.embedded.throwaway import Servers, throwaway_servers

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = {"kind": "thumbnail", "title": "Fast", "style": "minimal"}


def bearer(user: User) -> dict[str, str]:
    secret = accounts_services.issue_sign_in(user=user, client="tests")
    return {"Authorization": f"Bearer {secret}"}


def cookie(user: User) -> dict[str, str]:
    browser = Client()
    browser.force_login(user)
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"}


def wallet(user: User) -> tuple[int, int]:
    found = credits_selectors.wallet_of(user=user)
    return found.available, found.held


def is_final(job_id: str) -> bool:
    return Job.objects.get(pk=job_id).is_final


# --- Redis --------------------------------------------------------------------------------------


@contextmanager
def refusing() -> Iterator[str]:
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"redis://127.0.0.1:{taken.getsockname()[1]}/0"


@contextmanager
def silent() -> Iterator[str]:
    """An address where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


@pytest.fixture(scope="module", params=[refusing, silent])
def web_without_redis(
    request: pytest.FixtureRequest, django_db_setup: None, product_servers: Servers
) -> Iterator[tuple[str, str]]:
    """The web process without its Redis; its address and Redis's."""
    with request.param() as redis_url, web_server(product_servers, REDIS_URL=redis_url) as address:
        yield address, redis_url


@pytest.fixture
def without_redis(transactional_db: None, web_without_redis: tuple[str, str]) -> tuple[str, str]:
    """The same, where a test commits."""
    return web_without_redis


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_without_redis_orders_are_taken_and_made(
    alice: User, without_redis: tuple[str, str], product_servers: Servers
) -> None:
    address, redis_url = without_redis
    factories.grant(alice, 100)
    headers, took, ordered = bearer(alice), [], []
    for _ in range(6):
        started = time.monotonic()
        answer = httpx.post(f"{address}/api/v1/jobs", json=ORDER, headers=headers, timeout=20)
        took.append(time.monotonic() - started)
        assert answer.status_code == 202
        ordered.append(answer.json()["data"]["id"])

    with run_beside(jobs_loop(product_servers, REDIS_URL=redis_url)):
        wait_until(lambda: all(map(is_final, ordered)), seconds=60, what="all are made")

    assert took[0] < 3.0, took
    assert statistics.median(took[1:]) < 1.0, took  # 2.1 where each waits again
    assert set(Job.objects.values_list("status", flat=True)) == {"succeeded"}
    assert Asset.objects.count() == 6
    assert wallet(alice) == (60, 0)
    assert credits_selectors.broken_promises() == []


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_without_redis_pages_answer_and_only_the_doors_are_shut(
    alice: User, bob: User, without_redis: tuple[str, str]
) -> None:
    address, _ = without_redis
    factories.make_job(alice)
    with httpx.Client(base_url=address, headers=cookie(alice), timeout=20) as browser:
        for page in ("/studio/", "/library/", "/credits/", "/accounts/login/"):
            assert browser.get(page, follow_redirects=True).status_code == 200, page
    with httpx.Client(base_url=address, timeout=20) as stranger:
        assert stranger.get("/").status_code == 200
        login = {"email": bob.email, "password": factories.PASSWORD}
        refused = stranger.post("/api/v1/auth/login", json=login)
        alive, ready = stranger.get("/healthz"), stranger.get("/readyz")

    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert (alive.status_code, ready.status_code) == (200, 503)
    checks = {"database": "ok", "migrations": "ok", "redis": "down", "storage": "ok"}
    assert ready.json() == {"status": "unavailable", "checks": checks}


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_without_redis_a_stream_polls(alice: User, without_redis: tuple[str, str]) -> None:
    address, _ = without_redis
    job = factories.make_job(alice)
    path = f"{address}/stream/jobs/{job.pk}"
    with httpx.stream("GET", path, headers=bearer(alice), timeout=20) as got:
        lines = got.iter_lines()
        assert any('"status": "queued"' in line for line in lines)
        with factories.plain_pictures():
            running.run_job(job_id=job.pk)
        delivered = time.monotonic()
        assert any('"status": "succeeded"' in line for line in lines)
        assert time.monotonic() - delivered < 8.0


# --- PostgreSQL ---------------------------------------------------------------------------------


def superuser(servers: Servers) -> psycopg.Connection:
    return psycopg.connect(address_of(servers.superuser_url), autocommit=True)


CUT_ALL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
 WHERE datname = current_database() AND usename IN ('visiona_web', 'visiona_jobs')
"""


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_sessions_cut_in_mid_render_double_nothing_and_the_job_is_made(
    alice: User, product_servers: Servers
) -> None:
    jobs = [factories.make_job(alice, style="minimal") for _ in range(2)]
    program = jobs_loop(product_servers)
    with run_beside(program), superuser(product_servers) as above:
        for _ in range(2):
            wait_until(
                lambda: Job.objects.filter(status="running", progress__gt=0).exists(), seconds=30
            )
            assert above.execute(CUT_ALL).fetchone() != (0,)
            wait_until(lambda: Job.objects.filter(attempts__gt=1).exists(), seconds=20)
        wait_until(lambda: all(is_final(str(job.pk)) for job in jobs), seconds=40)

    assert sorted(Job.objects.values_list("status", "captured")) == [("succeeded", 10)] * 2
    assert max(Job.objects.values_list("attempts", flat=True)) > 1
    assert Asset.objects.count() == 2
    assert wallet(alice) == (0, 0)
    assert credits_selectors.broken_promises() == []


def test_the_next_request_after_all_sessions_were_cut_is_answered(
    alice: User, live_address: str, product_servers: Servers
) -> None:
    headers = bearer(alice)
    with httpx.Client(base_url=live_address, headers=headers, timeout=20) as program:
        for _ in range(3):
            assert program.post("/api/v1/jobs", json=ORDER | {"count": 3}).status_code == 402
        with superuser(product_servers) as above:
            assert above.execute(CUT_ALL).fetchone() != (0,)
        statuses = [program.get("/api/v1/jobs").status_code for _ in range(15)]
    assert statuses == [200] * 15


class House:
    """A whole product of its own, whose PostgreSQL can be stopped and started again."""

    def __init__(self, servers: Servers, address: str) -> None:
        self._servers = servers
        self._log = (servers.data_dir / "restarts.log").open("ab")
        self._restarted: list[subprocess.Popen[bytes]] = []
        self.address = address

    def stop_postgres(self) -> None:
        """Stop it as an operator does: now, and in order."""
        lock_file = location.cluster_dir(self._servers.data_dir) / "postmaster.pid"
        os.kill(int(lock_file.read_text().partition("\n")[0]), signal.SIGINT)
        wait_until(lambda: not lock_file.exists(), seconds=20, what="PostgreSQL has ended")

    def start_postgres(self) -> None:
        server = postgres.prepare(data_dir=self._servers.data_dir, durable=False)
        self._restarted.append(launch(server.program, output=self._log))
        wait_until(lambda: postgres.is_ready(server), seconds=30, what="PostgreSQL is back")

    def end(self) -> None:
        for process in self._restarted:
            process.send_signal(signal.SIGINT)
            process.wait(20)
        self._log.close()


def manage(servers: Servers, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = python("manage", servers.database_url, "manage.py", *arguments, **its_own(servers))
    return subprocess.run(
        program.command,
        check=False,
        capture_output=True,
        cwd=program.folder,
        env={**os.environ, **program.environment},
        text=True,
        timeout=60,
    )


def its_own(servers: Servers) -> dict[str, str]:
    return {"REDIS_URL": servers.redis_url, "DATA_DIR": str(servers.data_dir)}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with ExitStack() as stack:
        servers = stack.enter_context(throwaway_servers(tmp_path / "data"))
        migrated = manage(servers, "migrate")
        assert migrated.returncode == 0, migrated.stderr
        web, jobs = servers.web_url, servers.jobs_url
        address = stack.enter_context(serve(web, **its_own(servers)))
        loop = ("manage.py", "run_jobs", "--skip-checks", "--headstart", "0")
        worker = python("loop", jobs, *loop, JOB_LEASE_SECONDS="2", **its_own(servers))
        stack.enter_context(run_beside(worker))
        whole = House(servers, address)
        stack.callback(whole.end)
        yield whole


def poll(program: httpx.Client, path: str, *, wanted: Any, seconds: float) -> httpx.Response:
    """Ask again and again until the answer is as wanted."""
    last: list[httpx.Response] = []

    def is_so() -> bool:
        last[:] = [program.get(path)]
        return bool(wanted(last[0]))

    wait_until(is_so, seconds=seconds, what=f"{path} is as wanted")
    return last[0]


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_postgresql_restarted_under_a_job_is_an_outage_and_nothing_more(house: House) -> None:
    with httpx.Client(base_url=house.address, timeout=20) as program:
        account = {"email": "alice@example.com", "password": factories.PASSWORD}
        assert program.post("/api/v1/auth/signup", json=account).status_code == 201
        token = program.post("/api/v1/auth/login", json=account).json()["data"]["token"]
        program.headers["Authorization"] = f"Bearer {token}"
        ordered = program.post("/api/v1/jobs", json=ORDER | {"count": 2}).json()["data"]
        path = f"/api/v1/jobs/{ordered['id']}"
        poll(program, path, wanted=lambda got: got.json()["data"]["progress"] > 0, seconds=30)

        house.stop_postgres()
        asked, page = program.get("/api/v1/jobs"), program.get("/studio/")
        refused = program.post("/api/v1/jobs", json=ORDER)
        stream = program.get(f"/stream/jobs/{ordered['id']}")
        alive, ready = program.get("/healthz"), program.get("/readyz")
        house.start_postgres()

        poll(program, "/api/v1/jobs", wanted=lambda got: got.status_code == 200, seconds=10)
        done = {"succeeded", "failed"}
        ended = poll(
            program, path, wanted=lambda got: got.json()["data"]["status"] in done, seconds=40
        ).json()["data"]
        credit = program.get("/api/v1/credits").json()["data"]

    for answer in (asked, refused, stream):
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"] == "5"
    assert (page.status_code, alive.status_code, ready.status_code) == (503, 200, 503)
    assert "text/html" in page.headers["Content-Type"]
    assert ready.json()["checks"]["database"] == "down"
    assert (ended["status"], ended["captured"], len(ended["assets"])) == ("succeeded", 20, 2)
    assert (credit["available"], credit["held"]) == (0, 0)


# --- Storage ------------------------------------------------------------------------------------


LIMITED = """
import resource, django
django.setup()
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from generation.services import running
running.RETRY_AFTER *= 0
for _ in range(running.MAX_ATTEMPTS):
    assert running.run_due(queue="quick")
"""


def test_a_disk_that_takes_no_more_fails_the_job_and_returns_its_credits(
    alice: User, product_servers: Servers
) -> None:
    job = factories.make_job(alice, style="minimal")
    program = python("full", address_of(product_servers.jobs_url), "-c", LIMITED)
    result = subprocess.run(
        program.command,
        check=False,
        capture_output=True,
        cwd=program.folder,
        env={**os.environ, **program.environment},
        text=True,
        timeout=50,
    )

    assert result.returncode == 0, result.stderr
    assert result.stderr.count("storage.unavailable") == running.MAX_ATTEMPTS
    job.refresh_from_db()
    assert (job.status, job.error_code, job.released) == ("failed", "unavailable", 10)
    assert wallet(alice) == (20, 0)
    assert Asset.objects.count() == 0
    folder = Path(settings.FILES_DIR) / "people" / str(alice.pk) / "jobs" / str(job.pk)
    assert list(folder.iterdir()) == []
    assert credits_selectors.broken_promises() == []


def test_a_place_that_cannot_be_written_is_tried_again(
    alice: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "RETRY_AFTER", timedelta())
    job = factories.make_job(alice)
    (tmp_path / "occupied").write_text("a file where a folder should be")
    with factories.plain_pictures():
        with monkeypatch.context() as patch:
            patch.setattr(default_storage, "location", str(tmp_path / "occupied"))
            assert running.run_job(job_id=job.pk)
        job.refresh_from_db()
        assert (job.status, job.attempts, job.lease_token) == ("running", 1, None)
        assert wallet(alice) == (10, 10)
        assert running.run_job(job_id=job.pk)

    job.refresh_from_db()
    assert (job.status, job.captured) == ("succeeded", 10)
    assert selectors.assets_of_job(job=job).count() == 1
    assert wallet(alice) == (10, 0)


class Torn(ContentFile):  # type: ignore[type-arg] # generic in the stubs only
    """What a writer that is killed in the middle manages to write."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt


def test_a_writer_that_dies_in_the_middle_leaves_a_delivered_file_whole(db: None) -> None:
    name = default_storage.save("people/somebody/0.jpg", ContentFile(b"the whole picture"))
    with pytest.raises(KeyboardInterrupt):
        default_storage.save(name, Torn(b""))

    with default_storage.open(name) as file:
        assert file.read() == b"the whole picture"
    assert default_storage.listdir("people/somebody") == ([], ["0.jpg"])
    default_storage.delete(name)
