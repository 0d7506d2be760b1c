"""Many at once: what is sold, given or settled is so exactly once; the audit sees forgeries."""

import os
import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from accounts import services as accounts_services
from accounts.models import IdempotencyKey, User
from credits import selectors, services
from credits.errors import InsufficientCredits, ReservationClosed
from credits.models import Entry, Reservation
from generation.models import Job
from generation.services import jobs
from tests.databases import address_of, in_threads
from tests.processes import python
from visiona.embedded.throwaway import Servers
from visiona.lib.db.actor import NOBODY, act_as_user, act_as_worker

THREADS = 64
ORDER = {"kind": "thumbnail", "title": "Once", "style": "minimal"}

at_once = pytest.mark.django_db(transaction=True)


@pytest.fixture
def product_logins(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let the connections of new threads log in as a process of the product does."""

    def log_in(name: str) -> None:
        chosen: dict[str, Any] = connections.settings["default"]
        options = {**chosen["OPTIONS"], "actor": NOBODY}
        product = {**chosen, "USER": name, "OPTIONS": options}
        monkeypatch.setitem(connections.settings, "default", product)

    return log_in


def wallet(user: User) -> tuple[int, int]:
    found = selectors.wallet_of(user=user)
    return found.available, found.held


def hold(user: User, amount: int = 10) -> UUID:
    with act_as_user(user.pk):
        return services.reserve(
            amount=amount, key=str(uuid4()), purpose="thumbnail", reference="job"
        ).hold


def together[Item, Result](work: Callable[[Item], Result], items: list[Item]) -> list[Result]:
    """Do each item in a thread of its own; all begin in the same moment."""
    gate = threading.Barrier(len(items))

    def begin(item: Item) -> Result:
        gate.wait(timeout=30)
        return work(item)

    return in_threads(begin, items, threads=len(items))


# --- Orders -------------------------------------------------------------------------------------


@at_once
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_sixty_four_threads_with_a_hundred_requests_sell_exactly_two_thumbnails(
    alice: User, product_logins: Callable[[str], None]
) -> None:
    product_logins("visiona_web")

    def order_a_hundred_times(number: int) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        with act_as_user(alice.pk):
            for turn in range(100):
                try:
                    jobs.submit(
                        user=alice,
                        kind="thumbnail",
                        params={"title": f"{number}-{turn}"},
                        request_id="race",
                    )
                    outcomes["sold"] += 1
                except InsufficientCredits:
                    outcomes["refused"] += 1
        return outcomes

    outcomes = sum(together(order_a_hundred_times, list(range(THREADS))), Counter())

    assert outcomes == {"sold": 2, "refused": 6398}
    assert wallet(alice) == (0, 20)
    assert Job.objects.filter(user=alice, status="queued", price=10).count() == 2
    assert Reservation.objects.filter(wallet_id=alice.pk, state="held").count() == 2
    assert [entry.kind for entry in selectors.entries_of(user=alice)] == [
        "reserve",
        "reserve",
        "grant",
    ]
    assert selectors.broken_promises() == []


@at_once
def test_one_form_sent_by_sixteen_threads_is_one_job(
    alice: User, product_logins: Callable[[str], None]
) -> None:
    product_logins("visiona_web")

    def send(_: int) -> UUID:
        with act_as_user(alice.pk):
            job = jobs.submit(
                user=alice,
                kind="thumbnail",
                params={"title": "Once"},
                request_id="race",
                idempotency_key="form-1",
            )
        return job.pk

    made = together(send, list(range(16)))

    assert set(made) == {Job.objects.get().pk}
    assert wallet(alice) == (10, 10)
    assert selectors.broken_promises() == []


# --- Idempotency-Key over a real server ---------------------------------------------------------


class Program:
    """A program of one person at a real server."""

    def __init__(self, address: str, user: User) -> None:
        self._jobs = f"{address}/api/v1/jobs"
        self._bearer = accounts_services.issue_sign_in(user=user, client="tests")

    def order(self, key: str, **changes: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._bearer}", "Idempotency-Key": key}
        return httpx.post(self._jobs, json={**ORDER, **changes}, headers=headers, timeout=20)


@at_once
def test_ten_identical_requests_at_once_are_one_job_and_ten_equal_answers(
    alice: User, live_address: str
) -> None:
    program = Program(live_address, alice)

    answers = together(lambda _: program.order("key-1"), list(range(10)))

    assert [answer.status_code for answer in answers] == [202] * 10
    job = Job.objects.get()
    assert {answer.headers["Location"] for answer in answers} == {f"/api/v1/jobs/{job.pk}"}
    bodies = [answer.json()["data"] for answer in answers]
    assert bodies == [bodies[0]] * 10
    assert bodies[0]["id"] == str(job.pk)
    replays = Counter(answer.headers.get("Idempotent-Replayed", "") for answer in answers)
    assert replays == {"true": 9, "": 1}
    assert wallet(alice) == (10, 10)
    assert selectors.broken_promises() == []


@at_once
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


@at_once
def test_two_bodies_with_one_key_at_once_make_one_job(alice: User, live_address: str) -> None:
    program = Program(live_address, alice)

    titles = [f"Title {number % 2}" for number in range(10)]
    answers = together(lambda title: program.order("key-1", title=title), titles)

    assert Counter(answer.status_code for answer in answers) == {202: 5, 409: 5}
    job = Job.objects.get()
    accepted = {answer.json()["data"]["id"] for answer in answers if answer.status_code == 202}
    assert accepted == {str(job.pk)}
    assert wallet(alice) == (10, 10)


@at_once
def test_a_refused_request_leaves_its_key_free(alice: User, live_address: str) -> None:
    program = Program(live_address, alice)
    assert program.order("key-1", count=3).status_code == 402
    assert program.order("key-1", style="none").status_code == 422
    assert IdempotencyKey.objects.count() == 0
    assert wallet(alice) == (20, 0)
    with act_as_worker():
        services.grant(user_id=alice.pk, amount=100, key="hand:1", reason="Test")

    answer = program.order("key-1", count=3)

    assert answer.status_code == 202
    assert "Idempotent-Replayed" not in answer.headers
    assert wallet(alice) == (90, 30)


@at_once
def test_a_key_is_taken_over_after_a_day_and_not_before(alice: User, live_address: str) -> None:
    program = Program(live_address, alice)
    program.order("key-1")
    age = "UPDATE accounts_idempotencykey SET created_at = now() - interval %s"
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


@at_once
def test_one_key_of_two_people_is_two_keys(alice: User, bob: User, live_address: str) -> None:
    answers = [Program(live_address, user).order("key-1") for user in (alice, bob)]

    assert [answer.status_code for answer in answers] == [202, 202]
    assert ["Idempotent-Replayed" in answer.headers for answer in answers] == [False, False]
    assert (wallet(alice), wallet(bob)) == ((10, 10), (10, 10))


# --- Settling, giving, expiring -----------------------------------------------------------------


@at_once
def test_workers_that_settle_one_hold_at_once_settle_it_once(
    alice: User, product_logins: Callable[[str], None]
) -> None:
    product_logins("visiona_jobs")
    reservation_id = hold(alice)

    def capture(_: int) -> str:
        with act_as_worker():
            return services.capture(reservation_id=reservation_id).status

    outcomes = Counter(together(capture, list(range(8))))

    assert outcomes == {"ok": 1, "replay": 7}
    assert wallet(alice) == (10, 0)
    assert Entry.objects.filter(kind="capture").count() == 1
    assert selectors.broken_promises() == []


@at_once
@pytest.mark.parametrize("turn", range(5))
def test_of_a_capture_and_a_release_at_once_one_wins(
    turn: int, alice: User, product_logins: Callable[[str], None]
) -> None:
    product_logins("visiona_jobs")
    reservation_id = hold(alice)

    def settle(how: Any) -> str:
        with act_as_worker():
            try:
                status: str = how(reservation_id=reservation_id).status
            except ReservationClosed as closed:
                return str(closed.facts["state"])
            return status

    captured, released = together(settle, [services.capture, services.release])

    assert (captured, released) in {("ok", "captured"), ("released", "ok")}
    assert wallet(alice) == ((10, 0) if captured == "ok" else (20, 0))
    assert selectors.broken_promises() == []


@at_once
def test_a_grant_sent_sixteen_times_at_once_is_given_once(
    alice: User, product_logins: Callable[[str], None]
) -> None:
    product_logins("visiona_jobs")

    def give(_: int) -> str:
        with act_as_worker():
            return services.grant(
                user_id=alice.pk, amount=50, key="payment:1", reason="Pro plan"
            ).status

    outcomes = Counter(together(give, list(range(16))))

    assert outcomes == {"ok": 1, "replay": 15}
    assert wallet(alice) == (70, 0)
    assert selectors.broken_promises() == []


@at_once
def test_reapers_at_once_return_each_expired_hold_once(
    alice: User, bob: User, product_logins: Callable[[str], None]
) -> None:
    product_logins("visiona_jobs")
    for user in (alice, bob) * 5:
        hold(user, amount=4)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE credits_reservation SET expires_at = now() - interval '1 s'")
    assert (wallet(alice), wallet(bob)) == ((0, 20), (0, 20))

    def reap(_: int) -> int:
        with act_as_worker():
            return services.expire_due()

    returned = together(reap, list(range(4)))

    assert sum(returned) == 10
    assert (wallet(alice), wallet(bob)) == ((20, 0), (20, 0))
    assert Entry.objects.filter(kind="expire").count() == 10
    assert selectors.broken_promises() == []


# --- The audit sees what it is for --------------------------------------------------------------


def forge(sql: str, *parameters: Any) -> None:
    """Change the ledger behind its back, as the tables' owner can."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE credits_entry DISABLE TRIGGER immutable")
        cursor.execute(sql, parameters)
        assert cursor.rowcount == 1
        cursor.execute("ALTER TABLE credits_entry ENABLE TRIGGER immutable")


def verdict() -> set[tuple[UUID, str]]:
    """What the audit reports; the command must agree by its exit code."""
    found = set(selectors.broken_promises())
    if found:
        with pytest.raises(CommandError) as refusal:
            call_command("ledger_verify")
        assert refusal.value.returncode == 1
    else:
        call_command("ledger_verify")
    return found


@pytest.fixture
def spent(alice: User, bob: User) -> UUID:
    """Alice bought for six of ten held credits and got two back; Bob looked on."""
    reservation_id = hold(alice)
    with act_as_worker():
        services.capture(reservation_id=reservation_id, amount=6)
        services.refund(reservation_id=reservation_id, amount=2, key="r1", reason="Sorry")
    assert verdict() == set()
    return reservation_id


FORGED_ENTRIES = [
    (1, "balance_change = 120"),
    (1, "balance_after = 120"),
    (1, "key = 'hand:1'"),
    (1, "reason = 'A present'"),
    (1, "created_at = created_at - interval '1 day'"),
    (2, "held_change = 5"),
    (2, "held_after = 5"),
    (2, "reference = 'another job'"),
    (2, "reservation_id = NULL"),
    (2, "login = 'visiona_owner'"),
    (2, "request_id = 'another-request'"),
    (2, "id = uuidv7()"),
    (2, "hash = sha256('forged')"),
    (4, "kind = 'expire'"),
    (5, "kind = 'grant'"),
    (5, "seq = 6"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("number", "change"), FORGED_ENTRIES)
def test_a_change_of_any_column_of_an_old_entry_is_reported(
    number: int, change: str, alice: User, spent: UUID
) -> None:
    forge(f"UPDATE credits_entry SET {change} WHERE user_id = %s AND seq = %s", alice.pk, number)

    assert {user_id for user_id, _ in verdict()} == {alice.pk}


@pytest.mark.django_db
def test_every_column_of_an_entry_has_its_forgery() -> None:
    tried = {change.split(" = ")[0] for _, change in FORGED_ENTRIES}
    assert tried | {"user_id"} == {field.column for field in Entry._meta.concrete_fields}


@pytest.mark.django_db
def test_an_entry_moved_to_another_wallet_is_reported_for_both(
    alice: User, bob: User, spent: UUID
) -> None:
    forge("UPDATE credits_entry SET user_id = %s WHERE user_id = %s AND seq = 5", bob.pk, alice.pk)

    assert {user_id for user_id, _ in verdict()} == {alice.pk, bob.pk}


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_deleted_entry_is_reported(number: int, alice: User, spent: UUID) -> None:
    forge("DELETE FROM credits_entry WHERE user_id = %s AND seq = %s", alice.pk, number)

    problems = dict.fromkeys(problem for _, problem in verdict())
    assert "the wallet differs from the sum of its entries" in problems
    assert ("the sequence has a gap" in problems) == (number < 5)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("balance = balance + 1000", "the wallet differs from the sum of its entries"),
        ("held = held + 1", "the wallet differs from the sum of its entries"),
        ("seq = seq + 1", "the wallet differs from the sum of its entries"),
        ("head_hash = sha256('forged')", "the wallet points at another last entry"),
    ],
)
def test_a_wallet_changed_by_hand_is_reported(
    change: str, problem: str, alice: User, spent: UUID
) -> None:
    forge(f"UPDATE credits_wallet SET {change} WHERE user_id = %s", alice.pk)

    assert (alice.pk, problem) in verdict()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        "captured = 7",
        "refunded = 0",
        "amount = 100",
        "state = 'released', captured = 0, refunded = 0",
        "state = 'held', settled_at = NULL, captured = 0, refunded = 0",
    ],
)
def test_a_reservation_changed_by_hand_is_reported(change: str, alice: User, spent: UUID) -> None:
    forge(f"UPDATE credits_reservation SET {change} WHERE id = %s", spent)

    assert (alice.pk, f"reservation {spent} does not agree with its entries") in verdict()


