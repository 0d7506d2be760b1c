"""A person signs up, looks after the account and its keys, and signs a lost browser out."""

import re
from collections.abc import Iterator
from itertools import product

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from playwright.sync_api import Browser, Page, expect

from accounts import services
from accounts.models import User
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import SCHEMES, barriers, resize, shoot, visiting, wrongs
from tests.factories import PASSWORD
from visiona.lib.db.actor import act_as_user
from visiona.mail_previews import SAMPLES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NEW_PASSWORD = "a staple of another battery"
CAROL = "carol@example.com"
PAGES = {
    "account-profile": "/account/",
    "account-security": "/account/security/",
    "account-api-keys": "/account/api-keys/",
    "account-privacy": "/account/privacy/",
    "account-email": "/accounts/email/",
    "account-password": "/accounts/password/change/",
    "account-sign-out": "/accounts/logout/",
    "account-confirm-again": "/accounts/confirm-email/",
    "first-steps": "/studio/",
}


def sign_in_by_form(page: Page, address: str, password: str = PASSWORD) -> None:
    page.goto(f"{address}/accounts/login/")
    page.get_by_label("E-mail").fill(CAROL)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
def carols(request: pytest.FixtureRequest, browser: Browser, address: str) -> Iterator[Page]:
    """The page of Carol, who has just signed up, with and without JavaScript."""
    context = browser.new_context(java_script_enabled=request.param, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{address}/accounts/signup/")
    page.get_by_label("E-mail").fill(CAROL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page).to_have_url(f"{address}/studio/")
    yield page
    page.goto("about:blank")
    context.close()


def test_a_new_person_is_led_by_the_first_steps(carols: Page) -> None:
    steps = carols.get_by_role("region", name="First steps")
    expect(steps).to_contain_text("0 of 4")
    subjects = [message.subject for message in mail.outbox]
    assert subjects == ["Welcome to Visiona: confirm your address"]

    steps.get_by_role("link", name="Confirm your e-mail address").click()
    expect(carols.get_by_text("not confirmed")).to_be_visible()
    EmailAddress.objects.get().set_verified()
    carols.reload()
    expect(carols.get_by_text("not confirmed")).to_have_count(0)
    carols.get_by_role("textbox", name="Name").fill("Carol Shaw")
    carols.get_by_role("button", name="Save name").click()
    expect(carols.locator("main")).to_contain_text("Carol Shaw")

    carols.get_by_role("link", name="Studio").click()
    expect(steps).to_contain_text("1 of 4")
    steps.get_by_role("button", name="Put the first steps away").click()
    expect(steps).to_have_count(0)


def test_a_lost_browser_is_signed_out_and_the_password_changed(
    carols: Page, page: Page, address: str
) -> None:
    lost = page
    sign_in_by_form(lost, address)
    expect(lost).to_have_url(f"{address}/studio/")

    carols.goto(f"{address}/account/security/")
    expect(carols.get_by_text("this one")).to_have_count(1)
    carols.get_by_role("button", name=re.compile("^Sign out .+ on ")).click()
    expect(carols.get_by_role("button", name=re.compile("^Sign out .+ on "))).to_have_count(0)
    lost.get_by_role("link", name="Library").click()
    expect(lost).to_have_url(f"{address}/accounts/login/?next=/library/")

    carols.get_by_role("link", name="Change password").click()
    carols.get_by_label("Current password", exact=True).fill(PASSWORD)
    carols.get_by_label("New Password", exact=True).fill(NEW_PASSWORD)
    carols.get_by_label("The new password again", exact=True).fill(NEW_PASSWORD)
    carols.get_by_role("button", name="Save password").click()
    expect(carols).to_have_url(f"{address}/account/security/")
    sign_in_by_form(lost, address, NEW_PASSWORD)
    expect(lost).to_have_url(f"{address}/studio/")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_key_is_made_copied_and_revoked(
    browser: Browser, address: str, alice: User, sign_in: SignIn, *, scripts: bool
) -> None:
    context = browser.new_context(java_script_enabled=scripts, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{address}/account/api-keys/")
    expect(page.get_by_text("No keys yet")).to_be_visible()

    page.get_by_label("Name").fill("Upload script")
    page.get_by_role("button", name="Create key").click()
    secret = page.get_by_label("Key", exact=True).input_value()
    me = context.request.get(
        f"{address}/api/v1/me", headers={"authorization": f"Bearer {secret}", "cookie": ""}
    )
    assert me.json()["data"]["email"] == "alice@example.com"
    if scripts:
        page.get_by_role("button", name="Copy Key").click()
        expect(page.get_by_role("button", name="Copied Key")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == secret
        assert barriers(page) == []
        shoot(page, "account-key-made")
    page.goto(f"{address}/account/api-keys/")
    assert secret not in page.content()

    page.get_by_role("link", name="Revoke Upload script").click()
    page.get_by_role("button", name="Revoke key").click()
    expect(page.get_by_text("No keys yet")).to_be_visible()
    refused = context.request.get(
        f"{address}/api/v1/me", headers={"authorization": f"Bearer {secret}"}
    )
    assert refused.status == 401
    page.goto("about:blank")
    context.close()


def test_a_password_shows_itself_and_ticks_off_its_rules(page: Page, address: str) -> None:
    page.goto(f"{address}/accounts/signup/")
    password = page.get_by_label("Password", exact=True)
    page.get_by_label("E-mail").fill("carol@example.com")

    password.fill("carol")
    kept = page.locator("[data-rule][data-kept]")
    expect(kept).to_have_count(0)
    password.fill("correct horse")
    expect(kept).to_have_count(2)
    expect(kept.last).to_contain_text("Done: At least 10 characters")
    page.get_by_role("button", name="Show Password").click()

    expect(password).to_have_attribute("type", "text")
    expect(page.get_by_role("button", name="Show Password")).to_have_attribute(
        "aria-pressed", "true"
    )
    assert barriers(page) == []
    shoot(page, "sign-up-password-shown")


def test_what_is_wrong_stands_at_its_field(page: Page, address: str, alice: User) -> None:
    page.goto(f"{address}/accounts/signup/")
    page.get_by_label("E-mail").fill("alice@example.com")
    page.get_by_label("Password", exact=True).fill("password1234")
    page.get_by_role("button", name="Create account").click()

    for field, words in (("E-mail", "There is an account with"), ("Password", "too common")):
        described = page.get_by_label(field, exact=True)
        expect(described).to_have_attribute("aria-invalid", "true")
        notes = (described.get_attribute("aria-describedby") or "").split()
        said = " ".join(page.locator(f"#{one}").inner_text() for one in notes)
        assert words in said
    assert barriers(page) == []
    shoot(page, "sign-up-refused")


def test_who_guesses_too_often_is_told_when_to_come_back(
    page: Page, address: str, alice: User
) -> None:
    for number in range(6):
        page.goto(f"{address}/accounts/login/")
        page.get_by_label("E-mail").fill("alice@example.com")
        page.get_by_label("Password", exact=True).fill(f"guess number {number}")
        page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_have_text(
        "Too many attempts to sign in. Wait five minutes, then try again."
    )
    assert barriers(page) == []
    shoot(page, "sign-in-locked-out")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_the_theme_is_chosen_in_the_profile(alices: Page, theme: str) -> None:
    alices.goto("/account/")
    html = alices.locator("html")

    alices.get_by_role("button", name=theme, exact=True).click()
    expect(html).to_have_attribute("data-theme", {"Light": "paper", "Dark": "darkroom"}[theme])
    alices.get_by_role("button", name="Like my system").click()

    expect(html).not_to_have_attribute("data-theme", "paper")
    expect(alices.locator(".segment[aria-current]")).to_have_text("Like my system")


def test_the_pages_of_the_account_are_found_by_keyboard(alices: Page) -> None:
    alices.goto("/account/")
    profile = alices.get_by_role("link", name="Profile", exact=True)
    profile.focus()

    alices.keyboard.press("Tab")
    alices.keyboard.press("Enter")

    expect(alices).to_have_url(re.compile(r"/account/security/$"))
    expect(alices.get_by_role("link", name="Security", exact=True)).to_have_attribute(
        "aria-current", "page"
    )


def busy_account(alice: User) -> dict[str, str]:
    """Give Alice something on every page; return the pages that need it."""
    EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    EmailAddress.objects.create(user=alice, email="a.very.long.name@department.example.com")
    factories.sign_in_by_browser(alice)
    factories.sign_in_by_browser(alice, "Mozilla/5.0 (iPhone) Safari/605.1")
    services.issue_sign_in(user=alice, client="visiona-python/1.0 (a program of a long name)")
    with act_as_user(alice.pk):
        key, _secret = services.create_api_key(user=alice, name="Upload script")
        services.create_api_key(user=alice, name="AnotherNameThatIsLongAndHasNoSpaces" * 2)
    return {"account-revoke": f"/account/api-keys/{key.pk}/revoke/"}


@pytest.mark.timeout(240)
def test_the_pages_of_the_account_in_every_window(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        assert wrongs(page, PAGES | busy_account(alice)) == []


def test_every_mail_fits_its_window(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    User.objects.filter(pk=alice.pk).update(role="admin")
    wrong: list[str] = []
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        for name in SAMPLES:
            page.goto(f"/styleguide/mail/?name={name}")
            for width, scheme in product((320, 700), SCHEMES):
                resize(page, width)
                page.emulate_media(color_scheme=scheme)
                shoot(page, f"mail-{name}-{scheme}-{width}")
                box = page.locator(".sheet").bounding_box()
                assert box is not None
                if box["x"] < 0 or box["x"] + box["width"] > width:
                    wrong.append(f"{name} {scheme} {width}: {box}")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.goto("/styleguide/mails/")
            wrong += barriers(page)
    assert wrong == []
