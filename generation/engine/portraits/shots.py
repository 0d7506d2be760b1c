"""The local profile of one photo: its subject, cut out once, and what is known about it."""

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from generation.engine.ads.palette import palette_of
from generation.engine.color import to_oklab
from generation.engine.cutout import Cuts, Photo, Subject, cut_out
from generation.engine.pixels import (
    Box,
    Pixels,
    Raster,
    floats,
    from_picture,
    smoothstep,
)
from generation.engine.portraits.measuring import measures_of, opened

SUBJECTS: Final = ("person", "product", "style")
LONGEST_SIDE: Final = 1120  # more shows in no picture that we make
MATTE_SIDE: Final = 560  # edges are found this finely
STYLE_SIDE: Final = 512
ABOVE, BELOW, BESIDE = 2.4, 7.0, 4.2  # in heights of a face: what a portrait can show around it
LEVELS: Final = floats(np.arange(256) / 255)


def _table(start: float, end: float) -> list[int]:
    """What becomes of each of the 256 values of a channel."""
    return [round(255 * float(value)) for value in smoothstep(start, end, LEVELS)]


EDGE: Final = _table(0.06, 0.94)  # enlarged edges are soft: as crisp again as they were
INSIDE: Final = _table(0.90, 0.995)  # alpha from which on nothing of the old ground shows
SEEN: Final = [0] + [255] * 255
FAST: Final = {"lossless": True, "quality": 0, "method": 0}
SHARP_ENOUGH, TALL_ENOUGH = 40.0, 240.0
CUT_HEAD: Final = 0.6  # what a score keeps of a subject that the photo cut off above
NO_FACE: Final = "photo: shows no face; choose one that shows the person from the front"
NO_SUBJECT: Final = "photo: nothing in it stands out from its background; choose a plainer one"


@dataclass(frozen=True, slots=True)
class Shot:
    """A photo made ready: a picture (with alpha, for a person or product), and facts for JSON."""

    picture: bytes
    facts: Mapping[str, Any]

    @property
    def subject(self) -> Subject:
        """Raises ValueError for what is not a shot of a person or a product."""
        facts = self.facts
        face = facts.get("face")
        try:
            return Subject(
                raster=self.raster,
                cuts=Cuts(**facts["cuts"]),
                face=Box(*face) if face else None,
            )
        except (KeyError, TypeError) as error:
            raise ValueError("shots: must be what was taken of photos") from error

    @property
    def raster(self) -> Raster:
        try:
            with Image.open(io.BytesIO(self.picture), formats=("WEBP", "PNG")) as picture:
                return picture.convert("RGBA")
        except (UnidentifiedImageError, OSError) as error:
            raise ValueError("shots: must be what was taken of photos") from error


def taken(data: bytes, subject: str, measures: Mapping[str, Any] | None = None) -> Shot:
    """This function will take the subject out of a photo of it, which may be measured already.

    Raises ValueError for what is no photo, shows no face, or nothing that stands out.
    """
    if subject not in SUBJECTS:
        raise ValueError(f"subject: must be one of {', '.join(SUBJECTS)}")
    photo = opened(data)
    if subject == "style":
        return _style_of(photo, measures or measures_of(photo))
    measures = measures or measures_of(photo)
    face = _face_of(measures) if subject == "person" else None
    part = _around(face, photo) if face else Box(0, 0, photo.width, photo.height)
    photo = photo.crop((part.left, part.top, part.right, part.bottom))
    photo.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    if face:
        face = _moved(face, part, photo.width / part.width)
    return _shot_of(_cut(photo, face), subject, measures)


def _face_of(measures: Mapping[str, Any]) -> Box:
    if "face" not in measures:
        raise ValueError(NO_FACE)
    return Box(*measures["face"])


def _around(face: Box, photo: Raster) -> Box:
    """What a portrait can show of a photo: a person in a wide view is taken from closer by."""
    tall, middle = face.height, (face.left + face.right) / 2
    return Box(
        max(0, int(middle - BESIDE * tall)),
        max(0, int(face.top - ABOVE * tall)),
        min(photo.width, int(middle + BESIDE * tall)),
        min(photo.height, int(face.bottom + BELOW * tall)),
    )


