"""Keep, delete, undo: the library and its bin."""

import re
import zipfile

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User
from generation.models import Asset
from generation.services import running
from tests import factories
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, shoot
from visiona.lib.request_id import uuid7

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def picture(alice: User) -> str:
    """The title of a picture that Alice has."""
    job = factories.make_job(alice, title="Why cats win")
    assert running.run_job(job_id=job.pk)
    return job.title


# Expectation 13 (docs/expectations.md): undo delete.
def test_a_deleted_picture_comes_back_by_undo(alices: Page, picture: str) -> None:
    alices.goto("/library/")
    expect(alices.locator("main img")).to_have_count(1)

    alices.get_by_role("button", name=f"Delete “{picture}”").click()

    expect(alices.locator("main img")).to_have_count(0)
    expect(alices.locator("#toasts")).to_contain_text(
        "Moved to the bin. It stays there for 30 days."
    )
    assert barriers(alices) == []
    shoot(alices, "library-undo")
    alices.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(alices.locator("main img")).to_have_count(1)
    alices.reload()
    expect(alices.locator("main img")).to_have_count(1)


def test_what_is_in_the_bin_can_be_restored(alices: Page, picture: str) -> None:
    alices.goto("/library/")
    alices.get_by_role("button", name=f"Delete “{picture}”").click()
    expect(alices.locator("main img")).to_have_count(0)
    alices.get_by_role("link", name="Bin").click()
    expect(alices.locator("main img")).to_have_count(1)

    alices.get_by_role("button", name=f"Restore “{picture}”").click()

    expect(alices.locator("main")).to_contain_text("Back in your library")
    alices.get_by_role("link", name="Results").click()
    expect(alices.locator("main img")).to_have_count(1)


def test_delete_and_undo_without_javascript(
    browser: Browser, address: str, alice: User, sign_in: SignIn, picture: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{address}/library/")

    page.get_by_role("button", name=f"Delete “{picture}”").click()

    expect(page.get_by_text("Nothing here yet")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("main img")).to_have_count(1)
    context.close()


def test_a_picture_has_a_page_with_its_facts_and_a_download(alices: Page, picture: str) -> None:
    alices.goto("/library/")
    alices.locator("main a.frame").click()
    expect(alices.locator(".lightbox-bar")).to_be_visible()
    alices.keyboard.press("i")

    alices.get_by_role("link", name="Everything about this picture").click()

    expect(alices.get_by_role("heading", name=picture)).to_be_visible()
    expect(alices.get_by_text("1280\N{MULTIPLICATION SIGN}720")).to_be_visible()
    expect(alices.get_by_text("Local engine")).to_be_visible()
    with alices.expect_download() as download:
        alices.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"visiona-thumbnail-\w+\.jpg", download.value.suggested_filename)


@pytest.fixture
def thirty(alice: User, picture: str) -> int:
    """Alice has thirty pictures, which is more than a page of the library."""
    first = Asset.objects.get(title=picture)
    copies = [copy_of(first) for _ in range(29)]
    Asset.objects.bulk_create(copies)
    return 30


def copy_of(asset: Asset) -> Asset:
    """The same picture as another asset of no job."""
    copy = Asset.objects.get(pk=asset.pk)
    copy.pk, copy.job_id = uuid7(), None
    return copy


def test_the_library_goes_on_while_one_scrolls(alices: Page, thirty: int) -> None:
    alices.goto("/library/")
    expect(alices.locator("main a.frame")).to_have_count(24)

    alices.locator("main li").last.scroll_into_view_if_needed()

    expect(alices.locator("main a.frame")).to_have_count(thirty)


def test_the_library_goes_on_by_a_link_without_javascript(
    browser: Browser, address: str, alice: User, sign_in: SignIn, thirty: int
) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{address}/library/")

    page.get_by_role("link", name="Show more").click()

    expect(page.locator("main a.frame")).to_have_count(thirty - 24)
    context.close()


def test_a_search_shows_what_matches_and_stays_in_the_address(alices: Page, thirty: int) -> None:
    Asset.objects.filter(pk=Asset.objects.latest("pk").pk).update(title="A needle")
    alices.goto("/library/")
    alices.keyboard.press("/")
    expect(alices.get_by_role("searchbox")).to_be_focused()

    alices.keyboard.type("needle")

    expect(alices.locator("main a.frame")).to_have_count(1)
    assert "q=needle" in alices.url
    alices.reload()
    expect(alices.locator("main a.frame")).to_have_count(1)
    alices.get_by_role("searchbox").fill("nothing like it")
    expect(alices.get_by_text("Nothing matches")).to_be_visible()
    assert barriers(alices) == []
    shoot(alices, "library-no-match")
    alices.get_by_role("link", name="Show all").click()
    expect(alices.locator("main a.frame")).to_have_count(24)


