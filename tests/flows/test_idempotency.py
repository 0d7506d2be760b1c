"""One Idempotency-Key at the real server: one effect and one answer, however often it is sent."""

from collections import Counter
from typing import Any

import httpx
import pytest
from django.db import connection

from accounts import services as accounts_services
from accounts.models import IdempotencyKey, User
from credits import selectors as credits_selectors
from generation.models import Job
from tests import factories
from tests.databases import in_threads

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = {"kind": "thumbnail", "title": "Once", "style": "minimal"}


def wallet(user: User) -> tuple[int, int]:
    found = credits_selectors.wallet_of(user=user)
    return found.available, found.held


class Program:
    """A program of one person at a real server."""

    def __init__(self, address: str, user: User) -> None:
        self._jobs = f"{address}/api/v1/jobs"
        self._bearer = accounts_services.issue_sign_in(user=user, client="tests")

    def order(self, key: str, **changes: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._bearer}", "Idempotency-Key": key}
        return httpx.post(self._jobs, json={**ORDER, **changes}, headers=headers, timeout=20)


def test_ten_identical_requests_at_once_are_one_job_and_ten_equal_answers(
    alice: User, live_address: str
) -> None:
    program = Program(live_address, alice)

    answers = in_threads(lambda _: program.order("key-1"), range(10), threads=10)

    assert [answer.status_code for answer in answers] == [202] * 10
    job = Job.objects.get()
    assert {answer.headers["Location"] for answer in answers} == {f"/api/v1/jobs/{job.pk}"}
    bodies = [answer.json()["data"] for answer in answers]
    assert bodies == [bodies[0]] * 10
    assert bodies[0]["id"] == str(job.pk)
    replays = Counter(answer.headers.get("Idempotent-Replayed", "") for answer in answers)
    assert replays == {"true": 9, "": 1}
    assert wallet(alice) == (10, 10)
    assert credits_selectors.broken_promises() == []


def test_a_key_with_another_body_conflicts_and_nothing_happens(
    alice: User, live_address: str
) -> None:
    program = Program(live_address, alice)
    first = program.order("key-1")

    other = program.order("key-1", title="Twice")

    assert (first.status_code, other.status_code) == (202, 409)
    assert other.headers["Content-Type"] == "application/problem+json"
    assert other.json()["code"] == "idempotency_mismatch"
    assert Job.objects.count() == 1
    assert wallet(alice) == (10, 10)


def test_two_bodies_with_one_key_at_once_make_one_job(alice: User, live_address: str) -> None:
    program = Program(live_address, alice)

    titles = [f"Title {number % 2}" for number in range(10)]
    answers = in_threads(lambda title: program.order("key-1", title=title), titles, threads=10)

    assert Counter(answer.status_code for answer in answers) == {202: 5, 409: 5}
    job = Job.objects.get()
    accepted = {answer.json()["data"]["id"] for answer in answers if answer.status_code == 202}
    assert accepted == {str(job.pk)}
    assert wallet(alice) == (10, 10)


def test_a_refused_request_leaves_its_key_free(alice: User, live_address: str) -> None:
    program = Program(live_address, alice)
    assert program.order("key-1", count=3).status_code == 402
    assert program.order("key-1", style="none").status_code == 422
    assert IdempotencyKey.objects.count() == 0
    assert wallet(alice) == (20, 0)
    factories.grant(alice, 100)

    answer = program.order("key-1", count=3)

    assert answer.status_code == 202
    assert "Idempotent-Replayed" not in answer.headers
    assert wallet(alice) == (90, 30)


def test_a_key_is_taken_over_after_a_day_and_not_before(alice: User, live_address: str) -> None:
    program = Program(live_address, alice)
    program.order("key-1")
    age = "UPDATE accounts_idempotencykey SET created_at = now() - %s::interval"
    with connection.cursor() as cursor:
        cursor.execute(age, ["23 hours 59 minutes"])
    assert program.order("key-1", title="Another day").status_code == 409
    with connection.cursor() as cursor:
        cursor.execute(age, ["24 hours 1 second"])

    answer = program.order("key-1", title="Another day")

    assert answer.status_code == 202
    assert "Idempotent-Replayed" not in answer.headers
    assert program.order("key-1", title="Another day").headers["Idempotent-Replayed"] == "true"
    assert program.order("key-1").status_code == 409
    assert Job.objects.count() == 2
    assert wallet(alice) == (0, 20)


def test_one_key_of_two_people_is_two_keys(alice: User, bob: User, live_address: str) -> None:
    answers = [Program(live_address, user).order("key-1") for user in (alice, bob)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert ["Idempotent-Replayed" in answer.headers for answer in answers] == [False, False]
    assert (wallet(alice), wallet(bob)) == ((10, 10), (10, 10))
