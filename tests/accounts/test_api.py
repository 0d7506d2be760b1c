"""Programs sign up, sign in, keep keys, and are refused where they should be."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts import services
from accounts.models import ApiToken, User
from credits import selectors as credits_selectors
from tests.clients import ApiClient
from tests.factories import PASSWORD
from visiona.lib import clock

pytestmark = pytest.mark.django_db

NEW = {"email": "Carol@Example.com", "password": PASSWORD}


def stranger() -> ApiClient:
    return ApiClient()


def bearer(secret: str) -> str:
    return f"Bearer {secret}"


def code_of(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def wrong_fields(answer: Any) -> dict[str, str]:
    assert code_of(answer) == (422, "invalid_input")
    return {one["field"]: one["code"] for one in answer.json()["errors"]}


def log_in(email: str, password: str = PASSWORD) -> Any:
    return stranger().post("auth/login", {"email": email, "password": password})


def browser_of(user: User) -> Client:
    """A browser that is signed in and checks what browsers check."""
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(user)
    return client


def csrf_token_of(client: Client) -> str:
    page = client.get("/studio/")
    assert page.status_code == 200
    return client.cookies["csrftoken"].value


# --- Signing up ---------------------------------------------------------------------------------


def test_signing_up_makes_a_person_with_twenty_credits_and_a_token_that_works() -> None:
    answer = stranger().post("auth/signup", NEW)

    assert answer.status_code == 201
    data = answer.json()["data"]
    user = User.objects.get()
    assert user.email == "carol@example.com"
    assert data["user"] == {
        "id": str(user.pk),
        "email": "carol@example.com",
        "name": "",
        "image_url": "",
        "role": "user",
        "plan": "free",
        "wallet": {"available": 20, "held": 0},
        "created_at": user.created_at.isoformat().replace("+00:00", "Z"),
    }
    me = stranger().get("me", Authorization=bearer(data["token"]))
    assert me.json()["data"] == data["user"]
    reasons = [entry.reason for entry in credits_selectors.entries_of(user=user)]
    assert reasons == ["Welcome credits"]


def test_signing_up_is_about_the_new_person_even_in_somebody_elses_browser(alice: User) -> None:
    client = browser_of(alice)

    answer = client.post("/api/v1/auth/signup", NEW, content_type="application/json")

    assert answer.status_code == 201
    assert answer.json()["data"]["user"]["email"] == "carol@example.com"
    assert answer.json()["data"]["user"]["wallet"] == {"available": 20, "held": 0}
    assert client.get("/api/v1/me").json()["data"]["email"] == "alice@example.com"
    assert credits_selectors.wallet_of(user=alice).available == 20


@pytest.mark.parametrize(
    "password",
    ["short", "password1234", "carol@example.com", "\x00" + PASSWORD, "x" * 257, ""],
    ids=["short", "common", "the address", "a NUL byte", "too long", "empty"],
)
def test_a_password_that_others_would_guess_is_refused_at_its_field(password: str) -> None:
    answer = stranger().post("auth/signup", {**NEW, "password": password})

    assert set(wrong_fields(answer)) == {"password"}
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "email",
    ["", "carol", "carol@", "ca\x00rol@example.com", "c" * 250 + "@example.com", None, 7, ["a"]],
)
def test_what_is_no_address_is_refused_at_its_field(email: Any) -> None:
    answer = stranger().post("auth/signup", {**NEW, "email": email})

    assert set(wrong_fields(answer)) == {"email"}
    assert not User.objects.exists()


@pytest.mark.parametrize("email", ["alice@example.com", "ALICE@Example.COM", " alice@example.com "])
def test_an_address_is_taken_in_whatever_case_it_is_written(alice: User, email: str) -> None:
    answer = stranger().post("auth/signup", {**NEW, "email": email})

    assert code_of(answer) == (409, "conflict")
    assert list(User.objects.all()) == [alice]
    assert credits_selectors.wallet_of(user=alice).available == 20


def test_an_unknown_field_is_refused_by_name_and_makes_nobody() -> None:
    answer = stranger().post("auth/signup", {**NEW, "role": "admin", "is_active": True})

    assert wrong_fields(answer) == {"role": "unknown", "is_active": "unknown"}
    assert not User.objects.exists()


def test_a_name_that_cannot_be_written_back_is_refused_all_the_same(client: Client) -> None:
    answer = client.post("/api/v1/auth/login", r'{"\ud800": 1}', content_type="application/json")

    assert wrong_fields(answer) == {"?": "unknown"}


@pytest.mark.parametrize("body", ["{", '{"email": ', "\x00", "carol"])
def test_what_is_not_json_is_malformed(client: Client, body: str) -> None:
    answer = client.post("/api/v1/auth/signup", body, content_type="application/json")

    assert code_of(answer) == (400, "malformed")
    assert not User.objects.exists()


@pytest.mark.parametrize("body", ["[]", "null", '"carol"', "7"])
def test_json_that_is_no_object_is_invalid(client: Client, body: str) -> None:
    answer = client.post("/api/v1/auth/signup", body, content_type="application/json")

    assert code_of(answer) == (422, "invalid_input")
    assert not User.objects.exists()


def test_a_form_is_not_what_the_api_reads(client: Client) -> None:
    assert code_of(client.post("/api/v1/auth/signup", NEW)) == (415, "unsupported_media_type")
    assert not User.objects.exists()


# --- Signing in, and guessing -------------------------------------------------------------------


@pytest.mark.parametrize("email", ["alice@example.com", "ALICE@example.com"])
def test_signing_in_gives_the_person_and_a_token_that_works(alice: User, email: str) -> None:
    answer = log_in(email)

    assert answer.status_code == 200
    data = answer.json()["data"]
    assert data["user"]["id"] == str(alice.pk)
    assert data["token"].startswith("vis_")
    me = stranger().get("me", Authorization=bearer(data["token"]))
    assert me.json()["data"]["email"] == "alice@example.com"


def test_a_wrong_password_and_an_unknown_person_get_the_same_answer(alice: User) -> None:
    wrong = log_in("alice@example.com", "not her password")
    unknown = log_in("nobody@example.com", "not her password")

    assert code_of(wrong) == (401, "not_authenticated")
    facts = [
        {name: value for name, value in answer.json().items() if name != "request_id"}
        for answer in (wrong, unknown)
    ]
    assert facts[0] == facts[1]
    assert wrong["WWW-Authenticate"] == "Bearer"
    assert not ApiToken.objects.exists()


def test_after_five_wrong_guesses_even_the_right_password_has_to_wait(alice: User) -> None:
    guesses = [log_in("alice@example.com", f"guess number {n}").status_code for n in range(5)]
    assert guesses == [401] * 5

    for email, password in (
        ("alice@example.com", "guess number 6"),
        ("alice@example.com", PASSWORD),
        ("Alice@Example.com", PASSWORD),
    ):
        answer = log_in(email, password)
        assert code_of(answer) == (429, "rate_limited")
        assert answer["Retry-After"] == "300"
    assert not ApiToken.objects.exists()


def test_being_locked_out_touches_nobody_else(alice: User, bob: User) -> None:
    for number in range(5):
        log_in("alice@example.com", f"guess number {number}")

    assert log_in("bob@example.com").status_code == 200


def test_signing_in_often_locks_nobody_out(alice: User) -> None:
    assert [log_in("alice@example.com").status_code for _ in range(8)] == [200] * 8


def test_guesses_are_counted_together_with_those_made_on_the_page(
    alice: User, client: Client
) -> None:
    for number in range(3):
        guess = {"login": "alice@example.com", "password": f"guess number {number}"}
        assert client.post("/accounts/login/", guess).status_code == 200
    for number in range(2):
        assert log_in("alice@example.com", f"another guess {number}").status_code == 401

    assert code_of(log_in("alice@example.com")) == (429, "rate_limited")
    client.post("/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    assert "_auth_user_id" not in client.session


def test_twenty_people_a_minute_sign_up_from_one_address_and_no_more(client: Client) -> None:
    answers = [
        client.post(
            "/api/v1/auth/signup",
            {"email": f"p{number}@example.com", "password": PASSWORD},
            content_type="application/json",
        )
        for number in range(21)
    ]

    assert [answer.status_code for answer in answers[:20]] == [201] * 20
    assert code_of(answers[20]) == (429, "rate_limited")
    assert answers[20]["Retry-After"] == "60"
    assert User.objects.count() == 20


def test_an_inactive_person_comes_in_by_no_door(alice: User, api: ApiClient) -> None:
    client = browser_of(alice)
    _, key = services.create_api_key(user=alice, name="Laptop")
    User.objects.update(is_active=False)

    assert code_of(log_in("alice@example.com")) == (401, "not_authenticated")
    assert code_of(api.get("me")) == (401, "not_authenticated")
    assert code_of(stranger().get("me", Authorization=bearer(key))) == (401, "not_authenticated")
    assert code_of(client.get("/api/v1/me")) == (401, "not_authenticated")


# --- Bearers and cookies ------------------------------------------------------------------------


def test_signing_out_kills_the_token_and_no_other(alice: User) -> None:
    one, other = ApiClient(alice), ApiClient(alice)

    assert one.post("auth/logout").status_code == 204

    assert code_of(one.get("me")) == (401, "not_authenticated")
    assert other.get("me").status_code == 200


def test_signing_out_by_cookie_ends_the_browsers_session(alice: User) -> None:
    client = browser_of(alice)
    token = csrf_token_of(client)

    answer = client.post(
        "/api/v1/auth/logout", content_type="application/json", headers={"X-CSRFToken": token}
    )

    assert answer.status_code == 204
    assert code_of(client.get("/api/v1/me")) == (401, "not_authenticated")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer vis_not-one-of-ours",
        "Bearer ",
        "Bearer",
        "Basic YWxpY2U6c2VjcmV0",
        "Token vis_whatever",
        "Bearer vis_é",
    ],
)
def test_a_bad_bearer_is_refused_and_never_falls_back_to_the_cookie(
    alice: User, header: str
) -> None:
    client = browser_of(alice)
    assert client.get("/api/v1/me").status_code == 200

    answer = client.get("/api/v1/me", headers={"authorization": header})

    assert code_of(answer) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_good_bearer_goes_before_the_cookie(alice: User, bob: User) -> None:
    client = browser_of(alice)
    secret = services.issue_sign_in(user=bob, client="tests")

    answer = client.get("/api/v1/me", headers={"authorization": bearer(secret)})

    assert answer.json()["data"]["email"] == "bob@example.com"


def test_a_bearer_needs_no_csrf_token(alice: User) -> None:
    client = browser_of(alice)
    secret = services.issue_sign_in(user=alice, client="tests")

    answer = client.post(
        "/api/v1/api-keys",
        {"name": "Laptop"},
        content_type="application/json",
        headers={"authorization": bearer(secret)},
    )

    assert answer.status_code == 201


def test_a_cookie_without_its_csrf_token_changes_nothing(alice: User) -> None:
    client = browser_of(alice)
    csrf_token_of(client)

    for headers in ({}, {"X-CSRFToken": "x" * 64}):
        answer = client.post(
            "/api/v1/api-keys", {"name": "Laptop"}, content_type="application/json", headers=headers
        )
        assert code_of(answer) == (403, "csrf_failed")
    assert not ApiToken.objects.exists()


def test_a_cookie_with_its_csrf_token_may_change_things(alice: User) -> None:
    client = browser_of(alice)

    answer = client.post(
        "/api/v1/api-keys",
        {"name": "Laptop"},
        content_type="application/json",
        headers={"X-CSRFToken": csrf_token_of(client)},
    )

    assert answer.status_code == 201
    assert ApiToken.objects.get().user_id == alice.pk


def test_an_expired_token_opens_nothing(alice: User, api: ApiClient) -> None:
    (token,) = ApiToken.objects.all()
    assert token.expires_at is not None
    days = (token.expires_at - clock.now()) / timedelta(days=1)
    assert 29.9 < days <= 30
    assert api.get("me").status_code == 200

    ApiToken.objects.update(expires_at=clock.now() - timedelta(seconds=1))

    assert code_of(api.get("me")) == (401, "not_authenticated")


def test_a_token_remembers_its_last_use_to_the_minute(alice: User, api: ApiClient) -> None:
    assert ApiToken.objects.get().last_used_at is None

    api.get("me")
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    assert clock.now() - first < timedelta(seconds=30)
    api.get("me")
    assert ApiToken.objects.get().last_used_at == first

    long_ago = clock.now() - timedelta(minutes=2)
    ApiToken.objects.update(last_used_at=long_ago)
    api.get("me")
    later = ApiToken.objects.get().last_used_at
    assert later is not None
    assert later > long_ago


# --- API keys -----------------------------------------------------------------------------------


def test_a_key_shows_its_secret_once_and_is_stored_only_as_a_hash(
    alice: User, api: ApiClient
) -> None:
    answer = api.post("api-keys", {"name": "Laptop", "monthly_limit": 100})

    assert answer.status_code == 201
    data = answer.json()["data"]
    secret = data["secret"]
    key = ApiToken.objects.get(purpose=ApiToken.Purpose.KEY)
    assert data == {
        "id": str(key.pk),
        "name": "Laptop",
        "prefix": secret[:12],
        "monthly_limit": 100,
        "spent_this_month": 0,
        "created_at": key.created_at.isoformat().replace("+00:00", "Z"),
        "last_used_at": None,
        "secret": secret,
    }
    assert secret.startswith("vis_")
    assert len(secret) == 47
    assert bytes(key.digest) == hashlib.sha256(secret.encode()).digest()
    stored = ApiToken.objects.filter(pk=key.pk).values_list().get()
    assert not any(secret in str(value) for value in stored)
    assert stranger().get("me", Authorization=bearer(secret)).json()["data"]["id"] == str(alice.pk)
    assert secret not in api.get("api-keys").content.decode()


def test_keys_are_listed_newest_first_without_secrets_and_without_sign_ins(
    api: ApiClient,
) -> None:
    for name in ("First", "Second", "Third"):
        api.post("api-keys", {"name": name})

    page = api.get("api-keys?limit=2").json()
    rest = api.get(f"api-keys?limit=2&cursor={page['meta']['next']}").json()

    assert [key["name"] for key in page["data"] + rest["data"]] == ["Third", "Second", "First"]
    assert rest["meta"]["next"] is None
    assert set(page["data"][0]) == {
        "id",
        "name",
        "prefix",
        "monthly_limit",
        "spent_this_month",
        "created_at",
        "last_used_at",
    }


def test_a_revoked_key_is_dead_at_once_and_no_longer_listed(api: ApiClient) -> None:
    key = api.post("api-keys", {"name": "Laptop"}).json()["data"]
    assert stranger().get("me", Authorization=bearer(key["secret"])).status_code == 200

    assert api.call("DELETE", f"api-keys/{key['id']}").status_code == 204

    answer = stranger().get("me", Authorization=bearer(key["secret"]))
    assert code_of(answer) == (401, "not_authenticated")
    assert api.get("api-keys").json()["data"] == []
    assert code_of(api.call("DELETE", f"api-keys/{key['id']}")) == (404, "not_found")


def test_another_persons_key_is_not_found_and_stays_alive(
    alice: User, api: ApiClient, bobs_api: ApiClient
) -> None:
    key = api.post("api-keys", {"name": "Laptop"}).json()["data"]

    assert code_of(bobs_api.call("DELETE", f"api-keys/{key['id']}")) == (404, "not_found")

    assert bobs_api.get("api-keys").json()["data"] == []
    assert stranger().get("me", Authorization=bearer(key["secret"])).status_code == 200


def test_a_sign_in_is_no_key_to_revoke(alice: User, api: ApiClient) -> None:
    token = ApiToken.objects.get()

    assert code_of(api.call("DELETE", f"api-keys/{token.pk}")) == (404, "not_found")
    assert code_of(api.call("DELETE", f"api-keys/{uuid4()}")) == (404, "not_found")
    assert code_of(api.call("DELETE", "api-keys/laptop")) == (404, "not_found")
    assert api.get("me").status_code == 200


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name": "required"}),
        ({"name": ""}, {"name": "blank"}),
        ({"name": "x" * 81}, {"name": "max_length"}),
        ({"name": "a\x00b"}, {"name": "null_characters_not_allowed"}),
        ({"name": "Laptop", "monthly_limit": 0}, {"monthly_limit": "min_value"}),
        ({"name": "Laptop", "monthly_limit": "many"}, {"monthly_limit": "invalid"}),
        ({"name": "Laptop", "user": "me"}, {"user": "unknown"}),
    ],
)
def test_a_key_that_cannot_be_made_is_refused_at_its_field(
    api: ApiClient, body: dict[str, Any], fields: dict[str, str]
) -> None:
    assert wrong_fields(api.post("api-keys", body)) == fields
    assert not ApiToken.objects.filter(purpose=ApiToken.Purpose.KEY).exists()


# --- Myself -------------------------------------------------------------------------------------


def test_my_name_is_mine_to_change_and_nothing_of_anybody_elses_changes(
    alice: User, bob: User, api: ApiClient
) -> None:
    answer = api.call("PATCH", "me", {"name": "Alice Ä 🦊"})

    assert answer.status_code == 200
    assert answer.json()["data"]["name"] == "Alice Ä 🦊"
    assert api.get("me").json()["data"]["name"] == "Alice Ä 🦊"
    bob.refresh_from_db()
    assert bob.name == ""


@pytest.mark.parametrize(
    "change",
    [
        {"role": "admin"},
        {"email": "root@example.com"},
        {"id": str(uuid4())},
        {"plan": "premium"},
        {"wallet": {"available": 1000}},
        {"is_active": True},
        {"password": "anything else"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_only_my_name_can_be_changed_and_a_refusal_changes_nothing(
    alice: User, api: ApiClient, change: dict[str, Any]
) -> None:
    before = User.objects.values().get()

    answer = api.call("PATCH", "me", {"name": "Mallory", **change})

    assert wrong_fields(answer) == dict.fromkeys(change, "unknown")
    assert User.objects.values().get() == before


@pytest.mark.parametrize("name", ["x" * 121, "a\x00b", "\ud800", None, ["Alice"]])
def test_a_name_that_cannot_be_kept_is_refused(alice: User, api: ApiClient, name: Any) -> None:
    assert set(wrong_fields(api.call("PATCH", "me", {"name": name}))) == {"name"}
    alice.refresh_from_db()
    assert alice.name == ""


def test_strangers_have_no_self_and_no_keys() -> None:
    for method, path in (
        ("GET", "me"),
        ("PATCH", "me"),
        ("GET", "api-keys"),
        ("POST", "api-keys"),
        ("DELETE", f"api-keys/{uuid4()}"),
        ("POST", "auth/logout"),
    ):
        body = {"name": "Mallory"} if method in {"PATCH", "POST"} else None
        answer = stranger().call(method, path, body)
        assert code_of(answer) == (401, "not_authenticated"), (method, path)
    assert not ApiToken.objects.exists()


def test_an_address_that_does_not_take_the_method_says_so(api: ApiClient) -> None:
    assert code_of(api.get("auth/signup")) == (405, "method_not_allowed")
    assert code_of(api.call("PUT", "me", {})) == (405, "method_not_allowed")


def test_the_welcome_credits_come_once_whatever_the_door(client: Client) -> None:
    email = "carol@example.com"
    client.post("/accounts/signup/", {"email": email, "password1": PASSWORD})
    user = User.objects.get()

    assert code_of(stranger().post("auth/signup", NEW)) == (409, "conflict")

    assert credits_selectors.wallet_of(user=user).available == 20
