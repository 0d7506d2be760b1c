"""The styleguide: every part in both themes, accessible, inside its window, on a picture."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from accounts.models import Role, User
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, overhang, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def guide(page: Page, context: BrowserContext, alice: User, sign_in: SignIn) -> Page:
    """The styleguide, opened by somebody of the staff."""
    User.objects.filter(pk=alice.pk).update(role=Role.ADMIN)
    sign_in(context, alice)
    page.goto("/styleguide/")
    return page


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_every_part_is_accessible_in_both_themes(guide: Page, width: int) -> None:
    guide.set_viewport_size({"width": width, "height": 860})

    assert barriers(guide) == []
    assert overhang(guide) <= 0
    shoot(guide, f"styleguide-{width}")


def test_a_dialog_opens_asks_and_gives_the_focus_back(guide: Page) -> None:
    opener = guide.get_by_role("button", name="Revoke a key").first
    dialog = guide.get_by_role("dialog", name="Revoke “Laptop”").first

    opener.click()
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    assert barriers(guide) == []
    shoot(guide, "styleguide-dialog")
    guide.keyboard.press("Escape")

    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_dialog_opens_in_a_browser_that_does_not_know_commands(
    page: Page, context: BrowserContext, alice: User, sign_in: SignIn, console: list[str]
) -> None:
    context.add_init_script(
        "delete HTMLButtonElement.prototype.command;"
        "delete HTMLButtonElement.prototype.commandForElement;"
        "delete HTMLDialogElement.prototype.closedBy;"
    )
    sign_in(context, alice)
    page.goto("/library/")
    page.locator("summary").first.click()
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")

    page.get_by_role("button", name="Keyboard shortcuts").click()
    expect(dialog).to_be_visible()
    page.mouse.click(5, 5)

    expect(dialog).to_be_hidden()
    console.clear()  # this browser does know them, and says that the dialog was open already


def test_a_value_is_copied_and_that_is_said(guide: Page, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    guide.get_by_role("button", name="Copy API key").first.click()

    expect(guide.get_by_role("button", name="Copied API key")).to_be_visible()
    expect(guide.locator("#live")).to_have_text("Copied")
    assert guide.evaluate("navigator.clipboard.readText()") == "vis_4f1c9a27b0e6"


def test_a_value_that_may_not_be_copied_is_selected(guide: Page) -> None:
    guide.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")

    guide.get_by_role("button", name="Copy API key").first.click()

    expect(guide.locator("#paper-copy")).to_be_focused()
    assert guide.evaluate("getSelection().toString()") == "vis_4f1c9a27b0e6"


def test_fields_say_how_full_they_are(guide: Page) -> None:
    guide.locator("#paper-text").fill("Fog")
    expect(guide.locator("[data-count-of=paper-text]")).to_have_text("3 of 500")

    guide.locator("#paper-range").press("ArrowRight")
    expect(guide.locator("[data-value-of=paper-range]")).to_have_text("61")


def test_a_tip_goes_away_by_escape(guide: Page) -> None:
    tip = guide.get_by_role("tooltip").first
    guide.get_by_role("button", name="What is a seed").first.focus()
    expect(tip).to_be_visible()

    guide.keyboard.press("Escape")

    expect(tip).to_be_hidden()
