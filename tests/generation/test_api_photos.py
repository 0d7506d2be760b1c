"""Photos over the API: forms and what is wrong with them, room, twins, outages and owners."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from pytest_django import Settings

from accounts import services as accounts_services
from accounts.models import User
from credits import selectors as credits_selectors
from generation.errors import QuotaReached
from generation.models import Asset
from generation.services import photos, running
from tests import factories
from tests.clients import ApiClient
from tests.factories import picture
from tests.pictures import kept_files, plain, saved
from tests.processes import no_file_beyond
from visiona.lib.errors import NotFound

pytestmark = pytest.mark.django_db

BOUNDARY = "a-line-between"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def send(api: ApiClient, data: bytes, name: str = "photo.jpg") -> Any:
    return api.upload("photos", file=factories.upload(name, data))


def disposition_of(parameters: str, data: bytes) -> bytes:
    """A form as raw bytes, so that no client tidies up what the file is called."""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; {parameters}\r\n\r\n"
    return head.encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def post(user: User, body: bytes, content_type: str = MULTIPART) -> Any:
    """Send a body to /photos exactly as it is."""
    secret = accounts_services.issue_sign_in(user=user, client="tests")
    client = Client(raise_request_exception=False)
    return client.post(
        "/api/v1/photos",
        body,
        content_type=content_type,
        headers={"authorization": f"Bearer {secret}"},
    )


def code_of(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


# --- What is taken ------------------------------------------------------------------------------


def test_a_photo_is_kept_with_its_size_its_hash_and_advice(alice: User, api: ApiClient) -> None:
    answer = api.upload("photos", file=factories.upload("astronaut.jpg"))

    assert answer.status_code == 201
    photo = answer.json()["data"]
    asset = Asset.objects.get()
    assert set(photo) == {
        "id", "url", "width", "height", "bytes", "sha256", "coach", "portrait", "created_at",
    }  # fmt: skip
    assert (photo["width"], photo["height"]) == (512, 512)
    assert photo["bytes"] == asset.bytes == default_storage.size(asset.file)
    assert photo["coach"] == {
        "verdict": "usable",
        "issues": [
            {
                "code": "small",
                "advice": "Use a photo of at least 1024 pixels on its shorter side.",
            }
        ],
    }
    assert (asset.source, asset.user_id, asset.content_type) == ("upload", alice.pk, "image/jpeg")
    assert asset.file == f"people/{alice.pk}/photos/{asset.pk}.jpg"
    assert (asset.title, asset.alt_text) == ("astronaut.jpg", "Your photo")
    assert api.get(f"photos/{photo['id']}").json()["data"] == photo
    assert [one["id"] for one in api.get("photos").json()["data"]] == [photo["id"]]
    assert api.get("assets").json()["data"] == []


# --- What files are called ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "title"),
    [
        ('name="file"; filename="../../../etc/passwd"', "passwd"),
        ('name="file"; filename="C:\\\\Users\\\\me\\\\cat.jpg"', "cat.jpg"),
        ('name="file"; filename="🦊 füchse.jpg"', "🦊 füchse.jpg"),
        ("name=\"file\"; filename*=UTF-8''%F0%9F%A6%8A.jpg", "🦊.jpg"),
        ("name=\"file\"; filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd"),
        ("name=\"file\"; filename*=UTF-8''a%00b.jpg", "ab.jpg"),
        ("name=\"file\"; filename*=UTF-8''a%0D%0Ab.jpg", "ab.jpg"),
        ('name="file"; filename="<script>alert(1)<|script>.jpg"', "<script>alert(1)<|script>.jpg"),
        ('name="file"; filename="..."', "..."),
        (f'name="file"; filename="{"x" * 400}.jpg"', None),
    ],
    ids=range(10),
)
def test_a_name_is_only_a_title_and_never_a_path(
    alice: User, parameters: str, title: str | None
) -> None:
    before = kept_files()

    answer = post(alice, disposition_of(parameters, picture()))

    assert answer.status_code == 201
    photo = Asset.objects.get()
    assert len(photo.title) <= 200
    if title is not None:
        assert photo.title == title
    folder = Path(settings.FILES_DIR) / f"people/{alice.pk}/photos"
    assert kept_files() - before == {
        folder / f"{photo.pk}.jpg",
        *(folder / f"{photo.pk}-{width}.webp" for width in photo.renditions),
    }


# --- What is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("megabytes", [21 * 10**6, 22 * 2**20], ids=["21 MB", "22 MiB"])
def test_a_file_over_20_megabytes_is_too_large(alice: User, megabytes: int) -> None:
    data = picture()
    before = kept_files()

    answer = post(alice, disposition_of('name="file"; filename="x.jpg"', data.ljust(megabytes)))

    assert code_of(answer) == (413, "too_large")
    assert "20 MB" in answer.json()["detail"]
    assert not Asset.objects.exists()
    assert kept_files() == before


def test_a_file_of_just_under_20_megabytes_is_taken(alice: User) -> None:
    data = picture().ljust(settings.MAX_PHOTO_BYTES)

    answer = post(alice, disposition_of('name="file"; filename="x.jpg"', data))

    assert answer.status_code == 201
    assert answer.json()["data"]["bytes"] < 20_000


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b'{"file": "x"}', "application/json", (415, "unsupported_media_type")),
        (b"file=x", "application/x-www-form-urlencoded", (415, "unsupported_media_type")),
        (picture(), "image/jpeg", (415, "unsupported_media_type")),
        (picture(), "", (415, "unsupported_media_type")),
        (disposition_of('name="file"', b"x"), "multipart/form-data", (400, "malformed")),
        (b"no form at all", MULTIPART, (400, "malformed")),
        (b"", MULTIPART, (422, "invalid_input")),
        (
            disposition_of('name="photo"; filename="x"', picture()),
            MULTIPART,
            (422, "invalid_input"),
        ),
        (disposition_of('name="file"; filename=""', picture()), MULTIPART, (422, "invalid_input")),
        (disposition_of('name="file"', b"text"), MULTIPART, (422, "invalid_input")),
    ],
    ids=range(10),
)
def test_a_request_that_brings_no_file_is_refused(
    alice: User, body: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    before = kept_files()

    assert code_of(post(alice, body, content_type)) == expected

    assert not Asset.objects.exists()
    assert kept_files() == before


@pytest.mark.parametrize(
    ("files", "expected"), [(2, (422, "invalid_input")), (200, (400, "malformed"))]
)
def test_a_form_of_many_files_is_refused_as_a_whole(
    alice: User, files: int, expected: tuple[int, str]
) -> None:
    part = disposition_of('name="file"; filename="x.jpg"', picture()).rpartition(b"--a-line")[0]
    before = kept_files()

    answer = post(alice, part * files + f"--{BOUNDARY}--\r\n".encode())

    assert code_of(answer) == expected
    assert not Asset.objects.exists()
    assert kept_files() == before


@pytest.mark.parametrize("kept", [0.9, 0.999])
def test_a_form_that_breaks_off_on_its_way_is_refused_and_nothing_is_kept(
    alice: User, kept: float
) -> None:
    # What is missing hangs behind a whole picture: only the form knows that it is not all.
    whole = disposition_of('name="file"; filename="x.jpg"', picture() + b"\0" * 100_000)
    before = kept_files()

    answer = post(alice, whole[: int(len(whole) * kept)])

    assert code_of(answer) == (400, "malformed")
    assert not Asset.objects.exists()
    assert kept_files() == before


def test_an_unknown_field_beside_the_file_is_refused(alice: User, api: ApiClient) -> None:
    answer = api.upload("photos", file=factories.upload(), titel="typo")

    assert code_of(answer) == (422, "invalid_input")
    errors = [(one["field"], one["code"]) for one in answer.json()["errors"]]
    assert errors == [("titel", "unknown")]
    assert Asset.objects.count() == 0


def test_strangers_upload_nothing(client: Client) -> None:
    before = kept_files()
    answer = client.post("/api/v1/photos", {"file": factories.upload()})

    assert code_of(answer) == (401, "not_authenticated")
    assert not Asset.objects.exists()
    assert kept_files() == before


def test_a_browser_uploads_only_with_its_csrf_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    client.get("/studio/")
    token = client.cookies["csrftoken"].value

    bare = client.post("/api/v1/photos", {"file": factories.upload()})
    assert code_of(bare) == (403, "csrf_failed")
    assert not Asset.objects.exists()
    headers = {"X-CSRFToken": token}
    with_token = client.post("/api/v1/photos", {"file": factories.upload()}, headers=headers)

    assert with_token.status_code == 201


# --- The same again -----------------------------------------------------------------------------


def test_the_same_file_again_is_the_photo_that_is_there(alice: User, api: ApiClient) -> None:
    first = send(api, picture(), "one.jpg").json()["data"]
    before = kept_files()

    again = send(api, picture(), "two.jpg")

    assert again.status_code == 201
    assert again.json()["data"] == first
    assert Asset.objects.get().title == "one.jpg"
    assert kept_files() == before


def test_a_file_whose_photo_is_in_the_bin_is_a_new_photo(alice: User, api: ApiClient) -> None:
    first = send(api, picture()).json()["data"]
    assert api.call("DELETE", f"photos/{first['id']}").status_code == 204

    second = send(api, picture()).json()["data"]

    assert second["id"] != first["id"]
    assert Asset.objects.get(pk=second["id"]).deleted_at is None
    assert Asset.objects.filter(deleted_at__isnull=False).count() == 1


def test_people_never_share_a_photo(api: ApiClient, bobs_api: ApiClient, bob: User) -> None:
    mine = send(api, picture()).json()["data"]
    his = send(bobs_api, picture()).json()["data"]

    assert his["id"] != mine["id"]
    assert Asset.objects.get(pk=his["id"]).file == f"people/{bob.pk}/photos/{his['id']}.jpg"


# --- How much a person may keep -----------------------------------------------------------------


def test_who_keeps_as_many_as_one_may_is_told_how_many_and_what_to_do(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    settings.MAX_PHOTOS = 2
    first = send(api, picture((300, 300))).json()["data"]
    send(api, picture((300, 310)))
    before = kept_files()

    refused = send(api, picture((300, 320)))

    assert code_of(refused) == (403, "quota_reached")
    assert refused.json()["detail"] == (
        "You keep 2 photos, and 2 is the most."
        " Delete some that you no longer need, then send this one again."
    )
    assert refused.json()["limit"] == 2
    assert Asset.objects.count() == 2
    assert kept_files() == before
    assert send(api, picture((300, 300))).json()["data"] == first  # it is there already
    api.call("DELETE", f"photos/{first['id']}")
    assert send(api, picture((300, 320))).status_code == 201


def test_photos_may_take_so_much_room_and_no_more(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    kept = send(api, picture((300, 300))).json()["data"]["bytes"]
    before = kept_files()

    for limit in (kept, kept + 100):  # full before it is read; too full with what it came to
        settings.MAX_PHOTO_STORAGE_BYTES = limit
        refused = send(api, picture((300, 310)))

        assert code_of(refused) == (403, "quota_reached")
        assert refused.json()["limit"] == limit
        assert Asset.objects.count() == 1
        assert kept_files() == before


def test_a_photo_comes_back_from_the_bin_only_if_there_is_room_and_it_has_no_twin(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    settings.MAX_PHOTOS = 1
    binned = factories.make_photo(alice)
    api.call("DELETE", f"photos/{binned.pk}")
    other = send(api, picture()).json()["data"]
    with pytest.raises(QuotaReached):
        photos.restore_photo(user=alice, photo_id=binned.pk)
    api.call("DELETE", f"photos/{other['id']}")
    twin = factories.make_photo(alice)

    photos.restore_photo(user=alice, photo_id=binned.pk)
    assert [one["id"] for one in api.get("photos").json()["data"]] == [str(twin.pk)]
    api.call("DELETE", f"photos/{twin.pk}")
    photos.restore_photo(user=alice, photo_id=binned.pk)

    assert [one["id"] for one in api.get("photos").json()["data"]] == [str(binned.pk)]
    with pytest.raises(NotFound):
        photos.restore_photo(user=alice, photo_id=binned.pk)


def test_what_one_person_keeps_leaves_another_their_room(
    api: ApiClient, bobs_api: ApiClient, settings: Settings
) -> None:
    settings.MAX_PHOTOS = 1
    assert send(api, picture()).status_code == 201
    assert send(bobs_api, picture()).status_code == 201


def test_a_photo_that_was_kept_meanwhile_takes_no_second_place(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    settings.MAX_PHOTOS = 1
    assert send(api, picture()).status_code == 201
    kept = Asset.objects.get().original_sha256

    photos.check_room(user_id=alice.pk, besides=kept)

    with pytest.raises(QuotaReached):
        photos.check_room(user_id=alice.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sizes", [(300, 310), (300, 300)], ids=["two files", "the same twice"])
def test_of_two_at_once_for_the_last_place_one_gets_in(
    alice: User, settings: Settings, sizes: tuple[int, int]
) -> None:
    settings.MAX_PHOTOS = 1
    before = kept_files()

    def send_one(size: int) -> Any:
        try:
            answer = send(ApiClient(alice), picture((300, size)))
            return answer.status_code, answer.json().get("data", {}).get("id")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as together:
        answers = list(together.map(send_one, sizes))

    photo = Asset.objects.get()
    if sizes[0] == sizes[1]:
        assert answers == [(201, str(photo.pk))] * 2
    else:
        assert sorted(answers, key=str) == [(201, str(photo.pk)), (403, None)]
    assert len(kept_files() - before) == len(photo.file_names) == 2


# --- When something is down ---------------------------------------------------------------------


@pytest.fixture
def no_storage(tmp_path: Path, settings: Settings) -> Path:
    """A file lies where the folder of all files should be: nothing can be stored."""
    place = tmp_path / "files"
    place.write_text("in the way")
    use_storage(settings, place)
    return place


@pytest.fixture
def empty_disk(tmp_path: Path, settings: Settings) -> Path:
    """A place of this test's own."""
    place = tmp_path / "files"
    use_storage(settings, place)
    return place


