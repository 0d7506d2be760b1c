"""The credits page: what is there, what is held, what it went for, and a copy to keep."""

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from generation.services import running
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import visiting, wrongs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def furnish(alice: User) -> None:
    """Spend some, hold some."""
    factories.grant(alice, 100)
    jobs = [factories.make_job(alice, title=title) for title in ("One", "Two", "Three")]
    with factories.plain_pictures():
        for job in jobs[:2]:
            running.run_job(job_id=job.pk)


# Expectation 15 (docs/expectations.md): usage I can read.
def test_i_can_read_what_my_credits_went_for(page: Page, alice: User, sign_in: SignIn) -> None:
    furnish(alice)
    sign_in(page.context, alice)
    page.goto("/credits/")

    expect(page.get_by_role("heading", name="Spent in 30 days")).to_be_visible()
    expect(page.get_by_role("img", name="20 credits spent in 30 days")).to_be_visible()
    expect(page.get_by_role("row", name="Thumbnail 20")).to_be_visible()
    expect(page.get_by_text("10 held").first).to_be_visible()

    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("heading", name="Spent in 7 days")).to_be_visible()

    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert download.value.suggested_filename == "visiona-credits.csv"
    assert len(download.value.path().read_text().splitlines()) == 8


def test_it_can_be_read_by_everybody(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    furnish(alice)
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        assert wrongs(page, {"spending": "/credits/"}) == []
