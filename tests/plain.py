"""A provider that delivers plain pictures and films at once, for tests that are not about them."""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from PIL import Image

from generation.providers import local
from generation.providers.base import (
    AdOrder,
    Film,
    ImageOrder,
    Picture,
    PortraitOrder,
    ThumbnailOrder,
)

SIZE = (320, 180)
TITLE_FACTS = {  # as much of the engine's as another title on a plain picture needs
    "subject": "none",
    "warnings": [],
    "layout": {"subject_box": None},
    "setting": {
        "style": "minimal", "color_scheme": "ocean", "variety": [0, 0], "seed": 1,
        "subject": None, "is_strewn": False, "has_photo": False,
        "zone": {
            "rows": [10, 170], "outline": [[180, 10, 310]], "floor": 180, "largest": 40,
            "anchors": [0.5], "centered": False,
        },
    },
}  # fmt: skip
IMAGE_FACTS = {
    "understood": ["red", "sneakers"],
    "ignored": ["aglet"],
    "negated": [],
    "warnings": [],
}
PORTRAIT_FACTS = {"understood": ["portrait"], "ignored": [], "warnings": []}
GOOD_PORTRAIT = {  # what the coach measures of a good photo of one person
    "width": 640, "height": 480, "faces": 1, "around": 0.5, "brightness": 0.5, "sharpness": 60.0,
    "highlights": 0.8, "overexposed": 0.0, "underexposed": 0.0, "face": [200, 120, 440, 420],
    "face_height": 300, "face_share": 0.6, "face_sharpness": 40.0, "face_brightness": 0.5,
    "face_highlights": 0.7, "face_overexposed": 0.0, "face_underexposed": 0.0, "side_light": 0.0,
    "warmth": 0.1, "roll": 0.0, "yaw": 0.0, "pitch": 0.0, "eye_light": 0.9, "cut": [],
    "room_above": 0.4,
}  # fmt: skip
COPY = {
    "headline": "Warm hands",
    "subline": "All winter long",
    "call_to_action": "Shop now",
    "eyebrow": "New",
    "badge": "",
}
CLIP = b"\x00\x00\x00\x18ftypmp42" + bytes(64)
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:02.000\nWarm hands\n"

Report = Callable[[str, float], None]


def picture(size: tuple[int, int] = (640, 480), kind: str = "JPEG", **options: Any) -> bytes:
    """A plain picture as a file."""
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class PlainProduct:
    """A product that nobody had to cut out."""

    is_cut_out = False
    analysis: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        return b"a plain product"

    def product_png(self) -> bytes:
        return picture(SIZE, "PNG")


PRODUCT = PlainProduct({"colors": [{"name": "Teal", "hex": "#008080"}], "label": "mug"})


@contextmanager
def plain_work() -> Iterator[None]:
    """Let the provider deliver plain pictures and films of every kind."""
    work = {
        "thumbnail": _thumbnail,
        "image": _image,
        "product_of": lambda _photos: PRODUCT,
        "kept_product": lambda _data: PRODUCT,
        "ad": _ad,
        "worded": _worded,
        "plate": lambda _product, _storyboard, _number: picture(SIZE),
        "filmed": _filmed,
        "measured": measured,
        "taken": _taken,
        "portrait": _portrait,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, deliver in work.items():
            patch.setattr(local, name, deliver)
        yield


def _thumbnail(order: ThumbnailOrder, *, report: Report) -> Picture:
    report("drawing", 0.5)
    facts = TITLE_FACTS if order.text_overlay else {}
    return _picture(order.seed, order.title, facts, has_plate=order.text_overlay)


def _image(order: ImageOrder, *, report: Report) -> Picture:
    report("drawing", 0.5)
    return _picture(order.seed, order.prompt, IMAGE_FACTS)


def measured(data: bytes) -> dict[str, Any]:
    """What the coach says of any picture: a good one, and like no other."""
    digest = hashlib.sha256(data).hexdigest()
    return {**GOOD_PORTRAIT, "hash": digest[:16], "face_hash": digest[16:32]}


def _taken(_data: bytes, subject: str, _measures: Any = None) -> tuple[bytes, dict[str, Any]]:
    return picture(SIZE, "PNG"), {"subject": subject, "score": 0.5}


def _portrait(order: PortraitOrder, *, report: Report) -> Picture:
    report("drawing", 0.5)
    return _picture(order.seed, order.prompt, PORTRAIT_FACTS)


def _ad(_product: PlainProduct, order: AdOrder, *, report: Report) -> Picture:
    report("placing", 0.5)
    copy = COPY | {"headline": order.headline or COPY["headline"]}
    return _picture(order.seed, order.product_name, {"copy": copy}, has_plate=True)


def _worded(_plate: bytes, facts: Mapping[str, Any], copy: Mapping[str, str]) -> Picture:
    facts = {**facts, "copy": dict(copy)}
    return _picture(None, f"An ad: {copy['headline']}", facts, has_plate=True)


def _picture(
    seed: int | None, alt_text: str, facts: Mapping[str, Any], *, has_plate: bool = False
) -> Picture:
    return Picture(
        data=picture(SIZE),
        width=SIZE[0],
        height=SIZE[1],
        content_type="image/jpeg",
        seed=seed,
        alt_text=alt_text,
        plate=picture(SIZE) if has_plate else None,
        facts=dict(facts),
    )


def _filmed(
    storyboard: Mapping[str, Any],
    _plates: Sequence[bytes],
    _product: bytes | None,
    *,
    report: Report,
) -> Film:
    report("filming", 0.5)
    trim = storyboard["trim"]
    return Film(
        data=CLIP,
        width=SIZE[0],
        height=SIZE[1],
        seconds=trim["end"] - trim["start"],
        content_type="video/mp4",
        poster=picture(SIZE),
        captions=CAPTIONS if storyboard["captions"] else "",
        alt_text=f"A film of {storyboard['product_name']}.",
        mark=None,
    )
