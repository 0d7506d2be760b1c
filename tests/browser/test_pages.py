"""Every page in both themes and at every width: accessible, inside its window, on a picture."""

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from credits import selectors as credits_selectors
from generation import catalog
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, shoot, visiting, wrongs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

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


@pytest.mark.timeout(240)
def test_pages_for_everybody(browser: Browser, address: str) -> None:
    with visiting(browser, address) as page:
        assert wrongs(page, OPEN_PAGES) == []


# The pages of making things are walked in test_making.py, those of the account in test_account.py.
@pytest.mark.timeout(240)
def test_pages_of_a_person(browser: Browser, address: str, alice: User, sign_in: SignIn) -> None:
    title = "A title so long that it has to be cut somewhere, whatever the window"
    waiting = factories.make_job(alice, title=title)
    places = {"credits": "/credits/", "job-waiting": f"/jobs/{waiting.pk}/"}
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        assert wrongs(page, places) == []


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
