"""A remembered balance is never older than the ledger, never another's, and never spends."""

import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from pytest_django import Settings
from pytest_django.asserts import assertNumQueries

from accounts.models import User
from credits import selectors, services
from credits.errors import InsufficientCredits
from credits.models import Wallet
from generation.services import jobs
from tests import databases, factories
from visiona.lib import outage
from visiona.lib.db.actor import NOBODY, act_as, act_as_user, act_as_worker

pytestmark = pytest.mark.django_db(transaction=True)


def shown(user: User) -> tuple[int, int]:
    """What the person is shown."""
    with act_as_user(user.pk):
        wallet = selectors.wallet_of(user=user)
    return wallet.available, wallet.held


def row(user: User) -> tuple[int, int]:
    wallet = Wallet.objects.get(user_id=user.pk)
    return wallet.available, wallet.held


def hold(user: User, amount: int) -> services.Result:
    with act_as_user(user.pk):
        return services.reserve(amount=amount, key=str(uuid4()), purpose="image", reference="job")


def expire(user: User) -> None:
    hold(user, 3)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE credits_reservation SET expires_at = now() - interval '1 s' WHERE user_id = %s",
            [user.pk],
        )
    shown(user)
    with act_as_worker():
        assert services.expire_due() == 1


def settle(user: User, step: Callable[..., Any], **arguments: Any) -> None:
    held = hold(user, 4)
    shown(user)
    with act_as_worker():
        step(reservation_id=held.hold, **arguments)


def refund(user: User) -> None:
    held = hold(user, 4)
    with act_as_worker():
        services.capture(reservation_id=held.hold)
        shown(user)
        services.refund(reservation_id=held.hold, amount=2, key="r", reason="Sorry")


def adjust(user: User) -> None:
    with act_as_worker():
        services.adjust(user_id=user.pk, amount=-5, key="a", reason="Counted twice")


def cancel_in_queue(user: User) -> None:
    job = factories.make_job(user)
    shown(user)
    with act_as_user(user.pk):
        jobs.cancel(user=user, job_id=job.pk)


CHANGES: dict[str, Callable[[User], object]] = {
    "grant": lambda user: factories.grant(user, 7),
    "adjust": adjust,
    "reserve": lambda user: hold(user, 4),
    "capture": lambda user: settle(user, services.capture),
    "capture of a part": lambda user: settle(user, services.capture, amount=1),
    "release": lambda user: settle(user, services.release),
    "refund": refund,
    "expiry": expire,
    "cancel in the queue": cancel_in_queue,
}


@pytest.fixture
def anna(transactional_db: None) -> User:
    """Somebody whose balance is remembered."""
    anna = factories.make_user("anna@example.com")
    assert shown(anna) == (20, 0)
    return anna


@pytest.fixture
def without_redis(settings: Settings) -> Iterator[None]:
    """Nobody listens where Redis should be."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    yield
    outage.forget()


def test_a_balance_is_read_once_for_many_looks(anna: User) -> None:
    with act_as_user(anna.pk), assertNumQueries(0):
        assert [selectors.wallet_of(user=anna).available for _ in range(3)] == [20, 20, 20]


def test_after_each_kind_of_change_the_new_balance_is_shown(transactional_db: None) -> None:
    for name, change in CHANGES.items():
        person = factories.make_user()
        assert shown(person) == (20, 0)
        change(person)
        assert [shown(person), shown(person)] == [row(person)] * 2, name


def test_who_changes_it_sees_the_change_before_all_others_do(anna: User) -> None:
    with act_as_user(anna.pk), transaction.atomic():
        hold(anna, 5)
        assert shown(anna) == (15, 5)
        assert databases.in_threads(shown, [anna], threads=1) == [(20, 0)]
    assert shown(anna) == (15, 5)


def test_what_is_rolled_back_was_never_shown_to_anybody(anna: User) -> None:
    with act_as_user(anna.pk), transaction.atomic():
        with transaction.atomic():
            hold(anna, 5)
            assert shown(anna) == (15, 5)
            transaction.set_rollback(True)
        assert shown(anna) == (20, 0)
    assert shown(anna) == (20, 0)


def test_a_reader_who_was_overtaken_remembers_nothing(anna: User) -> None:
    kept = selectors.kept_balance(user_id=anna.pk)
    kept.forget()

    def slow() -> bytes:
        services.grant(user_id=anna.pk, amount=5, key="meanwhile", reason="Test")
        return b"20 0"  # what was there before

    with act_as_worker():
        assert kept.get(slow) == b"20 0"
    assert shown(anna) == (25, 0)


def test_a_stale_balance_cannot_authorize_a_spend(anna: User) -> None:
    kept = selectors.kept_balance(user_id=anna.pk)
    key, _generation = kept._keys()
    factories.redis_client().set(key, "1000000 0")
    assert shown(anna) == (1_000_000, 0)

    with pytest.raises(InsufficientCredits) as refusal:
        hold(anna, 21)

    assert refusal.value.facts == {"required": 21, "available": 20}
    assert row(anna) == (20, 0)


def test_nobody_is_shown_anothers_balance(anna: User) -> None:
    bob = factories.make_user("bob@example.com")
    for who in (act_as_user(bob.pk), act_as(NOBODY)):
        with who:
            seen = selectors.wallet_of(user=anna)
        assert (seen.available, seen.held) == (0, 0)
    assert shown(anna) == (20, 0)
    assert shown(bob) == (20, 0)


def test_without_redis_the_row_is_read(anna: User, without_redis: None) -> None:
    assert shown(anna) == (20, 0)
    hold(anna, 5)
    assert shown(anna) == (15, 5)


def test_a_balance_is_remembered_for_a_minute_at_most(anna: User) -> None:
    key, _generation = selectors.kept_balance(user_id=anna.pk)._keys()
    assert 0 < factories.redis_client().ttl(key) <= 60


def test_readers_beside_writers_end_with_the_truth() -> None:
    anna = factories.make_user()
    done = threading.Event()
    rounds = 60

    def work(number: int) -> int:
        if number:
            looks = 0
            while not done.is_set():
                available, held = shown(anna)
                assert available + held >= 20
                looks += 1
            return looks
        try:
            for _ in range(rounds):
                factories.grant(anna, 1)
                # What has been committed is never followed by an older look of the same person.
                assert shown(anna) == row(anna)
        finally:
            done.set()
        return rounds

    looks = databases.in_threads(work, range(4), threads=4)

    assert min(looks) > 0
    assert shown(anna) == row(anna) == (20 + rounds, 0)
