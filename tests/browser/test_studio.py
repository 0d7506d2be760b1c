"""Images, ads and films in a real browser: ordered, watched, looked at, begun from one another."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from generation import selectors
from generation.services import jobs, running
from tests import factories
from tests.browser.conftest import Engine, SignIn
from tests.browser.shots import barriers, shoot, visiting, wrongs
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CUP = Path(__file__).parents[1] / "photos" / "coffee.jpg"
DONE = 60_000


def cards(page: Page) -> Any:
    return page.locator("[data-job]")


def expect_done(page: Page) -> None:
    expect(cards(page).first).to_have_attribute("data-status", "succeeded", timeout=DONE)


def order(user: User, kind: str, **params: Any) -> Any:
    with act_as_user(user.pk):
        return jobs.submit(user=user, kind=kind, params=params, request_id="tests-request")


def jobs_of(user: User) -> list[Any]:
    with act_as_user(user.pk):
        return list(selectors.jobs_of(user=user))


# Expectation 1, 2 and 6 (docs/expectations.md): price before click, pictures at once, remix.
def test_an_image_from_a_prompt_made_better(alices: Page, alice: User, engine: Engine) -> None:
    alices.goto("/studio/image/")
    alices.get_by_label("Prompt", exact=True).fill("red sneakers and a zorgle")
    alices.get_by_role("radio", name="2", exact=True).check()
    expect(alices.locator("#quote")).to_contain_text("10 credits")

    alices.get_by_role("button", name="Make it better").click()
    better = alices.get_by_label("Made better")
    expect(better).to_be_focused()
    assert "red sneakers" in better.input_value().lower()
    expect(alices.get_by_label("Prompt", exact=True)).to_have_value("red sneakers and a zorgle")
    expect(alices.get_by_role("radio", name="2", exact=True)).to_be_checked()
    assert barriers(alices) == []
    shoot(alices, "studio-better")
    alices.get_by_role("button", name="Undo").click()
    expect(better).to_have_count(0)

    alices.get_by_role("button", name="Generate").click()
    expect(cards(alices)).to_contain_text("10 cr held")
    engine.start()
    expect_done(alices)
    expect(cards(alices).locator("a.frame img")).to_have_count(2)
    expect(cards(alices)).to_contain_text("Not drawn, as the engine does not know it: zorgle")
    cards(alices).get_by_role("link", name="red sneakers and a zorgle", exact=True).click()
    expect(alices.get_by_role("heading", name="What the engine made of your words")).to_be_visible()
    alices.get_by_role("link", name="Remix").click()
    expect(alices.get_by_label("Prompt", exact=True)).to_have_value("red sneakers and a zorgle")
    expect(alices.get_by_text("Remix of")).to_be_visible()


# Expectation 8 (docs/expectations.md): multi upload.
def test_ads_wait_for_the_photos_that_are_on_their_way(
    alices: Page, alice: User, engine: Engine
) -> None:
    older = factories.make_photo(alice)
    alices.goto("/studio/product_ad/")
    alices.get_by_label("Product name").fill("Morning cup")
    alices.get_by_role("group", name="astronaut.jpg").get_by_role("checkbox").check()
    expect(alices.get_by_role("radio", name="Main").first).to_be_checked()

    alices.set_input_files("#id_photos", CUP)
    alices.get_by_role("button", name="Generate").click()
    expect(alices.locator("[data-picker-state]")).to_contain_text("as soon as your photos")
    assert jobs_of(alice) == []
    engine.start()

    expect(cards(alices)).to_have_count(1, timeout=DONE)
    expect_done(alices)
    expect(cards(alices).locator("a.frame img")).to_have_count(4)
    (job,) = jobs_of(alice)
    assert job.params["photo_ids"][0] == str(older.pk)
    assert len(job.params["photo_ids"]) == 2
    assert barriers(alices) == []
    shoot(alices, "studio-ads")


def test_a_video_is_watched_while_it_is_made_and_then_plays(
    alices: Page, alice: User, engine: Engine
) -> None:
    factories.grant(alice, 80)
    factories.make_photo(alice, "coffee.jpg")
    alices.goto("/studio/video/")
    alices.get_by_label("Product name").fill("Morning cup")
    alices.get_by_role("group", name="coffee.jpg").get_by_role("checkbox").check()
    alices.get_by_label("Length").fill("4")
    expect(alices.locator("[data-value-of=id_seconds]")).to_have_text("4")
    alices.get_by_role("radio", name="480p").check()
    alices.get_by_role("button", name="Generate").click()
    expect(alices.locator("#queue")).to_contain_text("Morning cup")
    alices.get_by_role("button", name="Take “Morning cup” out of the queue").click()
    expect(cards(alices)).to_have_attribute("data-status", "canceled")
    expect(cards(alices)).to_contain_text("Credits returned: 50")

    cards(alices).get_by_role("button", name="Try again").click()

    expect(alices).to_have_url(re.compile("/jobs/"))
    expect(alices.locator("#job-detail")).to_contain_text("Waiting for its turn")
    engine.start()
    film = alices.locator("video")
    expect(film).to_be_visible(timeout=DONE)
    alices.wait_for_function("() => document.querySelector('video').duration > 3.5")
    expect(alices.locator("#job-detail")).to_contain_text("Delivered")
    expect(alices.locator("[data-job] a.frame")).to_be_hidden()
    expect(alices.locator("#balance")).to_contain_text("50")
    shoot(alices, "job-film")


def test_an_ad_is_made_without_javascript(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto("/studio/")
    page.get_by_role("link", name="Product ad").click()
    page.get_by_label("Product name").fill("Morning cup")
    page.set_input_files("#id_photos", CUP)
    page.get_by_label("Wide").uncheck()

    page.locator("#generate").click()

    expect(page.get_by_role("heading", name="Morning cup")).to_be_visible()
    (job,) = jobs_of(alice)
    assert (job.params["formats"], len(job.params["photo_ids"])) == (["1:1", "4:5", "9:16"], 1)
    context.close()


def furnish(alice: User) -> dict[str, str]:
    """Give Alice an order of each kind; return the places to look at by their names."""
    factories.grant(alice, 200)
    photo_ids = [str(factories.make_photo(alice, "coffee.jpg").pk)]
    ad = order(alice, "product_ad", product_name="Morning cup", photo_ids=photo_ids)
    images = order(alice, "image", prompt="red sneakers, a zorgle", count=4, aspect_ratio="4:5")
    for job in (ad, images):
        running.run_job(job_id=job.pk)
    waiting = order(alice, "video", product_name="Morning cup", photo_ids=photo_ids)
    return {
        "studio-image": "/studio/image/",
        "studio-ad": f"/studio/product_ad/?from={ad.pk}",
        "studio-video": f"/studio/video/?from={ad.pk}",
        "studio-ad-job": f"/jobs/{ad.pk}/",
        "studio-images-job": f"/jobs/{images.pk}/",
        "studio-video-job": f"/jobs/{waiting.pk}/",
    }


# Expectation 12 and 18 (docs/expectations.md): dark mode; mobile works.
@pytest.mark.timeout(180)
def test_the_tabs_and_their_jobs_fit_and_can_be_read(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        assert wrongs(page, furnish(alice)) == []
