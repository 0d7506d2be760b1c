"""An untrusted upload becomes a clean picture.

Nothing of the uploaded bytes is kept: its pixels are decoded by the one decoder that its first
bytes name, and written into a new file. Limits are checked on the header, before any pixel. This
runs in a process of its own (`generation.media.sandbox`) and so imports next to nothing.
"""

import importlib
import io
import warnings
from typing import Any, NamedTuple

from PIL import Image, ImageCms, ImageFilter, ImageOps, ImageStat

from generation.media.renditions import renditions_of

MEGAPIXEL = 1_000_000
MAX_PIXELS = 50 * MEGAPIXEL
# What has to lie in memory as a whole, more than once, may have fewer pixels.
MAX_PIXELS_OF = {"HEIF": 25 * MEGAPIXEL, "AVIF": 25 * MEGAPIXEL, "WEBP": 16 * MEGAPIXEL}
MAX_PIXELS_PROGRESSIVE = 25 * MEGAPIXEL
MAX_SIDE = 12_000
MIN_SIDE = 256
KEPT_SIDE = 2048
MAX_RATIO = 6
STRIP_HEIGHT = 64
JPEG_QUALITY = 92

GOOD_SIDE = 1024
MIN_BRIGHTNESS = 50
MAX_BRIGHTNESS = 215
MIN_SHARPNESS = 20.0
COACH_SIDE = 256

ADVICE = {
    "small": "Use a photo of at least 1024 pixels on its shorter side.",
    "blurred": "This looks blurred. A sharper photo gives a cleaner edge.",
    "dark": "This is very dark. Face the light and try again.",
    "bright": "This is very bright. Turn away from the light and try again.",
}

LAPLACIAN = ImageFilter.Kernel((3, 3), [0, 1, 0, 1, -4, 1, 0, 1, 0], scale=1, offset=128)

AVIF_BRANDS = {b"avif", b"avis"}
HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"mif1"}
SEQUENCE_BRANDS = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}


DECODED_IN_THREADS = {"HEIF"}
ALWAYS_USED = ("PIL.MpoImagePlugin", "PIL.TiffImagePlugin", "PIL.WebPImagePlugin")


