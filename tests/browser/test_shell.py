"""The frame of signed-in pages: the palette, the shortcuts, the notices, all by keyboard alone."""

import re

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from accounts.models import User
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, overhang, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = ViewportSize(width=390, height=780)
NO_STREAM = "/accounts/login/"
"""Where nothing is waited for: a clock put forward would end it as if it had taken too long."""


def toasts_in(page: Page) -> list[str]:
    """Return what the notices on the page say."""
    page.wait_for_timeout(50)  # their words come one frame after themselves
    return [text.strip() for text in page.locator("#toasts [data-toast] > span").all_inner_texts()]


def notify(page: Page, **notice: str) -> None:
    """Send a notice as the server would."""
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('visiona:toast', { detail }))", notice
    )


def test_the_palette_finds_a_command_and_does_it(alices: Page) -> None:
    alices.goto("/studio/")
    palette = alices.get_by_role("dialog", name="Commands")
    field = palette.get_by_role("combobox")

    alices.keyboard.press("Control+k")
    expect(field).to_be_focused()
    expect(palette.get_by_role("option", selected=True)).to_contain_text("New thumbnail")
    assert barriers(alices) == []
    shoot(alices, "palette")
    alices.keyboard.type("lib")
    expect(palette.get_by_role("option")).to_have_count(1)
    alices.keyboard.press("Enter")

    expect(alices).to_have_url(re.compile("/library/$"))


def test_the_palette_is_walked_by_arrows_and_left_by_escape(alices: Page) -> None:
    alices.goto("/library/")
    alices.get_by_role("link", name="Studio").focus()
    palette = alices.get_by_role("dialog", name="Commands")
    chosen = palette.get_by_role("option", selected=True)

    alices.keyboard.press("Control+k")
    alices.keyboard.press("ArrowDown")
    expect(chosen).to_contain_text("Go to the studio")
    alices.keyboard.press("ArrowUp")
    alices.keyboard.press("ArrowUp")
    expect(chosen).to_contain_text("Sign out")
    expect(palette.get_by_role("combobox")).to_have_attribute(
        "aria-activedescendant", "command-sign-out"
    )
    alices.keyboard.type("no such thing")
    expect(palette.get_by_role("status")).to_have_text("No command has that name.")
    alices.keyboard.press("Enter")
    expect(palette).to_be_visible()
    alices.keyboard.press("Escape")

    expect(palette).to_be_hidden()
    expect(alices.get_by_role("link", name="Studio")).to_be_focused()


def test_the_palette_switches_the_theme_and_signs_out(alices: Page) -> None:
    alices.goto("/library/")

    alices.keyboard.press("Control+k")
    alices.keyboard.type("dark")
    alices.keyboard.press("Enter")
    expect(alices.locator("html")).to_have_attribute("data-theme", "darkroom")
    alices.keyboard.press("Control+k")
    assert barriers(alices) == []
    shoot(alices, "palette-dark")
    alices.keyboard.type("log out")
    alices.keyboard.press("Enter")

    expect(alices.get_by_role("link", name="Sign in")).to_be_visible()


def test_the_palette_fits_a_phone(alices: Page) -> None:
    alices.set_viewport_size({"width": 320, "height": 640})
    alices.goto("/library/")

    alices.locator("summary").first.click()
    alices.get_by_role("button", name="Commands").click()

    expect(alices.get_by_role("combobox")).to_be_focused()
    assert barriers(alices) == []
    assert overhang(alices) <= 0
    shoot(alices, "palette-phone")


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ("gs", "/studio/"),
        ("gl", "/library/"),
        ("gp", "/photos/"),
        ("gc", "/credits/"),
        ("n", "/studio/thumbnail/"),
    ],
)
def test_a_key_or_two_lead_somewhere(alices: Page, keys: str, path: str) -> None:
    alices.goto("/accounts/password/change/")

    alices.locator("main").focus()
    for key in keys:
        alices.keyboard.press(key)

    expect(alices).to_have_url(re.compile(f"{path}(#id_title)?$"))


def test_the_help_sheet_shows_the_keys_and_switches_them_off(alices: Page) -> None:
    alices.goto("/library/")
    sheet = alices.get_by_role("dialog", name="Keyboard shortcuts")

    alices.keyboard.press("?")
    expect(sheet).to_be_visible()
    assert barriers(alices) == []
    shoot(alices, "shortcuts")
    sheet.get_by_role("switch", name="Shortcuts of one key").press("Space")
    alices.keyboard.press("Escape")
    alices.reload()

    alices.keyboard.press("n")
    alices.keyboard.press("?")
    expect(sheet).to_be_hidden()
    expect(alices).to_have_url(re.compile("/library/$"))
    alices.keyboard.press("Control+k")
    expect(alices.get_by_role("combobox")).to_be_focused()


