"""Photos on their way in: many at once, each with its verdict, whatever the connection does."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from accounts.models import User
from generation import selectors as generation_selectors
from generation.models import Upload
from tests import factories
from tests.browser.conftest import Engine, SignIn
from tests.browser.shots import barriers, overhang, shoot
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FOLDER = Path(__file__).parents[1] / "photos"
GOOD = [FOLDER / name for name in ("astronaut.jpg", "coffee.jpg", "chelsea.jpg")]


def file(name: str, data: bytes) -> Any:
    return {"name": name, "mimeType": "image/jpeg", "buffer": data}


def picture(number: int) -> Any:
    return file(f"{number}.jpg", factories.picture((300 + number, 300)))


@pytest.fixture
def photos(alices: Page) -> Page:
    alices.goto("/photos/")
    return alices


def kept(user: User) -> int:
    with act_as_user(user.pk):
        return generation_selectors.photos_of(user=user).count()


def row(page: Page, name: str) -> Any:
    return page.locator(".upload").filter(has_text=name)


# Expectation 8 (docs/expectations.md): multi upload with hints.
def test_many_photos_each_get_a_verdict_and_are_counted(
    photos: Page, alice: User, engine: Engine
) -> None:
    factories.make_photo(alice, "grace_hopper.jpg")
    engine.start()
    small = factories.picture((40, 40))
    photos.set_input_files("#photos", [str(one) for one in [*GOOD, FOLDER / "grace_hopper.jpg"]])
    photos.set_input_files("#photos", [file("bad.jpg", b"<svg/>"), file("small.jpg", small)])

    expect(photos.locator("[data-count]")).to_have_text("4 of 6 clean", timeout=40_000)
    expect(row(photos, "astronaut.jpg")).to_contain_text("Usable.")
    expect(row(photos, "grace_hopper.jpg")).to_contain_text("Already here")
    expect(row(photos, "bad.jpg")).to_contain_text("Send a JPEG, PNG, WebP, HEIC or AVIF picture.")
    expect(row(photos, "small.jpg")).to_contain_text("Too small: use at least 256x256 pixels.")
    expect(photos.locator("#live")).to_have_text("4 of 6 clean, 2 refused")
    expect(photos.locator(".photo-sheet li")).to_have_count(4)
    assert kept(alice) == 4
    assert barriers(photos) == []
    shoot(photos, "photos-verdicts")
    photos.get_by_role("button", name="Clear list").click()
    expect(photos.locator(".upload")).to_have_count(0)


def test_a_file_of_21_megabytes_is_not_even_sent(photos: Page, alice: User) -> None:
    photos.evaluate(
        """() => {
            const carrier = new DataTransfer();
            carrier.items.add(new File([new Uint8Array(21 * 1024 * 1024)], "huge.jpg"));
            const input = document.getElementById("photos");
            input.files = carrier.files;
            input.dispatchEvent(new Event("change"));
        }"""
    )
    expect(row(photos, "huge.jpg")).to_contain_text("21 MB is too large. Use at most 20 MB.")
    assert not Upload.objects.exists()


def test_photos_can_be_dropped_and_pasted(photos: Page, alice: User, engine: Engine) -> None:
    engine.start()
    encoded = list(factories.picture())
    for name, kind in (("dropped.jpg", "drop"), ("pasted.jpg", "paste")):
        photos.evaluate(
            """([bytes, name, kind]) => {
                const carrier = new DataTransfer();
                const parts = [new Uint8Array(bytes), kind];
                carrier.items.add(new File(parts, name, { type: "image/jpeg" }));
                const options = { bubbles: true, cancelable: true };
                const event = kind === "drop"
                    ? new DragEvent("drop", { ...options, dataTransfer: carrier })
                    : new ClipboardEvent("paste", { ...options, clipboardData: carrier });
                document.querySelector("[data-drop]").dispatchEvent(event);
            }""",
            [encoded, name, kind],
        )
    expect(photos.locator("[data-count]")).to_have_text("2 of 2 clean", timeout=20_000)
    assert kept(alice) == 2


def test_what_is_paused_waits_and_goes_on(photos: Page, alice: User, engine: Engine) -> None:
    engine.start()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    photos.route("**/files/?ticket=*", hold)
    photos.set_input_files("#photos", [picture(number) for number in range(5)])
    expect(photos.locator(".upload[data-state=sending]")).to_have_count(3)
    expect(photos.locator(".upload[data-state=queued]")).to_have_count(2)
    assert barriers(photos) == []
    shoot(photos, "photos-sending")

    photos.get_by_role("button", name="Pause all").click()
    expect(photos.locator(".upload[data-state=paused]")).to_have_count(5)
    photos.unroute("**/files/?ticket=*")
    photos.get_by_role("button", name="Resume 0.jpg").click()
    expect(photos.locator("[data-count]")).to_have_text("1 of 5 clean", timeout=20_000)

    photos.get_by_role("button", name="Remove 4.jpg").click()
    photos.get_by_role("button", name="Resume all").click()
    expect(photos.locator("[data-count]")).to_have_text("4 of 4 clean", timeout=20_000)
    assert kept(alice) == 4


def test_a_connection_that_breaks_is_tried_again_by_itself(
    photos: Page, alice: User, engine: Engine, console: list[str]
) -> None:
    engine.start()
    broken: list[str] = []

    def break_once(route: Route) -> None:
        if broken:
            route.continue_()
            return
        broken.append(route.request.url)
        route.abort("connectionreset")

    photos.route("**/files/?ticket=*", break_once)
    photos.set_input_files("#photos", [picture(1)])

    expect(photos.locator("[data-count]")).to_have_text("1 of 1 clean", timeout=20_000)
    assert len(broken) == 1
    assert kept(alice) == 1
    console[:] = [line for line in console if "ERR_CONNECTION_RESET" not in line]


def test_a_connection_that_stays_broken_can_be_tried_by_hand(
    photos: Page, alice: User, engine: Engine, console: list[str]
) -> None:
    engine.start()
    photos.route("**/files/?ticket=*", lambda route: route.abort("connectionreset"))
    photos.set_input_files("#photos", [picture(1)])
    expect(row(photos, "1.jpg")).to_contain_text("Nothing is lost: try again.", timeout=30_000)
    photos.unroute("**/files/?ticket=*")

    photos.get_by_role("button", name="Try again: 1.jpg").click()

    expect(photos.locator("[data-count]")).to_have_text("1 of 1 clean", timeout=20_000)
    assert kept(alice) == 1
    console[:] = [line for line in console if "ERR_CONNECTION_RESET" not in line]


def test_two_hundred_files_at_once_leave_the_page_usable(photos: Page, alice: User) -> None:
    photos.evaluate(
        """() => {
            const carrier = new DataTransfer();
            for (let number = 0; number < 200; number += 1) {
                carrier.items.add(new File([], `${number}.jpg`, { type: "image/jpeg" }));
            }
            const input = document.getElementById("photos");
            input.files = carrier.files;
            input.dispatchEvent(new Event("change"));
        }"""
    )
    expect(photos.locator("[data-count]")).to_have_text("0 of 200 clean")
    expect(row(photos, "199.jpg")).to_contain_text("This file is empty.")
    assert overhang(photos) <= 0
    photos.get_by_role("button", name="Clear list").click()
    expect(photos.locator(".upload")).to_have_count(0)


def test_a_deleted_photo_comes_back_by_undo(alices: Page, alice: User) -> None:
    factories.make_photo(alice)
    alices.goto("/photos/")
    alices.get_by_role("button", name="Delete “astronaut.jpg”").click()
    expect(alices.locator(".photo-sheet img")).to_have_count(0)
    assert kept(alice) == 0

    alices.locator("#toasts").get_by_role("button", name="Undo").click()

    expect(alices.locator(".photo-sheet img")).to_have_count(1)
    assert kept(alice) == 1


def test_photos_are_added_and_deleted_without_javascript(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    context = browser.new_context(java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto(f"{address}/photos/")
    page.set_input_files("#photos", [GOOD[0], FOLDER / "README.md"])
    page.get_by_role("button", name="Upload").click()
    expect(row(page, "astronaut.jpg")).to_contain_text("Usable.")
    expect(row(page, "README.md")).to_contain_text("Send a JPEG, PNG, WebP, HEIC or AVIF picture.")

    page.get_by_role("button", name="Delete “astronaut.jpg”").click()
    expect(page.get_by_text("Photo deleted.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()

    expect(page.locator(".photo-sheet img")).to_have_count(1)
    context.close()
