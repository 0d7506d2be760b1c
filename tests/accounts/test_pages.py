"""People sign up, sign in, confirm an address and replace a password, by pages and mails."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from credits import selectors as credits_selectors
from tests import factories
from tests.clients import ApiClient
from tests.factories import PASSWORD
from visiona import settings as product

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "a staple of another battery"
LINK = re.compile(rf"{re.escape(product.PUBLIC_URL)}(/\S+)")


class OlderArgon2(Argon2PasswordHasher):
    """What we might have used some years ago."""

    time_cost = 1
    memory_cost = 1024


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/accounts/login/", {"login": email, "password": password, **more})


def is_signed_in(client: Client, user: User) -> bool:
    return client.session.get("_auth_user_id") == str(user.pk)


def is_anonymous(client: Client) -> bool:
    return "_auth_user_id" not in client.session


def errors_of(answer: Any) -> dict[str, list[str]]:
    """What the page says is wrong, field by field; every message is in its HTML."""
    assert answer.status_code == 200
    errors: dict[str, list[str]] = dict(answer.context["form"].errors)
    html = answer.content.decode()
    assert all(message in html for messages in errors.values() for message in messages)
    return errors


def mailed_link() -> str:
    """The one link of the one mail that went out, as a path."""
    (message,) = mail.outbox
    (path,) = LINK.findall(str(message.body))
    return str(path)


# --- Signing up ---------------------------------------------------------------------------------


def test_signing_up_makes_an_account_with_twenty_credits_and_signs_in(client: Client) -> None:
    form = client.get("/accounts/signup/")
    assert 'name="email"' in form.content.decode()

    answer = client.post("/accounts/signup/", {"email": "Carol@Example.com", "password1": PASSWORD})

    user = User.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, "/studio/")
    assert (user.email, user.role, user.is_active) == ("carol@example.com", "user", True)
    assert is_signed_in(client, user)
    assert credits_selectors.wallet_of(user=user).available == 20
    assert "20" in client.get("/studio/").content.decode()
    address = EmailAddress.objects.get()
    assert (address.user_id, address.email, address.primary, address.verified) == (
        user.pk,
        "carol@example.com",
        True,
        False,
    )
    assert [message.to for message in mail.outbox] == [["carol@example.com"]]


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({"email": "", "password1": ""}, {"email", "password1"}),
        ({"email": "carol", "password1": PASSWORD}, {"email"}),
        ({"email": "ca\x00rol@example.com", "password1": PASSWORD}, {"email"}),
        ({"email": "carol@example.com", "password1": "short"}, {"password1"}),
        ({"email": "carol@example.com", "password1": "password1234"}, {"password1"}),
        ({"email": "ALICE@example.com", "password1": PASSWORD}, {"email"}),
    ],
)
def test_a_form_that_cannot_be_taken_says_so_at_its_fields(
    client: Client, alice: User, form: dict[str, str], fields: set[str]
) -> None:
    assert set(errors_of(client.post("/accounts/signup/", form))) == fields
    assert list(User.objects.all()) == [alice]
    assert is_anonymous(client)
    assert mail.outbox == []


def test_a_role_cannot_be_had_by_asking_for_it(client: Client) -> None:
    form = {"email": "carol@example.com", "password1": PASSWORD, "role": "admin", "is_admin": "on"}
    client.post("/accounts/signup/", form)
    assert User.objects.get().role == "user"


# --- Signing in and out -------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["alice@example.com", "Alice@EXAMPLE.com"])
def test_signing_in_takes_to_the_studio(client: Client, alice: User, email: str) -> None:
    answer = sign_in(client, email)

    assert (answer.status_code, answer["Location"]) == (302, "/studio/")
    assert is_signed_in(client, alice)
    assert client.get("/studio/").status_code == 200
    alice.refresh_from_db()
    assert alice.last_login is not None


def test_a_wrong_password_and_an_unknown_person_read_the_same(client: Client, alice: User) -> None:
    wrong = errors_of(sign_in(client, "alice@example.com", "not her password"))
    unknown = errors_of(sign_in(client, "nobody@example.com", "not her password"))

    assert wrong == unknown
    assert list(wrong) == ["__all__"]
    assert is_anonymous(client)


def test_signing_out_takes_a_form_not_a_link(alices_browser: Client, alice: User) -> None:
    assert alices_browser.get("/accounts/logout/").status_code == 200
    assert is_signed_in(alices_browser, alice)

    answer = alices_browser.post("/accounts/logout/")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_anonymous(alices_browser)
    assert alices_browser.get("/studio/")["Location"] == "/accounts/login/?next=/studio/"


def test_a_page_for_people_asks_to_sign_in_and_then_goes_there(client: Client, alice: User) -> None:
    asked = client.get("/library/")
    assert (asked.status_code, asked["Location"]) == (302, "/accounts/login/?next=/library/")
    assert 'name="next" value="/library/"' in client.get(asked["Location"]).content.decode()

    answer = sign_in(client, "alice@example.com", next="/library/")

    assert (answer.status_code, answer["Location"]) == (302, "/library/")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "https://testserver.evil.example/",
        "https://testserver@evil.example/",
    ],
)
def test_signing_in_never_leads_to_another_host(
    client: Client, alice: User, elsewhere: str
) -> None:
    answer = sign_in(client, "alice@example.com", next=elsewhere)

    assert (answer.status_code, answer["Location"]) == (302, "/studio/")


def test_an_inactive_person_is_told_so_only_with_the_right_password(
    client: Client, alice: User
) -> None:
    User.objects.update(is_active=False)

    assert list(errors_of(sign_in(client, "alice@example.com", "a guess"))) == ["__all__"]
    assert sign_in(client, "alice@example.com")["Location"] == "/accounts/inactive/"
    assert is_anonymous(client)


def test_after_five_wrong_guesses_the_page_stays_shut_for_the_right_password_too(
    client: Client, alice: User
) -> None:
    for number in range(5):
        sign_in(client, "alice@example.com", f"guess number {number}")

    errors = errors_of(sign_in(client, "alice@example.com"))

    assert errors == {
        "__all__": ["Too many attempts to sign in. Wait five minutes, then try again."]
    }
    assert is_anonymous(client)
    program = ApiClient().post("auth/login", {"email": "alice@example.com", "password": PASSWORD})
    assert program.status_code == 429


def test_signing_in_makes_a_new_session(client: Client, alice: User) -> None:
    client.get("/accounts/login/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key

    sign_in(client, "alice@example.com")

    assert client.session.session_key != planted


# --- Confirming an address ----------------------------------------------------------------------


def sign_up(client: Client) -> User:
    client.post("/accounts/signup/", {"email": "carol@example.com", "password1": PASSWORD})
    return User.objects.get(email="carol@example.com")


def is_confirmed(user: User) -> bool:
    return bool(EmailAddress.objects.filter(user=user, verified=True))


def test_an_unconfirmed_address_is_in_nobodys_way(client: Client) -> None:
    user = sign_up(client)
    client.post("/accounts/logout/")

    assert sign_in(client, "carol@example.com")["Location"] == "/studio/"

    assert not is_confirmed(user)
    order = {"kind": "thumbnail", "title": "At once"}
    assert ApiClient(user).post("jobs", order).status_code == 202


def test_the_mailed_link_confirms_the_address_of_who_is_signed_in(client: Client) -> None:
    user = sign_up(client)
    link = mailed_link()

    shown = client.get(link)
    assert "carol@example.com" in shown.content.decode()
    assert not is_confirmed(user)
    answer = client.post(link)

    assert answer.status_code == 302
    assert is_confirmed(user)
    assert is_signed_in(client, user)


def test_the_mailed_link_confirms_the_address_of_who_is_signed_out(client: Client) -> None:
    user = sign_up(client)
    elsewhere = Client()

    assert elsewhere.get(mailed_link()).status_code == 200
    answer = elsewhere.post(mailed_link())

    assert answer.status_code == 302
    assert is_confirmed(user)
    assert is_anonymous(elsewhere)


def test_the_mailed_link_works_in_a_browser_of_somebody_else(
    alices_browser: Client, alice: User
) -> None:
    user = sign_up(Client())

    shown = alices_browser.get(mailed_link())
    assert "carol@example.com" in shown.content.decode()
    alices_browser.post(mailed_link())

    assert is_confirmed(user)
    assert not EmailAddress.objects.filter(user=alice).exists()


def test_the_same_address_is_confirmed_by_one_person_only(alice: User) -> None:
    carol, client = sign_up(Client()), Client()
    EmailAddress.objects.create(user=alice, email="carol@example.com", verified=True)

    assert "another account" in client.get(mailed_link()).content.decode()
    answer = client.post(mailed_link())

    assert answer.status_code == 409
    assert "There is an account with this e-mail address" in answer.content.decode()
    assert not is_confirmed(carol)


def test_an_address_can_be_added_confirmed_made_the_first_and_removed(
    alices_browser: Client, alice: User
) -> None:
    alices_browser.post("/accounts/email/", {"action_add": "", "email": "Other@example.com"})
    alices_browser.post(mailed_link())
    alices_browser.post("/accounts/email/", {"action_primary": "", "email": "other@example.com"})
    alices_browser.post("/accounts/email/", {"action_remove": "", "email": "alice@example.com"})

    alice.refresh_from_db()
    assert alice.email == "other@example.com"
    addresses = EmailAddress.objects.values_list("user", "email", "primary", "verified")
    assert list(addresses) == [(alice.pk, "other@example.com", True, True)]


def test_nobody_takes_an_address_that_another_person_signs_in_with(
    alices_browser: Client, alice: User, bob: User
) -> None:
    alices_browser.post("/accounts/email/", {"action_add": "", "email": "bob@example.com"})

    answer = alices_browser.post(
        "/accounts/email/", {"action_primary": "", "email": "bob@example.com"}
    )

    assert answer.status_code == 409
    assert "There is an account with this e-mail address" in answer.content.decode()
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert not EmailAddress.objects.filter(email="bob@example.com", primary=True).exists()
    assert sign_in(Client(), "bob@example.com").status_code == 302


def test_a_changed_link_confirms_nothing(client: Client) -> None:
    user = sign_up(client)
    changed = mailed_link()[:-2] + "x/"

    assert "no longer works" in client.get(changed).content.decode()
    assert client.post(changed).status_code == 404
    assert not is_confirmed(user)


# --- Replacing a password -----------------------------------------------------------------------


def ask_for_a_new_password(client: Client, email: str) -> None:
    answer = client.post("/accounts/password/reset/", {"email": email})
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/reset/done/")


def test_a_forgotten_password_is_replaced_by_mail(client: Client, alice: User) -> None:
    ask_for_a_new_password(client, "Alice@example.com")
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["alice@example.com"], "Choose a new password")
    link = mailed_link()
    form = client.get(link, follow=True)
    assert "Choose a new password" in form.content.decode()
    assert link not in form.content.decode()  # the key is no longer in the page's address

    chosen = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    answer = client.post(form.request["PATH_INFO"], chosen)

    assert (answer.status_code, answer["Location"]) == (302, "/accounts/password/reset/key/done/")
    assert list(errors_of(sign_in(client, "alice@example.com", PASSWORD))) == ["__all__"]
    assert sign_in(client, "alice@example.com", NEW_PASSWORD)["Location"] == "/studio/"
    assert "no longer works" in Client().get(link, follow=True).content.decode()


def test_a_new_password_ends_the_sessions_of_the_old_one(
    client: Client, alices_browser: Client, alice: User
) -> None:
    assert alices_browser.get("/studio/").status_code == 200
    elsewhere = Client()
    ask_for_a_new_password(elsewhere, "alice@example.com")
    form = elsewhere.get(mailed_link(), follow=True)

    chosen = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    elsewhere.post(form.request["PATH_INFO"], chosen)

    assert alices_browser.get("/studio/").status_code == 302


def test_a_password_is_replaced_in_a_browser_of_somebody_else(
    alices_browser: Client, bob: User
) -> None:
    ask_for_a_new_password(alices_browser, "bob@example.com")
    form = alices_browser.get(mailed_link(), follow=True)
    chosen = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    alices_browser.post(form.request["PATH_INFO"], chosen)

    assert sign_in(Client(), "bob@example.com", NEW_PASSWORD).status_code == 302
    assert sign_in(Client(), "alice@example.com", PASSWORD).status_code == 302


def test_a_new_password_opens_the_door_that_guesses_had_shut(client: Client, alice: User) -> None:
    for number in range(5):
        sign_in(client, "alice@example.com", f"guess number {number}")
    ask_for_a_new_password(client, "alice@example.com")
    form = client.get(mailed_link(), follow=True)

    chosen = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client.post(form.request["PATH_INFO"], chosen)

    assert sign_in(client, "alice@example.com", NEW_PASSWORD).status_code == 302


@pytest.mark.parametrize(
    "chosen",
    [
        {"password1": "short", "password2": "short"},
        {"password1": NEW_PASSWORD, "password2": "something else"},
    ],
)
def test_a_bad_new_password_is_refused_at_its_field(
    client: Client, alice: User, chosen: dict[str, str]
) -> None:
    ask_for_a_new_password(client, "alice@example.com")
    form = client.get(mailed_link(), follow=True)

    errors = errors_of(client.post(form.request["PATH_INFO"], chosen))

    assert set(errors) <= {"password1", "password2"}
    assert sign_in(client, "alice@example.com", PASSWORD).status_code == 302


def test_who_has_no_account_is_told_by_mail_and_not_on_the_page(client: Client) -> None:
    ask_for_a_new_password(client, "nobody@example.com")

    (message,) = mail.outbox
    assert message.to == ["nobody@example.com"]
    assert "/password/reset/key/" not in str(message.body)
    assert not User.objects.exists()


def test_a_password_is_changed_by_who_knows_the_old_one(
    alices_browser: Client, alice: User
) -> None:
    chosen = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    wrong = alices_browser.post("/accounts/password/change/", {"oldpassword": "a guess", **chosen})
    assert set(errors_of(wrong)) == {"oldpassword"}

    answer = alices_browser.post("/accounts/password/change/", {"oldpassword": PASSWORD, **chosen})

    assert answer.status_code == 302
    assert is_signed_in(alices_browser, alice)
    assert sign_in(Client(), "alice@example.com", NEW_PASSWORD).status_code == 302


# --- How passwords are kept ---------------------------------------------------------------------


def test_the_product_keeps_passwords_as_argon2(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS

    user = factories.make_user("carol@example.com")

    assert user.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert PASSWORD not in user.password
    assert user.check_password(PASSWORD)
    assert not user.check_password(PASSWORD + "x")


@pytest.mark.parametrize("door", ["page", "api"])
def test_a_hash_of_old_parameters_is_made_anew_at_the_next_sign_in(
    settings: Settings, client: Client, door: str
) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.OlderArgon2"]
    user = factories.make_user("carol@example.com")
    assert user.password.startswith("argon2$argon2id$v=19$m=1024,t=1,p=8$")
    settings.PASSWORD_HASHERS = product.PASSWORD_HASHERS

    if door == "page":
        assert sign_in(client, "carol@example.com").status_code == 302
    else:
        answer = ApiClient().post("auth/login", {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 200

    user.refresh_from_db()
    assert user.password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")
    assert user.check_password(PASSWORD)


# --- When Redis is away -------------------------------------------------------------------------


@pytest.fixture
def without_redis(settings: Settings, tmp_path: Any) -> Any:
    """Nobody listens where Redis should: guesses cannot be counted."""
    dead = {**product.CACHES["default"], "LOCATION": f"unix://{tmp_path}/nobody.sock"}
    settings.CACHES = {"default": dead}
    yield
    caches.close_all()


@pytest.mark.usefixtures("without_redis")
def test_without_redis_nobody_can_guess_so_the_doors_stay_shut(alice: User) -> None:
    client = Client(raise_request_exception=False)

    on_page = sign_in(client, "alice@example.com")
    by_program = ApiClient().post(
        "auth/login", {"email": "alice@example.com", "password": PASSWORD}
    )

    assert on_page.status_code == 503
    assert "does not answer" in on_page.content.decode()
    assert is_anonymous(client)
    assert (by_program.status_code, by_program.json()["code"]) == (503, "unavailable")
    assert by_program["Retry-After"] == "5"


@pytest.mark.usefixtures("without_redis")
def test_without_redis_who_is_signed_in_works_on(alices_browser: Client, api: ApiClient) -> None:
    assert alices_browser.get("/studio/").status_code == 200
    assert api.get("me").status_code == 200