def test_keys_rest_while_somebody_types(alices: Page) -> None:
    alices.goto("/studio/")
    title = alices.get_by_label("Title", exact=True)

    title.press_sequentially("ngl? /")

    expect(title).to_have_value("ngl? /")
    expect(alices).to_have_url(re.compile("/studio/$"))
    expect(alices.locator("dialog[open]")).to_have_count(0)


def test_n_on_the_studio_leads_to_the_title(alices: Page) -> None:
    alices.goto("/studio/")

    alices.keyboard.press("n")

    expect(alices.get_by_label("Title", exact=True)).to_be_focused()
    expect(alices.get_by_label("Title", exact=True)).to_have_value("")


def test_a_dialog_that_is_open_keeps_the_keys_to_itself(alices: Page) -> None:
    alices.goto("/library/")

    alices.keyboard.press("?")
    alices.keyboard.press("n")

    expect(alices).to_have_url(re.compile("/library/$"))


def test_the_menu_gives_the_focus_back_after_its_dialog(alices: Page) -> None:
    alices.goto("/library/")
    menu = alices.locator("summary").first

    menu.press("Enter")
    alices.get_by_role("button", name="Keyboard shortcuts").press("Enter")
    expect(alices.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    alices.keyboard.press("Escape")

    expect(menu).to_be_focused()


def test_an_error_stays_and_a_notice_goes(page: Page) -> None:
    page.clock.install()
    page.goto(NO_STREAM)

    notify(page, kind="error", text="It went wrong")
    notify(page, text="It went well")
    page.clock.run_for(100)
    assert toasts_in(page) == ["It went wrong", "It went well"]
    assert barriers(page) == []
    shoot(page, "toasts")
    page.clock.run_for(6000)
    assert toasts_in(page) == ["It went wrong"]
    page.clock.run_for(600_000)
    assert toasts_in(page) == ["It went wrong"]

    page.get_by_role("button", name="Dismiss").press("Enter")
    assert toasts_in(page) == []
    expect(page.locator("main")).to_be_focused()


def test_an_offer_to_undo_stays_ten_seconds_and_waits_for_who_looks_at_it(page: Page) -> None:
    page.clock.install()
    page.goto(NO_STREAM)

    notify(page, text="Moved to the bin", undo="#nothing")
    page.clock.run_for(9000)
    undo = page.get_by_role("button", name="Undo")
    undo.focus()
    page.clock.run_for(60_000)
    expect(undo).to_be_visible()
    undo.blur()
    page.clock.run_for(500)
    expect(undo).to_be_visible()
    page.clock.run_for(1000)

    expect(undo).to_be_hidden()


def test_at_most_four_notices_are_shown_and_an_error_outlives_the_rest(alices: Page) -> None:
    alices.goto("/library/")

    notify(alices, kind="error", text="Wrong")
    for number in range(1, 6):
        notify(alices, text=f"Notice {number}")

    assert toasts_in(alices) == ["Wrong", "Notice 3", "Notice 4", "Notice 5"]


def test_the_way_to_every_place_is_in_the_page_without_javascript(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=PHONE)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{address}/library/")
    dock = page.get_by_role("navigation", name="Main")

    assert [link.inner_text() for link in dock.get_by_role("link").all()] == [
        "Studio",
        "Chat",
        "Library",
        "Clones",
        "Projects",
        "Photos",
    ]
    for link in dock.get_by_role("link").all():
        box = link.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
    page.locator("summary").first.click()
    expect(page.get_by_role("link", name="API documentation")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    expect(page.get_by_role("button", name="Commands")).to_be_hidden()
    context.close()


def test_the_skip_link_leads_past_the_frame(alices: Page) -> None:
    alices.goto("/library/")

    alices.keyboard.press("Tab")
    expect(alices.get_by_role("link", name="Skip to content")).to_be_focused()
    alices.keyboard.press("Enter")

    expect(alices.locator("main")).to_be_focused()


def test_what_has_the_focus_can_be_seen_in_the_colors_of_the_system(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    context = browser.new_context(forced_colors="active", viewport={"width": 1280, "height": 860})
    factories.make_job(alice)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{address}/studio/")

    for link in page.get_by_role("navigation", name="Main").get_by_role("link").all():
        link.focus()
        outline = link.evaluate("node => getComputedStyle(node).outlineStyle")
        assert outline != "none"
    shoot(page, "forced-colors")
    page.goto("about:blank")
    context.close()
