"""The pages of the account: who I am, where I am signed in, the keys of my programs."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import selectors, services, tasks
from accounts.models import ApiToken, User
from accounts.templatetags.account_pages import device
from generation import selectors as generation_selectors
from generation.services import assets, running
from tests import factories
from tests.clients import ApiClient
from tests.factories import PASSWORD
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db

PAGES = ("/account/", "/account/security/", "/account/api-keys/", "/account/privacy/")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SECRET = re.compile(r'id="secret" value="(vis_[\w-]{43})"')


def sign_in(user: User, agent: str = FIREFOX) -> Client:
    """A browser that signed in by the page."""
    browser = Client(headers={"user-agent": agent})
    browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert is_signed_in(browser)
    return browser


def is_signed_in(browser: Client) -> bool:
    return browser.get("/account/").status_code == 200


def text_of(answer: Any) -> str:
    """What a page says, its tags left out."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


# --- Who I am -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [*PAGES, "/accounts/email/", "/accounts/password/change/"])
def test_nothing_keeps_a_copy_of_a_page_of_the_account(
    alices_browser: Client, address: str
) -> None:
    answer = alices_browser.get(address)

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("address", ["/credits/", "/credits/statement.csv", "/billing/"])
def test_nor_of_a_page_of_ones_money(alices_browser: Client, address: str) -> None:
    answer = alices_browser.get(address)

    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("address", ["/studio/", "/library/", "/chat/", "/pricing/"])
def test_what_a_person_is_shown_is_kept_for_nobody_else(
    alices_browser: Client, address: str
) -> None:
    answer = alices_browser.get(address)

    assert answer.status_code == 200
    assert answer["Cache-Control"] == "private, no-cache"
    assert "Clear-Site-Data" not in answer


