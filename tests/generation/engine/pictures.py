"""What the engine tests share: requests with sensible defaults, photos, readings of pixels."""

import io
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from generation.engine import compose, thumbnail
from generation.engine.compose import Composition
from generation.engine.cutout import Photo, Subject, cut_out, open_photo
from generation.engine.groups import icon_subject
from generation.engine.layout import Layout, Wish, laid_out
from generation.engine.picture import Picture
from generation.engine.pixels import Size
from generation.engine.seeds import random_of
from generation.engine.text import Block
from generation.engine.thumbnail import (
    ASPECT_RATIOS,
    ThumbnailRequest,
    checked,
    drawn,
    render,
)
from generation.engine.titles import read_title
from generation.engine.variety import Variety

PHOTOS = Path(__file__).parents[2] / "photos"
FLARE = 0.05
SHRINK = 2  # layouts are looked at this much smaller than they are delivered


def photo(name: str) -> bytes:
    return (PHOTOS / f"{name}.jpg").read_bytes()


@cache
def cut(name: str) -> tuple[Photo, Subject | None]:
    """Cutting out is the slow part, so tests that only look at the layout share it."""
    opened_photo = open_photo(photo(name))
    return opened_photo, cut_out(opened_photo)


def quietly(stage: str, fraction: float) -> None:
    """A progress that nobody looks at."""


def request_for(**changes: Any) -> ThumbnailRequest:
    values: dict[str, Any] = {
        "title": "Why I quit my job",
        "style": "minimal",
        "color_scheme": "ocean",
        "aspect_ratio": "16:9",
        "text_overlay": True,
        "seed": 1,
    }
    return ThumbnailRequest(**values | changes)


def picture_of(**changes: Any) -> Picture:
    return render(request_for(**changes), progress=quietly)


@cache
def shared_picture_of(**changes: Any) -> Picture:
    """For tests that look at the same picture in several ways, and do not change it."""
    return picture_of(**changes)


@lru_cache(maxsize=16)
def small_composition_of(**changes: Any) -> Composition:
    """A picture before it is encoded, at a quarter of its size: every length of the engine is a
    share of the canvas, so what is seen small is so large as well. Photos are cut out once."""
    name = changes.pop("name", "")
    request = request_for(**changes, photo=photo(name) if name else None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thumbnail, "ASPECT_RATIOS", SMALL)
        if name:
            patch.setattr(compose, "cut_out", lambda _: cut(name)[1])
        return drawn(checked(request), quietly)


def small_picture_of(**changes: Any) -> Picture:
    """For tests of labels, facts and refusals, where the size of the picture is not the point."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(thumbnail, "ASPECT_RATIOS", SMALL)
        return picture_of(**changes)


SMALL = {aspect: (width // 4, height // 4) for aspect, (width, height) in ASPECT_RATIOS.items()}


def size_of_layout(aspect: str) -> tuple[int, int]:
    width, height = ASPECT_RATIOS[aspect]
    return width // SHRINK, height // SHRINK


@lru_cache(maxsize=64)
def layout_of(
    style: str, aspect: str, title: str, *, name: str = "", objects: str = "", seed: int = 1
) -> Layout:
    """The layout alone, with a person of the photos, or with objects, or with nothing."""
    size, random = Size(*size_of_layout(aspect)), random_of(style, aspect, seed)
    variety = Variety(seed)
    opened_photo, subject = cut(name) if name else (None, None)
    if objects:
        subject = icon_subject(tuple(objects.split()), size.unit // 2, random)
    read = read_title(title, style, variety) if title else None
    return laid_out(Wish(style, aspect, size, read, subject, opened_photo, variety), random)


def line_boxes(block: Block | None) -> list[tuple[int, int, int, int]]:
    """Top, bottom, left and right of each line of letters."""
    assert block is not None
    face, size = block.setting.face, block.size
    boxes = []
    for line in sorted({word.line for word in block.words}):
        words = [word for word in block.words if word.line == line]
        top, bottom = words[0].baseline - face.cap * size, words[0].baseline + face.descent * size
        left, right = (
            min(word.left for word in words),
            max(word.left + word.width for word in words),
        )
        boxes.append((int(top), int(bottom), int(left), int(right)))
    return boxes


def opened(picture: Picture) -> Image.Image:
    return Image.open(io.BytesIO(picture.data))


def pixels_of(picture: Picture) -> NDArray[np.float64]:
    return np.asarray(opened(picture).convert("RGB"), dtype=np.float64) / 255


def luminance(pixels: NDArray[Any]) -> NDArray[np.float64]:
    """WCAG's, written anew so that the engine is not measured with its own ruler."""
    linear = np.where(pixels <= 0.04045, pixels / 12.92, ((pixels + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(first: float, second: float) -> float:
    return (max(first, second) + FLARE) / (min(first, second) + FLARE)


def contrast_of_letters(picture: Picture) -> float:
    """Find the letters in the decoded file by their color, and measure what is around them."""
    left, top, right, bottom = picture.facts["layout"]["text_box"]
    region = pixels_of(picture)[top:bottom, left:right]
    inks = [_color(code) for code in picture.facts["layout"]["inks"]]
    ratios = []
    for ink in inks:
        letters = np.abs(region - ink).max(axis=2) < 0.05
        near = _near(letters, 5) & ~_near(letters, 2)
        assert letters.mean() > 0.01
        behind = float(np.median(luminance(region[near])))
        ratios.append(contrast(float(luminance(region[letters]).mean()), behind))
    return min(ratios)


def _color(code: str) -> NDArray[np.float64]:
    return np.array([int(code[place : place + 2], 16) for place in (1, 3, 5)]) / 255


def _near(mask: NDArray[np.bool_], distance: int) -> NDArray[np.bool_]:
    grown = mask.copy()
    for step in range(1, distance + 1):
        for axis in (0, 1):
            grown |= np.roll(mask, step, axis) | np.roll(mask, -step, axis)
    return grown
