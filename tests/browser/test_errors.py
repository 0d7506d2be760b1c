"""What is shown when something goes wrong: plain, accessible, with the request's id."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from generation import selectors as generation_selectors
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, shoot
from visiona.lib import errors
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (RuntimeError("a secret of ours"), 500, "Something broke on our side"),
        (errors.Unavailable(), 503, "Part of Visiona does not answer"),
        (errors.RateLimited(retry_after=30), 429, "That was a little fast"),
        (errors.NotAllowed(), 403, "This is not open to you"),
        (errors.Malformed(), 400, "We could not read that request"),
    ],
    ids=["500", "503", "429", "403", "400"],
)
def test_an_error_has_a_page_of_its_own(
    alices: Page,
    monkeypatch: pytest.MonkeyPatch,
    console: list[str],
    error: Exception,
    status: int,
    words: str,
) -> None:
    def fail(**_: Any) -> Any:
        raise error

    monkeypatch.setattr("generation.views.selectors.jobs_of", fail)

    answer = alices.goto("/studio/")

    assert answer is not None
    assert answer.status == status
    expect(alices.get_by_role("heading", name=words)).to_be_visible()
    expect(alices.locator("body")).to_contain_text(answer.headers["x-request-id"])
    expect(alices.locator("body")).not_to_contain_text("secret")
    assert barriers(alices) == []
    shoot(alices, f"error-{status}")
    console[:] = [line for line in console if str(status) not in line]


def test_too_few_credits_are_said_without_javascript_too(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    context: BrowserContext = browser.new_context(java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{address}/studio/")
    page.get_by_label("Title", exact=True).fill("Three at once")
    page.get_by_role("radio", name="3", exact=True).check()

    with page.expect_response(f"{address}/studio/") as answer:
        page.get_by_role("button", name="Generate").click()

    assert answer.value.status == 402
    expect(page.locator(".composer-actions [role=alert]")).to_have_text(
        "You need 30 credits and have 20."
    )
    expect(page.get_by_label("Title", exact=True)).to_have_value("Three at once")
    with act_as_user(alice.pk):
        assert not generation_selectors.jobs_of(user=alice).exists()
    context.close()
