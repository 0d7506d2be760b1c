"""A clone from its photos to its pictures and away again, and its pages in both themes."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageEnhance, ImageOps
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from generation.models import Asset, Clone, Job
from generation.providers import local
from generation.services import jobs, removals
from tests import factories, remembered
from tests.browser.conftest import Engine, SignIn
from tests.browser.shots import barriers, overhang, shoot, visiting, wrongs
from tests.people import make_portrait, make_portraits
from tests.pictures import saved
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

TURNS = (-12, 10, 20, -20)
"""Degrees by which one photo is turned into others."""
DEVELOPED = 120_000
"""Milliseconds that the engine may take for a training and its proof shots."""


@pytest.fixture
def rich(alice: User) -> User:
    factories.grant(alice, 200)
    return alice


@pytest.fixture
def selfies(tmp_path: Path) -> list[Path]:
    """One person in six photos, one of them again a little brighter, and two photos of nobody."""
    paths = [tmp_path / f"me-{number}.jpg" for number in range(len(_selfies()))]
    for path, data in zip(paths, _selfies(), strict=True):
        path.write_bytes(data)
    return [*paths, factories.PHOTOS / "coffee.jpg", factories.PHOTOS / "chelsea.jpg"]


@cache
def _selfies() -> tuple[bytes, ...]:
    original = Image.open(factories.PHOTOS / "astronaut.jpg").convert("RGB")
    original = original.resize((1024, 1024), Image.Resampling.LANCZOS)
    variants = [original, *(_turned(original, degrees) for degrees in TURNS)]
    variants.append(_turned(ImageOps.mirror(original), 16))
    variants.append(ImageEnhance.Brightness(original).enhance(1.1))
    return tuple(saved(variant, "JPEG", quality=92) for variant in variants)


def _turned(photo: Image.Image, degrees: float) -> Image.Image:
    return photo.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=(96, 92, 88))


def is_fine(page: Page, name: str) -> None:
    """Look at the page as it is: nothing bars anybody, nothing hangs over."""
    assert barriers(page) == []
    assert overhang(page) <= 0
    shoot(page, name)


def choose_photos(page: Page, selfies: list[Path], look: str) -> None:
    page.goto("/clones/")
    page.get_by_role("link", name="New clone").first.click()
    page.locator("#photos").set_input_files(selfies)
    expect(page.locator("#set input[name=photo_ids]:checked")).to_have_count(9, timeout=60_000)
    expect(page.get_by_text("Poor. Choose a photo that shows your face")).to_have_count(2)
    expect(page.locator("#set-title")).to_contain_text("6 photos count")
    expect(page.get_by_text("this one is nearly the same as photo")).to_have_count(1)
    is_fine(page, f"clone-photos-{look}")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Name")).to_be_visible()
    page.go_back()
    expect(page.locator("#set input[name=photo_ids]:checked")).to_have_count(9)
    page.get_by_role("button", name="Continue").click()


def say_details(page: Page, look: str) -> None:
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Give the clone a name.")).to_be_visible()
    page.get_by_label("Name").fill("Eileen")
    page.get_by_label("Somebody who agreed").check()
    expect(page.get_by_text("has agreed to this in writing")).to_be_visible()
    expect(page.get_by_text("I am the person in these photos")).to_be_hidden()
    page.get_by_label("I have read this and agree to it").check()
    is_fine(page, f"clone-details-{look}")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("6 photos to learn from")).to_be_visible()
    is_fine(page, f"clone-review-{look}")


@pytest.mark.timeout(300)
def test_a_clone_is_made_shown_and_taken_back(
    alices: Page, rich: User, engine: Engine, selfies: list[Path]
) -> None:
    walk(alices, engine, selfies, "desk")


@pytest.fixture
def plainly_drawn() -> Iterator[None]:
    """The coach judges photos as ever; what the engine draws of them looks plain."""
    with factories.plain_pictures(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "measured", remembered.measured)
        yield


def test_a_clone_is_made_shown_and_taken_back_on_a_phone(
    alices: Page, rich: User, plainly_drawn: None, engine: Engine, selfies: list[Path]
) -> None:
    alices.set_viewport_size({"width": 390, "height": 860})
    walk(alices, engine, selfies, "phone")


def walk(alices: Page, engine: Engine, selfies: list[Path], look: str) -> None:
    """Go the whole way of a clone, from its photos to the receipt of what is gone."""
    engine.start()
    choose_photos(alices, selfies, look)
    say_details(alices, look)

    alices.get_by_role("button", name="Train clone · 60 credits").click()

    expect(alices.get_by_role("heading", name="Eileen", level=1)).to_be_visible()
    expect(alices.get_by_text("You can close this page")).to_be_visible()
    shoot(alices, f"clone-training-{look}")
    expect(alices.locator(".proof-sheet li")).to_have_count(4, timeout=DEVELOPED)
    is_fine(alices, f"clone-ready-{look}")

    alices.get_by_role("link", name="It looks like me").click()
    expect(alices.get_by_role("radio", name="Eileen").first).to_be_checked()
    alices.get_by_label("Prompt", exact=True).fill("portrait at the beach at sunset")
    is_fine(alices, f"clone-composer-{look}")
    alices.get_by_role("button", name="Generate").click()
    made = alices.locator("#results > :first-child")
    expect(made).to_contain_text("portrait at the beach at sunset")
    expect(made).to_have_attribute("data-status", "succeeded", timeout=DEVELOPED)
    shoot(alices, f"clone-made-{look}")

    clone = Clone.objects.get()
    alices.goto(f"/clones/{clone.pk}/delete/")
    alices.get_by_label("Type its name").fill("Eileen")
    alices.get_by_role("checkbox").check()
    alices.get_by_role("button", name="Delete clone").click()
    expect(alices.get_by_text("Being taken away now")).to_be_visible()
    removals.finish_due()
    expect(alices.get_by_text("Everything that had to go is gone")).to_be_visible(timeout=15_000)
    is_fine(alices, f"clone-receipt-{look}")
    assert not Asset.objects.made().exists()


def test_a_pack_is_ordered_from_its_dialog_and_redone_in_part(alices: Page, rich: User) -> None:
    clone = factories.make_clone(rich, name="Ada")
    alices.goto(f"/clones/{clone.pk}/")
    alices.get_by_role("button", name="Order 30 credits for Headshots").click()
    dialog = alices.get_by_role("dialog", name="Headshots with Ada")
    expect(dialog.get_by_text("6 pictures, 30 credits.")).to_be_visible()
    is_fine(alices, "clone-pack-dialog")
    dialog.get_by_role("button", name="Order · 30 credits").click()
    expect(alices.get_by_role("heading", name="Headshots", level=1)).to_be_visible()
    with factories.plain_pictures():
        factories.finish_jobs_of(clone.pk)
    alices.reload()

    alices.get_by_role("checkbox", name="Office").check(force=True)
    alices.get_by_role("checkbox", name="City").check(force=True)
    expect(alices.get_by_role("button", name="Redo the chosen ones · 10 credits")).to_be_visible()
    is_fine(alices, "clone-pack-redo")
    alices.get_by_role("button", name="Redo the chosen ones").click()

    expect(alices.get_by_text("Waiting for its turn").first).to_be_visible()
    assert Job.objects.order_by("-id")[0].params["shots"] == [0, 4]


def test_choosing_a_clone_changes_the_price_and_who_makes_it(alices: Page, rich: User) -> None:
    factories.make_clone(rich, name="Ada")
    alices.goto("/studio/image/")
    expect(alices.locator("#maker")).to_contain_text("Local preview engine")
    expect(alices.get_by_label("Around the world")).to_be_hidden()

    alices.get_by_role("radio", name="Ada").check(force=True)
    expect(alices.locator("#maker")).to_contain_text("Local profile: your own photos")
    alices.get_by_label("Around the world").check()

    expect(alices.locator("#quote")).to_contain_text("30")
    expect(alices.get_by_label("Prompt", exact=True)).to_be_hidden()
    is_fine(alices, "clone-composer-pack")


@pytest.mark.timeout(120)
def test_the_wizard_works_without_javascript(
    browser: Browser, address: str, rich: User, sign_in: SignIn
) -> None:
    make_portraits(rich, 4)
    context = browser.new_context(base_url=address, java_script_enabled=False)
    sign_in(context, rich)
    page = context.new_page()
    page.goto("/clones/new/")
    for tile in page.locator("[name=photo_ids]").all():
        tile.check(force=True)
    page.get_by_role("button", name="Check the choice").click()
    expect(page.locator("#set-title")).to_contain_text("4 photos count")
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Name").fill("Ada")
    page.get_by_label("I have read this and agree to it").check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Train clone · 60 credits").click()
    expect(page.get_by_role("link", name="Check again")).to_be_visible()
    assert Clone.objects.get().name == "Ada"
    context.close()


def furnish(user: User) -> dict[str, Any]:
    """Clones in every state, with what belongs to each."""
    photos = [str(photo.pk) for photo in make_portraits(user, 5)]
    poor = make_portrait(user, 9, faces=0)
    ready = factories.make_clone(user, name="A name that is long enough to be cut off somewhere")
    gone = factories.make_clone(user, name="Gone", photo_ids=photos)
    removal = factories.remove_clone(user, gone.pk)
    failed = factories.order_clone(user, name="Canceled", photo_ids=_again(user))
    with act_as_user(user.pk):
        jobs.cancel(user=user, job_id=failed.pk)
        factories.make_job(user, kind="image", pack="travel", clone_id=str(ready.pk), prompt="")
    factories.finish_jobs_of(failed.clone_id)
    with factories.plain_pictures():
        factories.finish_jobs_of(ready.pk)
    training = factories.order_clone(user, name="Training", photo_ids=_again(user))
    pack = Job.objects.get(params__pack="travel")
    return {
        "ready": ready, "gone": gone, "removal": removal, "failed": failed,
        "training": training, "pack": pack, "poor": poor,
    }  # fmt: skip


def _again(user: User) -> list[str]:
    kept = Asset.objects.uploaded().filter(user_id=user.pk)
    if kept.count() < 4:
        make_portraits(user, 5)
    return [str(one) for one in kept.values_list("pk", flat=True)[:5]]


@pytest.mark.timeout(400)
def test_clones_can_be_used_by_everybody(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    factories.grant(alice, 500)
    empty = {"clones-empty": "/clones/", "clone-new-empty": "/clones/new/"}
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        wrong = wrongs(page, empty)
    there = furnish(alice)
    query = "&".join(f"photo_ids={one}" for one in [*_again(alice), there["poor"].pk])
    places = {
        "clones": "/clones/",
        "clone-new": f"/clones/new/?{query}",
        "clone-details": f"/clones/new/details/?{query}",
        "clone-training": f"/clones/{there['training'].clone_id}/",
        "clone-failed": f"/clones/{there['failed'].clone_id}/",
        "clone": f"/clones/{there['ready'].pk}/",
        "clone-delete": f"/clones/{there['ready'].pk}/delete/",
        "clone-withdraw": f"/clones/{there['ready'].pk}/withdraw/",
        "clone-receipt": f"/clones/receipts/{there['removal'].pk}/",
        "clone-gone": f"/clones/{there['gone'].pk}/",
        "clone-pack": f"/jobs/{there['pack'].pk}/",
        "clone-studio": f"/studio/image/?clone={there['ready'].pk}",
        "clone-thumbnail": f"/studio/thumbnail/?clone={there['ready'].pk}",
        "clone-privacy": "/account/privacy/",
        "notices": "/notices/",
    }
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        wrong += wrongs(page, places)
    assert not wrong, "\n".join(wrong)
