"""The lightbox: look closely, go on, know what made it, act by one key; without it, the page."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from generation.models import Asset
from generation.services import running
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, overhang, shoot

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def two(alice: User) -> list[str]:
    """The titles of two pictures of Alice's, newest first."""
    titles = ["Older", "Newer"]
    for title in titles:
        job = factories.make_job(alice, title=title)
        with factories.plain_pictures():
            running.run_job(job_id=job.pk)
    return titles[::-1]


def look(page: Page, place: str = "/library/") -> None:
    page.goto(place)
    page.locator("a.frame").first.click()
    expect(page.locator(".lightbox-bar")).to_be_visible()


# Expectation 7 (docs/expectations.md): lightbox with metadata.
def test_a_picture_is_looked_at_over_the_page_with_its_facts(alices: Page, two: list[str]) -> None:
    look(alices)
    viewer = alices.get_by_role("dialog", name="Picture viewer")
    expect(viewer).to_contain_text(two[0])
    alices.keyboard.press("i")
    expect(viewer.get_by_text("Seed")).to_be_visible()
    expect(viewer.locator(".credits")).to_have_text("10")
    expect(viewer.get_by_text("Local engine")).to_be_visible()
    alices.keyboard.press("ArrowRight")
    expect(viewer.locator(".lightbox-title")).to_have_text(two[1])
    expect(viewer.get_by_text("Seed")).to_be_visible()

    alices.keyboard.press("Escape")

    expect(alices.locator(".pswp")).to_have_count(0)
    expect(alices.locator("a.frame").nth(1)).to_be_focused()
    assert not alices.locator(".shell").evaluate("shell => shell.inert")


def test_one_key_stars_downloads_and_deletes(alices: Page, two: list[str]) -> None:
    look(alices)
    alices.keyboard.press("l")
    expect(alices.locator(".lightbox-bar [aria-pressed=true]")).to_have_count(1)
    expect(alices.locator(".shot [aria-pressed=true]")).to_have_count(1)
    with alices.expect_download() as download:
        alices.keyboard.press("d")
    assert re.fullmatch(r"visiona-thumbnail-\w+\.jpg", download.value.suggested_filename)

    alices.keyboard.press("Delete")

    expect(alices.locator(".lightbox-title")).to_have_text(two[1])
    assert Asset.objects.filter(deleted_at=None).count() == 1
    alices.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(alices.locator("#toasts")).to_contain_text("Back in your library.")
    assert Asset.objects.filter(deleted_at=None).count() == 2


@pytest.mark.parametrize("place", ["/studio/", "/jobs/{job}/"])
def test_results_open_in_it_too_and_what_is_deleted_leaves_its_card(
    alices: Page, two: list[str], place: str
) -> None:
    newest = Asset.objects.latest("pk")
    look(alices, place.format(job=newest.job_id))
    expect(alices.locator(".lightbox-title")).to_have_text(two[0])

    alices.keyboard.press("Delete")
    expect(alices.locator("#toasts")).to_contain_text("Moved to the bin.")
    expect(alices.locator(f"#job-{newest.job_id}")).to_contain_text("Deleted.")

    alices.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(alices.locator(f"#job-{newest.job_id} a.frame")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.usefixtures("two")
def test_it_can_be_used_by_everybody(
    browser: Browser, address: str, alice: User, sign_in: SignIn, scheme: str
) -> None:
    for width in (320, 1280):
        context = browser.new_context(
            base_url=address,
            color_scheme="dark" if scheme == "dark" else "light",
            viewport={"width": width, "height": 860},
            reduced_motion="reduce",
        )
        sign_in(context, alice)
        page = context.new_page()
        look(page)
        page.get_by_role("button", name="About this picture").click()
        expect(page.locator(".lightbox-facts")).to_be_visible()
        shoot(page, f"lightbox-{scheme}-{width}")
        assert barriers(page) == []
        assert overhang(page) <= 0
        context.close()


def test_without_javascript_a_picture_leads_to_its_page(
    browser: Browser, address: str, alice: User, sign_in: SignIn, two: list[str]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{address}/library/")
    page.locator("a.frame").first.click()
    expect(page.get_by_role("heading", name=two[0])).to_be_visible()
    context.close()
