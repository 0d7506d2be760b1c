"""Files in two steps: kept apart until they are known to be clean, and never forgotten."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from generation import tasks
from generation.models import Asset, Upload
from generation.services import uploads
from tests import factories
from tests.clients import ApiClient
from tests.factories import picture
from tests.pictures import PHP, SVG, kept_files
from visiona.lib import clock

pytestmark = pytest.mark.django_db

PHOTO = picture()


@pytest.fixture(autouse=True)
def empty_quarantine() -> None:
    """Forget what an earlier test left there."""
    shutil.rmtree(Path(settings.FILES_DIR) / "quarantine", ignore_errors=True)


def announce(api: ApiClient, **fields: Any) -> Any:
    body = {"filename": "me.jpg", "bytes": len(PHOTO), "content_type": "image/jpeg", **fields}
    return api.post("uploads", body)


def deliver(begun: dict[str, Any], data: bytes) -> Any:
    """Do what a browser does with the address it was given."""
    address = urlsplit(begun["url"])
    form = {**begun["fields"], "file": SimpleUploadedFile("me.jpg", data)}
    return Client().post(f"{address.path}?{address.query}", form)


def code_of(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def quarantined() -> set[Path]:
    folder = Path(settings.FILES_DIR) / "quarantine"
    return {path for path in kept_files() if path.is_relative_to(folder)}


def seen(api: ApiClient, upload: Upload) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"uploads/{upload.pk}").json()["data"]
    return found


# --- The way of a good file ---------------------------------------------------------------------


def test_a_file_is_announced_sent_completed_and_becomes_a_photo(
    alice: User, api: ApiClient
) -> None:
    begun = announce(api, filename="C:\\pictures\\🦊 me.jpg")

    assert begun.status_code == 201
    assert begun["Location"] == f"/api/v1/uploads/{begun.json()['data']['id']}"
    begun = begun.json()["data"]
    assert set(begun) == {"id", "url", "fields"}
    upload = Upload.objects.get()
    assert api.get(f"uploads/{begun['id']}").json()["data"] == {
        "id": str(upload.pk),
        "filename": "🦊 me.jpg",
        "bytes": len(PHOTO),
        "status": "waiting",
        "error": None,
        "photo": None,
        "created_at": upload.created_at.isoformat().replace("+00:00", "Z"),
    }

    assert deliver(begun, PHOTO).status_code == 204
    completed = api.post(f"uploads/{begun['id']}/complete")

    assert completed.status_code == 202
    assert (completed["Location"], completed["Retry-After"]) == (
        f"/api/v1/uploads/{begun['id']}",
        "1",
    )
    assert completed.json()["data"]["status"] == "checking"
    assert len(quarantined()) == 1
    assert not Asset.objects.exists()

    tasks.check_upload(upload_id=begun["id"])

    done = api.get(f"uploads/{begun['id']}").json()["data"]
    photo = Asset.objects.get()
    assert (done["status"], done["error"]) == ("clean", None)
    assert done["photo"] == api.get(f"photos/{photo.pk}").json()["data"]
    assert (photo.title, photo.user_id, photo.width) == ("🦊 me.jpg", alice.pk, 640)
    assert quarantined() == set()
    assert [one["id"] for one in api.get("uploads").json()["data"]] == [begun["id"]]


def test_to_complete_and_to_check_twice_changes_nothing(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)
    assert uploads.check_upload(upload_id=upload.pk)
    done = seen(api, upload)

    assert not uploads.check_upload(upload_id=upload.pk)
    assert api.post(f"uploads/{upload.pk}/complete").json()["data"] == done
    assert Asset.objects.count() == 1


def test_the_same_bytes_again_are_the_photo_that_is_there(alice: User, api: ApiClient) -> None:
    first = factories.make_upload(alice, PHOTO)
    uploads.check_upload(upload_id=first.pk)
    before = kept_files()
    second = factories.make_upload(alice, PHOTO, name="again.jpg")
    uploads.check_upload(upload_id=second.pk)

    assert seen(api, second)["photo"] == seen(api, first)["photo"]
    assert Asset.objects.count() == 1
    assert kept_files() == before


def test_the_photo_of_an_upload_may_be_deleted_meanwhile(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)
    uploads.check_upload(upload_id=upload.pk)
    api.call("DELETE", f"photos/{Asset.objects.get().pk}")

    assert (seen(api, upload)["status"], seen(api, upload)["photo"]) == ("clean", None)


# --- What is refused when it is announced -------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"bytes": 0}, (422, "invalid_input")),
        ({"bytes": -1}, (422, "invalid_input")),
        ({"bytes": 21 * 10**6}, (413, "too_large")),
        ({"bytes": 2**70}, (413, "too_large")),
        ({"content_type": "image/svg+xml"}, (422, "invalid_input")),
        ({"content_type": "text/html"}, (422, "invalid_input")),
        ({"filename": ""}, (422, "invalid_input")),
        ({"filename": "x" * 1001}, (422, "invalid_input")),
        ({"size": 1}, (422, "invalid_input")),
    ],
    ids=range(9),
)
def test_what_cannot_be_a_photo_is_refused_before_it_is_sent(
    alice: User, api: ApiClient, fields: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert code_of(announce(api, **fields)) == expected
    assert not Upload.objects.exists()


@pytest.mark.parametrize(
    ("filename", "title"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..", ".."),
        ("a\tb\u202e.jpg", "ab.jpg"),
        ("x" * 900 + ".jpg", "x" * 200),
        ("🦊 füchse.jpg", "🦊 füchse.jpg"),
    ],
)
def test_a_name_is_only_a_title_and_never_a_path(
    alice: User, api: ApiClient, filename: str, title: str
) -> None:
    announce(api, filename=filename)

    upload = Upload.objects.get()
    assert upload.filename == title
    assert upload.quarantine_name == f"quarantine/{alice.pk}/{upload.pk}"


def test_two_hundred_files_may_be_on_their_way_and_no_more(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    assert settings.MAX_UNFINISHED_UPLOADS == 200
    for _ in range(199):
        factories.make_upload(alice)
    assert announce(api).status_code == 201

    refused = announce(api)

    assert code_of(refused) == (403, "quota_reached")
    assert refused.json()["limit"] == 200
    assert "200 of your files are still on their way" in refused.json()["detail"]
    assert Upload.objects.count() == 200
    first = Upload.objects.earliest("id")
    assert api.call("DELETE", f"uploads/{first.pk}").status_code == 204
    assert announce(api).status_code == 201


def test_who_keeps_as_much_as_one_may_announces_nothing(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    factories.make_photo(alice)
    settings.MAX_PHOTOS = 1

    assert code_of(announce(api)) == (403, "quota_reached")
    assert not Upload.objects.exists()


def test_a_file_that_never_came_cannot_be_completed_but_may_still_come(
    alice: User, api: ApiClient
) -> None:
    begun = announce(api).json()["data"]

    refused = api.post(f"uploads/{begun['id']}/complete")

    assert code_of(refused) == (409, "not_received")
    assert refused.json()["detail"].startswith("The file has not arrived.")
    assert Upload.objects.get().received_at is None
    deliver(begun, PHOTO)
    assert api.post(f"uploads/{begun['id']}/complete").status_code == 202


def test_more_than_was_announced_is_not_taken(alice: User, api: ApiClient) -> None:
    begun = announce(api).json()["data"]

    assert code_of(deliver(begun, PHOTO + b"x")) == (413, "too_large")

    assert quarantined() == set()
    assert code_of(api.post(f"uploads/{begun['id']}/complete")) == (409, "not_received")


# --- What is refused when it is looked at -------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code", "detail"),
    [
        (SVG, "unreadable_image", "Send a JPEG, PNG, WebP, HEIC or AVIF picture."),
        (PHP, "unreadable_image", "Send a JPEG, PNG, WebP, HEIC or AVIF picture."),
        (
            PHOTO[: len(PHOTO) // 2],
            "unreadable_image",
            "This file is damaged or cut off. Save the picture again and send that.",
        ),
        (picture((200, 200)), "unreadable_image", "Too small: use at least 256x256 pixels."),
    ],
    ids=["SVG", "PHP", "half", "small"],
)
def test_a_file_that_is_no_picture_is_refused_with_the_reason_and_erased(
    alice: User, api: ApiClient, data: bytes, code: str, detail: str
) -> None:
    upload = factories.make_upload(alice, data)
    before = kept_files() - quarantined()

    tasks.check_upload(upload_id=str(upload.pk))

    shown = seen(api, upload)
    assert (shown["status"], shown["photo"]) == ("refused", None)
    assert shown["error"] == {"code": code, "detail": detail}
    assert not Asset.objects.exists()
    assert kept_files() == before


def test_a_bucket_that_took_too_much_is_found_out(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)
    default_storage.save(
        upload.quarantine_name, ContentFile(PHOTO.ljust(settings.MAX_PHOTO_BYTES + 1))
    )

    tasks.check_upload(upload_id=str(upload.pk))

    assert seen(api, upload)["error"] == {
        "code": "too_large",
        "detail": "This file is larger than 20 MB. Send a smaller one.",
    }
    assert quarantined() == set()


def test_a_file_that_is_gone_when_it_is_looked_at_is_refused(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)
    default_storage.delete(upload.quarantine_name)

    tasks.check_upload(upload_id=str(upload.pk))

    assert seen(api, upload)["error"] == {
        "code": "not_received",
        "detail": "This file never arrived. Send it again.",
    }


def test_room_that_was_there_when_it_was_announced_may_be_gone(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    upload = factories.make_upload(alice, PHOTO)
    factories.make_photo(alice)
    settings.MAX_PHOTOS = 1

    tasks.check_upload(upload_id=str(upload.pk))

    assert seen(api, upload)["error"]["code"] == "quota_reached"
    assert Asset.objects.count() == 1
    assert quarantined() == set()


# --- When it cannot be looked at ----------------------------------------------------------------


def test_without_its_scanner_a_file_waits_and_is_looked_at_later(
    alice: User, api: ApiClient, settings: Settings, tmp_path: Path
) -> None:
    settings.CLAMD_ADDRESS = f"unix://{tmp_path}/nobody.sock"
    upload = factories.make_upload(alice, PHOTO)

    for _ in range(uploads.MAX_ATTEMPTS + 2):
        Upload.objects.update(lease_until=None)
        assert uploads.check_upload(upload_id=upload.pk)
        assert not uploads.check_upload(upload_id=upload.pk)  # not at once again

    assert seen(api, upload)["status"] == "checking"
    assert not Asset.objects.exists()
    assert len(quarantined()) == 1
    settings.CLAMD_ADDRESS = ""
    Upload.objects.update(lease_until=clock.now() - timedelta(seconds=1))
    assert uploads.check_due()
    assert seen(api, upload)["status"] == "clean"


def test_the_check_of_a_worker_that_died_is_done_again(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)
    Upload.objects.update(attempts=1, lease_until=clock.now() + timedelta(seconds=60))
    assert not uploads.check_due()
    assert uploads.sweep() == 0

    Upload.objects.update(lease_until=clock.now() - timedelta(seconds=1))

    assert uploads.sweep() == 1
    assert uploads.check_due()
    assert seen(api, upload)["status"] == "clean"


def test_a_worker_that_died_after_keeping_the_photo_leaves_one_photo(
    alice: User, api: ApiClient
) -> None:
    upload = factories.make_upload(alice, PHOTO)
    photo = factories.make_photo(alice, data=PHOTO)

    tasks.check_upload(upload_id=str(upload.pk))

    assert seen(api, upload)["photo"]["id"] == str(photo.pk)
    assert Asset.objects.count() == 1


def test_a_file_that_kills_every_worker_is_given_up(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)
    Upload.objects.update(attempts=uploads.MAX_ATTEMPTS)

    tasks.check_upload(upload_id=str(upload.pk))

    assert seen(api, upload)["error"] == {
        "code": "not_checked",
        "detail": "This file could not be checked. Send it again.",
    }
    assert quarantined() == set()


@pytest.mark.parametrize(
    ("status", "code"), [("waiting", "not_received"), ("checking", "not_checked")]
)
def test_what_still_waits_after_a_day_is_refused_and_erased(
    alice: User, api: ApiClient, status: str, code: str
) -> None:
    upload = factories.make_upload(alice, PHOTO)
    if status == "waiting":
        Upload.objects.update(received_at=None)
    uploads.end_abandoned()
    assert seen(api, upload)["status"] == status
    assert len(quarantined()) == 1

    Upload.objects.update(created_at=clock.now() - timedelta(hours=24, seconds=1))
    tasks.sweep_uploads()

    assert seen(api, upload)["error"]["code"] == code
    assert quarantined() == set()


def test_what_ended_a_week_ago_is_forgotten(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)
    uploads.check_upload(upload_id=upload.pk)
    uploads.end_abandoned()
    assert Upload.objects.exists()

    Upload.objects.update(finished_at=clock.now() - timedelta(days=7, seconds=1))
    uploads.end_abandoned()

    assert not Upload.objects.exists()
    assert Asset.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_take_the_same_file_make_one_photo(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)

    def work(_: int) -> bool:
        try:
            return uploads.check_upload(upload_id=upload.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as together:
        assert sorted(together.map(work, range(2))) == [False, True]

    assert seen(api, upload)["status"] == "clean"
    assert Asset.objects.count() == 1


# --- Taking it back -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_canceled_file_is_erased_and_becomes_nothing(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)

    assert api.call("DELETE", f"uploads/{upload.pk}").status_code == 204

    assert quarantined() == set()
    assert not uploads.check_upload(upload_id=upload.pk)
    assert code_of(api.get(f"uploads/{upload.pk}")) == (404, "not_found")
    assert code_of(api.call("DELETE", f"uploads/{upload.pk}")) == (404, "not_found")
    assert not Asset.objects.exists()


def test_to_forget_how_it_ended_leaves_the_photo(alice: User, api: ApiClient) -> None:
    upload = factories.make_upload(alice, PHOTO)
    uploads.check_upload(upload_id=upload.pk)

    assert api.call("DELETE", f"uploads/{upload.pk}").status_code == 204

    assert api.get("uploads").json()["data"] == []
    assert len(api.get("photos").json()["data"]) == 1


# --- Mine and not mine --------------------------------------------------------------------------


def test_another_persons_upload_is_not_found_and_stays_as_it_is(
    alice: User, bobs_api: ApiClient
) -> None:
    upload = factories.make_upload(alice, PHOTO)
    Upload.objects.update(received_at=None)

    assert code_of(bobs_api.get(f"uploads/{upload.pk}")) == (404, "not_found")
    assert code_of(bobs_api.post(f"uploads/{upload.pk}/complete")) == (404, "not_found")
    assert code_of(bobs_api.call("DELETE", f"uploads/{upload.pk}")) == (404, "not_found")

    assert bobs_api.get("uploads").json()["data"] == []
    upload.refresh_from_db()
    assert upload.received_at is None
    assert len(quarantined()) == 1


def test_strangers_announce_nothing(db: None) -> None:
    assert code_of(announce(ApiClient())) == (401, "not_authenticated")
    assert not Upload.objects.exists()
