"""Clerk's door in a real browser: its script gives the token, and both sessions end together."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django import Settings

from accounts import tasks
from accounts.models import User
from tests.accounts.conftest import by_clerk, clerk, one_clerk
from tests.standins import clerk as clerks
from tests.standins.clerk import Clerk

__all__ = ["by_clerk", "clerk", "one_clerk"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def door(clerk: Clerk, by_clerk: Settings, address: str) -> Clerk:
    """Clerk with somebody in it, for the application that answers here."""
    by_clerk.PUBLIC_URL = address
    by_clerk.CLERK_PUBLISHABLE_KEY = clerks.publishable_key(urlsplit(clerk.address).netloc)
    clerk.add(clerks.user())
    return clerk


def remember(context: BrowserContext, address: str, name: str, token: str) -> None:
    """Put a cookie where Clerk's script would."""
    context.add_cookies([{"name": name, "value": token, "url": address}])


def test_clerks_script_signs_in_and_signing_out_ends_both(
    door: Clerk, page: Page, context: BrowserContext, address: str
) -> None:
    page.goto(f"{address}/library/")
    expect(page.get_by_text("Clerk form")).to_be_visible()

    remember(context, address, "__stand_in", clerks.token(azp=address))
    page.reload()
    page.wait_for_url(f"{address}/library/")
    assert User.objects.get().email == "ada@example.com"

    page.goto(f"{address}/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{address}/")
    tasks.revoke_clerk_session(clerk_session_id="sess_1")
    assert door.open_sessions == set()

    context.clear_cookies(name="__stand_in")
    remember(context, address, "__session", clerks.token(azp=address))
    page.goto(f"{address}/library/")
    expect(page.get_by_text("Clerk form")).to_be_visible()


def test_clerks_cookie_signs_in_without_its_script(
    door: Clerk, page: Page, context: BrowserContext, address: str
) -> None:
    remember(context, address, "__session", clerks.token(azp=address))
    page.goto(f"{address}/library/")
    page.wait_for_url(f"{address}/library/")
    assert [path for path in door.paths("GET") if "/npm/" in path] == []