@pytest.mark.parametrize(
    ("page", "status"), [("/accounts/logout/", 302), ("/api/v1/auth/logout", 204)]
)
def test_the_browser_forgets_what_was_shown_to_who_signs_out(
    alices_browser: Client, page: str, status: int
) -> None:
    answer = alices_browser.post(page)

    assert answer.status_code == status
    assert answer["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in alices_browser.post(page)


def test_a_stranger_has_nothing_to_forget(client: Client, db: None) -> None:
    answer = client.get("/pricing/")

    assert answer.status_code == 200
    assert "Cache-Control" not in answer
    assert "Clear-Site-Data" not in client.post("/accounts/logout/")


def test_a_name_is_saved_and_is_the_same_for_programs(
    alices_browser: Client, alice: User, api: ApiClient
) -> None:
    answer = alices_browser.post("/account/", {"name": "  Ada Lovelace "})

    assert (answer.status_code, answer["Location"]) == (302, "/account/")
    assert api.get("me").json()["data"]["name"] == "Ada Lovelace"
    assert "Ada Lovelace" in text_of(alices_browser.get("/account/"))


@pytest.mark.parametrize("name", ["x" * 121, "A\x00da"], ids=["too long", "a NUL byte"])
def test_a_name_that_cannot_be_kept_is_refused_at_its_field(
    alices_browser: Client, alice: User, name: str
) -> None:
    answer = alices_browser.post("/account/", {"name": name})

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name"}
    alice.refresh_from_db()
    assert alice.name == ""


def test_the_address_is_shown_with_whether_it_is_confirmed(
    alices_browser: Client, alice: User
) -> None:
    address = EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    assert "not confirmed" in text_of(alices_browser.get("/account/"))

    address.set_verified()

    page = text_of(alices_browser.get("/account/"))
    assert "not confirmed" not in page
    assert "alice@example.com confirmed" in page


@pytest.mark.parametrize("theme", ["paper", "darkroom"])
def test_a_theme_is_chosen_and_given_back_to_the_system(alices_browser: Client, theme: str) -> None:
    alices_browser.post("/theme/", {"theme": theme, "next": "/account/"})
    assert f'data-theme="{theme}"' in alices_browser.get("/account/").content.decode()

    alices_browser.post("/theme/", {"theme": "system", "next": "/account/"})

    assert "data-theme=" not in alices_browser.get("/account/").content.decode()[:200]


# --- Where I am signed in -----------------------------------------------------------------------


def test_every_browser_and_program_is_listed_and_this_one_is_marked(alice: User) -> None:
    here, _elsewhere = sign_in(alice), sign_in(alice, "Mozilla/5.0 (iPhone) Safari/605.1")
    ApiClient(alice)

    page = text_of(here.get("/account/security/"))

    assert page.count("Firefox on Linux this one") == 1
    assert page.count("Safari on iPhone") == 2  # its name, and that of its button
    assert page.count("127.0.0.1, last seen") == 2
    assert "Program: tests Signed in" in page


def test_bobs_sessions_are_not_on_alices_page(alice: User, bob: User) -> None:
    sign_in(bob, "Mozilla/5.0 (Windows NT 10.0) Edg/140.0")
    assert "Edge" not in text_of(sign_in(alice).get("/account/security/"))


def test_a_session_that_is_ended_is_dead_at_once(alice: User) -> None:
    here, elsewhere = sign_in(alice), sign_in(alice)
    there = selectors.sessions_of(user=alice).get(session_key=elsewhere.session.session_key)

    answer = here.post(f"/account/security/sessions/{there.pk}/end/")

    assert (answer.status_code, answer["Location"]) == (302, "/account/security/")
    assert not is_signed_in(elsewhere)
    assert is_signed_in(here)
    assert here.post(f"/account/security/sessions/{there.pk}/end/").status_code == 404


def test_a_program_that_is_signed_out_is_refused_at_once(alice: User, api: ApiClient) -> None:
    here = sign_in(alice)
    token = ApiToken.objects.get()

    here.post(f"/account/security/programs/{token.pk}/end/")

    assert api.get("me").status_code == 401
    assert here.post(f"/account/security/programs/{token.pk}/end/").status_code == 404


def test_signing_out_everywhere_else_leaves_this_browser_and_the_keys(
    alice: User, bob: User, api: ApiClient
) -> None:
    here, elsewhere, bobs = sign_in(alice), sign_in(alice), sign_in(bob)
    with act_as_user(alice.pk):
        key, _secret = services.create_api_key(user=alice, name="Laptop")

    answer = here.post("/account/security/end/")

    assert (answer.status_code, answer["Location"]) == (302, "/account/security/")
    assert [is_signed_in(one) for one in (here, elsewhere, bobs)] == [True, False, True]
    assert api.get("me").status_code == 401
    assert selectors.api_key_of(user=alice, key_id=key.pk) == key


def test_a_new_password_signs_out_every_other_browser_and_program(
    alice: User, api: ApiClient
) -> None:
    here, elsewhere = sign_in(alice), sign_in(alice)

    form = {"oldpassword": PASSWORD, "password1": "a staple of another battery"}
    answer = here.post("/accounts/password/change/", form | {"password2": form["password1"]})

    assert (answer.status_code, answer["Location"]) == (302, "/account/security/")
    assert [is_signed_in(one) for one in (here, elsewhere)] == [True, False]
    assert api.get("me").status_code == 401
    (left,) = selectors.sessions_of(user=alice)
    assert left.session_key == here.session.session_key


@pytest.mark.parametrize("door", ["page", "api"])
def test_signing_out_forgets_where_one_was(alice: User, door: str) -> None:
    browser = sign_in(alice)
    assert UserSession.objects.count() == 1

    browser.post({"page": "/accounts/logout/", "api": "/api/v1/auth/logout"}[door])

    assert not is_signed_in(browser)
    assert not UserSession.objects.exists()


def test_being_seen_is_noted_every_five_minutes(alices_browser: Client) -> None:
    def seen_after(pause: timedelta) -> bool:
        UserSession.objects.update(last_seen_at=clock.now() - pause)
        alices_browser.get("/account/")
        return bool(UserSession.objects.get().last_seen_at > clock.now() - timedelta(minutes=1))

    alices_browser.get("/account/")
    assert not seen_after(timedelta(minutes=4))
    assert seen_after(timedelta(minutes=6))


def test_what_is_noted_about_sessions_that_expired_is_forgotten(alice: User) -> None:
    over, alive = sign_in(alice), sign_in(alice)
    ended = Session.objects.filter(session_key=over.session.session_key)
    ended.update(expire_date=clock.now() - timedelta(seconds=1))
    assert len(selectors.sessions_of(user=alice)) == 1

    tasks.clear_sessions()

    assert [note.session_key for note in UserSession.objects.all()] == [alive.session.session_key]


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140.0 Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) Safari/605.1.15", "Safari on macOS"),
        ("curl/8.0", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_named_as_people_would(agent: str, name: str) -> None:
    assert device(agent) == name


# --- The keys of my programs --------------------------------------------------------------------


def test_a_key_is_made_shown_once_works_and_is_revoked(alices_browser: Client, alice: User) -> None:
    made = alices_browser.post("/account/api-keys/", {"name": "Upload script"})

    assert made.status_code == 200
    (secret,) = SECRET.findall(made.content.decode())
    program = {"authorization": f"Bearer {secret}"}
    assert Client().get("/api/v1/me", headers=program).status_code == 200
    listed = alices_browser.get("/account/api-keys/")
    assert secret not in listed.content.decode()
    assert f"Upload script {secret[:12]}…" in text_of(listed)

    key = selectors.api_keys_of(user=alice).get()
    address = f"/account/api-keys/{key.pk}/revoke/"
    assert "Revoke “Upload script”?" in text_of(alices_browser.get(address))
    assert Client().get("/api/v1/me", headers=program).status_code == 200
    answer = alices_browser.post(address)

    assert (answer.status_code, answer["Location"]) == (302, "/account/api-keys/")
    assert Client().get("/api/v1/me", headers=program).status_code == 401
    assert alices_browser.post(address).status_code == 404
    assert alices_browser.get(address).status_code == 404


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_key_without_a_good_name_is_refused_at_its_field(
    alices_browser: Client, name: str
) -> None:
    answer = alices_browser.post("/account/api-keys/", {"name": name})

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"name"}
    assert not ApiToken.objects.exists()


