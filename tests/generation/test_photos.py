"""What becomes of a picture's pixels, and what is no picture: nothing of the upload but pixels."""

import io
import struct
import zlib
from typing import Any

import pytest
from django.core.files.storage import default_storage
from PIL import Image, ImageCms

from accounts.models import User
from generation.media import photos as media
from generation.media.photos import Refused
from generation.models import Asset
from tests.clients import ApiClient
from tests.factories import picture, upload
from tests.pictures import (
    FORMATS,
    GPS,
    JPEG_MARK,
    PHP,
    SVG,
    animation,
    archive,
    claiming,
    kept_files,
    marked,
    noisy,
    plain,
    png,
    saved,
    webp_claiming,
)

pytestmark = pytest.mark.django_db

MARKER = b"find-me-nowhere"
ORIENTATION = 0x0112


def send(api: ApiClient, data: bytes, name: str = "photo.jpg") -> Any:
    return api.upload("photos", file=upload(name, data))


def kept_pictures() -> list[bytes]:
    """The bytes of everything that is stored of the one photo there is."""
    kept = []
    for name in Asset.objects.get().file_names:
        with default_storage.open(name) as file:
            kept.append(file.read())
    return kept


def opened(data: bytes) -> Image.Image:
    whole = Image.open(io.BytesIO(data), formats=["JPEG"])
    whole.load()
    return whole


def pixel(shown: Image.Image, x: int, y: int) -> tuple[int, int, int]:
    red, green, blue = shown.getpixel((x, y))  # type: ignore[misc] # an RGB picture
    return red, green, blue


def cleaned(data: bytes) -> Image.Image:
    return opened(media.clean(data).data)


# --- What cameras and programs write ------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_told_by_its_content_and_becomes_a_jpeg(api: ApiClient, kind: str) -> None:
    answer = send(api, saved(plain((640, 480)), kind), name="../../etc/passwd.exe")

    assert answer.status_code == 201
    photo = Asset.objects.get()
    assert (photo.title, photo.width, photo.height) == ("passwd.exe", 640, 480)
    with default_storage.open(photo.file) as file:
        red, green, blue = pixel(opened(file.read()), 320, 240)
    assert red < 12
    assert abs(green - 128) <= 12
    assert abs(blue - 128) <= 12


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photo_stands_upright_however_the_telephone_was_held(turn: int) -> None:
    upright = plain((600, 400))
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
    exif[ORIENTATION] = turn
    held = upright if back is None else upright.transpose(back)

    for kind in FORMATS:
        # In a HEIC what counts is a property of the picture, which is written from these bytes.
        photo = cleaned(saved(held, kind, exif=exif.tobytes()))

        assert photo.size == (600, 400), kind
        red, green, _ = pixel(photo, 100, 100)
        assert red > 200, kind
        assert green < 60, kind
        assert [pixel(photo, *at)[0] < 60 for at in ((500, 100), (100, 300), (500, 300))] == [
            True, True, True,
        ], kind  # fmt: skip


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_tall_photo_that_is_made_smaller_stays_upright(kind: str) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    lying = plain((4300, 2150))
    lying.paste("red", (0, 0, 4300, 500))  # ends up on the right

    photo = cleaned(saved(lying, kind, exif=exif.tobytes(), quality=40))

    assert photo.size == (1024, 2048)
    assert pixel(photo, 1000, 1000)[0] > 200
    assert pixel(photo, 100, 1000)[0] < 60


def test_a_telephones_photo_with_another_picture_behind_it_is_a_photo() -> None:
    behind = [plain((300, 300), "red")]
    data = saved(plain(), "MPO", save_all=True, append_images=behind)
    assert data.startswith(JPEG_MARK)

    photo = cleaned(data)

    assert photo.size == (640, 480)
    assert pixel(photo, 320, 240)[0] < 60


def test_the_first_of_several_pictures_in_a_heic_is_the_photo() -> None:
    data = saved(plain(), "HEIF", save_all=True, append_images=[plain(color="red")])

    assert pixel(cleaned(data), 320, 240)[0] < 60


