"""However many ask at once, nothing is sold twice and nothing is sold that is not there.

`make soak` has each of the 64 ask a hundred times.
"""

import os
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection, connections
from psycopg.errors import LockNotAvailable
from pytest_django import Settings

from accounts.models import User
from credits import selectors, services
from credits.errors import InsufficientCredits
from credits.models import Entry, Reservation
from generation.models import Job
from generation.services import jobs
from tests import databases, factories
from tests.clients import ApiClient
from visiona.lib.db.actor import NOBODY, act_as_user, act_as_worker
from visiona.lib.errors import AppError

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 64
REQUESTS_OF_EACH = int(os.environ.get("RACE_REQUESTS", "25"))


@pytest.fixture
def log_threads_in_as(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let new threads reach the database as the product does: by its login, with its limits."""

    def choose(login: str) -> None:
        ours: dict[str, Any] = connections.settings["default"]
        options = {**ours["OPTIONS"], "actor": NOBODY}
        theirs = {**ours, "USER": login, "OPTIONS": options}
        monkeypatch.setitem(connections.settings, "default", theirs)

    return choose


def order_thumbnail(user: User) -> None:
    """Order once; who does not get their turn in time is told to come back, and does."""
    while True:
        try:
            with act_as_user(user.pk):
                jobs.submit(
                    user=user, kind="thumbnail", params={"title": "Mine"}, request_id="race"
                )
        except OperationalError as error:
            if not isinstance(error.__cause__, LockNotAvailable):
                raise
        else:
            return


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_sixty_four_threads_that_ask_again_and_again_are_sold_two_thumbnails(
    log_threads_in_as: Callable[[str], None], settings: Settings
) -> None:
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"jobs": "100000/hour"}
    log_threads_in_as("visiona_web")
    alice = factories.make_user()
    gate = threading.Barrier(THREADS)

    def orders(_: int) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        gate.wait(timeout=30)
        for _request in range(REQUESTS_OF_EACH):
            try:
                order_thumbnail(alice)
                outcomes["sold"] += 1
            except InsufficientCredits as refusal:
                outcomes[f"refused, {refusal.facts['required']} of"] += 1
        return outcomes

    outcomes = sum(databases.in_threads(orders, range(THREADS), threads=THREADS), Counter[str]())

    assert outcomes == {"sold": 2, "refused, 10 of": THREADS * REQUESTS_OF_EACH - 2}
    assert Job.objects.count() == 2
    assert Reservation.objects.count() == 2
    wallet = selectors.wallet_of(user=alice)
    assert (wallet.balance, wallet.held, wallet.available) == (20, 20, 0)
    assert selectors.broken_promises() == []


def test_programs_that_order_at_once_over_http_are_sold_two_thumbnails() -> None:
    alice = factories.make_user()
    program = ApiClient(alice)

    def order(number: int) -> tuple[int, str]:
        answer = program.post("jobs", {"kind": "thumbnail", "title": f"Number {number}"})
        body = answer.json()
        return answer.status_code, body.get("code", "")

    answers = Counter(databases.in_threads(order, range(96), threads=16))

    assert answers == {(202, ""): 2, (402, "insufficient_credits"): 94}
    assert Job.objects.count() == 2
    assert selectors.wallet_of(user=alice).held == 20
    assert selectors.broken_promises() == []


def test_ten_identical_requests_at_once_make_one_job_and_get_one_answer() -> None:
    alice = factories.make_user(extra_credits=100)
    program = ApiClient(alice)

    def order(_: int) -> tuple[int, str, str, str]:
        answer = program.post(
            "jobs", {"kind": "thumbnail", "title": "Once"}, Idempotency_Key="the-same"
        )
        replayed = answer.headers.get("Idempotent-Replayed", "")
        return answer.status_code, str(answer.json()["data"]), answer["Location"], replayed

    answers = databases.in_threads(order, range(10), threads=10)

    assert len({answer[:3] for answer in answers}) == 1
    assert answers[0][0] == 202
    assert Counter(answer[3] for answer in answers) == {"true": 9, "": 1}
    assert Job.objects.count() == 1
    wallet = selectors.wallet_of(user=alice)
    assert (wallet.available, wallet.held) == (110, 10)


def test_ten_identical_forms_at_once_make_one_job() -> None:
    alice = factories.make_user(extra_credits=100)

    def order(_: int) -> str:
        with act_as_user(alice.pk):
            job = jobs.submit(
                user=alice,
                kind="thumbnail",
                params={"title": "Once"},
                request_id="race",
                idempotency_key="form:1",
            )
        return str(job.pk)

    assert len(set(databases.in_threads(order, range(10), threads=10))) == 1
    assert Job.objects.count() == 1
    assert selectors.wallet_of(user=alice).held == 10


@pytest.mark.parametrize("rivals", [("capture", "release"), ("capture", "capture")])
def test_a_hold_that_two_workers_settle_at_once_ends_once(
    rivals: tuple[str, str], log_threads_in_as: Callable[[str], None]
) -> None:
    log_threads_in_as("visiona_jobs")
    alice = factories.make_user(extra_credits=1000)
    settle = {"capture": services.capture, "release": services.release}
    holds = []
    for number in range(12):
        with act_as_user(alice.pk):
            held = services.reserve(
                amount=10, key=f"job:{number}", purpose="thumbnail", reference=f"{number}"
            )
        holds.append(held.hold)

    def fight(turn: int) -> str:
        with act_as_worker():
            try:
                return settle[rivals[turn % 2]](reservation_id=holds[turn // 2]).status
            except AppError as error:
                return error.code

    outcomes = Counter(databases.in_threads(fight, range(24), threads=12))

    loser = "conflict" if rivals[0] != rivals[1] else "replay"
    assert outcomes == {"ok": 12, loser: 12}
    assert selectors.wallet_of(user=alice).held == 0
    ended = Entry.objects.filter(kind__in=("capture", "release")).count()
    assert ended == 12
    assert selectors.broken_promises() == []


def test_reapers_at_once_return_each_overdue_hold_once(
    log_threads_in_as: Callable[[str], None],
) -> None:
    log_threads_in_as("visiona_jobs")
    people = [factories.make_user(), factories.make_user()]
    for number in range(10):
        with act_as_user(people[number % 2].pk):
            services.reserve(amount=4, key=f"job:{number}", purpose="thumbnail", reference="j")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE credits_reservation SET expires_at = now() - interval '1 s'")
    gate = threading.Barrier(4)

    def reap(_: int) -> int:
        gate.wait(timeout=30)
        with act_as_worker():
            return services.expire_due()

    returned = databases.in_threads(reap, range(4), threads=4)

    assert sum(returned) == 10
    assert Entry.objects.filter(kind="expire").count() == 10
    wallets = [selectors.wallet_of(user=person) for person in people]
    assert [(wallet.available, wallet.held) for wallet in wallets] == [(20, 0), (20, 0)]
    assert selectors.broken_promises() == []


def test_a_gift_that_ten_processes_give_under_one_key_is_given_once() -> None:
    alice = factories.make_user()

    def give(_: int) -> str:
        with act_as_worker():
            return services.grant(
                user_id=alice.pk, amount=50, key="invoice:1", reason="Payment"
            ).status

    outcomes = Counter(databases.in_threads(give, range(10), threads=10))

    assert outcomes == {"ok": 1, "replay": 9}
    assert selectors.wallet_of(user=alice).available == 70


def test_ten_sign_ups_of_one_address_at_once_make_one_person_with_one_welcome() -> None:
    email = f"{uuid4().hex[:8]}@example.com"

    def sign_up(_: int) -> int:
        answer = ApiClient().post("auth/signup", {"email": email, "password": factories.PASSWORD})
        return int(answer.status_code)

    outcomes = Counter(databases.in_threads(sign_up, range(10), threads=10))

    assert outcomes == {201: 1, 409: 9}
    assert [entry.kind for entry in Entry.objects.all()] == ["grant"]
