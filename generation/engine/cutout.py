"""Take the subject out of a photo, and note where the photo's own edge cut it off."""

import io
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from generation.engine.faces import main_face
from generation.engine.matte import cleaned_colors, matte_of
from generation.engine.pixels import (
    Box,
    Pixels,
    Raster,
    bounds_of,
    from_picture,
    to_picture,
)

LONGEST_SIDE = 1000
MOST_PIXELS = 20_000_000
SURE_ENOUGH = 0.5  # below, the net has seen nothing that stands out
LEAST_AREA, MOST_AREA = 0.03, 0.92
SOLID = 0.5
CUT_SHARE = 0.02  # of the side that the subject must touch to count as cut off there
RIM = 2  # pixels at the photo's edge that count as touching it


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the photo's edge cut the subject off; None where it did not.

    Left and right are the rows from which on the subject touches that edge, as a share of its
    height: what lies above stands free.
    """

    left: float | None = None
    right: float | None = None
    top: bool = False
    bottom: bool = False

    @property
    def any_side(self) -> bool:
        return self.left is not None or self.right is not None


@dataclass(frozen=True, slots=True)
class Subject:
    """What the picture is about: its pixels with alpha, trimmed."""

    raster: Raster
    cuts: Cuts
    face: Box | None = None
    is_icon: bool = False
    fill: float = 1.0  # how much of the usual room it takes
    confidence: float = 1.0  # how sure the net is that it stands out
    box: Box | None = None  # where in its photo it was


@dataclass(frozen=True, slots=True)
class Photo:
    """An opened photo: upright, without metadata, no larger than we need; and its face."""

    raster: Raster
    face: Box | None


def open_photo(data: bytes, longest: int = LONGEST_SIDE) -> Photo:
    """This function will open a photo. Raises ValueError when it is not one."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise ValueError("photo: has too many pixels")
            raster = _flattened(ImageOps.exif_transpose(opened))
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError("photo: is not a picture that can be read") from error
    raster.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return Photo(raster, main_face(raster))


def _flattened(opened: Raster) -> Raster:
    colors = opened.convert("RGBA")
    flat = Image.new("RGB", colors.size, "white")
    flat.paste(colors, mask=colors.getchannel("A"))
    return flat


def cut_out(photo: Photo) -> Subject | None:
    """The subject, or None when nothing in the photo stands out enough to be one."""
    alpha, confidence = matte_of(photo.raster)
    area = float((alpha > SOLID).mean())
    if confidence < SURE_ENOUGH or not LEAST_AREA <= area <= MOST_AREA:
        return None
    box = bounds_of(alpha)
    if box is None:
        return None
    colors = cleaned_colors(from_picture(photo.raster), alpha)
    subject = _trimmed(colors, alpha, box, photo.face)
    return replace(subject, confidence=confidence, box=box)


def _trimmed(colors: Pixels, alpha: Pixels, box: Box, face: Box | None) -> Subject:
    raster = to_picture(colors)
    raster.putalpha(to_picture(alpha))
    edges = (box.left, box.top, box.right, box.bottom)
    moved = face and Box(
        face.left - box.left, face.top - box.top, face.right - box.left, face.bottom - box.top
    )
    return Subject(raster.crop(edges), _cuts_of(alpha, box), moved)


def _cuts_of(alpha: Pixels, box: Box) -> Cuts:
    solid = alpha > SOLID
    height, width = solid.shape
    return Cuts(
        left=_first_row(solid[:, :RIM].any(axis=1), box) if box.left <= RIM else None,
        right=_first_row(solid[:, -RIM:].any(axis=1), box) if box.right >= width - RIM else None,
        top=bool(solid[:RIM].any(axis=0).mean() > CUT_SHARE),
        bottom=bool(solid[height - RIM :].any(axis=0).mean() > CUT_SHARE),
    )


def _first_row(touching: NDArray[np.bool_], box: Box) -> float | None:
    if touching.mean() <= CUT_SHARE:
        return None
    return max(0.0, (int(np.argmax(touching)) - box.top) / box.height)