@pytest.mark.parametrize("size", [(300, 300), (3000, 2000)], ids=["small", "made smaller"])
def test_a_scan_of_16_bits_keeps_its_grays(size: tuple[int, int]) -> None:
    photo = cleaned(saved(Image.new("I;16", size, 0x8000)))

    assert photo.mode == "RGB"
    assert all(abs(value - 128) <= 2 for value in pixel(photo, 150, 150))


def test_a_scan_of_16_bits_may_say_which_gray_is_transparent() -> None:
    size, gray = (300, 300), 0x8000
    line = b"\0" + struct.pack(">H", gray) * size[0]
    data = png(
        (b"IHDR", struct.pack(">IIBBBBB", *size, 16, 0, 0, 0, 0)),
        (b"tRNS", struct.pack(">H", 0xFFFF)),
        (b"IDAT", zlib.compress(line * size[1])),
        (b"IEND", b""),
    )

    assert all(abs(value - 128) <= 2 for value in pixel(cleaned(data), 150, 150))


def test_a_picture_for_print_gets_screen_colors() -> None:
    photo = cleaned(saved(Image.new("CMYK", (300, 300), (0, 255, 255, 0)), "JPEG"))

    red, green, _ = pixel(photo, 150, 150)
    assert red > 200
    assert green < 60


