"""Product events: written where things happen, in codes and numbers, and by nobody for others."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from accounts import events, services, tasks
from accounts.errors import EmailTaken
from accounts.models import Event, User
from credits import services as credits_services
from generation.services import jobs, running
from tests import factories
from tests.factories import PASSWORD
from visiona.lib import clock
from visiona.lib.db.actor import Actor, act_as, act_as_user, act_as_worker

pytestmark = pytest.mark.django_db


def told_of(user: User) -> list[tuple[str, dict[str, Any]]]:
    """What was noted about a person, oldest first."""
    return list(Event.objects.filter(user=user).order_by("id").values_list("name", "facts"))


def test_who_signs_up_is_noted_whatever_the_door(client: Client) -> None:
    by_program = services.sign_up(email="ada@example.com", password=PASSWORD)
    client.post("/accounts/signup/", {"email": "eve@example.com", "password1": PASSWORD})
    by_page = User.objects.get(email="eve@example.com")

    assert told_of(by_program) == [("accounts.user.signed_up", {"door": "api"})]
    assert told_of(by_page) == [("accounts.user.signed_up", {"door": "page"})]

    with pytest.raises(EmailTaken):
        services.sign_up(email="ada@example.com", password=PASSWORD)
    assert Event.objects.count() == 2


def test_a_job_is_noted_when_it_is_ordered_and_when_it_ends(alice: User) -> None:
    with factories.plain_pictures():
        job = factories.make_job(alice)
        running.run_job(job_id=job.pk)

    facts = {"job": str(job.pk), "kind": "thumbnail", "provider": "local"}
    settled = {"captured": 10, "released": 0, "error": ""}
    assert told_of(alice)[1:] == [
        ("generation.job.queued", facts | {"price": 10}),
        ("generation.job.succeeded", facts | settled),
    ]


def test_a_job_that_is_canceled_in_the_queue_is_noted_by_its_person(alice: User) -> None:
    job = factories.make_job(alice)
    with act_as_user(alice.pk):
        jobs.cancel(user=alice, job_id=job.pk)

    name, facts = told_of(alice)[-1]
    assert name == "generation.job.canceled"
    assert (facts["captured"], facts["released"], facts["error"]) == (0, 10, "")


def test_a_job_that_fails_is_noted_with_its_error(alice: User) -> None:
    factories.make_declined(alice)
    name, facts = told_of(alice)[-1]
    assert (name, facts["error"]) == ("generation.job.failed", "provider_refused")


def test_a_key_and_a_gift_are_noted_once(alice: User) -> None:
    with act_as_user(alice.pk):
        services.create_api_key(user=alice, name="My secret script", monthly_limit=50)
    with act_as_worker():
        for _ in range(2):
            credits_services.grant(user_id=alice.pk, amount=7, key="gift", reason="For the delay")

    assert told_of(alice)[1:] == [
        ("accounts.api_key.created", {"monthly_limit": 50}),
        ("credits.wallet.granted", {"amount": 7}),
    ]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("succeeded", {}),
        ("generation.job", {}),
        ("Generation.Job.Succeeded", {}),
        ("generation.job.succeeded.twice", {}),
        ("generation.job.succeeded", {"prompt": "A red mug"}),
        ("generation.job.succeeded", {"error": "x" * 41}),
        ("generation.job.succeeded", {"email": "ada@example.com"}),
        ("generation.job.succeeded", {"seconds": float("nan")}),
    ],
)
def test_what_is_no_code_and_no_number_is_refused(
    alice: User, name: str, facts: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=name if "." in name else "name of an event"):
        events.track(name, user_id=alice.pk, **facts)
    assert [known for known, _ in told_of(alice)] == ["accounts.user.signed_up"]


def test_numbers_codes_and_nothing_are_facts(alice: User) -> None:
    facts: dict[str, Any] = {"n": 1, "x": 0.5, "is_new": True, "none": None, "id": str(uuid4())}
    events.track("generation.answer.done", user_id=alice.pk, **facts)
    assert told_of(alice)[-1] == ("generation.answer.done", facts)


def test_an_event_that_was_rolled_back_never_happened(alice: User) -> None:
    with transaction.atomic():
        events.track("generation.job.queued", user_id=alice.pk)
        transaction.set_rollback(True)
    assert len(told_of(alice)) == 1


def test_nobody_notes_anything_about_another(alice: User, bob: User) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), act_as_user(bob.pk):
        events.track("generation.job.queued", user_id=alice.pk)
    with act_as_user(bob.pk):
        assert {event.user_id for event in Event.objects.all()} == {bob.pk}


@pytest.mark.parametrize("who", [Actor(), Actor(role="staff"), Actor(role="worker")])
def test_what_happened_is_never_changed(alice: User, who: Actor) -> None:
    actor = who._replace(user_id=alice.pk) if who == Actor() else who
    with act_as(actor), pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.update(name="generation.job.succeeded")
    assert told_of(alice) == [("accounts.user.signed_up", {"door": "api"})]


@pytest.mark.parametrize("who", [Actor(), Actor(role="staff")])
def test_only_a_worker_deletes_what_happened(alice: User, who: Actor) -> None:
    with act_as(who), pytest.raises(DatabaseError), transaction.atomic():
        Event.objects.all().delete()
    assert len(told_of(alice)) == 1


def test_events_are_erased_after_four_hundred_days(alice: User, bob: User) -> None:
    ages = {alice: timedelta(days=399, hours=23), bob: timedelta(days=400, minutes=1)}
    for user, age in ages.items():
        Event.objects.filter(user=user).update(created_at=clock.now() - age)

    tasks.erase_old_events()

    assert (len(told_of(alice)), len(told_of(bob))) == (1, 0)
