"""Photos from people: only pictures, of sensible size, and nothing of the upload but its pixels."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from PIL import Image, ImageCms
from pytest_django import Settings

from accounts.models import User
from generation import selectors
from generation.errors import ImageTooLarge, UnreadableImage
from generation.media import photos as media
from generation.models import Asset
from tests import factories
from tests.clients import ApiClient
from tests.factories import picture, upload

pytestmark = pytest.mark.django_db

JPEG_MARK = b"\xff\xd8\xff"
ORIENTATION, GPS, GPS_LATITUDE = 0x0112, 0x8825, 2


def send(api: ApiClient, data: bytes, name: str = "photo.jpg") -> Any:
    return api.upload("photos", file=upload(name, data))


def files() -> set[Path]:
    """Every file that is kept."""
    return {path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file()}


def stored(answer: Any) -> Image.Image:
    photo = Asset.objects.get(pk=answer.json()["data"]["id"])
    with default_storage.open(photo.file) as file:
        opened = Image.open(io.BytesIO(file.read()))
    opened.load()
    return opened


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of these chunks, each with its right checksum."""
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes whose header claims this size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return png((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b""))


def saved(made: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


# --- What is taken ------------------------------------------------------------------------------


def test_a_photo_is_kept_with_its_size_its_hash_and_advice(alice: User, api: ApiClient) -> None:
    answer = api.upload("photos", file=upload("astronaut.jpg"))

    assert answer.status_code == 201
    photo = answer.json()["data"]
    asset = Asset.objects.get()
    assert set(photo) == {
        "id", "url", "width", "height", "bytes", "sha256", "coach", "created_at",
    }  # fmt: skip
    assert (photo["width"], photo["height"]) == (512, 512)
    assert photo["bytes"] == asset.bytes == default_storage.size(asset.file)
    assert photo["coach"]["verdict"] == "usable"
    assert [issue["code"] for issue in photo["coach"]["issues"]] == ["small"]
    assert (asset.source, asset.user_id, asset.content_type) == ("upload", alice.pk, "image/jpeg")
    assert asset.file == f"people/{alice.pk}/photos/{asset.pk}.jpg"
    assert api.get(f"photos/{photo['id']}").json()["data"] == photo
    assert [one["id"] for one in api.get("photos").json()["data"]] == [photo["id"]]
    assert api.get("assets").json()["data"] == []


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_counts_is_the_content_not_the_name(api: ApiClient, kind: str) -> None:
    answer = send(api, picture(kind=kind), name="../../etc/passwd.exe")
    assert answer.status_code == 201
    assert stored(answer).format == "JPEG"
    assert Asset.objects.get().title == "passwd.exe"


def test_where_and_when_it_was_taken_is_gone_and_it_stands_upright(api: ApiClient) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # a telephone held upright
    exif.get_ifd(GPS)[GPS_LATITUDE] = (48.0, 51.0, 29.0)
    exif[0x010F] = "A camera of mine"
    tall = Image.new("RGB", (640, 480), "teal")
    tall.paste("red", (0, 0, 640, 100))  # ends up on the right
    data = saved(tall, "JPEG", exif=exif, quality=95)
    assert b"A camera of mine" in data

    answer = send(api, data)

    kept = stored(answer)
    assert kept.size == (480, 640)
    assert dict(kept.getexif()) == {}
    assert not {"exif", "icc_profile", "comment", "xmp"} & set(kept.info)
    pixel: Any = kept.getpixel((470, 320))
    assert pixel[0] > 200
    assert pixel[2] < 90
    photo = Asset.objects.get()
    for name in (photo.file, photo.preview):
        with default_storage.open(name) as file:
            content = file.read()
        assert b"camera" not in content
        assert b"Exif" not in content


def test_what_hangs_behind_the_picture_is_gone(api: ApiClient) -> None:
    data = picture() + b"<?php system($_GET['x']); ?><script>alert(1)</script>"
    answer = send(api, data)
    assert answer.status_code == 201
    with default_storage.open(Asset.objects.get().file) as file:
        content = file.read()
    assert b"php" not in content
    assert b"script" not in content


def test_a_16_bit_picture_keeps_its_grays(api: ApiClient) -> None:
    deep = Image.new("I;16", (300, 300), 0x8000)
    kept = stored(send(api, saved(deep), name="deep.png"))
    pixel: Any = kept.getpixel((150, 150))
    assert kept.mode == "RGB"
    assert abs(pixel[0] - 128) <= 2


def test_a_picture_for_print_gets_screen_colors(api: ApiClient) -> None:
    kept = stored(send(api, saved(Image.new("CMYK", (300, 300), (0, 255, 255, 0)), "JPEG")))
    pixel: Any = kept.getpixel((150, 150))
    assert kept.mode == "RGB"
    assert pixel[0] > 200
    assert pixel[1] < 60


def test_what_is_transparent_becomes_white(api: ApiClient) -> None:
    palette = Image.new("P", (300, 300), 0)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(1, (0, 0, 300, 150))
    kept = stored(send(api, saved(palette, transparency=0), name="palette.png"))
    below: Any = kept.getpixel((150, 250))
    above: Any = kept.getpixel((150, 50))
    assert min(below) > 240
    assert above[2] > 200
    assert above[0] < 60
    half = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    clear: Any = stored(send(api, saved(half), name="clear.png")).getpixel((150, 150))
    assert min(clear) > 250


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_way_to_write_a_png_is_read(mode: str) -> None:
    clean = media.clean(saved(Image.new(mode, (260, 260))))
    assert (clean.width, clean.height) == (260, 260)


def test_a_profile_of_other_colors_is_followed_and_a_broken_one_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    right = media.clean(saved(Image.new("RGB", (300, 300), "teal"), "JPEG", icc_profile=lab))
    broken = media.clean(saved(Image.new("RGB", (300, 300), "teal"), "JPEG", icc_profile=b"x" * 99))
    assert right.width == broken.width == 300
    clear = Image.new("RGBA", (300, 300), (0, 128, 128, 0))
    assert media.clean(saved(clear, icc_profile=lab)).width == 300


def test_a_large_picture_is_made_smaller(api: ApiClient) -> None:
    answer = send(api, picture((4200, 2100), quality=40))
    assert (answer.json()["data"]["width"], answer.json()["data"]["height"]) == (2048, 1024)
    assert stored(answer).size == (2048, 1024)


@pytest.mark.parametrize(
    ("color", "codes"),
    [("black", ["blurred", "dark"]), ("white", ["blurred", "bright"])],
)
def test_a_poor_photo_is_kept_with_advice(color: str, codes: list[str]) -> None:
    out = saved(Image.new("RGB", (1200, 1200), color))
    coach = media.clean(out).coach
    assert (coach["verdict"], [one["code"] for one in coach["issues"]]) == ("poor", codes)


def test_a_good_photo_needs_no_advice() -> None:
    noise = Image.effect_noise((1200, 1200), 60)
    assert media.clean(saved(noise, "JPEG")).coach == {"verdict": "good", "issues": []}


# --- What is refused ----------------------------------------------------------------------------

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><script/></svg>'
ANIMATION = [Image.new("RGB", (300, 300), color) for color in ("red", "blue")]
WHOLE = picture((800, 600), quality=90)

REFUSED: dict[str, tuple[bytes, int, str, str]] = {
    "nothing": (b"", 422, "invalid_input", ""),
    "one byte": (b"x", 422, "unreadable_image", "not_a_picture"),
    "an SVG called jpg": (SVG, 422, "unreadable_image", "not_a_picture"),
    "a GIF": (picture(kind="GIF"), 422, "unreadable_image", "not_a_picture"),
    "a TIFF": (picture(kind="TIFF"), 422, "unreadable_image", "not_a_picture"),
    "a PDF": (picture(kind="PDF"), 422, "unreadable_image", "not_a_picture"),
    "a zip": (b"PK\x03\x04" + b"\0" * 100, 422, "unreadable_image", "not_a_picture"),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", 422, "unreadable_image", "not_a_picture"),
    "a mark and nothing else": (JPEG_MARK, 422, "unreadable_image", "damaged"),
    "half a JPEG": (WHOLE[: len(WHOLE) // 2], 422, "unreadable_image", "damaged"),
    "a JPEG without its end": (WHOLE[:-600], 422, "unreadable_image", "damaged"),
    "a JPEG header on a PNG": (JPEG_MARK + picture(kind="PNG"), 422, "unreadable_image", "damaged"),
    "half a PNG": (picture(kind="PNG")[:200], 422, "unreadable_image", "damaged"),
    "half a WebP": (picture(kind="WEBP")[:60], 422, "unreadable_image", "damaged"),
    "a PNG with rotten pixels": (claiming(400, 400), 422, "unreadable_image", "damaged"),
    "too small": (picture((640, 255)), 422, "unreadable_image", "too_small"),
    "too long": (picture((1800, 256)), 422, "unreadable_image", "bad_shape"),
    "an animated WebP": (
        saved(ANIMATION[0], "WEBP", save_all=True, append_images=ANIMATION[1:]),
        422, "unreadable_image", "animated",
    ),
    "an animated PNG": (
        saved(ANIMATION[0], "PNG", save_all=True, append_images=ANIMATION[1:]),
        422, "unreadable_image", "animated",
    ),
    "3.6 gigapixels": (claiming(60_000, 60_000), 413, "too_large", ""),
    "a little over 50 megapixels": (claiming(8_000, 6_251), 413, "too_large", ""),
    "a side over 12,000": (claiming(12_001, 2_100), 413, "too_large", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_and_nothing_is_kept(
    alice: User, api: ApiClient, name: str
) -> None:
    data, status, code, reason = REFUSED[name]
    before = files()

    answer = send(api, data)

    document = answer.json()
    assert (answer.status_code, document["code"]) == (status, code)
    assert document.get("reason", "") == reason
    assert answer["Content-Type"] == "application/problem+json"
    assert Asset.objects.count() == 0
    assert files() == before


def test_the_picture_that_claims_gigapixels_has_less_than_200_bytes() -> None:
    assert len(REFUSED["3.6 gigapixels"][0]) < 200


def test_a_profile_that_unpacks_to_a_gigabyte_is_refused() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    header = struct.pack(">IIBBBBB", 300, 300, 8, 2, 0, 0, 0)
    data = png((b"IHDR", header), (b"iCCP", b"x\0\0" + bomb), (b"IDAT", b""), (b"IEND", b""))
    with pytest.raises(UnreadableImage):
        media.clean(data)


def test_a_photo_over_the_limit_is_too_large(
    alice: User, api: ApiClient, settings: Settings
) -> None:
    settings.MAX_PHOTO_BYTES = 2**20
    answer = send(api, picture() + b"\0" * 2**20)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.json()["detail"] == "This file is larger than 1 MB. Send a smaller one."
    assert Asset.objects.count() == 0


@pytest.mark.parametrize("turn", range(8))
def test_a_picture_with_broken_bytes_is_refused_or_cleaned_never_a_defect(turn: int) -> None:
    whole = (picture(kind="JPEG"), picture(kind="PNG"), picture(kind="WEBP"))[turn % 3]
    for place in range(8 + turn, len(whole), max(1, len(whole) // 25)):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        try:
            clean = media.clean(bytes(broken))
        except (UnreadableImage, ImageTooLarge):
            continue
        assert clean.data.startswith(JPEG_MARK)


def test_an_upload_without_its_file_is_refused(alice: User, api: ApiClient) -> None:
    for answer in (api.upload("photos"), api.upload("photos", file="text")):
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
        assert [error["field"] for error in answer.json()["errors"]] == ["file"]
    assert Asset.objects.count() == 0


def test_an_unknown_field_beside_the_file_is_refused(alice: User, api: ApiClient) -> None:
    answer = api.upload("photos", file=upload(), titel="typo")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    errors = [(one["field"], one["code"]) for one in answer.json()["errors"]]
    assert errors == [("titel", "unknown")]
    assert Asset.objects.count() == 0


def test_a_photo_as_json_is_not_read(api: ApiClient) -> None:
    answer = api.post("photos", {"file": "x"})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("name", ["a\x00b.jpg", "x" * 400 + ".jpg", "", "\U0001f600.jpg"])
def test_a_strange_name_is_survived(alice: User, api: ApiClient, name: str) -> None:
    answer = send(api, picture(), name=name or "-")
    assert answer.status_code in {201, 422}
    assert answer["Content-Type"] in {"application/json", "application/problem+json"}


# --- Deleting -----------------------------------------------------------------------------------


def test_a_deleted_photo_is_gone_but_for_the_jobs_that_need_it(alice: User, api: ApiClient) -> None:
    photo = factories.make_photo(alice)
    job = factories.make_job(alice, photo_id=str(photo.pk))

    assert api.call("DELETE", f"photos/{photo.pk}").status_code == 204

    assert api.get(f"photos/{photo.pk}").status_code == 404
    assert api.get("photos").json()["data"] == []
    assert api.call("DELETE", f"photos/{photo.pk}").status_code == 404
    order = {"kind": "thumbnail", "title": "T", "photo_id": str(photo.pk)}
    assert api.post("jobs", order).status_code == 404
    assert list(selectors.jobs_of(user=alice)) == [job]
