"""Clones that are trained, shown and taken back in the same moment."""

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

import pytest

from accounts.models import User
from credits import selectors as credits_selectors
from generation import catalog
from generation.models import Asset, Clone, Job
from generation.services import clones, jobs, removals, running
from tests import databases, factories
from tests.people import make_portraits
from tests.plain import plain_work
from visiona.lib.db.actor import act_as_user
from visiona.lib.errors import AppError

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 6


@pytest.fixture(autouse=True)
def _plain() -> Iterator[None]:
    with plain_work():
        yield


@pytest.fixture
def anna() -> User:
    return factories.make_user("anna@example.com", extra_credits=100)


def work() -> None:
    while any(running.run_due(queue=queue) for queue in catalog.QUEUES):
        pass


def trained(user: User) -> Clone:
    photo_ids = [str(photo.pk) for photo in make_portraits(user, 4)]
    job = factories.make_job(
        user, kind="training", name="Anna", subject="person", consent=True, photo_ids=photo_ids
    )
    work()
    return Clone.objects.get(job=job)


def test_the_free_retraining_asked_for_at_once_is_given_once(anna: User) -> None:
    clone = trained(anna)

    def retrain(_: int) -> str:
        try:
            with act_as_user(anna.pk):
                jobs.retrain(user=anna, clone_id=clone.pk, request_id="race")
        except AppError as refusal:
            return refusal.code
        return "given"

    outcomes = Counter(databases.in_threads(retrain, range(AT_ONCE), threads=AT_ONCE))

    assert outcomes == {"given": 1, "conflict": AT_ONCE - 1}
    assert Job.objects.filter(kind="training", price=0).count() == 1
    work()
    clone.refresh_from_db()
    assert clone.is_ready


def test_a_clone_deleted_at_once_has_one_receipt(anna: User) -> None:
    clone = trained(anna)

    def remove(_: int) -> str:
        try:
            with act_as_user(anna.pk):
                clones.remove(user=anna, clone_id=clone.pk, with_pictures=True)
        except AppError as refusal:
            return refusal.code
        return "removed"

    outcomes = Counter(databases.in_threads(remove, range(AT_ONCE), threads=AT_ONCE))

    assert outcomes == {"removed": 1, "not_found": AT_ONCE - 1}


def test_pictures_made_while_their_clone_is_taken_back_are_paid_or_not_there(anna: User) -> None:
    clone = trained(anna)
    ordered = [
        factories.make_job(anna, kind="image", clone_id=str(clone.pk)) for _ in range(AT_ONCE)
    ]

    def act(number: int) -> None:
        if number:
            running.run_job(job_id=ordered[number - 1].pk)
            return
        with act_as_user(anna.pk):
            clones.withdraw(user=anna, clone_id=clone.pk)

    databases.in_threads(act, range(AT_ONCE + 1), threads=AT_ONCE + 1)
    work()
    assert removals.finish_due() == 1

    ends = Counter(Job.objects.filter(price=5).values_list("status", "captured", "released"))
    assert set(ends) <= {("succeeded", 5, 0), ("canceled", 0, 5)}
    assert sum(ends.values()) == AT_ONCE
    assert not Asset.objects.filter(user_id=anna.pk).exists()
    assert not Clone.objects.exists()
    assert credits_selectors.wallet_of(user=anna).held == 0
    assert credits_selectors.broken_promises() == []


def test_a_failed_training_tried_again_at_once_is_paid_once(anna: User) -> None:
    photo_ids = [str(photo.pk) for photo in make_portraits(anna, 4)]
    factories.grant(anna, 300)
    failed = factories.make_job(
        anna, kind="training", name="Anna", subject="person", consent=True, photo_ids=photo_ids
    )
    Job.objects.filter(pk=failed.pk).update(attempts=running.MAX_ATTEMPTS)
    work()

    def retry(number: int) -> str:
        try:
            with act_as_user(anna.pk):
                if number % 2:
                    jobs.retry(user=anna, job_id=failed.pk, request_id="race")
                else:
                    clone_id = UUID(failed.params["clone_id"])
                    jobs.retrain(user=anna, clone_id=clone_id, request_id="race")
        except AppError as refusal:
            return refusal.code
        return "given"

    outcomes = Counter(databases.in_threads(retry, range(AT_ONCE), threads=AT_ONCE))

    assert outcomes == {"given": 1, "conflict": AT_ONCE - 1}
    work()
    assert credits_selectors.wallet_of(user=anna).available == 360


def test_a_clone_is_deleted_while_its_pictures_are_canceled_by_hand(anna: User) -> None:
    clone = trained(anna)
    ordered = [
        factories.make_job(anna, kind="image", clone_id=str(clone.pk)) for _ in range(AT_ONCE)
    ]

    def act(number: int) -> str:
        try:
            with act_as_user(anna.pk):
                if number:
                    jobs.cancel(user=anna, job_id=ordered[number - 1].pk)
                else:
                    clones.withdraw(user=anna, clone_id=clone.pk)
        except AppError as refusal:
            return refusal.code
        return "done"

    outcomes = Counter(databases.in_threads(act, range(AT_ONCE + 1), threads=AT_ONCE + 1))

    assert set(outcomes) <= {"done", "job_not_cancelable"}
    assert set(Job.objects.filter(price=5).values_list("status", flat=True)) == {"canceled"}
    assert credits_selectors.wallet_of(user=anna).held == 0
