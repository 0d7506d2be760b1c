"""A real browser before the real application: one port, the test database, a worker that works."""

import os
import shutil
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.db import close_old_connections, connections
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import User
from generation.catalog import QUEUES
from generation.services import running, uploads
from tests import databases
from tests.browser.shots import ARTIFACTS, watch
from visiona.embedded.css import build_css

FLAGS = (
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--renderer-process-limit=1",  # of every browser context: it starts no second one to spare
)

expect.set_options(timeout=20_000)  # a machine that has much to do is slow, and not wrong

SignIn = Callable[[BrowserContext, User], None]


@pytest.fixture(scope="session", autouse=True)
def orm_beside_the_browser() -> Iterator[None]:
    """Playwright runs an event loop in this thread, where Django would refuse the ORM."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the machine's own Chromium."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not found:
        pytest.skip("Install chromium-headless-shell by apt-get, or set CHROMIUM to a browser.")
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": found, "args": [*FLAGS, *alone]}


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_context_args,
        "viewport": {"width": 1280, "height": 860},
        "reduced_motion": "reduce",
    }


@pytest.fixture(scope="session")
def address(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Where the application answers, pages and streams alike."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "No directory at")  # static files are not collected here
        from visiona.asgi import application  # noqa: PLC0415 (it wants the settings of the tests)

    build_css()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = uvicorn.Config(
        application, host="127.0.0.1", port=port, log_level="error", lifespan="off"
    )
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    with django_db_blocker.unblock():
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def base_url(address: str) -> str:
    """What a path is relative to; pytest-base-url's own fixture warns under pytest 9."""
    return address


class Engine:
    """The worker: it stands still until it is started, so that a test can look at what waits."""

    def __init__(self) -> None:
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def _work(self) -> None:
        try:
            while not self._end.is_set():
                if not (any(running.run_due(queue=one) for one in QUEUES) or uploads.check_due()):
                    self._end.wait(0.2)  # the processor has more to do than look
        finally:
            close_old_connections()
            connections.close_all()


@pytest.fixture
def engine(address: str) -> Iterator[Engine]:
    worker = Engine()
    yield worker
    worker.stop()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of the browser, not the test client that other tests call so."""
    return context.new_page()


@pytest.fixture
def sign_in(address: str) -> SignIn:
    """Give a browser somebody's session."""

    def give(context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])

    return give


@pytest.fixture
def alices(
    page: Page,
    context: BrowserContext,
    alice: User,
    sign_in: SignIn,
) -> Page:
    """Alice's page; she is signed in."""
    sign_in(context, alice)
    return page


@pytest.fixture(autouse=True)
def console(request: pytest.FixtureRequest) -> Iterator[list[str]]:
    """Fail the test on any error in the console: a script's, or what the CSP forbade."""
    found: list[str] = []
    if "context" in request.fixturenames:
        request.getfixturevalue("context").on("page", lambda page: watch(page, found))
    yield found
    assert not found, found


@pytest.fixture(autouse=True)
def streams_end(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close the pages before the tables are emptied, so that no stream reads them any more."""
    yield
    if "context" in request.fixturenames:
        context = request.getfixturevalue("context")
        for open_page in context.pages:
            open_page.goto("about:blank")
    databases.await_rest()


@pytest.fixture(scope="session", autouse=True)
def artifacts() -> Path:
    ARTIFACTS.mkdir(exist_ok=True)
    return ARTIFACTS
