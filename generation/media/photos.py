"""An untrusted upload becomes a clean picture.

Nothing of the uploaded bytes is kept: its pixels are decoded by the one decoder that its first
bytes name, and written into a new file. Limits are checked on the header, before any pixel.
"""

import io
import warnings
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageCms, ImageFilter, ImageOps, ImageStat

from generation.errors import ImageTooLarge, UnreadableImage
from generation.media.renditions import renditions_of

MAX_PIXELS = 50_000_000
MAX_SIDE = 12_000
MIN_SIDE = 256
KEPT_SIDE = 2048
MAX_RATIO = 6
JPEG_QUALITY = 92

GOOD_SIDE = 1024
MIN_BRIGHTNESS = 50
MAX_BRIGHTNESS = 215
MIN_SHARPNESS = 20.0
COACH_SIDE = 256

SMALL = ("small", "Use a photo of at least 1024 pixels on its shorter side.")
BLURRED = ("blurred", "This looks blurred. A sharper photo gives a cleaner edge.")
DARK = ("dark", "This is very dark. Face the light and try again.")
BRIGHT = ("bright", "This is very bright. Turn away from the light and try again.")

LAPLACIAN = ImageFilter.Kernel((3, 3), [0, 1, 0, 1, -4, 1, 0, 1, 0], scale=1, offset=128)


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanPhoto:
    """A JPEG of our own making, its smaller copies, and what we think of it."""

    data: bytes
    renditions: dict[int, bytes]
    width: int
    height: int
    coach: dict[str, Any]


def clean(raw: bytes) -> CleanPhoto:
    """Return the picture in these bytes, upright, in sRGB, at most 2048 px a side.

    Raises UnreadableImage and ImageTooLarge.
    """
    picture = _pixels(raw, _format_of(raw))
    data = _encode(picture)
    return CleanPhoto(
        data=data,
        renditions=renditions_of(data),
        width=picture.width,
        height=picture.height,
        coach=_coach(picture),
    )


def _format_of(raw: bytes) -> str:
    """Name the only decoder that may see these bytes; Pillow must never guess."""
    if raw[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if raw[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "WEBP"
    raise UnreadableImage("Send a JPEG, PNG or WebP picture.", reason="not_a_picture")


def _pixels(raw: bytes, name: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", Image.DecompressionBombWarning
            )  # our own limit is lower
            with Image.open(io.BytesIO(raw), formats=[name]) as picture:
                _check_header(picture)
                picture.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
                return _normalized(picture)
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError):
        raise UnreadableImage(
            "This file is damaged or cut off. Save the picture again and send that.",
            reason="damaged",
        ) from None


def _check_header(picture: Image.Image) -> None:
    width, height = picture.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise _too_many_pixels()
    if min(width, height) < MIN_SIDE:
        raise UnreadableImage(
            f"Too small: {width}x{height}. Use at least {MIN_SIDE}x{MIN_SIDE} pixels.",
            reason="too_small",
        )
    if max(width, height) > MAX_RATIO * min(width, height):
        raise UnreadableImage("Too long and narrow: crop it first.", reason="bad_shape")
    # What a telephone puts behind its JPEG, a preview or a depth map, is no animation.
    if picture.format != "MPO" and getattr(picture, "n_frames", 1) > 1:
        raise UnreadableImage("Send a still picture, not an animation.", reason="animated")


def _too_many_pixels() -> ImageTooLarge:
    return ImageTooLarge(
        f"Too many pixels: at most {MAX_PIXELS // 1_000_000} megapixels"
        f" and {MAX_SIDE} pixels a side."
    )


def _normalized(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    flat = _flattened(_in_srgb(upright, profile))
    fresh = Image.new("RGB", flat.size)  # a new picture has no metadata to carry along
    fresh.paste(flat)
    return fresh


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile or picture.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if picture.mode == "RGBA" else "RGB"
        converted = ImageCms.profileToProfile(
            picture, source, ImageCms.createProfile("sRGB"), outputMode=mode
        )
    except (ImageCms.PyCMSError, OSError):
        return picture  # a broken profile is worth less than the picture
    return converted or picture


def _flattened(picture: Image.Image) -> Image.Image:
    if picture.mode in {"I;16", "I", "F"}:
        picture = picture.point(lambda value: value / 256).convert("L")
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return picture.convert("RGB")
    transparent = picture.convert("RGBA")
    ground = Image.new("RGB", transparent.size, "white")
    ground.paste(transparent, mask=transparent.getchannel("A"))
    return ground


def _encode(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return out.getvalue()


def _coach(picture: Image.Image) -> dict[str, Any]:
    """Say how well the photo will serve, and what would make it better."""
    gray = picture.convert("L").resize((COACH_SIDE, COACH_SIDE))
    brightness = ImageStat.Stat(gray).mean[0]
    # Pillow leaves the outermost pixels as they were, which would count as edges.
    edges = gray.filter(LAPLACIAN).crop((1, 1, COACH_SIDE - 1, COACH_SIDE - 1))
    sharpness = ImageStat.Stat(edges).var[0]
    checks = (
        (min(picture.size) < GOOD_SIDE, SMALL),
        (sharpness < MIN_SHARPNESS, BLURRED),
        (brightness < MIN_BRIGHTNESS, DARK),
        (brightness > MAX_BRIGHTNESS, BRIGHT),
    )
    issues = [{"code": code, "advice": advice} for found, (code, advice) in checks if found]
    verdict = ("good", "usable", "poor")[min(len(issues), 2)]
    return {"verdict": verdict, "issues": issues}
