"""Projects over the API: mine to keep, change and delete, with what was made for them."""

from typing import Any

import pytest

from accounts.models import User
from generation.models import Asset, Project
from generation.services import photos, running
from tests import factories
from tests.clients import ApiClient
from visiona.lib.db.actor import act_as_user
from visiona.lib.request_id import uuid7

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(alice: User) -> Asset:
    return factories.make_photo(alice)


@pytest.fixture
def project(api: ApiClient, photo: Asset) -> dict[str, Any]:
    """A project as the API answered it."""
    body = {
        "name": "Winter",
        "product_name": "Mug",
        "prompt": "Warm hands",
        "photo_ids": [str(photo.pk)],
    }
    answer = api.post("projects", body)
    assert answer.status_code == 201
    shown: dict[str, Any] = answer.json()["data"]
    assert answer["Location"] == f"/api/v1/projects/{shown['id']}"
    return shown


def test_a_new_project_is_shown_with_nothing_made_yet(
    api: ApiClient, project: dict[str, Any], photo: Asset
) -> None:
    kept = Project.objects.get()
    assert project == {
        "id": str(kept.pk),
        "name": "Winter",
        "product_name": "Mug",
        "prompt": "Warm hands",
        "photo_ids": [str(photo.pk)],
        "is_generating": False,
        "generated_image": None,
        "generated_video": None,
        "error": None,
        "is_published": False,
        "created_at": project["created_at"],
        "updated_at": project["created_at"],
    }
    assert api.get(f"projects/{kept.pk}").json()["data"] == project
    assert api.get("projects").json()["data"] == [project]


def test_a_name_is_enough(api: ApiClient) -> None:
    project = api.post("projects", {"name": "Winter"}).json()["data"]
    assert (project["product_name"], project["prompt"], project["photo_ids"]) == ("", "", [])


def test_the_project_shows_what_is_made_for_it(
    alice: User, api: ApiClient, project: dict[str, Any]
) -> None:
    factories.grant(alice, 100)
    about_it = {"photo_ids": project["photo_ids"], "project_id": project["id"]}
    ads = factories.make_job(alice, kind="product_ad", formats=["1:1"], **about_it)
    film = factories.make_job(alice, kind="video", **about_it)
    address = f"projects/{project['id']}"
    assert api.get(address).json()["data"]["is_generating"] is True

    with factories.plain_pictures():
        running.run_job(job_id=ads.pk)
        running.run_job(job_id=film.pk)

    shown = api.get(address).json()["data"]
    assert (shown["is_generating"], shown["error"]) == (False, None)
    files = "http://127.0.0.1:8000/files/"
    assert shown["generated_image"].startswith(files + Asset.objects.get(job=ads).file)
    assert shown["generated_video"].startswith(files + Asset.objects.get(job=film).file)


def test_only_what_is_sent_changes(api: ApiClient, project: dict[str, Any]) -> None:
    answer = api.call("PATCH", f"projects/{project['id']}", {"prompt": "", "photo_ids": []})
    changed = answer.json()["data"]
    assert answer.status_code == 200
    assert changed.pop("updated_at") > project["updated_at"]
    assert changed == {name: value for name, value in project.items() if name != "updated_at"} | {
        "prompt": "",
        "photo_ids": [],
    }


def test_a_photo_that_was_deleted_is_not_shown(
    alice: User, api: ApiClient, project: dict[str, Any], photo: Asset
) -> None:
    with act_as_user(alice.pk):
        photos.remove_photo(user=alice, photo_id=photo.pk)
    assert api.get(f"projects/{project['id']}").json()["data"]["photo_ids"] == []


WRONG = [
    ({"name": ""}, "name", "blank"),
    ({"name": None}, "name", "null"),
    ({"name": "x" * 121}, "name", "max_length"),
    ({"product_name": "x" * 121}, "product_name", "max_length"),
    ({"prompt": "x" * 1001}, "prompt", "max_length"),
    ({"photo_ids": [factories.UNKNOWN_ID] * 2}, "photo_ids", "duplicate"),
    ({"photo_ids": [str(uuid7()) for _ in range(9)]}, "photo_ids", "max_length"),
    ({"photo_ids": ["me.jpg"]}, "photo_ids.0", "invalid"),
    ({"is_published": True}, "is_published", "unknown"),
]


@pytest.mark.parametrize(("change", "field", "code"), WRONG)
def test_a_wrong_field_is_named_and_nothing_changes(
    api: ApiClient, project: dict[str, Any], change: dict[str, Any], field: str, code: str
) -> None:
    before = Project.objects.values().get()
    for answer in (
        api.post("projects", {"name": "Another", **change}),
        api.call("PATCH", f"projects/{project['id']}", change),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
        assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [(field, code)]
    assert Project.objects.values().get() == before


def test_a_project_without_a_name_is_refused(api: ApiClient) -> None:
    errors = api.post("projects", {}).json()["errors"]
    assert [(one["field"], one["code"]) for one in errors] == [("name", "required")]
    assert not Project.objects.exists()


def test_a_project_of_anothers_or_with_anothers_photo_is_not_found(
    bob: User, bobs_api: ApiClient, project: dict[str, Any]
) -> None:
    before = Project.objects.values().get()
    address = f"projects/{project['id']}"
    for answer in (
        bobs_api.get(address),
        bobs_api.call("PATCH", address, {"name": "His"}),
        bobs_api.call("DELETE", address),
        bobs_api.post("projects", {"name": "His", "photo_ids": project["photo_ids"]}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    for answer in (ApiClient().get(address), ApiClient().call("DELETE", address)):
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert bobs_api.get("projects").json()["data"] == []
    assert Project.objects.values().get() == before


def test_a_deleted_project_is_gone_and_what_was_made_for_it_is_not(
    alice: User, api: ApiClient, project: dict[str, Any]
) -> None:
    address = f"projects/{project['id']}"
    job = factories.make_job(alice, kind="image", project_id=project["id"])
    busy = api.call("DELETE", address)
    assert (busy.status_code, busy.json()["code"]) == (409, "conflict")
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)

    answer = api.call("DELETE", address)

    assert (answer.status_code, answer.content) == (204, b"")
    assert api.get(address).status_code == 404
    (asset,) = api.get("assets").json()["data"]
    assert (asset["job_id"], asset["project_id"]) == (str(job.pk), None)
    assert api.get(f"jobs/{job.pk}").json()["data"]["project_id"] is None


def test_projects_are_listed_newest_first_in_pages(api: ApiClient) -> None:
    made = [api.post("projects", {"name": f"{n}"}).json()["data"]["id"] for n in range(3)]
    first = api.get("projects?limit=2").json()
    rest = api.get(f"projects?limit=2&cursor={first['meta']['next']}").json()
    seen = [one["id"] for one in first["data"] + rest["data"]]
    assert (seen, rest["meta"]["next"]) == (made[::-1], None)