def use_storage(settings: Settings, place: Path) -> None:
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": str(place)}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {**settings.STORAGES["default"], "OPTIONS": options},
    }


def test_without_storage_nothing_is_kept_and_it_is_said_when_to_try_again(
    alice: User, api: ApiClient, no_storage: Path
) -> None:
    answer = send(api, picture())

    assert code_of(answer) == (503, "unavailable")
    assert int(answer["Retry-After"]) > 0
    assert not Asset.objects.exists()
    assert no_storage.read_text() == "in the way"


def test_a_full_disk_keeps_neither_rows_nor_files(
    alice: User, api: ApiClient, empty_disk: Path
) -> None:
    with no_file_beyond(30_000):  # a smaller copy still fits, the photo itself does not
        answer = send(api, factories.upload("astronaut.jpg").read())

    assert code_of(answer) == (503, "unavailable")
    assert not Asset.objects.exists()
    assert [path for path in empty_disk.rglob("*") if path.is_file()] == []


def test_what_cannot_be_checked_for_viruses_is_not_taken(
    alice: User, api: ApiClient, settings: Settings, tmp_path: Path
) -> None:
    settings.CLAMD_ADDRESS = f"unix://{tmp_path}/nobody.sock"
    before = kept_files()

    answer = send(api, picture())

    assert code_of(answer) == (503, "unavailable")
    assert not Asset.objects.exists()
    assert kept_files() == before


