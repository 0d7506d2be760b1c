"""What a role opens, and that nobody gives themselves one."""

from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import path
from psycopg import errors
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Role, User
from accounts.permissions import IsAdmin, IsSubscriber
from tests import databases, factories
from tests.clients import ApiClient
from visiona import urls
from visiona.embedded.throwaway import Servers
from visiona.lib.db.actor import NOBODY, act_as, act_as_user, act_as_worker

pytestmark = pytest.mark.django_db


class Room(APIView):
    """Something behind a door."""

    def get(self, request: Request) -> Response:
        return Response({"opened": True})


class ForStaff(Room):
    """Something that only staff may see."""

    permission_classes = (IsAdmin,)


class ForSubscribers(Room):
    """Something that people with a plan pay for."""

    permission_classes = (IsSubscriber,)


urlpatterns = [
    path("api/v1/for-staff", ForStaff.as_view()),
    path("api/v1/for-subscribers", ForSubscribers.as_view()),
    *urls.urlpatterns,
]
handler404 = urls.handler404


def person(role: str) -> User:
    """Somebody whom we gave a role by hand, as there is no door to it yet."""
    user = factories.make_user(f"{role}@example.com")
    User.objects.filter(pk=user.pk).update(role=role)
    user.refresh_from_db()
    return user


def refusal(sql: str, *parameters: Any) -> type[BaseException | None]:
    """How the database refuses a statement of whoever acts."""
    with (
        pytest.raises((DatabaseError, IntegrityError)) as refused,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, parameters)
    return type(refused.value.__cause__)


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    ("role", "for_subscribers", "for_staff"),
    [("user", 403, 403), ("subscriber", 200, 403), ("admin", 200, 200)],
)
def test_a_role_opens_what_it_is_for(role: str, for_subscribers: int, for_staff: int) -> None:
    program = ApiClient(person(role))

    answers = [program.get("for-subscribers"), program.get("for-staff")]

    assert [answer.status_code for answer in answers] == [for_subscribers, for_staff]
    for answer in answers:
        if answer.status_code == 403:
            assert answer.json()["code"] == "not_allowed"
            assert "data" not in answer.json()
        else:
            assert answer.json()["data"] == {"opened": True}


@pytest.mark.urls(__name__)
def test_strangers_are_asked_who_they_are() -> None:
    for place in ("for-subscribers", "for-staff"):
        answer = ApiClient().get(place)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


@pytest.mark.urls(__name__)
def test_a_role_that_was_taken_away_opens_nothing_any_more() -> None:
    staff = person("admin")
    program = ApiClient(staff)
    assert program.get("for-staff").status_code == 200

    User.objects.filter(pk=staff.pk).update(role=Role.USER)

    assert program.get("for-staff").status_code == 403


@pytest.mark.urls(__name__)
def test_a_browser_has_the_same_rights_as_a_program(client: Client) -> None:
    client.force_login(person("subscriber"))

    assert client.get("/api/v1/for-subscribers").status_code == 200
    assert client.get("/api/v1/for-staff").status_code == 403


@pytest.mark.parametrize("role", ["admin", "subscriber"])
def test_nobody_changes_their_role_over_the_api(alice: User, api: ApiClient, role: str) -> None:
    answer = api.call("PATCH", "me", {"role": role})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert api.get("me").json()["data"]["role"] == "user"
    alice.refresh_from_db()
    assert alice.role == "user"


@pytest.mark.parametrize("role", ["admin", "subscriber"])
def test_nobody_signs_up_with_a_role(role: str) -> None:
    carol = {"email": "carol@example.com", "password": factories.PASSWORD, "role": role}

    assert ApiClient().post("auth/signup", carol).status_code == 422

    assert not User.objects.exists()


def test_the_products_role_of_the_database_cannot_promote_whoever_acts(alice: User) -> None:
    with act_as_user(alice.pk):
        mine = "UPDATE accounts_user SET role = 'admin' WHERE id = %s"
        assert refusal(mine, alice.pk) is errors.InsufficientPrivilege
        assert refusal("UPDATE accounts_user SET is_active = true") is errors.InsufficientPrivilege
        alice.role = Role.ADMIN
        with pytest.raises(DatabaseError), transaction.atomic():
            alice.save(update_fields=["role"])

    alice.refresh_from_db()
    assert alice.role == "user"


def test_the_products_role_of_the_database_makes_nobody_but_users() -> None:
    made = "INSERT INTO accounts_user (email, name, image_url, password, role, is_active)"
    with act_as(NOBODY):
        staff = f"{made} VALUES ('eve@example.com', '', '', '', 'admin', true)"
        assert refusal(staff) is errors.InsufficientPrivilege
        with connection.cursor() as cursor:
            cursor.execute(f"{made} VALUES ('eve@example.com', '', '', '', 'user', true)")
    assert [user.role for user in User.objects.all()] == ["user"]


def test_who_is_signed_in_signs_up_nobody(alice: User) -> None:
    with act_as_user(alice.pk):
        made = (
            "INSERT INTO accounts_user (email, name, image_url, password, role, is_active)"
            " VALUES ('eve@example.com', '', '', '', 'user', true)"
        )
        assert refusal(made) is errors.InsufficientPrivilege
    assert list(User.objects.all()) == [alice]


def test_the_web_process_cannot_take_more_rights_than_the_products(
    db: None, product_servers: Servers
) -> None:
    for role in ("visiona_owner", "visiona_worker", "visiona_backup"):
        with (
            databases.session_of(product_servers.web_url) as session,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            session.execute(f"SET ROLE {role}")


@pytest.mark.parametrize("role", ["", "root", "Admin", "superuser"])
def test_a_role_that_does_not_exist_is_refused_by_the_table(alice: User, role: str) -> None:
    with act_as_worker():
        sql = "UPDATE accounts_user SET role = %s WHERE id = %s"
        assert refusal(sql, role, alice.pk) is errors.CheckViolation


def test_an_error_comes_out_of_a_block_of_somebody_elses_as_itself(alice: User, bob: User) -> None:
    row = 'INSERT INTO account_emailaddress (email, verified, "primary", user_id)'
    twice = f"{row} SELECT 'b@example.com', false, true, id FROM accounts_user, (VALUES (1), (2))"
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        act_as_user(bob.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(twice)

    assert databases.owned_rows("SELECT current_user, current_setting('app.user_id')") == [
        ("visiona_owner", "")
    ]
