"""Pages by Clerk: a session of ours lives by one of Clerk's, and both end together."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts import tasks
from accounts.clerk import browser as clerks_browser
from accounts.clerk import sessions
from accounts.clerk.tokens import Claims, TokenRefused
from accounts.models import ClerkSession, User
from tests import factories
from tests.clients import ApiClient
from tests.factories import PASSWORD
from tests.standins import clerk as clerks
from tests.standins.clerk import Clerk
from tests.standins.server import Instead, Reply
from visiona.lib import clock
from visiona.lib.errors import Unavailable

pytestmark = pytest.mark.django_db

HOST = "https://clerk.visiona.example"
CLOSED_PAGES = [
    "/accounts/email/",
    "/accounts/confirm-email/",
    "/accounts/password/change/",
    "/accounts/password/set/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/reauthenticate/",
]


def come(client: Client, **named: Any) -> Any:
    """What Clerk's script does with a token; the test's client sends no CSRF token, as it may."""
    headers = {**clerks.bearer(**named), "Accept": "application/json"}
    return client.post("/auth/clerk/", headers=headers)


def is_in(client: Client) -> bool:
    """Whether a browser is signed in."""
    return bool(client.get("/studio/").status_code == 200)


# --- In -----------------------------------------------------------------------------------------


def test_a_token_opens_a_session_of_fifteen_minutes(by_clerk: Settings, client: Client) -> None:
    assert come(client).status_code == 204

    user, session = User.objects.get(), Session.objects.get()
    bound = ClerkSession.objects.get()
    assert is_in(client)
    assert (bound.pk, bound.user_id, bound.ended_at) == ("sess_1", user.pk, None)
    assert bound.session_key == session.session_key == client.session.session_key
    assert abs(session.expire_date - clock.now() - timedelta(minutes=15)) < timedelta(minutes=1)
    assert timedelta(minutes=15) == sessions.FRESH_FOR
    assert user.last_login is not None


def test_what_happens_in_a_session_does_not_make_it_longer(
    by_clerk: Settings, client: Client
) -> None:
    come(client)
    ends = clock.now() + timedelta(seconds=5)
    kept = client.session
    kept.set_expiry(ends)
    kept["seen"] = True
    kept.save()
    assert is_in(client)
    assert Session.objects.get().expire_date <= ends + timedelta(seconds=1)


def test_another_token_takes_the_place_of_the_session_it_had_opened(
    by_clerk: Settings, client: Client
) -> None:
    come(client)
    client.get("/studio/")
    first = client.session.session_key
    other = Client()
    assert come(other).status_code == 204
    assert other.session.session_key != first
    assert [is_in(other), is_in(client)] == [True, False]
    assert Session.objects.count() == ClerkSession.objects.count() == 1
    assert UserSession.objects.count() == 1


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Bearer vis_secret"},
    ],
)
def test_nothing_else_opens_one(
    by_clerk: Settings, client: Client, headers: dict[str, str]
) -> None:
    answer = client.post("/auth/clerk/", headers={**headers, "Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert not Session.objects.exists()
    assert not User.objects.exists()


def test_a_token_is_taken_from_our_own_pages_only(by_clerk: Settings) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert come(strict).status_code == 403
    assert strict.get("/auth/clerk/").status_code == 405
    assert not Session.objects.exists()


def test_without_clerks_keys_there_is_no_such_door(settings: Settings, client: Client) -> None:
    settings.PUBLIC_URL = clerks.PARTY
    assert come(client).status_code == 404
    client.cookies["__session"] = clerks.token()
    assert b'name="password"' in client.get("/accounts/login/").content
    answer = ApiClient().get("me", authorization=f"Bearer {clerks.token()}")
    assert answer.json()["detail"] == "This key is unknown, expired or revoked."
    assert not User.objects.exists()


def test_a_session_that_ends_at_the_last_moment_is_not_bound(by_clerk: Settings) -> None:
    user = factories.make_user()
    claims = Claims(user_id="user_1", session_id="sess_1")
    sessions.end(user=user, session_id="sess_1")
    with transaction.atomic(), pytest.raises(TokenRefused):
        sessions.claim(user=user, claims=claims)


def test_the_same_session_may_be_bound_again(by_clerk: Settings, client: Client) -> None:
    come(client)
    bound = ClerkSession.objects.get()
    sessions.bind(session=bound, session_key=bound.session_key)
    assert is_in(client)


# --- By the cookie ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["__session", "__session_aB3dE6gH"])
def test_clerks_cookie_signs_in_on_the_way_to_a_page(
    by_clerk: Settings, client: Client, name: str
) -> None:
    client.cookies[name] = clerks.token()
    asked = client.get("/library/")
    assert asked["Location"] == "/accounts/login/?next=/library/"
    answer = client.get(asked["Location"])
    assert (answer.status_code, answer["Location"]) == (302, "/library/")
    assert client.get("/library/").status_code == 200


def test_a_stale_cookie_of_another_application_does_not_hide_the_good_one(
    by_clerk: Settings, client: Client
) -> None:
    client.cookies["__session_0ld"] = clerks.token(exp=1)
    client.cookies["__session"] = "no.token.either"
    client.cookies["__session_aB3dE6gH"] = clerks.token()
    client.cookies["__sessions"] = "another's"
    assert client.get("/accounts/login/")["Location"] == "/studio/"


def test_an_expired_cookie_shows_clerks_door_which_alone_may_load_clerk(
    by_clerk: Settings, client: Client
) -> None:
    client.cookies["__session"] = clerks.token(exp=1)

    answer = client.get("/accounts/login/?next=/library/")

    html = answer.content.decode()
    assert answer.status_code == 200
    assert f'src="{HOST}/npm/@clerk/clerk-js@6/dist/clerk.browser.js"' in html
    assert f'data-clerk-publishable-key="{clerks.publishable_key()}"' in html
    assert 'data-onward="/library/"' in html
    assert 'name="password"' not in html
    allowed = answer["Content-Security-Policy"]
    assert f"script-src 'self' {HOST} https://challenges.cloudflare.com" in allowed
    assert "frame-ancestors 'none'" in allowed
    assert HOST not in client.get("/")["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]


def test_signing_up_is_clerks_too(by_clerk: Settings, client: Client) -> None:
    assert 'data-mode="sign-up"' in client.get("/accounts/signup/").content.decode()
    form = {"email": "carol@example.com", "password1": PASSWORD}
    assert client.post("/accounts/signup/", form).status_code == 405
    assert not User.objects.exists()


def test_nobody_is_led_elsewhere(by_clerk: Settings, client: Client) -> None:
    come(client)
    assert client.get("/accounts/login/?next=//evil.example/")["Location"] == "/studio/"


def test_who_is_refused_reads_why(clerk: Clerk, client: Client) -> None:
    factories.make_user("ada@example.com")
    clerk.add(clerks.user(verification="unverified"))
    client.cookies["__session"] = clerks.token()
    answer = client.get("/accounts/login/")
    assert answer.status_code == 200
    assert "Verify the address with Clerk" in answer.content.decode()
    assert not Session.objects.exists()


def test_the_page_says_what_it_needs(by_clerk: Settings, client: Client) -> None:
    by_clerk.CLERK_PUBLISHABLE_KEY = ""
    answer = client.get("/accounts/login/")
    assert "Set CLERK_PUBLISHABLE_KEY" in answer.content.decode()
    assert "challenges" not in answer["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("key", "host"),
    [
        (clerks.publishable_key(), "clerk.visiona.example"),
        (clerks.publishable_key("127.0.0.1:8001").replace("test", "live"), "127.0.0.1:8001"),
        (clerks.publishable_key().rstrip("="), "clerk.visiona.example"),
        ("", ""),
        ("sk_test_secret", ""),
        ("pk_test_", ""),
        ("pk_test_***", ""),
        ("pk_test_/w==", ""),
        (clerks.publishable_key("clerk.example; script-src *"), ""),
        (clerks.publishable_key("clerk.example/x"), ""),
    ],
)
def test_a_publishable_key_names_a_host_or_nothing(key: str, host: str) -> None:
    assert clerks_browser.frontend_host(key) == host


# --- Closed doors -------------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["signup", "login"])
@pytest.mark.parametrize("prefix", ["/api/v1/auth/", "/api/auth/"])
def test_passwords_are_no_way_into_the_api(by_clerk: Settings, prefix: str, door: str) -> None:
    factories.make_user("ada@example.com")
    body = {"email": "ada@example.com", "password": PASSWORD}
    answer = ApiClient().send("POST", f"{prefix}{door}", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert "session token as a bearer" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("closed", CLOSED_PAGES)
def test_pages_of_passwords_and_addresses_are_closed(
    by_clerk: Settings, client: Client, closed: str, method: str
) -> None:
    answer = getattr(client, method)(closed, {"email": "ada@example.com"})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/")
    come(client)
    assert getattr(client, method)(closed)["Location"] == "/account/security/"


def test_the_account_leads_to_no_closed_page(by_clerk: Settings, client: Client) -> None:
    come(client)
    for page in ("/account/", "/account/security/"):
        html = client.get(page).content.decode()
        assert "/accounts/password/" not in html
        assert "/accounts/email/" not in html
        assert "Clerk, by which you sign in" in html or "with Clerk, by which you sign in" in html


# --- Out ----------------------------------------------------------------------------------------


def test_signing_out_ends_both(
    clerk: Clerk,
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    clerk.add(clerks.user())
    come(client)
    client.get("/studio/")

    with django_capture_on_commit_callbacks() as woken:
        assert client.post("/accounts/logout/")["Location"] == "/"

    assert len(woken) == 1
    assert ClerkSession.objects.get().ended_at is not None
    assert not Session.objects.filter(session_key=client.session.session_key).exists()
    client.cookies["__session"] = clerks.token()
    assert client.get("/accounts/login/").status_code == 200
    assert [come(client).status_code, ApiClient().get("me", **clerks.bearer()).status_code] == [
        401,
        401,
    ]
    tasks.revoke_clerk_session(clerk_session_id="sess_1")
    assert clerk.paths() == ["/v1/sessions/sess_1/revoke"]
    assert clerk.open_sessions == set()
    assert come(client, session_id="sess_2").status_code == 204


def test_a_session_that_is_over_at_clerk_is_no_trouble(clerk: Clerk, by_clerk: Settings) -> None:
    tasks.revoke_clerk_session(clerk_session_id="sess_9")
    clerk.misbehave(Instead(Reply(500, {})))
    with pytest.raises(Unavailable):
        tasks.revoke_clerk_session.run(clerk_session_id="sess_1")
    by_clerk.CLERK_SECRET_KEY = ""
    tasks.revoke_clerk_session(clerk_session_id="sess_1")
    assert clerk.open_sessions == {"sess_1"}


def test_a_program_signs_out_of_its_session(
    by_clerk: Settings,
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    come(client)
    with django_capture_on_commit_callbacks() as woken:
        assert ApiClient().post("auth/logout", **clerks.bearer()).status_code == 204
    assert len(woken) == 1
    assert ApiClient().get("me", **clerks.bearer()).status_code == 401
    assert not is_in(client)


def test_a_browser_that_is_signed_out_from_elsewhere_does_not_come_back_by_its_cookie(
    by_clerk: Settings, client: Client
) -> None:
    here, there = client, Client()
    come(here)
    come(there, session_id="sess_2")
    assert [is_in(here), is_in(there)] == [True, True]

    here.post("/account/security/end/")

    assert [is_in(here), is_in(there)] == [True, False]
    there.cookies["__session"] = clerks.token(session_id="sess_2")
    assert there.get("/accounts/login/").status_code == 200
    ended = ClerkSession.objects.filter(ended_at__isnull=False)
    assert [session.pk for session in ended] == ["sess_2"]


def test_what_is_over_is_forgotten_when_no_token_of_it_can_be_good(
    by_clerk: Settings, client: Client
) -> None:
    come(client)
    for name in ("sess_2", "sess_3"):
        come(Client(), session_id=name)
        sessions.end(user=User.objects.get(), session_id=name)
    long_ago = clock.now() - timedelta(days=91)
    ClerkSession.objects.update(created_at=long_ago)
    ClerkSession.objects.filter(pk="sess_3").update(ended_at=long_ago)

    tasks.clear_sessions()

    assert sorted(ClerkSession.objects.values_list("pk", flat=True)) == ["sess_1", "sess_2"]
    assert is_in(client)
