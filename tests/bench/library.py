"""The library page of somebody with 1,000 pictures: alone in the database, and among a million."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from psycopg import sql

from generation.models import Asset
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.people import Person, call, make_person
from tests.bench.stage import OWNER_URL, SUPERUSER_URL
from visiona.embedded.roles import bootstrap
from visiona.lib.db.actor import act_as_user
from visiona.wsgi import application

MINE = 1000
ALL, QUICK_ALL = 1_000_000, 100_000
PICTURES_OF_OTHERS = 100
ROUNDS, QUICK_ROUNDS = 150, 40
PAGE = "/library/"
LARGE = "visiona_large"
In = Callable[[Callable[[], Any]], Any]

ADD_PEOPLE = """
INSERT INTO accounts_user (password, email, name, image_url, role, is_active)
SELECT '!', 'bench' || n || '@example.com', '', '', 'user', true FROM generate_series(1, %s) AS n
"""

# Mine lie scattered among the others', as they do when everybody adds now and then. All are like
# the first one, which the product's own model made.
ADD_PICTURES = """
WITH people AS (
    SELECT array_agg(id) AS ids FROM accounts_user WHERE id <> %(me)s
)
INSERT INTO generation_asset
SELECT new.*
  FROM generation_asset AS first, people, generate_series(2, %(count)s) AS n,
       LATERAL (SELECT CASE WHEN n %% %(every)s = 0 THEN %(me)s
                            ELSE people.ids[1 + n %% cardinality(people.ids)] END AS id) AS owner,
       jsonb_populate_record(first, jsonb_build_object(
           'id', uuidv7(),
           'user_id', owner.id,
           'title', 'Picture ' || n,
           'file', 'people/' || owner.id || '/' || n || '.jpg',
           'preview', 'people/' || owner.id || '/' || n || '-preview.webp',
           'seed', n,
           'created_at', clock_timestamp())) AS new
"""


def measure(*, quick: bool) -> list[Figure]:
    """Show the page by turns out of two databases that differ in their number of rows."""
    every = QUICK_ALL if quick else ALL
    me = make_person()
    visit = _visit(_session_of(me))
    _add_the_first(me)
    _copy_database()
    _fill(settings.DATABASES["default"]["NAME"], me.user_id, count=MINE)
    _fill(LARGE, me.user_id, count=every)
    with _databases() as (large, small):
        ours, baseline = interleaved(
            timed(lambda: large(visit)),
            timed(lambda: small(visit)),
            rounds=QUICK_ROUNDS if quick else ROUNDS,
            warm_up=10,
        )
        many, few = large(lambda: _queries(visit)), small(lambda: _queries(visit))
    compared = f"{MINE:,} of {every:,} pictures are mine, against {MINE:,} of {MINE:,}"
    return [
        Figure(
            name="library page",
            ours=ours,
            baseline=baseline,
            unit="ms",
            promise=Promise.RATIO_AT_MOST,
            limit=1.2,
            note=f"as HTML, signed in; {compared}",
        ),
        Figure(
            name="library page, queries",
            ours=many,
            baseline=few,
            unit="",
            promise=Promise.RATIO_AT_MOST,
            limit=1,
            note=f"their number; {compared}",
        ),
    ]


def _session_of(person: Person) -> str:
    browser = Client()
    with act_as_user(person.user_id):
        browser.force_login(person.user)
    return f"{settings.SESSION_COOKIE_NAME}={browser.cookies[settings.SESSION_COOKIE_NAME].value}"


def _visit(cookie: str) -> Callable[[], None]:
    def step() -> None:
        status, html = call(application, "GET", PAGE, cookie=cookie)
        if not status.startswith("200") or html.count(b'id="asset-') == 0:
            raise RuntimeError(f"{PAGE} answered {status} without pictures.")

    return step


def _queries(visit: Callable[[], None]) -> int:
    with CaptureQueriesContext(connection) as captured:
        visit()
    return len(captured)


def _add_the_first(me: Person) -> None:
    with act_as_user(me.user_id):
        Asset.objects.create(
            user_id=me.user_id,
            source=Asset.Source.THUMBNAIL,
            title="Picture 1",
            params={"style": "bold", "count": 1},
            alt_text="Bold thumbnail: a picture",
            file=f"people/{me.user_id}/1.jpg",
            preview=f"people/{me.user_id}/1-preview.webp",
            content_type="image/jpeg",
            width=1280,
            height=720,
            bytes=180_000,
            sha256="a" * 64,
            provider="local",
            facts={"understood": [], "warnings": []},
        )


def _copy_database() -> None:
    """Make the other database with the same tables, people and session."""
    name = settings.DATABASES["default"]["NAME"]
    connection.close()
    with psycopg.connect(os.environ[SUPERUSER_URL], autocommit=True) as server:
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER visiona_owner")
        server.execute(copy.format(sql.Identifier(LARGE), sql.Identifier(name)))
    bootstrap(_url(SUPERUSER_URL, LARGE))


def _fill(database: str, me: UUID, *, count: int) -> None:
    with psycopg.connect(_url(OWNER_URL, database), autocommit=True) as owner:
        owner.execute(ADD_PEOPLE, (max(1, (count - MINE) // PICTURES_OF_OTHERS),))
        owner.execute(ADD_PICTURES, {"me": me, "every": count // MINE, "count": count})
        owner.execute("VACUUM ANALYZE")


def _url(variable: str, database: str) -> str:
    return urlunsplit(urlsplit(os.environ[variable])._replace(path=f"/{database}"))


@contextmanager
def _databases() -> Iterator[tuple[In, In]]:
    """Give a way to run a step in each database, over connections that stay open.

    Both ways are the same code: one Python frame more on one side can cost a quarter of the time,
    where a call that is made often falls on the edge of a chunk of the interpreter's stack.
    """
    here: Any = connections["default"]
    there = here.copy()
    there.settings_dict["NAME"] = LARGE
    try:
        yield partial(_run_in, there), partial(_run_in, here)
    finally:
        connections["default"] = here
        there.close()


def _run_in[Result](database: Any, step: Callable[[], Result]) -> Result:
    connections["default"] = database
    return step()
