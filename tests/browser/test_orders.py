"""What happens around the Generate button: price, refusals, second clicks, cancels, failures."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from accounts.models import User
from generation import catalog
from generation import selectors as generation_selectors
from generation.errors import ProviderError
from generation.services import running
from tests import factories
from tests.browser.conftest import Engine
from tests.browser.shots import barriers, shoot
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHOTO = Path(__file__).parents[1] / "photos" / "astronaut.jpg"


@pytest.fixture
def studio(alices: Page) -> Page:
    alices.goto("/studio/")
    return alices


def jobs_of(user: User) -> list[Any]:
    with act_as_user(user.pk):
        return list(generation_selectors.jobs_of(user=user))


# Expectation 1 (docs/expectations.md): price before click.
def test_the_price_follows_the_choices_and_says_what_i_have(studio: Page) -> None:
    expect(studio.locator("#quote")).to_contain_text("10 credits")

    studio.get_by_role("radio", name="2", exact=True).check()

    expect(studio.locator("#quote")).to_contain_text("20 credits")
    expect(studio.locator("#quote")).to_contain_text("You have 20.")
    studio.get_by_role("radio", name="3", exact=True).check()
    expect(studio.locator("#quote")).to_contain_text("You have 20. This needs 30.")
    assert catalog.quote(kind="thumbnail", params={"count": 3}, is_local=True).price == 30


def test_a_missing_title_is_said_at_the_field(studio: Page, alice: User) -> None:
    studio.get_by_role("button", name="Generate").click()

    title = studio.get_by_label("Title", exact=True)
    expect(title).to_be_focused()
    expect(title).to_have_attribute("aria-invalid", "true")
    expect(studio.locator("#id_title_error")).to_have_text("Give the thumbnail a title.")
    assert jobs_of(alice) == []
    assert barriers(studio) == []
    shoot(studio, "studio-422")


def test_too_few_credits_are_said_beside_the_button_and_the_order_stays(
    studio: Page, alice: User
) -> None:
    studio.get_by_label("Title", exact=True).fill("Three at once")
    studio.get_by_role("radio", name="Ocean").check()
    studio.get_by_role("radio", name="3", exact=True).check()

    studio.get_by_role("button", name="Generate").click()

    expect(studio.locator(".composer-actions [role=alert]")).to_have_text(
        "You need 30 credits and have 20."
    )
    expect(studio.get_by_label("Title", exact=True)).to_have_value("Three at once")
    expect(studio.get_by_role("radio", name="Ocean")).to_be_checked()
    assert jobs_of(alice) == []
    assert barriers(studio) == []
    shoot(studio, "studio-402")


def test_a_file_that_is_no_picture_is_refused_at_its_field(studio: Page, alice: User) -> None:
    studio.get_by_label("Title", exact=True).fill("Not a photo")
    studio.set_input_files(
        "[name=photo]", {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )

    studio.get_by_role("button", name="Generate").click()

    expect(studio.locator("#id_photo_error")).to_be_visible()
    assert jobs_of(alice) == []


def test_a_photo_is_sent_ahead_and_chosen_before_the_order(
    studio: Page, alice: User, engine: Engine
) -> None:
    engine.start()
    studio.set_input_files("[name=photo]", PHOTO)
    expect(studio.locator("[data-photo-state]")).to_contain_text("Usable.", timeout=20_000)
    chosen = studio.locator("[name=photo_id]:checked")
    expect(chosen).to_have_count(1)
    assert chosen.get_attribute("value") != ""
    assert studio.locator("[name=photo]").evaluate("input => input.files.length") == 0
    studio.get_by_label("Title", exact=True).fill("With my face")

    studio.get_by_role("button", name="Generate").click()

    expect(studio.locator("[data-job]")).to_have_attribute(
        "data-status", "succeeded", timeout=30_000
    )
    with act_as_user(alice.pk):
        (photo,) = generation_selectors.photos_of(user=alice)
    assert [job.params["photo_id"] for job in jobs_of(alice)] == [str(photo.pk)]


def test_a_photo_that_is_refused_ahead_is_said_at_its_field(
    studio: Page, alice: User, engine: Engine
) -> None:
    engine.start()
    studio.set_input_files(
        "[name=photo]", {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    expect(studio.locator("[data-photo-problem]")).to_contain_text(
        "me.jpg: Send a JPEG, PNG, WebP, HEIC or AVIF picture.", timeout=20_000
    )
    assert studio.locator("[name=photo]").evaluate("input => input.files.length") == 0


def test_what_is_being_made_can_be_taken_out_of_the_queue(studio: Page, alice: User) -> None:
    for title in ("First", "Second"):
        studio.get_by_label("Title", exact=True).fill(title)
        studio.get_by_role("button", name="Generate").click()
        expect(studio.locator("#queue li").filter(has_text=title)).to_be_visible()
    expect(studio.get_by_role("heading", name="Being made: 2")).to_be_visible()
    assert barriers(studio) == []
    shoot(studio, "studio-queue")

    studio.get_by_role("button", name="Take “First” out of the queue").click()

    expect(studio.get_by_role("heading", name="Being made: 1")).to_be_visible()
    assert sorted(job.status for job in jobs_of(alice)) == ["canceled", "queued"]


# Expectation 6 (docs/expectations.md): remix.
def test_a_remix_fills_the_composer_and_is_remembered(
    alices: Page, alice: User, engine: Engine
) -> None:
    original = factories.make_job(alice, title="The original", style="neon")
    with factories.plain_pictures():
        running.run_job(job_id=original.pk)
    alices.goto("/library/")
    alices.locator("a.frame").click()
    expect(alices.locator(".lightbox-bar")).to_contain_text("The original")

    alices.keyboard.press("r")

    expect(alices.get_by_label("Title", exact=True)).to_have_value("The original")
    expect(alices.locator("[name=style][value=neon]")).to_be_checked()
    alices.get_by_label("Title", exact=True).fill("The remix")
    alices.get_by_role("button", name="Generate").click()
    engine.start()
    card = alices.locator("[data-job]").filter(has_text="The remix")
    expect(card).to_have_attribute("data-status", "succeeded", timeout=30_000)
    card.get_by_role("link", name="The remix", exact=True).click()
    expect(alices.get_by_role("link", name="The original")).to_be_visible()


# Expectation 19 (docs/expectations.md): first run without reading docs.
def test_an_empty_studio_offers_a_title_to_begin_with(studio: Page) -> None:
    studio.get_by_role("button", name="Why cats always win").click()
    title = studio.get_by_label("Title", exact=True)
    expect(title).to_have_value("Why cats always win")
    expect(title).to_be_focused()
    expect(studio.locator("[data-sketch-title]").first).to_contain_text("Why cats always win")


# Expectation 4 (docs/expectations.md): no double charge.
def test_three_clicks_are_one_order(studio: Page, alice: User) -> None:
    sent: list[Request] = []
    studio.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    studio.get_by_label("Title", exact=True).fill("Only once")

    studio.locator("#generate").evaluate(
        "button => { for (let i = 0; i < 3; i++) button.click(); }"
    )

    expect(studio.locator("[data-job]")).to_have_count(1)
    studio.wait_for_timeout(500)
    assert len(sent) == 1
    assert len(jobs_of(alice)) == 1
    expect(studio.locator("#balance")).to_contain_text("10")


def test_the_same_form_sent_again_is_the_same_order(
    studio: Page, context: BrowserContext, alice: User
) -> None:
    form = {
        field["name"]: field["value"]
        for field in studio.locator("#composer").evaluate(
            "form => [...new FormData(form)].filter(([, v]) => typeof v === 'string')"
            ".map(([name, value]) => ({name, value}))"
        )
    } | {"title": "Sent twice"}

    answers = [context.request.post("/studio/", form=form) for _ in range(2)]

    assert answers[0].url == answers[1].url
    assert len(jobs_of(alice)) == 1


# Expectation 5 (docs/expectations.md): cancel and refund.
def test_a_waiting_order_can_be_canceled_and_its_credits_return(studio: Page, alice: User) -> None:
    studio.get_by_label("Title", exact=True).fill("Second thoughts")
    studio.get_by_role("button", name="Generate").click()
    card = studio.locator("[data-job]")

    card.get_by_role("button", name="Cancel").click()

    expect(card).to_have_attribute("data-status", "canceled")
    expect(card).to_contain_text("Credits returned: 10")
    expect(studio.locator("#toasts")).to_contain_text("Canceled. Credits returned: 10.")
    expect(studio.locator("#balance")).to_contain_text("20")
    assert [job.status for job in jobs_of(alice)] == ["canceled"]


def test_a_failure_is_explained_and_its_credits_return(
    studio: Page, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise ProviderError("The motif could not be drawn.")

    monkeypatch.setattr("generation.pipelines.thumbnail.make", fail)
    studio.get_by_label("Title", exact=True).fill("It breaks")
    studio.get_by_role("button", name="Generate").click()
    engine.start()

    card = studio.locator("[data-job]")
    expect(card).to_have_attribute("data-status", "failed", timeout=15_000)
    expect(card).to_contain_text("The motif could not be drawn.")
    expect(card).to_contain_text("Credits returned: 10")
    expect(studio.locator("#balance")).to_contain_text("20")
    assert barriers(studio) == []
    shoot(studio, "studio-failed")
    studio.goto("/credits/")
    expect(studio.locator("table").last.locator("tbody tr").first).to_contain_text(
        "Returned: thumbnail “It breaks”, the job failed"
    )


def test_without_the_stream_the_card_is_polled(
    alices: Page, context: BrowserContext, engine: Engine, console: list[str]
) -> None:
    context.route("**/stream/**", lambda route: route.abort())
    alices.goto("/studio/")
    alices.get_by_label("Title", exact=True).fill("By and by")
    alices.get_by_role("button", name="Generate").click()
    engine.start()

    card = alices.locator("[data-job]")
    expect(card).to_have_attribute("data-status", "succeeded", timeout=30_000)
    expect(alices.locator("#balance")).not_to_contain_text("held")
    console[:] = [line for line in console if "fetch" not in line and "ERR_FAILED" not in line]


# Expectation 3 (docs/expectations.md): honest progress.
def test_the_job_page_follows_its_job(alices: Page, alice: User, engine: Engine) -> None:
    job = factories.make_job(alice, title="Watch me")
    alices.goto(f"/jobs/{job.pk}/")
    expect(alices.locator("#job-detail")).to_contain_text("Waiting for its turn")
    shoot(alices, "job-waiting")

    engine.start()

    expect(alices.locator("#job-detail")).to_contain_text("Delivered", timeout=30_000)
    expect(alices.locator(f"#job-{job.pk} img")).to_be_visible()


def test_news_of_a_job_reaches_the_balance_on_every_page(
    alices: Page, alice: User, engine: Engine
) -> None:
    alices.goto("/library/")
    expect(alices.locator("#balance")).to_contain_text("20")
    alices.wait_for_timeout(500)  # the stream connects

    factories.make_job(alice, title="From elsewhere")

    expect(alices.locator("#balance")).to_contain_text("10 held")
    engine.start()
    expect(alices.locator("#balance")).not_to_contain_text("held", timeout=30_000)
    expect(alices.locator("#balance")).to_contain_text("10")


def test_settings_can_be_used_again(alices: Page, alice: User) -> None:
    job = factories.make_job(alice, title="Once more", style="neon", color_scheme="royal")

    alices.goto(f"/studio/?from={job.pk}")

    expect(alices.get_by_label("Title", exact=True)).to_have_value("Once more")
    expect(alices.locator("[name=style][value=neon]")).to_be_checked()
    expect(alices.locator("[name=color_scheme][value=royal]")).to_be_checked()


def test_who_was_signed_out_meanwhile_is_asked_to_sign_in(
    studio: Page, context: BrowserContext, alice: User
) -> None:
    context.clear_cookies()
    studio.get_by_label("Title", exact=True).fill("Too late")

    studio.get_by_role("radio", name="2", exact=True).check()

    expect(studio.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "next=/studio/" in studio.url
    assert jobs_of(alice) == []


def test_the_keyboard_alone_suffices(studio: Page, alice: User) -> None:
    studio.keyboard.press("Tab")
    expect(studio.get_by_role("link", name="Skip to content")).to_be_focused()
    studio.keyboard.press("Enter")
    title = studio.get_by_label("Title", exact=True)
    for _ in range(12):  # past the first steps and the tabs
        studio.keyboard.press("Tab")
        if title.evaluate("field => field === document.activeElement"):
            break
    expect(title).to_be_focused()

    studio.keyboard.type("Typed only")
    for _ in range(3):  # the photo, the way to all photos, the style
        studio.keyboard.press("Tab")
    studio.keyboard.press("ArrowRight")
    expect(studio.locator("[name=style][value=minimal]")).to_be_checked()
    title.focus()
    studio.keyboard.press("Control+Enter")

    expect(studio.locator("[data-job]")).to_have_count(1)
    assert [job.params["style"] for job in jobs_of(alice)] == ["minimal"]
