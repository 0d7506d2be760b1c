"""Pictures as files, for tests: good ones of every format, and what pretends to be one."""

import io
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pillow_heif
from django.conf import settings
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
JPEG_MARK = b"\xff\xd8\xff"
PHP = b"<?php system($_GET['x']); ?>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="600"><script/></svg>'
GPS = 0x8825

pillow_heif.register_heif_opener()


def saved(made: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture as a file of this format."""
    out = io.BytesIO()
    made.save(out, kind, **options)
    return out.getvalue()


def plain(size: tuple[int, int] = (640, 480), color: Any = "teal") -> Image.Image:
    """A picture of one color."""
    return Image.new("RGB", size, color)


def noisy(size: tuple[int, int]) -> Image.Image:
    """A picture of many sharp details, which takes decoders their time."""
    return Image.effect_noise(size, 60).convert("RGB")


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


def webp_claiming(width: int, height: int) -> bytes:
    """A WebP of a few bytes whose header claims this size."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0" * 4 + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def archive() -> bytes:
    """A ZIP with a program in it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("shell.php", PHP)
    return out.getvalue()


def animation(kind: str) -> bytes:
    """Two frames."""
    frames = [plain((300, 300), color) for color in ("red", "blue")]
    return saved(frames[0], kind, save_all=True, append_images=frames[1:])


def marked(kind: str, marker: bytes) -> bytes:
    """A picture with the marker in all the places that its format has beside the pixels."""
    word = marker.decode()
    exif = Image.Exif()
    exif[0x010E] = word  # ImageDescription
    exif[0x9286] = marker  # UserComment
    exif.get_ifd(GPS)[29] = word  # the day of the GPS
    info = PngInfo()
    info.add_text("Comment", word)
    info.add_text("Packed", word, zip=True)
    info.add_itxt("XML:com.adobe.xmp", f"<x:xmpmeta>{word}</x:xmpmeta>")
    beside: dict[str, dict[str, Any]] = {
        "JPEG": {"xmp": marker, "comment": marker},
        "MPO": {"xmp": marker},
        "PNG": {"pnginfo": info},
        "WEBP": {"xmp": marker},
        "AVIF": {"xmp": marker},
        "HEIF": {"xmp": marker},
    }
    profile = _profile(word)
    return saved(plain(), kind, exif=exif, icc_profile=profile, **beside[kind]) + marker


def kept_files() -> set[Path]:
    """Every file that is stored."""
    return {path for path in Path(settings.FILES_DIR).rglob("*") if path.is_file()}


def _profile(word: str) -> bytes:
    """A color profile with this word as its description and its copyright."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    wide = word.encode("utf-16-be")
    texts = {
        b"desc": b"mluc" + struct.pack(">IIII", 0, 1, 12, 0x656E5553)
        + struct.pack(">II", len(wide), 28) + wide,
        b"cprt": b"text\0\0\0\0" + word.encode() + b"\0",
    }  # fmt: skip
    (tags,) = struct.unpack_from(">I", profile, 128)
    for place in range(132, 132 + 12 * tags, 12):
        text = texts.get(bytes(profile[place : place + 4]))
        if text:
            struct.pack_into(">II", profile, place + 4, len(profile), len(text))
            profile += text + b"\0" * (-len(text) % 4)
    struct.pack_into(">I", profile, 0, len(profile))
    return bytes(profile)
