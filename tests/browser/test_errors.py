"""What is shown when something goes wrong: plain, accessible, with the request's id."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from generation import selectors as generation_selectors
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, overhang, shoot
from visiona.lib import errors
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FailWith = Callable[[Exception], None]


@pytest.fixture
def fail_with(monkeypatch: pytest.MonkeyPatch) -> FailWith:
    """Let the studio fail."""

    def break_it(error: Exception) -> None:
        def fail(**_: Any) -> Any:
            raise error

        monkeypatch.setattr("generation.views.studio.selectors.jobs_of", fail)

    return break_it


@pytest.fixture
def alices_plain_page(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> Iterator[Page]:
    """Alice's page in a browser that runs no scripts."""
    context = browser.new_context(base_url=address, java_script_enabled=False)
    sign_in(context, alice)
    yield context.new_page()
    context.close()


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
    fail_with: FailWith,
    console: list[str],
    error: Exception,
    status: int,
    words: str,
) -> None:
    fail_with(error)

    answer = alices.goto("/studio/")

    assert answer is not None
    assert answer.status == status
    expect(alices.get_by_role("heading", name=words)).to_be_visible()
    expect(alices.locator("body")).to_contain_text(answer.headers["x-request-id"])
    expect(alices.locator("body")).not_to_contain_text("secret")
    assert barriers(alices) == []
    shoot(alices, f"error-{status}")
    console[:] = [line for line in console if str(status) not in line]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError(), "Something broke on our side"),
        (errors.RateLimited(retry_after=3600), "You can try again in 60 minutes"),
        (errors.Unavailable(), "We are looking after Visiona"),
    ],
    ids=["500", "429", "maintenance"],
)
def test_an_error_needs_no_script_and_fits_every_window(
    alices_plain_page: Page,
    fail_with: FailWith,
    settings: Any,
    *,
    error: Exception,
    words: str,
    scheme: Literal["light", "dark"],
) -> None:
    fail_with(error)
    settings.MAINTENANCE = isinstance(error, errors.Unavailable)
    page = alices_plain_page
    page.emulate_media(color_scheme=scheme)
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 780})
        page.goto("/studio/")
        expect(page.locator("main")).to_contain_text(words)
        assert overhang(page) <= 0
    expect(page.get_by_role("link", name="Load this page again")).to_be_visible()
    shoot(page, f"error-{type(error).__name__}-{scheme}")


def test_the_id_of_a_request_is_marked_by_one_click(
    alices: Page, fail_with: FailWith, console: list[str]
) -> None:
    fail_with(RuntimeError())
    answer = alices.goto("/studio/")
    assert answer is not None

    alices.locator("code").click()

    assert alices.evaluate("getSelection().toString()") == answer.headers["x-request-id"]
    console.clear()


def test_too_few_credits_are_said_without_javascript_too(
    alices_plain_page: Page, address: str, alice: User
) -> None:
    page = alices_plain_page
    page.goto("/studio/")
    page.get_by_label("Title", exact=True).fill("Three at once")
    page.get_by_role("radio", name="3", exact=True).check()

    with page.expect_response(f"{address}/studio/thumbnail/") as answer:
        page.get_by_role("button", name="Generate").click()

    assert answer.value.status == 402
    expect(page.locator(".composer-actions [role=alert]")).to_have_text(
        "You need 30 credits and have 20."
    )
    expect(page.get_by_label("Title", exact=True)).to_have_value("Three at once")
    with act_as_user(alice.pk):
        assert not generation_selectors.jobs_of(user=alice).exists()
