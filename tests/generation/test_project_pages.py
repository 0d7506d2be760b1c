"""The pages of projects: begin one, see what came of it, change it, delete it."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from generation import selectors
from generation.models import Asset, Job, Project
from generation.services import projects, running
from tests import factories
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db

BRIEF = {"name": "Winter mugs", "product_name": "Mug No. 4", "prompt": "Keeps tea warm."}


@pytest.fixture
def photo(alice: User) -> Asset:
    factories.grant(alice, 200)
    return factories.make_photo(alice)


@pytest.fixture
def project(alice: User, photo: Asset) -> Project:
    with act_as_user(alice.pk):
        return projects.create(user=alice, photo_ids=[photo.pk], **BRIEF)


def order(alice: User, project: Project, *, is_made: bool) -> Job:
    """Ads for the project, perhaps made already."""
    job = factories.make_job(
        alice,
        kind="product_ad",
        formats=["1:1", "9:16"],
        photo_ids=project.photo_ids,
        project_id=str(project.pk),
    )
    if is_made:
        with factories.plain_pictures():
            running.run_job(job_id=job.pk)
    return job


def test_without_projects_the_page_says_what_they_are_for(alices_browser: Client) -> None:
    body = alices_browser.get("/projects/").content.decode()
    assert "A place for each product" in body
    assert 'href="/projects/new/"' in body


def test_a_project_begins_with_its_photos_the_main_one_first(
    alice: User, alices_browser: Client, photo: Asset
) -> None:
    other = factories.make_photo(alice, "me.png", factories.picture(kind="PNG"))
    sent = BRIEF | {
        "photo_ids": [str(photo.pk), str(other.pk)],
        "main_photo": str(other.pk),
        "photos": [factories.upload("coffee.jpg")],
    }

    answer = alices_browser.post("/projects/new/", sent)

    project = Project.objects.get()
    added = selectors.photos_of(user=alice)[0]
    assert answer["Location"] == f"/projects/{project.pk}/"
    assert {name: getattr(project, name) for name in BRIEF} == BRIEF
    assert project.photo_ids == [str(one.pk) for one in (other, photo, added)]


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": " "}, "id_name_error", "Give the project a name."),
        ({"photo_ids": ["nonsense"]}, "id_photo_ids_error", "Choose among your photos."),
        ({"photo_ids": [factories.UNKNOWN_ID]}, "id_photos-error", "There is no such photo"),
        ({"photos": [factories.upload("a.jpg", b"no picture")]}, "id_photos-error", ""),
    ],
)
def test_what_is_wrong_with_a_project_is_said_at_its_field(
    alices_browser: Client, wrong: dict[str, object], field: str, sentence: str
) -> None:
    answer = alices_browser.post("/projects/new/", BRIEF | wrong)
    body = answer.content.decode()
    assert 400 <= answer.status_code < 500
    assert f'id="{field}"' in body
    assert sentence in body[body.index(f'id="{field}"') :]
    assert not Project.objects.exists()


def test_a_project_shows_what_was_made_and_what_is_being_made(
    alice: User, alices_browser: Client, project: Project
) -> None:
    made, waiting = order(alice, project, is_made=True), order(alice, project, is_made=False)

    body = alices_browser.get(f"/projects/{project.pk}/").content.decode()

    assert "Keeps tea warm." in body
    assert body.count('data-shot="') == len(selectors.assets_of_job(job=made)) == 2
    assert f'id="job-{waiting.pk}"' in body
    assert f'href="/studio/product_ad/?project={project.pk}"' in body
    assert f'href="/studio/video/?project={project.pk}"' in body
    assert f'href="/library/?project={project.pk}&amp;source=product_ad"' in body
    card = alices_browser.get("/projects/").content.decode()
    assert "2 ads" in card
    assert "Being made now" in card


def test_the_studio_begins_with_what_the_project_says(
    alices_browser: Client, project: Project, photo: Asset
) -> None:
    for kind in ("product_ad", "video"):
        body = alices_browser.get(f"/studio/{kind}/?project={project.pk}").content.decode()
        assert 'value="Mug No. 4"' in body
        assert "Keeps tea warm." in body
        assert f'name="photo_ids" value="{photo.pk}"' in body
        assert f'<option value="{project.pk}" selected>' in body


def test_a_brief_is_cut_to_what_a_thumbnail_takes_and_said_once_to_a_video(
    alices_browser: Client, alice: User
) -> None:
    with act_as_user(alice.pk):
        project = projects.create(user=alice, name="Mugs", prompt="x" * 1000)
    body = alices_browser.get(f"/studio/thumbnail/?project={project.pk}").content.decode()
    assert "x" * 500 in body
    assert "x" * 501 not in body
    body = alices_browser.get(f"/studio/video/?project={project.pk}").content.decode()
    assert body.count("x" * 500) == 2  # one of a thousand


def test_a_project_is_changed_and_deleted_but_what_was_made_stays(
    alice: User, alices_browser: Client, project: Project
) -> None:
    job = order(alice, project, is_made=True)
    place = f"/projects/{project.pk}/"
    assert 'value="Winter mugs"' in alices_browser.get(f"{place}edit/").content.decode()

    alices_browser.post(f"{place}edit/", BRIEF | {"name": "Spring mugs"})

    project.refresh_from_db()
    assert (project.name, project.photo_ids) == ("Spring mugs", [])
    body = alices_browser.get(f"{place}delete/").content.decode()
    assert "2 results) stays in your library" in body
    assert Project.objects.exists()

    answer = alices_browser.post(f"{place}delete/", follow=True)

    assert "“Spring mugs” is deleted." in answer.content.decode()
    assert not Project.objects.exists()
    left = selectors.assets_of(user=alice)
    assert {(one.job_id, one.project_id) for one in left} == {(job.pk, None)}


def test_a_project_is_not_deleted_while_something_is_made_for_it(
    alice: User, alices_browser: Client, project: Project
) -> None:
    order(alice, project, is_made=False)
    answer = alices_browser.post(f"/projects/{project.pk}/delete/")
    assert answer.status_code == 409
    assert projects.BUSY in answer.content.decode()
    assert Project.objects.exists()


@pytest.mark.parametrize("part", ["", "edit/", "delete/"])
def test_a_project_of_alices_is_not_there_for_bob(
    client: Client, bob: User, project: Project, part: str
) -> None:
    client.force_login(bob)
    assert client.get(f"/projects/{project.pk}/{part}").status_code == 404
    assert client.post(f"/projects/{project.pk}/{part}", BRIEF).status_code in {404, 405}
    assert "Winter mugs" not in client.get("/projects/").content.decode()
    project.refresh_from_db()
    assert project.name == "Winter mugs"


def test_the_list_asks_as_much_for_one_project_as_for_many(
    alice: User, alices_browser: Client, project: Project, photo: Asset
) -> None:
    alices_browser.get("/projects/")  # the first visit of a session writes down who came
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            alices_browser.get("/projects/")
        asked.append(len(captured))
        with act_as_user(alice.pk):
            another = projects.create(user=alice, photo_ids=[photo.pk], **BRIEF)
        order(alice, another, is_made=True)
    assert asked[0] == asked[1] <= 14