@pytest.mark.django_db
def test_a_reservation_moved_to_another_person_is_reported(bob: User, spent: UUID) -> None:
    forge("UPDATE credits_reservation SET user_id = %s WHERE id = %s", bob.pk, spent)

    assert verdict() == {(bob.pk, f"reservation {spent} does not agree with its entries")}


@pytest.mark.django_db
def test_an_open_reservation_made_by_hand_is_reported(alice: User, spent: UUID) -> None:
    forge(
        "INSERT INTO credits_reservation (user_id, amount, purpose, reference, key, expires_at)"
        " VALUES (%s, 10, 'thumbnail', 'job', 'k', now() + interval '1 hour')",
        alice.pk,
    )

    assert (alice.pk, "held differs from the open reservations") in verdict()


@at_once
def test_the_command_ends_with_1_for_a_broken_ledger_and_0_for_a_clean_one(
    alice: User, product_servers: Servers
) -> None:
    def verify() -> subprocess.CompletedProcess[str]:
        program = python(
            "verify", address_of(product_servers.jobs_url), "manage.py", "ledger_verify"
        )
        return subprocess.run(
            program.command,
            check=False,
            capture_output=True,
            cwd=program.folder,
            env={**os.environ, **program.environment},
            text=True,
            timeout=30,
        )

    clean = verify()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE credits_wallet SET balance = 1000 WHERE user_id = %s", [alice.pk])
    broken = verify()

    assert (clean.returncode, clean.stdout) == (0, "The ledger is clean.\n")
    assert broken.returncode == 1
    assert broken.stdout == f"{alice.pk}  the wallet differs from the sum of its entries\n"
    assert "The ledger is broken in 1 places." in broken.stderr
