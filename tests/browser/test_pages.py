"""Every page in both themes and at every width: accessible, inside its window, on a picture."""

from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from credits import selectors as credits_selectors
from generation import catalog
from generation import selectors as generation_selectors
from generation.services import running
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, overhang, shoot
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Scheme = Literal["light", "dark"]
WIDTHS = (320, 390, 768, 1280)
OPEN_PAGES = {
    "landing": "/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "reset": "/accounts/password/reset/",
    "reset-sent": "/accounts/password/reset/done/",
    "reset-old-link": "/accounts/password/reset/key/1-no-such-key/",
    "verification-sent": "/accounts/confirm-email/",
    "not-found": "/no/such/page/",
}


def context_of(browser: Browser, scheme: Scheme, width: int) -> BrowserContext:
    return browser.new_context(
        color_scheme=scheme,
        reduced_motion="reduce",
        viewport={"width": width, "height": 860 if width > 700 else 780},
    )


def look(page: Page, name: str, scheme: Scheme, width: int) -> list[str]:
    """Return what is wrong with a page, and keep its picture."""
    shoot(page, f"{name}-{scheme}-{width}")
    wrong = [f"{name} {scheme} {width}: {barrier}" for barrier in barriers(page)]
    wide = overhang(page)
    return [*wrong, *([f"{name} {scheme} {width}: {wide} px too wide"] if wide > 0 else [])]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.timeout(240)
def test_pages_for_everybody(browser: Browser, address: str, scheme: Scheme) -> None:
    wrong: list[str] = []
    for width in WIDTHS:
        context = context_of(browser, scheme, width)
        page = context.new_page()
        for name, path in OPEN_PAGES.items():
            page.goto(f"{address}{path}")
            wrong += look(page, name, scheme, width)
        context.close()
    assert wrong == []


@pytest.fixture
def my_pages(alice: User) -> dict[str, str]:
    """The addresses of a person who has made, deleted, canceled and ordered things."""
    kept = factories.make_job(alice, title="I lived on Mars for 30 days", count=1)
    assert running.run_job(job_id=kept.pk)
    with act_as_user(alice.pk):
        asset = generation_selectors.assets_of_job(job=kept).get().pk
    waiting = factories.make_job(
        alice, title="A title so long that it has to be cut somewhere, whatever the window", count=1
    )
    factories.make_photo(alice)
    return {
        "studio": "/studio/",
        "library": "/library/",
        "bin": "/library/bin/",
        "asset": f"/library/{asset}/",
        "job": f"/jobs/{kept.pk}/",
        "job-waiting": f"/jobs/{waiting.pk}/",
        "credits": "/credits/",
        "email": "/accounts/email/",
        "password": "/accounts/password/change/",
        "sign-out": "/accounts/logout/",
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.timeout(240)
def test_pages_of_a_person(
    browser: Browser,
    address: str,
    alice: User,
    sign_in: SignIn,
    my_pages: dict[str, str],
    scheme: Scheme,
) -> None:
    wrong: list[str] = []
    for width in WIDTHS:
        context = context_of(browser, scheme, width)
        sign_in(context, alice)
        page = context.new_page()
        for name, path in my_pages.items():
            page.goto(f"{address}{path}")
            wrong += look(page, name, scheme, width)
        page.goto("about:blank")
        context.close()
    assert wrong == []


def test_the_account_menu_is_accessible_and_closes_by_escape(alices: Page) -> None:
    alices.goto("/library/")

    alices.locator("summary").click()

    expect(alices.get_by_role("button", name="Sign out")).to_be_visible()
    assert barriers(alices) == []
    shoot(alices, "account-menu")
    alices.keyboard.press("Escape")
    expect(alices.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(alices.locator("summary")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_the_theme_is_kept_and_rendered_by_the_server(
    browser: Browser, address: str, *, scripts: bool
) -> None:
    context = browser.new_context(color_scheme="light", java_script_enabled=scripts)
    page = context.new_page()
    page.goto(address)
    assert page.locator("html").get_attribute("data-theme") is None

    page.get_by_role("button", name="Switch between light and dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "darkroom")
    source = context.request.get(address).text()
    assert 'data-theme="darkroom"' in source
    context.close()


def test_what_the_open_pages_promise_is_what_is_given(
    page: Page, address: str, alice: User
) -> None:
    welcome = credits_selectors.wallet_of(user=alice).available
    price = catalog.THUMBNAIL.price

    page.goto(address)
    expect(page.locator("main")).to_contain_text(f"Start with {welcome} free credits")
    expect(page.locator("main")).to_contain_text(f"A thumbnail costs {price} credits")
    page.goto(f"{address}/accounts/signup/")
    expect(page.locator("main")).to_contain_text(f"You start with {welcome} credits")


def test_pages_forbid_inline_code(browser: Browser, address: str) -> None:
    context = browser.new_context()
    answer = context.request.get(address)

    policy = answer.headers["content-security-policy"]

    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert " style=" not in answer.text()
    assert " onclick=" not in answer.text()
    context.close()