def test_a_star_is_kept_and_can_be_asked_for(alices: Page, picture: str) -> None:
    alices.goto("/library/")
    star = alices.get_by_role("button", name=f"Star “{picture}”")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")

    alices.get_by_role("checkbox", name="Starred").check()
    expect(alices).to_have_url(re.compile("starred=on"))
    expect(alices.locator("main a.frame")).to_have_count(1)
    alices.get_by_role("button", name=f"Star “{picture}”").click()
    expect(star).to_have_attribute("aria-pressed", "false")
    alices.reload()
    expect(alices.get_by_text("Nothing matches")).to_be_visible()


def test_many_are_chosen_by_keyboard_deleted_and_taken_back(alices: Page, thirty: int) -> None:
    alices.goto("/library/")
    alices.locator("main").focus()
    alices.keyboard.press("Control+a")
    expect(alices.locator("[data-chosen-count]")).to_have_text("24 results chosen")
    expect(alices.locator("#live")).to_have_text("24 results chosen")
    assert barriers(alices) == []
    shoot(alices, "library-chosen")

    alices.keyboard.press("Delete")

    expect(alices.locator("#toasts")).to_contain_text("Moved 24 results to the bin.")
    expect(alices.locator("main .frame-empty")).to_have_count(24)
    alices.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(alices.locator("main .frame-empty")).to_have_count(0)
    assert Asset.objects.filter(deleted_at=None).count() == thirty


def test_a_range_is_chosen_with_shift_and_comes_as_a_zip(alices: Page, thirty: int) -> None:
    alices.goto("/library/")
    boxes = alices.locator("[name=ids]")
    boxes.nth(1).check(force=True)
    alices.locator("main a.frame").nth(4).click(modifiers=["Shift"])
    expect(alices.locator("[name=ids]:checked")).to_have_count(4)

    with alices.expect_download() as download:
        alices.get_by_role("button", name="ZIP").click()

    assert download.value.suggested_filename == "visiona-library.zip"
    with zipfile.ZipFile(download.value.path()) as archive:
        assert len(archive.namelist()) == 4
    alices.keyboard.press("Escape")
    expect(alices.locator("[name=ids]:checked")).to_have_count(0)
    expect(alices.locator("#chosen")).to_be_hidden()


def test_the_select_button_makes_pictures_choices_instead_of_links(
    alices: Page, thirty: int
) -> None:
    alices.goto("/library/")
    alices.get_by_role("button", name="Select").click()
    alices.locator("main a.frame").first.click()
    expect(alices.locator("[data-chosen-count]")).to_have_text("1 result chosen")
    expect(alices.locator(".pswp")).to_have_count(0)
    alices.get_by_role("button", name="Choose none").click()
    expect(alices.locator("#chosen")).to_be_hidden()


def test_choosing_works_without_javascript(
    browser: Browser, address: str, alice: User, sign_in: SignIn, thirty: int
) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{address}/library/")
    for number in (0, 1):
        page.locator("[name=ids]").nth(number).check(force=True)

    page.get_by_role("button", name="Delete the chosen results").click()

    expect(page.get_by_text("Moved 2 results to the bin.")).to_be_visible()
    assert Asset.objects.filter(deleted_at=None).count() == thirty - 2
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 results are back in your library.")).to_be_visible()
    context.close()


def test_another_title_is_set_in_place_and_undone(alices: Page, picture: str) -> None:
    asset = Asset.objects.get()
    alices.goto(f"/library/{asset.pk}/")
    shown = alices.locator("#view .frame img").first
    before = shown.get_attribute("src")
    alices.get_by_label("Another title").fill("Dogs win now")

    alices.get_by_role("button", name="Set title").click()

    expect(alices.get_by_role("heading", name="Dogs win now")).to_be_visible()
    expect(alices.locator("#toasts")).to_contain_text("The title is set.")
    assert shown.get_attribute("src") != before
    assert alices.locator("#balance").inner_text().split()[-1] == "10"
    assert barriers(alices) == []
    shoot(alices, "asset-retitled")
    alices.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(alices.get_by_role("heading", name=picture)).to_be_visible()
    alices.get_by_label("Another title").fill(" ")
    alices.get_by_role("button", name="Set title").click()
    expect(alices.locator("#id_title_error")).to_have_text("Give the thumbnail a title.")


def test_what_is_not_mine_is_not_found(
    page: Page, context: BrowserContext, address: str, bob: User, sign_in: SignIn, alice: User
) -> None:
    job = factories.make_job(alice, title="Private")
    sign_in(context, bob)

    answer = page.goto(f"{address}/jobs/{job.pk}/")

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