@pytest.mark.parametrize("size", [(300, 300), (4400, 300)], ids=["small", "made smaller"])
def test_what_is_transparent_becomes_white(size: tuple[int, int]) -> None:
    size = (size[0], max(size[1], size[0] // 5))
    palette = Image.new("P", size, 0)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.paste(1, (0, 0, size[0], size[1] // 2))

    half = cleaned(saved(palette, transparency=0))

    above, below = half.height // 4, half.height * 3 // 4
    assert min(pixel(half, 150, below)) > 240
    assert pixel(half, 150, above)[2] > 200
    assert pixel(half, 150, above)[0] < 60
    for kind in ("PNG", "WEBP", "AVIF", "HEIF"):
        clear = cleaned(saved(Image.new("RGBA", (300, 300), (0, 0, 0, 0)), kind))
        assert min(pixel(clear, 150, 150)) > 250, kind


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_way_to_write_a_png_is_read(mode: str) -> None:
    clean = media.clean(saved(Image.new(mode, (260, 260))))
    assert (clean.width, clean.height) == (260, 260)


def test_a_profile_of_other_colors_is_followed_and_a_broken_one_ignored() -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (lab, b"x" * 99):
        photo = cleaned(saved(plain((300, 300)), "JPEG", icc_profile=profile))
        assert abs(pixel(photo, 150, 150)[1] - 128) <= 4
    clear = Image.new("RGBA", (300, 300), (0, 128, 128, 0))
    assert min(pixel(cleaned(saved(clear, icc_profile=lab)), 150, 150)) > 250


@pytest.mark.parametrize(
    ("size", "kept"),
    [((4200, 2100), (2048, 1024)), ((2047, 400), (2047, 400)), ((6150, 1026), (2048, 342))],
)
def test_a_large_picture_is_made_smaller_to_its_last_line(
    size: tuple[int, int], kept: tuple[int, int]
) -> None:
    shown = plain(size)
    shown.paste("red", (0, size[1] - size[1] // 10, *size))

    photo = cleaned(saved(shown, "PNG"))

    assert photo.size == kept
    assert pixel(photo, kept[0] // 2, kept[1] - 3)[0] > 200
    assert pixel(photo, kept[0] // 2, kept[1] // 2)[0] < 60


@pytest.mark.parametrize(
    ("shown", "verdict", "codes"),
    [
        (plain((1200, 1200), "black"), "poor", ["blurred", "dark"]),
        (plain((1200, 1200), "white"), "poor", ["blurred", "bright"]),
        (noisy((600, 600)), "usable", ["small"]),
        (noisy((1200, 1200)), "good", []),
    ],
)
def test_a_photo_gets_advice(shown: Image.Image, verdict: str, codes: list[str]) -> None:
    coach = media.coach(media.clean(saved(shown, "JPEG")).issues)

    assert (coach["verdict"], [one["code"] for one in coach["issues"]]) == (verdict, codes)
    assert all(one["advice"].endswith(".") for one in coach["issues"])


# --- What must not come along -------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*FORMATS, "MPO"])
def test_nothing_that_was_written_beside_the_pixels_is_in_any_stored_object(
    api: ApiClient, kind: str
) -> None:
    data = marked(kind, MARKER)
    wide = MARKER.decode().encode("utf-16-be")
    assert data.count(MARKER) >= 3
    assert wide in data or kind == "PNG"  # where profiles are compressed
    before = kept_files()

    answer = send(api, data, name=f"{MARKER.decode()}.jpg")

    assert answer.status_code == 201
    new = kept_files() - before
    assert len(new) == 3
    for path in new:
        assert MARKER not in path.read_bytes()
        assert wide not in path.read_bytes()
        assert MARKER.decode() not in str(path)
    (kept,) = (whole for whole in kept_pictures() if whole.startswith(JPEG_MARK))
    assert dict(opened(kept).getexif()) == {}
    assert not {"exif", "icc_profile", "comment", "xmp"} & set(opened(kept).info)
    assert MARKER.decode() not in answer.content.decode()


POLYGLOTS: dict[str, bytes] = {
    "JPEG and ZIP": picture() + archive(),
    "JPEG and PHP": saved(plain(), "JPEG", comment=PHP) + PHP,
    "JPEG and page": saved(plain(), "JPEG", comment=b"<html><script>alert(1)</script>"),
    "PNG and PHP": png(
        (b"IHDR", struct.pack(">IIBBBBB", 300, 300, 8, 0, 0, 0, 0)),
        (b"tEXt", b"Comment\0" + PHP),
        (b"IDAT", zlib.compress((b"\0" + b"\x80" * 300) * 300)),
        (b"IEND", b""),
    )
    + PHP,
    "WebP and ZIP": saved(plain(), "WEBP") + archive(),
    "HEIC and PHP": saved(plain(), "HEIF") + struct.pack(">I4s", 8 + len(PHP), b"free") + PHP,
}


@pytest.mark.parametrize("name", POLYGLOTS)
def test_what_is_also_something_else_is_kept_as_a_picture_alone(api: ApiClient, name: str) -> None:
    answer = send(api, POLYGLOTS[name], "x.php.jpg")

    assert answer.status_code == 201
    for kept in kept_pictures():
        for other in (b"PK\x03\x04", b"<?php", b"<script", b"shell"):
            assert other not in kept


def test_where_it_was_taken_is_gone(api: ApiClient) -> None:
    exif = Image.Exif()
    exif.get_ifd(GPS)[2] = (48.0, 51.0, 29.0)
    exif[0x010F] = "A camera of mine"
    data = saved(plain(), "JPEG", exif=exif)
    assert b"A camera of mine" in data

    send(api, data)

    for kept in kept_pictures():
        assert b"camera" not in kept
        assert b"Exif" not in kept


# --- What is refused ----------------------------------------------------------------------------

WHOLE = picture((800, 600), quality=90)
UNREADABLE = (422, "unreadable_image")
TOO_LARGE = (413, "too_large", "")

REFUSED: dict[str, tuple[bytes, tuple[int, str, str]]] = {
    "nothing": (b"", (422, "invalid_input", "")),
    "one byte": (b"x", (*UNREADABLE, "not_a_picture")),
    "an SVG called jpg": (SVG, (*UNREADABLE, "not_a_picture")),
    "a GIF": (picture(kind="GIF"), (*UNREADABLE, "not_a_picture")),
    "a GIF and a JAR": (picture(kind="GIF") + archive(), (*UNREADABLE, "not_a_picture")),
    "a page before a PNG": (b"<html>" + saved(plain()), (*UNREADABLE, "not_a_picture")),
    "a TIFF": (picture(kind="TIFF"), (*UNREADABLE, "not_a_picture")),
    "a PDF": (picture(kind="PDF"), (*UNREADABLE, "not_a_picture")),
    "a zip": (archive(), (*UNREADABLE, "not_a_picture")),
    "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n", (*UNREADABLE, "not_a_picture")),
    "a film": (b"\0\0\0\x18ftypmp42" + b"\0" * 99, (*UNREADABLE, "not_a_picture")),
    "a mark and nothing else": (JPEG_MARK, (*UNREADABLE, "damaged")),
    "half a JPEG": (WHOLE[: len(WHOLE) // 2], (*UNREADABLE, "damaged")),
    "a JPEG without its end": (WHOLE[:-600], (*UNREADABLE, "damaged")),
    "a JPEG's mark on a PNG": (JPEG_MARK + saved(plain()), (*UNREADABLE, "damaged")),
    "half a PNG": (saved(plain())[:200], (*UNREADABLE, "damaged")),
    "half a WebP": (saved(plain(), "WEBP")[:60], (*UNREADABLE, "damaged")),
    "half an AVIF": (saved(noisy((400, 400)), "AVIF")[:2000], (*UNREADABLE, "damaged")),
    "half a HEIC": (saved(noisy((400, 400)), "HEIF")[:2000], (*UNREADABLE, "damaged")),
    "a PNG with rotten pixels": (claiming(400, 400), (*UNREADABLE, "damaged")),
    "too small": (picture((640, 255)), (*UNREADABLE, "too_small")),
    "too long": (picture((1800, 256)), (*UNREADABLE, "bad_shape")),
    "an animated WebP": (animation("WEBP"), (*UNREADABLE, "animated")),
    "an animated PNG": (animation("PNG"), (*UNREADABLE, "animated")),
    "an animated AVIF": (animation("AVIF"), (*UNREADABLE, "animated")),
    "an animated HEIC": (b"\0\0\0\x18ftyphevc" + b"\0" * 99, (*UNREADABLE, "animated")),
    "3.6 gigapixels": (claiming(60_000, 60_000), TOO_LARGE),
    "a little over 50 megapixels": (claiming(8_000, 6_251), TOO_LARGE),
    "a side over 12,000": (claiming(12_001, 2_100), TOO_LARGE),
    "a WebP of 268 megapixels": (webp_claiming(16_383, 16_383), TOO_LARGE),
    "a WebP of 17 megapixels": (webp_claiming(4_250, 4_000), TOO_LARGE),
    "a progressive JPEG of 26 megapixels": (
        saved(plain((5_200, 5_000)), "JPEG", progressive=True, quality=10),
        TOO_LARGE,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_used_is_refused_and_nothing_is_kept(
    alice: User, api: ApiClient, name: str
) -> None:
    data, expected = REFUSED[name]
    before = kept_files()

    answer = send(api, data)

    document = answer.json()
    assert (answer.status_code, document["code"], document.get("reason", "")) == expected
    assert answer["Content-Type"] == "application/problem+json"
    assert document["detail"].endswith(".")
    assert Asset.objects.count() == 0
    assert kept_files() == before


def test_the_picture_that_claims_gigapixels_has_less_than_200_bytes() -> None:
    assert len(REFUSED["3.6 gigapixels"][0]) < 200


@pytest.mark.parametrize("kind", ["VP8L", "VP8 "])
def test_every_webp_says_its_size_before_it_is_decoded(kind: str) -> None:
    whole = bytearray(saved(plain((300, 300)), "WEBP", lossless=kind == "VP8L"))
    assert whole[12:16] == kind.encode()
    assert media.clean(bytes(whole)).width == 300
    place = 21 if kind == "VP8L" else 26
    whole[place : place + 4] = b"\xff\x3f\xff\x3f" if kind == "VP8 " else b"\xff\xff\xff\x0f"

    with pytest.raises(Refused, match="too_many_pixels"):
        media.clean(bytes(whole))


def test_a_profile_that_unpacks_to_a_gigabyte_is_refused() -> None:
    bomb = zlib.compress(b"\0" * 50_000_000, 9)
    header = struct.pack(">IIBBBBB", 300, 300, 8, 2, 0, 0, 0)
    data = png((b"IHDR", header), (b"iCCP", b"x\0\0" + bomb), (b"IDAT", b""), (b"IEND", b""))

    with pytest.raises(Refused, match="damaged"):
        media.clean(data)
