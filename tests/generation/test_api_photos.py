"""Photos over the API as telephones, scanners and people with bad intentions send them."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from accounts import services as accounts_services
from accounts.models import User
from credits import selectors as credits_selectors
from generation.models import Asset
from generation.services import running
from tests import factories
from tests.clients import ApiClient
from tests.factories import picture

pytestmark = pytest.mark.django_db

MARKER = b"find-me-nowhere"
BOUNDARY = "a-line-between"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def kept_files() -> set[Path]:
    return {path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file()}


def kept_pictures() -> list[bytes]:
    """The bytes of everything that is stored of the one photo there is."""
    photo = Asset.objects.get()
    kept = []
    for name in (photo.file, photo.preview):
        with default_storage.open(name) as file:
            kept.append(file.read())
    return kept


def kept_photo() -> Image.Image:
    opened = Image.open(io.BytesIO(kept_pictures()[0]))
    opened.load()
    return opened


def pixel(opened: Image.Image, x: int, y: int) -> tuple[int, int, int]:
    red, green, blue = opened.getpixel((x, y))  # type: ignore[misc] # an RGB picture
    return red, green, blue


def saved(made: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


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


# --- What cameras and programs write ------------------------------------------------------------


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photo_stands_upright_however_the_telephone_was_held(api: ApiClient, turn: int) -> None:
    upright = Image.new("RGB", (600, 400), "teal")
    upright.paste("red", (0, 0, 300, 200))  # the corner at the upper left
    back = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[turn]
    exif = Image.Exif()
    exif[0x0112] = turn
    data = saved(upright if back is None else upright.transpose(back), "JPEG", exif=exif)

    answer = send(api, data)

    assert answer.status_code == 201
    assert (answer.json()["data"]["width"], answer.json()["data"]["height"]) == (600, 400)
    photo = kept_photo()
    assert photo.size == (600, 400)
    red, green, _ = pixel(photo, 100, 100)
    assert red > 200
    assert green < 60
    for x, y in ((500, 100), (100, 300), (500, 300)):
        assert pixel(photo, x, y)[0] < 60


def test_a_telephones_photo_with_another_picture_behind_it_is_a_photo(api: ApiClient) -> None:
    behind = [Image.new("RGB", (300, 300), "red")]
    data = saved(Image.new("RGB", (640, 480), "teal"), "MPO", save_all=True, append_images=behind)
    assert data[:3] == b"\xff\xd8\xff"

    answer = send(api, data)

    assert answer.status_code == 201
    assert kept_photo().size == (640, 480)
    assert pixel(kept_photo(), 320, 240)[0] < 60


@pytest.mark.parametrize("size", [(300, 300), (3000, 2000)], ids=["small", "made smaller"])
def test_a_scan_of_16_bits_keeps_its_grays(api: ApiClient, size: tuple[int, int]) -> None:
    answer = send(api, saved(Image.new("I;16", size, 0x8000), "PNG"))

    assert answer.status_code == 201
    assert all(abs(value - 128) <= 2 for value in pixel(kept_photo(), 150, 150))


def test_a_scan_of_16_bits_may_say_which_gray_is_transparent(api: ApiClient) -> None:
    size, gray = (300, 300), 0x8000
    header = struct.pack(">IIBBBBB", *size, 16, 0, 0, 0, 0)
    line = b"\0" + struct.pack(">H", gray) * size[0]
    chunks = (
        (b"IHDR", header),
        (b"tRNS", struct.pack(">H", 0xFFFF)),
        (b"IDAT", zlib.compress(line * size[1])),
        (b"IEND", b""),
    )
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )

    assert send(api, data).status_code == 201

    assert all(abs(value - 128) <= 2 for value in pixel(kept_photo(), 150, 150))


# --- What must not come along -------------------------------------------------------------------


def exif_with_the_marker() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = MARKER.decode()  # ImageDescription
    exif[0x9286] = MARKER  # UserComment
    exif.get_ifd(0x8825)[29] = MARKER.decode()  # the day of the GPS
    return exif


def text_with_the_marker() -> PngInfo:
    info = PngInfo()
    info.add_text("Comment", MARKER.decode())
    info.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{MARKER.decode()}</x:xmpmeta>")
    return info


CARRIERS: dict[str, dict[str, Any]] = {
    "JPEG": {"xmp": MARKER, "comment": MARKER},
    "PNG": {"pnginfo": text_with_the_marker()},
    "WEBP": {"xmp": MARKER},
    "MPO": {"xmp": MARKER},
}


@pytest.mark.parametrize("kind", CARRIERS)
def test_nothing_that_was_written_into_a_picture_is_kept(api: ApiClient, kind: str) -> None:
    made = Image.new("RGB", (640, 480), "teal")
    data = saved(made, kind, exif=exif_with_the_marker(), **CARRIERS[kind]) + MARKER
    assert data.count(MARKER) >= 3

    answer = send(api, data)

    assert answer.status_code == 201
    assert all(MARKER not in kept for kept in kept_pictures())
    assert dict(kept_photo().getexif()) == {}
    assert MARKER.decode() not in answer.content.decode()


def test_a_picture_that_is_also_a_page_is_kept_as_a_picture_alone(
    api: ApiClient, client: Client
) -> None:
    script = b"<html><script>alert(1)</script>"
    answer = send(api, saved(Image.new("RGB", (300, 300)), "JPEG", comment=script), "x.html")

    address = urlsplit(answer.json()["data"]["url"])
    served = client.get(f"{address.path}?{address.query}")

    assert served["Content-Type"] == "image/jpeg"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert b"script" not in b"".join(served.streaming_content)  # type: ignore[attr-defined]


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
        (b"no form at all", MULTIPART, (422, "invalid_input")),
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


def test_a_form_of_a_thousand_files_is_refused_as_a_whole(alice: User) -> None:
    part = disposition_of('name="file"; filename="x.jpg"', picture()).rpartition(b"--a-line")[0]
    answer = post(alice, part * 1000 + f"--{BOUNDARY}--\r\n".encode())

    assert code_of(answer) == (400, "malformed")
    assert not Asset.objects.exists()


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


# --- Mine and not mine --------------------------------------------------------------------------


def test_my_photos_are_listed_newest_first_page_by_page(api: ApiClient, alice: User) -> None:
    ids = [send(api, picture()).json()["data"]["id"] for _ in range(3)]

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
    photo = send(api, saved(Image.new("RGB", (300, 300)), "WEBP"), "x.webp").json()["data"]
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
