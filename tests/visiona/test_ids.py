"""Our ids are UUIDs of version 7 in the order in which they were made, as the database's are."""

import time

import pytest
from django.db import connection

from visiona.lib.request_id import uuid7


def test_ids_are_of_version_7_and_the_rfcs_variant() -> None:
    made = [uuid7() for _ in range(2000)]
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}
    assert len(set(made)) == 2000


def test_an_id_says_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    milliseconds = uuid7().int >> 80
    assert before <= milliseconds <= time.time_ns() // 1_000_000


def test_what_is_made_later_comes_later(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_760_000_000_000_000_000
    made = []
    for step in range(500):
        now = moment + step * 1_000  # a thousandth of a millisecond
        monkeypatch.setattr(time, "time_ns", lambda now=now: now)
        made.append(uuid7())
    assert made == sorted(made)


@pytest.mark.django_db
def test_ours_and_the_databases_are_in_one_order() -> None:
    made = []
    for _ in range(20):
        made.append(uuid7())
        with connection.cursor() as cursor:
            cursor.execute("SELECT uuidv7()")
            made.append(cursor.fetchone()[0])
    assert made == sorted(made)
