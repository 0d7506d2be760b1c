"""From the landing page to a picture and a statement, with JavaScript and without."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Engine
from tests.browser.shots import shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHOTO = Path(__file__).parents[1] / "photos" / "astronaut.jpg"
TITLE = "I lived on Mars for 30 days"
PASSWORD = "correct horse battery"


def sign_up(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("link", name="Start with 20 free credits").first.click()
    page.get_by_label("E-mail").fill("dora@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("heading", name="Make a thumbnail")).to_be_visible()
    expect(page.locator("#balance")).to_contain_text("20")


def order(page: Page) -> None:
    page.get_by_label("Title", exact=True).fill(TITLE)
    page.set_input_files("[name=photo]", PHOTO)
    page.get_by_role("button", name="Generate").click()


def check_library_and_statement(page: Page) -> None:
    page.get_by_role("link", name="Library").click()
    picture = page.locator("main img")
    expect(picture).to_have_count(1)
    picture.evaluate("image => image.decode()")
    assert re.search(r"-(320|640)\.webp", picture.evaluate("image => image.currentSrc"))
    expect(page.get_by_text("Local engine")).to_be_visible()
    page.locator("nav[aria-label=Main]").get_by_role("link", name="Credits").click()
    rows = page.locator("table").last.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.nth(0)).to_contain_text(f"Delivered: thumbnail “{TITLE}”")
    expect(rows.nth(0)).to_contain_text("\N{MINUS SIGN}10")
    expect(rows.nth(1)).to_contain_text(f"Held for thumbnail “{TITLE}”")
    expect(rows.nth(2)).to_contain_text("Welcome credits")
    expect(rows.nth(2)).to_contain_text("+20")
    assert rows.locator("td:last-child").all_inner_texts() == ["10", "20", "20"]


# Expectation 2 and 3 (docs/expectations.md): pictures appear at once, honest progress.
def test_a_newcomer_makes_a_picture_and_sees_what_it_cost(
    page: Page, address: str, engine: Engine
) -> None:
    sign_up(page, address)

    order(page)

    card = page.locator("[data-job]")
    expect(card).to_have_attribute("data-status", "queued")
    expect(card.get_by_role("progressbar")).to_be_visible()
    expect(card).to_contain_text("10 cr held")
    expect(page.locator("#balance")).to_contain_text("10 held")
    expect(page.locator("#quote")).to_contain_text("You have 10")
    shoot(page, "studio-waiting")
    engine.start()
    expect(card).to_have_attribute("data-status", "succeeded", timeout=30_000)
    expect(card.locator("img")).to_be_visible()
    expect(card).to_contain_text("Local engine")
    expect(page.locator("#live")).to_have_text(f"“{TITLE}” is ready.")
    expect(page.locator("#balance")).not_to_contain_text("held")
    shoot(page, "studio-done")
    with page.expect_download() as download:
        card.get_by_role("link", name=re.compile("^Download")).click()
    assert download.value.suggested_filename.endswith(".jpg")
    check_library_and_statement(page)
    shoot(page, "statement")


def test_the_same_without_javascript(browser: Browser, address: str, engine: Engine) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_up(page, address)

    order(page)

    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    expect(page.locator("[data-job]")).to_have_attribute("data-status", "queued")
    engine.start()
    for _ in range(60):
        page.wait_for_timeout(250)
        page.get_by_role("link", name="Check again").click()
        if page.locator("[data-job][data-status=succeeded]").count():
            break
    expect(page.locator("[data-job] img")).to_be_visible()
    page.get_by_role("link", name="Library").click()
    expect(page.locator("main img")).to_have_count(1)
    page.locator("nav[aria-label=Main]").get_by_role("link", name="Credits").click()
    rows = page.locator("table").last.locator("tbody tr")
    expect(rows).to_have_count(3)
    assert rows.locator("td:last-child").all_inner_texts() == ["10", "20", "20"]
    context.close()