class Refused(Exception):
    """These bytes are no picture that we take; the reason is a code."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class CleanPhoto(NamedTuple):
    """A JPEG of our own making, its smaller copies by width, and what could be better."""

    data: bytes
    renditions: dict[int, bytes]
    width: int
    height: int
    issues: list[str]


def clean(raw: bytes) -> CleanPhoto:
    """Return the picture in these bytes, upright, in sRGB, at most 2048 px a side.

    Raises Refused.
    """
    picture = _pixels(raw, format_of(raw))
    data = _encode(picture)
    return CleanPhoto(
        data=data,
        renditions=renditions_of(data),
        width=picture.width,
        height=picture.height,
        issues=_issues(picture),
    )


def coach(issues: list[str]) -> dict[str, Any]:
    """Say how well a photo with these issues will serve, and what would make it better."""
    verdict = ("good", "usable", "poor")[min(len(issues), 2)]
    return {
        "verdict": verdict,
        "issues": [{"code": code, "advice": ADVICE[code]} for code in issues],
    }


def format_of(raw: bytes) -> str:
    """Name the only decoder that may see these bytes; Pillow must never guess. Raises Refused."""
    if raw[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if raw[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "WEBP"
    if raw[4:8] == b"ftyp":
        return _member_of_family(raw)
    raise Refused("not_a_picture")


def _member_of_family(raw: bytes) -> str:
    brand = raw[8:12]
    if brand in SEQUENCE_BRANDS:
        raise Refused("animated")
    # What calls itself by the family's name alone says in its next words which member it is.
    if brand in AVIF_BRANDS or (brand == b"mif1" and b"avif" in raw[16:48]):
        return "AVIF"
    if brand in HEIF_BRANDS:
        return "HEIF"
    raise Refused("not_a_picture")


def load_decoder(name: str) -> None:
    """Import all that reading this format and writing ours takes: later no file can be opened."""
    Image.preinit()
    for module in ALWAYS_USED:
        importlib.import_module(module)
    if name == "HEIF":
        heif = importlib.import_module("pillow_heif")
        heif.register_heif_opener(
            thumbnails=False, depth_images=False, aux_images=False, decode_threads=0
        )
    if name == "AVIF":
        avif: Any = importlib.import_module("PIL.AvifImagePlugin")
        avif.DEFAULT_MAX_THREADS = 1


def _pixels(raw: bytes, name: str) -> Image.Image:
    load_decoder(name)
    if name == "WEBP":
        _check_webp(raw)
    try:
        with warnings.catch_warnings():
            # Our own limits are lower, and what a camera wrote wrongly is of no interest.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(raw), formats=[name]) as picture:
                _check_header(picture)
                picture.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
                small = _reduced(picture)
                small.info = picture.info  # its profile, and how the camera was held
            return _normalized(small)
    except (Image.DecompressionBombError, MemoryError):
        raise Refused("too_many_pixels") from None
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError):
        raise Refused("damaged") from None


def _check_webp(raw: bytes) -> None:
    """Look at the size that is claimed: the decoder takes memory for it before it can be asked."""
    kind, body = raw[12:16], raw[20:30].ljust(10, b"\0")
    if kind == b"VP8X":
        width = int.from_bytes(body[4:7], "little") + 1
        height = int.from_bytes(body[7:10], "little") + 1
    elif kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width = int.from_bytes(body[6:8], "little") & 0x3FFF
        height = int.from_bytes(body[8:10], "little") & 0x3FFF
    if width * height > MAX_PIXELS_OF["WEBP"]:
        raise Refused("too_many_pixels")


def _check_header(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > _most_pixels(picture) or max(width, height) > MAX_SIDE:
        raise Refused("too_many_pixels")
    if min(width, height) < MIN_SIDE:
        raise Refused("too_small")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise Refused("bad_shape")
    # What a telephone puts behind its picture, a preview or a depth map, is no animation.
    if picture.format not in {"MPO", "HEIF"} and getattr(picture, "n_frames", 1) > 1:
        raise Refused("animated")


def _most_pixels(picture: Image.Image) -> int:
    if picture.info.get("progressive"):
        return MAX_PIXELS_PROGRESSIVE
    return MAX_PIXELS_OF.get(picture.format or "", MAX_PIXELS)


def _normalized(picture: Image.Image) -> Image.Image:
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(picture)
    plain = _in_srgb(upright, picture.info.get("icc_profile"))
    fresh = Image.new("RGB", plain.size)  # a new picture has no metadata to carry along
    fresh.paste(plain)
    return fresh


def _reduced(picture: Image.Image) -> Image.Image:
    """Return it opaque and near the size to keep, strip by strip: never two of it in memory."""
    factor = max(1, max(picture.size) // KEPT_SIDE)
    height = STRIP_HEIGHT * factor
    strips = (
        _opaque(picture.crop((0, top, picture.width, min(top + height, picture.height))))
        for top in range(0, picture.height, height)
    )
    first = next(strips).reduce(factor)
    whole = Image.new(first.mode, (first.width, -(-picture.height // factor)))
    whole.paste(first)
    for number, strip in enumerate(strips, start=1):
        whole.paste(strip.reduce(factor), (0, number * STRIP_HEIGHT))
    return whole


def _opaque(picture: Image.Image) -> Image.Image:
    """Return it on white, in a mode that a color profile can speak about."""
    if picture.mode in {"I;16", "I", "F"}:
        picture = picture.point(lambda value: value / 256).convert("L")
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture if picture.mode in {"L", "RGB", "CMYK"} else picture.convert("RGB")
    transparent = picture.convert("RGBA")
    ground = Image.new("RGB", transparent.size, "white")
    ground.paste(transparent, mask=transparent.getchannel("A"))
    return ground


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile:
        return picture.convert("RGB")
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError):
        converted = None  # a broken profile is worth less than the picture
    return converted or picture.convert("RGB")


def _encode(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _issues(picture: Image.Image) -> list[str]:
    """Say by code what keeps the photo from serving well."""
    gray = picture.convert("L").resize((COACH_SIDE, COACH_SIDE))
    brightness = ImageStat.Stat(gray).mean[0]
    # Pillow leaves the outermost pixels as they were, which would count as edges.
    edges = gray.filter(LAPLACIAN).crop((1, 1, COACH_SIDE - 1, COACH_SIDE - 1))
    sharpness = ImageStat.Stat(edges).var[0]
    checks = {
        "small": min(picture.size) < GOOD_SIDE,
        "blurred": sharpness < MIN_SHARPNESS,
        "dark": brightness < MIN_BRIGHTNESS,
        "bright": brightness > MAX_BRIGHTNESS,
    }
    return [code for code, is_found in checks.items() if is_found]
