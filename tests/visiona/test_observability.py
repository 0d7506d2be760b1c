"""What nobody planned for reaches Sentry, with the request's id and without anything private."""

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import sentry_sdk
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from credits import selectors
from tests.clients import ApiClient
from visiona import observability
from visiona.lib.logging import without_rows

SECRET = "nobody-may-read-this"


class Sentry(HTTPServer):
    """Takes what the real SDK sends."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receiver)
        self.received: list[str] = []


class _Receiver(BaseHTTPRequestHandler):
    server: Sentry

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.received.append(body.decode())
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def sentry(settings: Settings) -> Iterator[Sentry]:
    """A Sentry of our own, connected as the product connects to the real one."""
    server = Sentry()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.SENTRY_DSN = f"http://key@127.0.0.1:{server.server_port}/1"
    observability.start()
    yield server
    sentry_sdk.get_client().close()
    sentry_sdk.init(dsn=None)
    server.shutdown()
    thread.join()
    server.server_close()


def events(server: Sentry) -> list[str]:
    sentry_sdk.flush(timeout=5)
    return [body for body in server.received if '"type":"event"' in body.replace(" ", "")]


def test_a_defect_is_reported_with_the_request_id_and_nothing_private(
    sentry: Sentry, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(selectors, "totals_of", broken)

    answer = ApiClient(alice).get(f"credits?q={SECRET}", X_Request_ID="report-me-please")

    assert answer.status_code == 500
    assert json.loads(answer.content)["code"] == "internal_error"
    (event,) = events(sentry)
    assert "a defect" in event
    assert "report-me-please" in event
    assert SECRET not in event
    assert "vis_" not in event
    assert alice.email not in event


def test_a_planned_refusal_is_not_reported(sentry: Sentry, client: Client, db: None) -> None:
    assert client.get("/api/v1/credits").status_code == 401
    assert client.get("/files/nobody/has/this.jpg").status_code == 404
    assert events(sentry) == []


def test_rows_that_the_database_quotes_are_not_told() -> None:
    told = (
        "Traceback (most recent call last):\n  File x\n"
        "django.db.utils.DataError: invalid input syntax for type json\n"
        "DETAIL:  Token is invalid.\nCONTEXT:  JSON data, line 1: [secretwords\n"
    )
    assert "secretwords" not in without_rows(told)
    assert "invalid input syntax" in without_rows(told)