# --- Mine and not mine --------------------------------------------------------------------------


def test_my_photos_are_listed_newest_first_page_by_page(api: ApiClient, alice: User) -> None:
    sizes = ((300, 300), (300, 310), (300, 320))
    ids = [send(api, picture(size)).json()["data"]["id"] for size in sizes]

    page = api.get("photos?limit=2").json()
    rest = api.get(f"photos?limit=2&cursor={page['meta']['next']}").json()

    assert [photo["id"] for photo in page["data"] + rest["data"]] == ids[::-1]
    assert rest["meta"]["next"] is None


def test_another_persons_photo_is_not_found_and_stays_where_it_is(
    alice: User, api: ApiClient, bobs_api: ApiClient
) -> None:
    photo = send(api, picture()).json()["data"]

    assert code_of(bobs_api.get(f"photos/{photo['id']}")) == (404, "not_found")
    assert code_of(bobs_api.call("DELETE", f"photos/{photo['id']}")) == (404, "not_found")

    assert bobs_api.get("photos").json()["data"] == []
    assert api.get(f"photos/{photo['id']}").status_code == 200
    order = {"kind": "thumbnail", "title": "Mine", "photo_id": photo["id"]}
    assert code_of(bobs_api.post("jobs", order)) == (404, "not_found")
    assert credits_selectors.wallet_of(user=alice).held == 0