def test_alices_key_cannot_be_revoked_by_bob(alice: User, bob: User) -> None:
    with act_as_user(alice.pk):
        key, _secret = services.create_api_key(user=alice, name="Laptop")

    answer = sign_in(bob).post(f"/account/api-keys/{key.pk}/revoke/")

    assert answer.status_code == 404
    key.refresh_from_db()
    assert key.revoked_at is None


# --- The first steps ----------------------------------------------------------------------------


def test_the_first_steps_count_up_until_all_are_done(alices_browser: Client, alice: User) -> None:
    def steps() -> str:
        found = re.search(r"First steps (\d of \d)", text_of(alices_browser.get("/studio/")))
        return found[1] if found else "gone"

    assert steps() == "0 of 4"
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True, verified=True)
    assert steps() == "1 of 4"
    factories.make_photo(alice)
    assert steps() == "2 of 4"
    factories.furnish("bob@example.com")
    assert steps() == "2 of 4"
    job = factories.make_job(alice, text_overlay=False)
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    assert steps() == "3 of 4"
    (made,) = generation_selectors.assets_of_job(job=job)
    with act_as_user(alice.pk):
        assets.describe_asset(user=alice, asset_id=made.pk, starred=True)
    assert steps() == "gone"


@pytest.mark.parametrize("by_script", [True, False])
def test_the_first_steps_are_put_away_for_good(
    alices_browser: Client, alice: User, *, by_script: bool
) -> None:
    headers = {"hx-request": "true"} if by_script else {}

    answer = alices_browser.post("/account/checklist/dismiss/", headers=headers)

    assert answer.status_code == (200 if by_script else 302)
    assert answer.content == b""
    assert "First steps" not in text_of(alices_browser.get("/studio/"))
    alice.refresh_from_db()
    assert alice.checklist_dismissed_at is not None
