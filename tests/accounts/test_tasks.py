"""What accounts does by the clock, and what its rows are called in a log."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session

from accounts import selectors, services, tasks
from accounts.models import ApiToken, IdempotencyKey, User
from tests.clients import ApiClient
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user
from visiona.lib.errors import NotFound

pytestmark = pytest.mark.django_db


def test_first_answers_are_forgotten_after_a_day(alice: User, api: ApiClient) -> None:
    order = {"kind": "thumbnail", "title": "T"}
    for key in ("old", "new"):
        api.post("jobs", order, Idempotency_Key=key)
    day = timedelta(hours=24, seconds=1)
    IdempotencyKey.objects.filter(key="old").update(created_at=clock.now() - day)

    tasks.forget_idempotency_keys()

    assert [kept.key for kept in IdempotencyKey.objects.all()] == ["new"]


def test_sessions_that_have_expired_are_deleted(alice: User) -> None:
    for days in (-1, 1):
        session = SessionStore()
        session.set_expiry(clock.now() + timedelta(days=days))
        session.save()
    assert Session.objects.count() == 2

    tasks.clear_sessions()

    assert Session.objects.get().expire_date > clock.now()


def test_nothing_private_is_in_the_names_of_rows(alice: User, api: ApiClient) -> None:
    api.post("jobs", {"kind": "thumbnail", "title": "T"}, Idempotency_Key="a-key")
    token = ApiToken.objects.get()
    assert str(alice) == str(alice.pk)
    assert str(token) == token.prefix
    assert str(IdempotencyKey.objects.get()) == "a-key"


def test_a_program_that_does_not_say_what_it_is_has_a_name_all_the_same(alice: User) -> None:
    services.issue_sign_in(user=alice, client="")
    assert ApiToken.objects.get().name == "Unknown client"


def test_describing_somebody_with_nothing_changes_nothing(alice: User) -> None:
    with act_as_user(alice.pk):
        assert services.describe(user=alice).name == ""


def test_nobody_is_found_by_an_address_or_an_id_that_nobody_has(alice: User) -> None:
    with pytest.raises(NotFound):
        selectors.user_by_email(email="nobody@example.com")
    User.objects.update(is_active=False)
    with pytest.raises(NotFound):
        selectors.user_by_id(user_id=alice.pk)