def test_a_picture_that_was_made_is_no_photo(alice: User, api: ApiClient) -> None:
    job = factories.make_job(alice)
    with factories.plain_pictures():
        running.run_job(job_id=job.pk)
    (made,) = Asset.objects.all()

    assert code_of(api.get(f"photos/{made.pk}")) == (404, "not_found")
    assert code_of(api.call("DELETE", f"photos/{made.pk}")) == (404, "not_found")

    made.refresh_from_db()
    assert made.deleted_at is None


def test_a_photo_is_no_picture_that_was_made(api: ApiClient) -> None:
    photo = send(api, picture()).json()["data"]

    assert code_of(api.get(f"assets/{photo['id']}")) == (404, "not_found")
    assert code_of(api.call("PATCH", f"assets/{photo['id']}", {"title": "x"})) == (404, "not_found")
    assert code_of(api.call("DELETE", f"assets/{photo['id']}")) == (404, "not_found")
    assert api.post("assets/delete", {"ids": [photo["id"]]}).json()["data"] == {"deleted": 0}

    assert api.get(f"photos/{photo['id']}").status_code == 200


def test_the_address_of_a_photo_works_without_signing_in_and_says_what_it_is(
    api: ApiClient,
) -> None:
    photo = send(api, saved(plain(), "WEBP"), "x.webp").json()["data"]
    address = urlsplit(photo["url"])
    assert f"{address.scheme}://{address.netloc}" == settings.PUBLIC_URL

    answer = Client().get(f"{address.path}?{address.query}")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["X-Content-Type-Options"] == "nosniff"
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert len(content) == photo["bytes"]
    assert "Set-Cookie" not in answer


