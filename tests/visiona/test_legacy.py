"""The addresses of the predecessors: the same views, with and without a slash at the end."""

import pytest
from django.test import Client

from accounts.models import User
from generation.models import Asset, Job
from generation.services import projects, running
from tests import factories
from tests.clients import ApiClient
from tests.people import make_portraits
from visiona.lib.db.actor import act_as_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def photo(alice: User) -> Asset:
    factories.grant(alice, 200)
    return factories.make_photo(alice)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/api/generate", "image"),
        ("/api/image", "image"),
        ("/api/thumbnail/generate", "thumbnail"),
        ("/api/thumbnail/video", "video"),
    ],
)
def test_an_address_that_says_the_kind_takes_an_order_without_it(
    api: ApiClient, photo: Asset, address: str, kind: str, slash: str
) -> None:
    shown = {"photo_ids": [str(photo.pk)]} if kind == "video" else {}
    body = factories.LEAST[kind] | shown
    answer = api.send("POST", address + slash, body)
    assert (answer.status_code, answer["Retry-After"]) == (202, "3")
    job = answer.json()["data"]
    assert (job["kind"], answer["Location"]) == (kind, f"/api/v1/jobs/{job['id']}")
    assert job["id"] == str(Job.objects.get().pk)
    assert answer.json()["meta"] == {"request_id": answer["X-Request-ID"]}
    assert api.send("POST", address + slash, body | {"kind": kind}).status_code == 202


def test_an_address_that_says_the_kind_takes_no_other(api: ApiClient, photo: Asset) -> None:
    answer = api.send("POST", "/api/image", {"kind": "thumbnail", "title": "How to win"})
    document = answer.json()
    assert (answer.status_code, document["code"]) == (422, "invalid_input")
    assert [(one["field"], one["code"]) for one in document["errors"]] == [
        ("kind", "invalid_choice")
    ]
    assert not Job.objects.exists()


def test_an_order_there_has_its_idempotency_key_too(api: ApiClient, photo: Asset) -> None:
    body = {"prompt": "Red sneakers"}
    first = api.send("POST", "/api/generate", body, Idempotency_Key="k")
    again = api.send("POST", "/api/v1/jobs", {"kind": "image", **body}, Idempotency_Key="k")
    assert again.json()["data"] == first.json()["data"]
    assert again["Idempotent-Replayed"] == "true"
    assert Job.objects.count() == 1


def test_the_gallery_is_the_library(alice: User, api: ApiClient, bobs_api: ApiClient) -> None:
    job = factories.make_job(alice, count=2)
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    listed = [one["id"] for one in api.send("GET", "/api/gallery/").json()["data"]]
    assert listed == [one["id"] for one in api.get("assets").json()["data"]]
    assert len(listed) == 2

    assert bobs_api.send("DELETE", f"/api/thumbnail/{listed[0]}").status_code == 404
    assert api.send("DELETE", f"/api/thumbnail/{listed[0]}").status_code == 204
    deleted = api.send("POST", "/api/gallery/delete", {"ids": listed})
    assert deleted.json()["data"] == {"deleted": 1}
    assert api.send("GET", "/api/gallery").json()["data"] == []
    assert Asset.objects.filter(deleted_at=None).count() == 0


def test_projects_and_credits_are_those_of_the_new_addresses(alice: User, api: ApiClient) -> None:
    with act_as_user(alice.pk):
        project = projects.create(user=alice, name="Mugs")
    for old, new in (
        ("user/projects", "projects"),
        (f"user/project/{project.pk}/", f"projects/{project.pk}"),
        ("user/credits", "credits"),
        ("credits/", "credits"),
    ):
        there, here = api.send("GET", f"/api/{old}"), api.get(new)
        assert (there.status_code, there.json()["data"]) == (200, here.json()["data"]), old


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_clone_is_trained_and_asked_for_by_its_id_or_its_jobs(
    alice: User, api: ApiClient, bobs_api: ApiClient, slash: str
) -> None:
    factories.grant(alice, 60)
    photo_ids = [str(photo.pk) for photo in make_portraits(alice, 4)]
    order = {"name": "Ada", "photo_ids": photo_ids, "consent": True}
    answer = api.send("POST", f"/api/models/train{slash}", order, Idempotency_Key="k")
    job = answer.json()["data"]
    assert (answer.status_code, job["kind"]) == (202, "training")
    for asked in (job["id"], job["clone_id"]):
        address = f"/api/models/status{slash}?id={asked}"
        shown = api.send("GET", address).json()["data"]
        assert (shown["id"], shown["status"]) == (job["clone_id"], "processing")
        assert bobs_api.send("GET", address).status_code == 404


def test_whose_status_is_asked_for_has_to_be_said(alice: User, api: ApiClient) -> None:
    for asked in ("", "?id=", "?id=ada"):
        document = api.send("GET", f"/api/models/status{asked}").json()
        assert (document["status"], document["code"]) == (422, "invalid_input")
        assert [(one["field"], one["code"]) for one in document["errors"]] == [("id", "invalid")]
    thumbnail = factories.make_job(alice)
    for asked in (str(thumbnail.pk), factories.UNKNOWN_ID):
        assert api.send("GET", f"/api/models/status?id={asked}").status_code == 404


def test_a_photo_is_uploaded(alice: User, api: ApiClient) -> None:
    answer = Client().post(
        "/api/photos/upload", data={"file": factories.upload()}, headers=api.bearer
    )
    assert answer.status_code == 201
    assert answer.json()["data"]["id"] == str(Asset.objects.get(user=alice).pk)


def test_people_come_in_by_the_old_doors() -> None:
    sign_in = {"email": "carol@example.com", "password": factories.PASSWORD}
    assert ApiClient().send("POST", "/api/auth/signup", sign_in).status_code == 201
    answer = ApiClient().send("POST", "/api/auth/login/", sign_in)
    assert (answer.status_code, answer.json()["data"]["user"]["email"]) == (
        200, "carol@example.com",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("GET", "/api/generate", 405, "method_not_allowed"),
        ("POST", "/api/gallery", 405, "method_not_allowed"),
        ("PATCH", f"/api/thumbnail/{factories.UNKNOWN_ID}", 405, "method_not_allowed"),
        ("DELETE", f"/api/thumbnail/{factories.UNKNOWN_ID}", 404, "not_found"),
        ("GET", f"/api/user/project/{factories.UNKNOWN_ID}", 404, "not_found"),
        ("GET", "/api/user/nothing", 404, "not_found"),
        ("POST", "/api/generate", 422, "invalid_input"),
        ("POST", "/api/models/train", 422, "invalid_input"),
        ("GET", "/api/models/train", 405, "method_not_allowed"),
    ],
)
def test_errors_there_are_problem_documents(
    api: ApiClient, method: str, address: str, status: int, code: str
) -> None:
    answer = api.send(method, address, None if method == "GET" else {})
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_nobody_gets_in_without_a_key(photo: Asset) -> None:
    for method, address in (
        ("POST", "/api/generate"),
        ("GET", "/api/gallery"),
        ("GET", "/api/user/projects"),
        ("GET", "/api/credits"),
        ("POST", "/api/models/train"),
        ("GET", "/api/models/status"),
    ):
        answer = ApiClient().send(method, address)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), address
    assert not Job.objects.exists()
