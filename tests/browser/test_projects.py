"""A project from its brief to the studio and away again, in both themes, without JavaScript too."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import User
from generation.models import Asset, Project
from generation.services import projects, running
from tests import factories
from tests.browser.conftest import Engine, SignIn
from tests.browser.shots import visiting, wrongs
from visiona.lib.db.actor import act_as_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

BRIEF = "Keeps tea warm for an hour."


@pytest.fixture
def photo(alice: User) -> Asset:
    factories.grant(alice, 100)
    return factories.make_photo(alice, "coffee.jpg")


def test_a_project_opens_the_studio_with_everything_filled_in(
    alices: Page, photo: Asset, engine: Engine
) -> None:
    engine.start()
    alices.goto("/projects/")
    alices.get_by_role("main").get_by_role("link", name="New project").click()
    alices.get_by_label("Name of the project").fill("Winter mugs")
    alices.get_by_label("Product name").fill("Mug No. 4")
    alices.get_by_label("Brief").fill(BRIEF)
    alices.locator("#photo-choices input[name=photo_ids]").check(force=True)
    alices.locator("#id_photos").set_input_files(factories.PHOTOS / "chelsea.jpg")
    expect(alices.locator("#photo-choices input[name=photo_ids]:checked")).to_have_count(2)
    alices.get_by_role("button", name="Create project").click()

    expect(alices.get_by_role("heading", name="Winter mugs")).to_be_visible()
    assert len(Project.objects.get().photo_ids) == 2
    alices.get_by_role("link", name="Make ads").first.click()

    expect(alices.get_by_label("Product name")).to_have_value("Mug No. 4")
    expect(alices.locator("#photo-choices input[name=photo_ids]:checked")).to_have_count(2)
    expect(alices.get_by_text(BRIEF)).to_be_visible()


def test_a_project_is_deleted_after_a_question_without_javascript(
    browser: Browser, address: str, alice: User, sign_in: SignIn
) -> None:
    with act_as_user(alice.pk):
        projects.create(user=alice, name="Winter mugs")
    context = browser.new_context(base_url=address, java_script_enabled=False)
    sign_in(context, alice)
    page = context.new_page()
    page.goto("/projects/")
    page.get_by_role("link", name="Winter mugs").click()
    page.get_by_role("link", name="Delete this project").click()
    expect(page.get_by_role("heading", name="Delete “Winter mugs”?")).to_be_visible()
    page.get_by_role("button", name="Delete project").click()
    expect(page.get_by_text("A place for each product")).to_be_visible()
    assert not Project.objects.exists()
    context.close()


@pytest.mark.timeout(120)
def test_projects_can_be_used_by_everybody(
    browser: Browser,
    address: str,
    alice: User,
    sign_in: SignIn,
    photo: Asset,
) -> None:
    with act_as_user(alice.pk):
        projects.create(user=alice, name="Empty so far")
        full = projects.create(user=alice, name="W" * 60, prompt=BRIEF, photo_ids=[photo.pk])
    order: dict[str, Any] = {"photo_ids": [str(photo.pk)], "project_id": str(full.pk)}
    made = factories.make_job(alice, kind="product_ad", **order)
    with factories.plain_pictures():
        running.run_job(job_id=made.pk)
    factories.make_job(alice, kind="video", **order)
    places = {
        "projects": "/projects/",
        "project": f"/projects/{full.pk}/",
        "project-edit": f"/projects/{full.pk}/edit/",
        "project-delete": f"/projects/{full.pk}/delete/",
    }
    with visiting(browser, address) as page:
        sign_in(page.context, alice)
        assert wrongs(page, places) == []
