"""Keep, delete, undo: the library and its bin."""

import re

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
    alices.get_by_role("link", name="Pictures").click()
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


def test_what_is_not_mine_is_not_found(
    page: Page, context: BrowserContext, address: str, bob: User, sign_in: SignIn, alice: User
) -> None:
    job = factories.make_job(alice, title="Private")
    sign_in(context, bob)

    answer = page.goto(f"{address}/jobs/{job.pk}/")

    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
