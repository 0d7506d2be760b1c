"""Films and ads in the library: play, look closely, change them for nothing; everybody can."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from generation.models import Asset, Job
from generation.services import running
from tests import factories, plain
from tests.browser.conftest import SignIn
from tests.browser.shots import barriers, visiting, wrongs

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CLIP = Path(__file__).parents[2] / "static/img/sheet/film.mp4"
FIDELITY = {"ok": True, "similarity": 0.9989, "mean_difference": 0.91}


@pytest.fixture
def made(alice: User, monkeypatch: pytest.MonkeyPatch) -> dict[str, Asset]:
    """A film that plays, a set of ads in their shapes, and an image."""
    monkeypatch.setattr(plain, "CLIP", CLIP.read_bytes())
    factories.grant(alice, 200)
    about = {"photo_ids": [str(factories.make_photo(alice).pk)], "product_name": "Mug No. 4"}
    with factories.plain_pictures():
        for kind, order in (
            ("product_ad", {**about, "formats": ["1:1", "9:16"]}),
            ("video", {**about, "seconds": 8}),
            ("image", {"count": 2}),
        ):
            running.run_job(job_id=factories.make_job(alice, kind=kind, **order).pk)
    tall = Asset.objects.get(source="product_ad", number=1)
    Asset.objects.filter(pk=tall.pk).update(width=1080, height=1920)
    for ad in Asset.objects.filter(source="product_ad"):
        facts = ad.facts | {"fidelity": FIDELITY, "safe_zone": [30, 20, 290, 160]}
        Asset.objects.filter(pk=ad.pk).update(facts=facts)
    return {one.source: one for one in Asset.objects.filter(number=0).order_by("pk")}


def test_a_film_is_played_by_keyboard_and_cut_anew(alices: Page, made: dict[str, Asset]) -> None:
    film = made["video"]
    alices.goto(f"/library/{film.pk}/")
    player = alices.locator("video")
    assert player.evaluate("video => video.paused")
    player.focus()
    alices.keyboard.press("Space")
    expect(player).to_have_js_property("paused", value=False)
    expect(player).not_to_have_js_property("currentTime", 0)
    player.evaluate("video => { video.pause(); video.currentTime = 2.5; }")
    expect(player).to_have_js_property("currentTime", 2.5)  # the server sends parts of a file
    assert player.evaluate("video => video.textTracks.length") == 1

    alices.get_by_role("button", name="as Start").click()
    expect(alices.get_by_label("Start")).to_have_value("2.5")
    alices.get_by_label("Tender").check()
    alices.get_by_role("button", name="Render anew").click()

    alices.wait_for_url("**/jobs/**")
    job = Job.objects.latest("pk")
    assert (job.price, job.params["changes"]["trim_start"]) == (0, 2.5)
    assert job.params["changes"]["music"] == "tender"


def test_a_film_plays_in_the_viewer_where_the_arrows_are_its_own(
    alices: Page, made: dict[str, Asset]
) -> None:
    alices.goto("/library/?source=video")
    alices.locator("a.frame").click()
    viewer = alices.get_by_role("dialog", name="Picture viewer")
    player = viewer.locator("video")
    expect(player).to_be_visible()
    assert player.evaluate("video => video.paused")
    assert barriers(alices) == []
    player.focus()
    alices.keyboard.press("Space")
    expect(player).not_to_have_js_property("currentTime", 0)
    alices.keyboard.press("ArrowRight")
    expect(viewer.locator(".lightbox-title")).to_have_text("Mug No. 4")
    alices.keyboard.press("Escape")
    expect(alices.locator(".pswp")).to_have_count(0)


def test_an_ads_words_are_set_in_all_formats_and_taken_back(
    alices: Page, made: dict[str, Asset]
) -> None:
    ads = Asset.objects.filter(source="product_ad")
    with factories.plain_pictures():
        alices.goto(f"/library/{made['product_ad'].pk}/")
        alices.get_by_label("Headline").fill("Cold nights")
        alices.get_by_role("button", name="Set words").click()
        expect(alices.locator("#toasts")).to_contain_text("The words are set in all 2 formats.")
        assert {ad.facts["copy"]["headline"] for ad in ads.all()} == {"Cold nights"}
        assert barriers(alices) == []
        alices.locator("#toasts").get_by_role("button", name="Undo").click()
        expect(alices.get_by_label("Headline")).to_have_value("Warm hands")
        assert {ad.facts["copy"]["headline"] for ad in ads.all()} == {"Warm hands"}
        alices.get_by_label("Headline").fill(" ")
        alices.get_by_role("button", name="Set words").click()
        expect(alices.locator("#id_headline_error")).to_have_text("Give the ad a headline.")


def test_a_film_is_cut_anew_without_javascript(
    browser: Browser, address: str, alice: User, sign_in: SignIn, made: dict[str, Asset]
) -> None:
    context = browser.new_context(base_url=address, java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"/library/{made['video'].pk}/")
    page.get_by_role("button", name="Render anew").click()
    expect(page.get_by_text("Nothing is changed yet.")).to_be_visible()
    page.get_by_label("Captions of what is said").uncheck()
    page.get_by_role("button", name="Render anew").click()
    page.wait_for_url("**/jobs/**")
    assert Job.objects.latest("pk").params["changes"]["captions"] is False
    context.close()


@pytest.mark.timeout(120)
def test_results_of_every_kind_can_be_used_by_everybody(
    browser: Browser,
    address: str,
    alice: User,
    sign_in: SignIn,
    made: dict[str, Asset],
) -> None:
    places = {"result-library": "/library/"} | {
        f"result-{source}": f"/library/{asset.pk}/" for source, asset in made.items()
    }
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        assert wrongs(page, places) == []
