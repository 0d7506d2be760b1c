"""Prove on the saved file that the product was not repainted: its pixels against the cut-out's."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from generation.engine.ads.staging import Placed
from generation.engine.pixels import (
    Box,
    Pixels,
    Size,
    box_blurred,
    brightness,
    floats,
    from_picture,
    resized,
    size_of,
)

OPAQUE: Final = 0.995
INSET: Final = 3  # pixels: nearer to its edge, JPEG mixes the product with its ground
MOST_MEAN: Final = 4.0  # of 255: what JPEG changes on the average
MOST_PEAK: Final = 30.0  # of 255: all but one pixel in a thousand change less
LEAST_LIKENESS: Final = 0.94  # structural similarity of the brightness, on the average
WINDOW: Final = 4  # pixels to each side
STABLE: Final = (0.01**2, 0.03**2)
PRINT: Final = 16  # places of the fingerprint a side
MOST_DRIFT: Final = 5.0  # of 255, of a place of the fingerprint
LEAST_COVERED: Final = 0.98  # of a place: only what is product all over is compared


@dataclass(frozen=True, slots=True)
class Fidelity:
    mean: float
    peak: float
    likeness: float
    compared: float  # of the product's pixels on the canvas

    @property
    def ok(self) -> bool:
        return (
            self.mean <= MOST_MEAN
            and self.peak <= MOST_PEAK
            and self.likeness >= LEAST_LIKENESS
        )  # fmt: skip

    def as_facts(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "mean_difference": round(self.mean, 2),
            "peak_difference": round(self.peak, 1),
            "similarity": round(self.likeness, 4),
            "compared": round(self.compared, 3),
        }


def fidelity_of(picture: Pixels, product: Placed, hidden: Sequence[Box]) -> Fidelity:
    """This function will compare the picture's pixels with the product's, words left out."""
    area = product.box.grown(0, size_of(picture))
    wanted = from_picture(_part(product, area))
    seen = _within(picture, area)
    core = _core(wanted[..., 3], hidden, area)
    if not core.any():
        return Fidelity(0.0, 0.0, 1.0, 0.0)
    change = floats(np.abs(seen - wanted[..., :3])[core] * 255)
    # Only the product is looked at: its surroundings count as they are.
    alone = np.where(wanted[..., 3:] > OPAQUE, wanted[..., :3], seen)
    likeness = _likeness(brightness(seen), brightness(floats(alone)))
    small = resized(floats(core), size_of(likeness), Image.Resampling.BOX) > OPAQUE
    opaque = max(1, int((wanted[..., 3] > OPAQUE).sum()))
    return Fidelity(
        float(change.mean()),
        float(np.percentile(change, 99.9)),
        float(likeness[small].mean()) if small.any() else 1.0,
        float(core.sum()) / opaque,
    )


def fingerprint_of(picture: Pixels, product: Placed) -> str:
    """The product in a few hundred colors: what a plate is later compared with."""
    area = product.box.grown(0, size_of(picture))
    alpha = from_picture(_part(product, area).getchannel("A"))
    colors = _summary(_within(picture, area))
    covered = resized(alpha, Size(PRINT, PRINT), Image.Resampling.BOX) >= LEAST_COVERED
    flat = np.concatenate([colors, covered[..., None] * np.uint8(255)], axis=2)
    return base64.b64encode(flat.astype(np.uint8).tobytes()).decode()


def is_same(picture: Pixels, facts: Mapping[str, Any], hidden: Sequence[Box]) -> bool:
    """Whether the product of this picture is still the one of the fingerprint."""
    area = Box(*facts["area"])
    raw = base64.b64decode(facts["fingerprint"])
    kept = np.frombuffer(raw, np.uint8).reshape(PRINT, PRINT, 4)
    seen = _summary(_within(picture, area))
    compared = (kept[..., 3] > 0) & ~_hidden_places(hidden, area)
    drift = np.abs(seen.astype(np.int16) - kept[..., :3].astype(np.int16)).max(axis=2)
    return not compared.any() or float(drift[compared].max()) <= MOST_DRIFT


def _within(picture: Pixels, area: Box) -> Pixels:
    return picture[area.top : area.bottom, area.left : area.right]


def _summary(pixels: Pixels) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    small = resized(pixels, Size(PRINT, PRINT), Image.Resampling.BOX)
    return (np.clip(small, 0, 1) * 255 + 0.5).astype(np.uint8)


def _hidden_places(
    hidden: Sequence[Box], area: Box
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    mask = np.zeros((PRINT, PRINT), dtype=np.bool_)
    for box in hidden:
        left = (box.left - area.left) * PRINT // area.width
        top = (box.top - area.top) * PRINT // area.height
        right = -((area.left - box.right) * PRINT // area.width)
        bottom = -((area.top - box.bottom) * PRINT // area.height)
        mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    return mask


def _part(product: Placed, area: Box) -> Image.Image:
    """What of the product is on the canvas."""
    return product.raster.crop(
        (
            area.left - product.left,
            area.top - product.top,
            area.right - product.left,
            area.bottom - product.top,
        )
    )


def _core(
    alpha: Pixels, hidden: Sequence[Box], area: Box
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where the product is opaque, a little inside of its edge and clear of words."""
    core: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = box_blurred(alpha, INSET) > OPAQUE
    for box in hidden:
        top, left = max(0, box.top - area.top), max(0, box.left - area.left)
        core[top : max(0, box.bottom - area.top), left : max(0, box.right - area.left)] = False
    return core


def _likeness(first: Pixels, second: Pixels) -> Pixels:
    """SSIM, the structural similarity, around each pixel of smaller copies."""
    half = Size(max(2, first.shape[1] // 2), max(2, first.shape[0] // 2))
    first, second = (resized(one, half, Image.Resampling.BOX) for one in (first, second))
    mean_1, mean_2 = box_blurred(first, WINDOW), box_blurred(second, WINDOW)
    spread_1 = box_blurred(floats(first * first), WINDOW) - mean_1 * mean_1
    spread_2 = box_blurred(floats(second * second), WINDOW) - mean_2 * mean_2
    shared = box_blurred(floats(first * second), WINDOW) - mean_1 * mean_2
    light, structure = STABLE
    above = (2 * mean_1 * mean_2 + light) * (2 * shared + structure)
    below = (mean_1**2 + mean_2**2 + light) * (spread_1 + spread_2 + structure)
    return floats(above / below)
