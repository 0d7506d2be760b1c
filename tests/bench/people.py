"""People who signed up, with credits enough for every round, and how their programs ask."""

import io
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4
from wsgiref.util import setup_testing_defaults

import psycopg

from accounts import services as accounts_services
from accounts.models import User
from tests.bench.stage import OWNER_URL

CREDITS = 1_000_000
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody, and the bearer of their program."""

    user: User
    bearer: str

    @property
    def user_id(self) -> UUID:
        return self.user.pk


def make_person() -> Person:
    """Sign somebody up as the product does, and give them credits."""
    user = accounts_services.sign_up(email=f"{uuid4().hex}@example.com", password=uuid4().hex)
    with psycopg.connect(os.environ[OWNER_URL]) as connection:
        connection.execute("SET ROLE visiona_worker")
        connection.execute(
            "SELECT credits_deposit(%s, 'grant', %s, 'bench', 'Bench')", (user.pk, CREDITS)
        )
    return Person(user=user, bearer=accounts_services.issue_sign_in(user=user, client="bench"))


def call(
    application: Application, method: str, path: str, *, body: Any = None, **headers: str
) -> tuple[str, bytes]:
    """Send one request through a WSGI application as a server would; return status and body."""
    content = b"" if body is None else json.dumps(body).encode()
    environ: dict[str, Any] = {
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.input": io.BytesIO(content),
        **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
    }
    setup_testing_defaults(environ)
    statuses: list[str] = []
    answer: Any = application(environ, lambda status, _headers: statuses.append(status))
    try:
        return statuses[0], b"".join(answer)
    finally:
        answer.close()
