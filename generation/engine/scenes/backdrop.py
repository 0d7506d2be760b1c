"""Photographed places: a view into a small HDR panorama, out of focus as a lens would have it."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image

from generation.engine.color import to_srgb
from generation.engine.pixels import LUMA, Pixels, Size, floats, resized
from generation.engine.vendored import path_of

WORK_SIDE: Final = 360
STOPS, DARKEST = 16, 8  # the panoramas' code: linear = 2 ** (byte / 255 * 16 - 8) - 2 ** -8
BRIGHTEST: Final = 60.0
MIDDLE_GRAY: Final = 0.28
FIELD_OF_VIEW: Final = 68.0
BOKEH: Final = 0.018  # of the longer side


@dataclass(frozen=True, slots=True)
class View:
    yaw: float
    exposure: float = 1.0
    bokeh: float = BOKEH


@lru_cache(maxsize=3)
def _panorama(name: str) -> Pixels:
    """Linear light, exposed so that its geometric mean is middle gray."""
    with Image.open(path_of(f"backdrops/{name}.webp")) as opened:
        coded = floats(opened.convert("RGB"))
    light = np.exp2(coded / 255 * STOPS - DARKEST) - 2.0**-DARKEST
    light = np.clip(light, 0, BRIGHTEST)
    mean = np.exp(np.log(light @ LUMA + 1e-3).mean())
    return floats(light * (MIDDLE_GRAY / mean))


def view_into(name: str, size: Size, view: View) -> Pixels:
    scale = WORK_SIDE / max(size.width, size.height)
    small = Size(max(8, round(size.width * scale)), max(8, round(size.height * scale)))
    light = _looked_up(_panorama(name), *_directions(small), view.yaw) * view.exposure
    radius = max(2, int(view.bokeh * max(small.width, small.height)))
    blurry = _through_lens(light, radius)
    toned = blurry * (1 + blurry / 16) / (1 + blurry * 0.55)
    return floats(np.clip(resized(to_srgb(floats(np.clip(toned, 0, 1))), size), 0, 1))


def _directions(size: Size) -> tuple[Pixels, Pixels]:
    """For each pixel the angle around and the angle up of where it looks."""
    focal = 0.5 * max(size.width, size.height) / math.tan(math.radians(FIELD_OF_VIEW) / 2)
    x, y = np.meshgrid(
        np.arange(size.width) - size.width / 2 + 0.5, np.arange(size.height) - size.height / 2 + 0.5
    )
    around = np.arctan2(x, focal) / (2 * math.pi)
    up = np.arcsin(y / np.sqrt(x * x + y * y + focal * focal)) / math.pi + 0.5
    return floats(around), floats(up)


def _looked_up(panorama: Pixels, around: Pixels, up: Pixels, yaw: float) -> Pixels:
    height, width = panorama.shape[:2]
    u = ((around + yaw) % 1) * width - 0.5
    v = np.clip(up * height - 0.5, 0, height - 1.01)
    left, top = np.floor(u).astype(np.int32), np.floor(v).astype(np.int32)
    share_x, share_y = (u - left)[..., None], (v - top)[..., None]
    above = (
        panorama[top, left % width] * (1 - share_x) + panorama[top, (left + 1) % width] * share_x
    )
    lower = np.clip(top + 1, 0, height - 1)
    below = (
        panorama[lower, left % width] * (1 - share_x)
        + panorama[lower, (left + 1) % width] * share_x
    )
    return floats(above * (1 - share_y) + below * share_y)


def _through_lens(light: Pixels, radius: int) -> Pixels:
    """Each bright point becomes a disc, a little brighter at its rim, as in a real lens."""
    margin = 2 * radius
    padded = np.pad(light, ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
    height, width = padded.shape[:2]
    disc = np.zeros((height, width), dtype=np.float32)
    disc[: 2 * radius + 1, : 2 * radius + 1] = _disc(radius)
    disc = np.roll(disc, (-radius, -radius), (0, 1))
    lens = np.fft.rfft2(disc)[..., None]
    spread = np.fft.irfft2(np.fft.rfft2(padded, axes=(0, 1)) * lens, s=(height, width), axes=(0, 1))
    return floats(np.clip(spread[margin:-margin, margin:-margin], 0, None))


def _disc(radius: int) -> Pixels:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    away = np.hypot(x, y)
    disc = np.clip(radius + 0.5 - away, 0, 1) * (0.82 + 0.18 * (away / radius))
    return floats(disc / disc.sum())