@pytest.mark.parametrize("expires", ["9" * 5000, "9" * 30, "0", "", "1e9", "-1"])
def test_an_address_with_another_end_gives_nothing(api: ApiClient, expires: str) -> None:
    photo = send(api, picture()).json()["data"]
    address = urlsplit(photo["url"])
    signature = address.query.partition("signature=")[2]

    client = Client(raise_request_exception=False)
    answer = client.get(address.path, {"expires": expires, "signature": signature})

    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["../../settings.py", "..%2f..%2fsecret_key", "%2fetc%2fpasswd"])
def test_a_path_out_of_the_folder_gives_nothing(api: ApiClient, path: str) -> None:
    photo = send(api, picture()).json()["data"]

    answer = Client().get(f"/files/{path}?{urlsplit(photo['url']).query}")

    assert answer.status_code == 404


def test_a_photo_that_is_deleted_meanwhile_is_still_in_the_thumbnail_it_was_ordered_for(
    alice: User, api: ApiClient
) -> None:
    photo = send(api, factories.upload().read()).json()["data"]
    order = {"kind": "thumbnail", "title": "To the moon", "photo_id": photo["id"]}
    job = api.post("jobs", order).json()["data"]
    assert api.call("DELETE", f"photos/{photo['id']}").status_code == 204

    running.run_job(job_id=job["id"])

    done = api.get(f"jobs/{job['id']}").json()["data"]
    assert (done["status"], done["captured"]) == ("succeeded", 10)
    made = Asset.objects.get(job_id=job["id"])
    assert (made.facts["kind"], made.facts["cut_out"]) == ("composite", True)
    assert code_of(api.get(f"photos/{photo['id']}")) == (404, "not_found")
    assert code_of(api.post("jobs", order)) == (404, "not_found")
    assert credits_selectors.wallet_of(user=alice).held == 0