def _moved(box: Box, part: Box, scale: float) -> Box:
    """Where the box is in a part of the photo that was scaled."""
    edges = (
        box.left - part.left, box.top - part.top, box.right - part.left, box.bottom - part.top,
    )  # fmt: skip
    return Box(*(round(edge * scale) for edge in edges))


def _cut(photo: Raster, face: Box | None) -> Subject:
    """Cut out of a small copy, with the pixels of the large one where they are surely its own."""
    small = photo.copy()
    small.thumbnail((MATTE_SIDE, MATTE_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    found = cut_out(Photo(small, None))
    if found is None or found.box is None:
        raise ValueError(NO_SUBJECT)
    scale = photo.width / small.width
    box = _scaled(found.box, scale, photo)
    raster = _detailed(found.raster, photo.crop((box.left, box.top, box.right, box.bottom)))
    return replace(found, raster=raster, face=face and _moved(face, box, 1.0))


def _scaled(box: Box, scale: float, photo: Raster) -> Box:
    left, top = round(box.left * scale), round(box.top * scale)
    right, bottom = round(box.right * scale), round(box.bottom * scale)
    return Box(left, top, min(photo.width, right), min(photo.height, bottom))


def _detailed(rough: Raster, photo: Raster) -> Raster:
    layer = rough.resize(photo.size, Image.Resampling.BICUBIC)
    alpha = layer.getchannel("A").point(EDGE)
    colors = Image.composite(photo, layer.convert("RGB"), alpha.point(INSIDE))
    # What cannot be seen is black: it says nothing of the room, and packs well.
    raster = Image.composite(colors, Image.new("RGB", photo.size), alpha.point(SEEN))
    raster.putalpha(alpha)
    return raster


def _shot_of(subject: Subject, kind: str, measures: Mapping[str, Any]) -> Shot:
    target = io.BytesIO()
    subject.raster.save(target, "WEBP", **FAST)
    cuts = subject.cuts
    return Shot(
        target.getvalue(),
        {
            "subject": kind,
            "width": subject.raster.width,
            "height": subject.raster.height,
            "face": subject.face and subject.face.as_list(),
            "cuts": {
                "left": cuts.left, "right": cuts.right, "top": cuts.top, "bottom": cuts.bottom,
            },
            "yaw": measures.get("yaw", 0.0),
            "score": _score(measures, subject),
        },
    )  # fmt: skip


def _score(measures: Mapping[str, Any], subject: Subject) -> float:
    """From 0 to 1: sharp, large, evenly lit, from the front, and not cut off above."""
    sharp = min(1.0, measures.get("face_sharpness", measures["sharpness"]) / SHARP_ENOUGH)
    side = float(measures.get("face_height", min(measures["width"], measures["height"])))
    light = 1 - min(1.0, 2 * abs(measures.get("face_brightness", measures["brightness"]) - 0.55))
    front = 1 - min(1.0, 2 * abs(measures.get("yaw", 0.0)))
    score = 0.3 * sharp + 0.35 * min(1.0, side / TALL_ENOUGH) + 0.2 * light + 0.15 * front
    return round(float(score) * (CUT_HEAD if subject.cuts.top else 1.0), 3)


def _style_of(photo: Raster, measures: Mapping[str, Any]) -> Shot:
    """A small copy, and its colors: how they spread, and which they are."""
    photo.thumbnail((STYLE_SIDE, STYLE_SIDE), Image.Resampling.LANCZOS)
    target = io.BytesIO()
    photo.save(target, "WEBP", quality=90)
    labs = to_oklab(from_picture(photo)).reshape(-1, 3)
    return Shot(
        target.getvalue(),
        {
            "subject": "style",
            "palette": palette_of(photo).as_facts(),
            "mean": _plain(labs.mean(axis=0)),
            "spread": _plain(labs.std(axis=0)),
            "score": round(min(1.0, measures["sharpness"] / 100), 3),
        },
    )


def _plain(values: Pixels) -> list[float]:
    return [round(float(value), 5) for value in values]
