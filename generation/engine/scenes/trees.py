"""Trees: grown as small pictures out of chance, lit by the hour, and planted over a land."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.color import color_of
from generation.engine.noise import Grain, noise
from generation.engine.pixels import (
    Pixels,
    Random,
    Raster,
    Size,
    floats,
    from_picture,
    over,
    resized,
    size_of,
    smoothstep,
    to_picture,
)
from generation.engine.scenes.hours import Hour
from generation.engine.scenes.terrain import FOG, Landscape

SPRITE: Final = Size(224, 352)
FORMS: Final = 4  # how many trees of a kind differ
TIERS: Final = 9
DISTANCES: Final = 6  # steps of haze
SIZE_STEP: Final = 1.14  # from one height of a tree to the next
TALLNESS: Final = 0.030  # of the height, at a depth of one
NEAREST, FARTHEST = 0.10, 1.7
SMALLEST, LARGEST = 0.012, 0.62  # of the height
STEEPEST: Final = 0.9
CLEARING: Final = 0.24  # of the width: near trees leave the middle to what the picture is about
CLEAR_UNTIL: Final = 0.42  # in depths
GREENS: Final = {
    "conifer": ("#2f5a34", "#3c6b3a", "#28503a"),
    "broadleaf": ("#4f7f34", "#5f8f3a", "#42702f"),
    "autumn": ("#c9741f", "#d9a02b", "#b8432a", "#8f7a2f"),
    "palm": ("#4f8f3a", "#5f9f3f"),
}
SNOW: Final = floats([0.93, 0.96, 1.0])
TRUNK: Final = color_of("#5a4330")


@dataclass(frozen=True, slots=True)
class Form:
    """How bright each spot of a tree is, what of it is trunk or catches snow, and where it is."""

    shade: Pixels
    alpha: Pixels
    snow: Pixels
    trunk: Pixels


@dataclass(frozen=True, slots=True, kw_only=True)
class Grove:
    """What to plant."""

    kind: str
    count: int
    is_snowy: bool = False
    tallness: float = 1.0


def planted(pixels: Pixels, land: Landscape, hour: Hour, grove: Grove, random: Random) -> Pixels:
    """This function will plant the grove over pixels that may be larger than the land's map."""
    size = size_of(pixels)
    trees = _places(land, grove, random)
    picture = to_picture(pixels).convert("RGBA")
    sprites = _Nursery(grove, hour, random)
    for depth, across, down in sorted(trees, reverse=True):
        height = size.height * TALLNESS * grove.tallness / depth * random.uniform(0.7, 1.25)
        if not SMALLEST * size.height < height < LARGEST * size.height:
            continue
        sprite = sprites.at(depth, int(height))
        left = int(across * size.width - sprite.width / 2)
        top = int(down * size.height - sprite.height * 0.985)
        _laid(picture, sprite, left, top)
    return from_picture(picture.convert("RGB"))


def _laid(picture: Raster, sprite: Raster, left: int, top: int) -> None:
    crop = (max(0, -left), max(0, -top))
    if crop[0] < sprite.width and crop[1] < sprite.height:
        picture.alpha_composite(sprite, (max(0, left), max(0, top)), crop)


def _places(land: Landscape, grove: Grove, random: Random) -> list[tuple[float, float, float]]:
    """Depth, and shares of width and height, of dry and level spots; denser in clumps."""
    size = size_of(land.depth)
    clumps = noise(random, size, Grain(cells=7, octaves=3))
    fit = land.dry & (land.steep < STEEPEST) & (land.depth > NEAREST) & (land.depth < FARTHEST)
    across = np.abs(np.linspace(-0.5, 0.5, size.width))[None]
    fit &= (across > CLEARING) | (land.depth > CLEAR_UNTIL)
    spots = np.flatnonzero(fit)
    if not len(spots):
        return []
    weight = land.depth.ravel()[spots] ** 1.2 * smoothstep(0.38, 0.62, clumps.ravel()[spots])
    weight = weight + 1e-4
    chosen = random.choice(spots, min(grove.count, len(spots)), p=weight / weight.sum())
    rows, columns = np.divmod(chosen, size.width)
    depths = land.depth.ravel()[chosen]
    return [
        (float(depth), float(column / size.width), float(row / size.height))
        for depth, column, row in zip(depths, columns, rows, strict=True)
    ]


class _Nursery:
    """The grove's trees in every haze, each colored once."""

    def __init__(self, grove: Grove, hour: Hour, random: Random) -> None:
        self.grove, self.hour, self.random = grove, hour, random
        self.grown: dict[tuple[int, int], Raster] = {}
        self.sized: dict[tuple[int, int, int], Raster] = {}

    def at(self, depth: float, height: int) -> Raster:
        haze = 1 - math.exp(-((depth * FOG * self.hour.haze) ** 1.6))
        step = min(DISTANCES - 1, int(haze * DISTANCES))
        form = int(self.random.integers(0, FORMS))
        tall = round(math.log(height) / math.log(SIZE_STEP))
        if (step, form, tall) not in self.sized:
            if (step, form) not in self.grown:
                self.grown[step, form] = self._colored(form, (step + 0.4) / DISTANCES)
            self.sized[step, form, tall] = _sized(self.grown[step, form], round(SIZE_STEP**tall))
        return self.sized[step, form, tall]

    def _colored(self, number: int, haze: float) -> Raster:
        form = _grown(self.grove.kind, number)
        codes = GREENS[self.grove.kind]
        leaves = color_of(codes[number % len(codes)])
        color = over(floats(np.broadcast_to(leaves, (*form.shade.shape, 3))), TRUNK, form.trunk)
        if self.grove.is_snowy:
            color = over(color, SNOW, form.snow * 0.92)
        hour = self.hour
        light = hour.ambient * 0.55 + 0.05 + hour.light * (form.shade * 0.95)[..., None]
        color = floats(color * light * (0.42 + 0.60 * hour.strength))
        color = floats(np.clip(color, 0, 1) * (1 - haze) + hour.fog * haze)
        sprite = to_picture(color).convert("RGBA")
        sprite.putalpha(to_picture(form.alpha))
        return sprite


def _sized(sprite: Raster, height: int) -> Raster:
    width = max(2, round(sprite.width * height / sprite.height))
    return sprite.resize((width, height), Image.Resampling.BILINEAR, reducing_gap=2.0)


@lru_cache(maxsize=16)
def _grown(kind: str, number: int) -> Form:
    random = np.random.default_rng(number + 17)
    if kind == "conifer":
        return _conifer(random)
    return _palm(random) if kind == "palm" else _broadleaf(random)


def _axes() -> tuple[Pixels, Pixels]:
    down, across = np.mgrid[0 : SPRITE.height, 0 : SPRITE.width].astype(np.float32)
    return floats(across / SPRITE.width * 2 - 1), floats(down / SPRITE.height)


def _conifer(random: Random) -> Form:
    x, y = _axes()
    needles = noise(random, SPRITE, Grain(cells=46, octaves=3))
    droop = np.abs(x) * 0.10 + (noise(random, SPRITE, Grain(cells=7, octaves=2)) - 0.5) * 0.10
    tier = (y**0.9 - droop * (0.3 + y)) * TIERS
    within = tier - np.floor(tier)
    half = (0.03 + 0.88 * y**0.95) * (0.58 + 0.42 * within) * random.uniform(0.82, 1.0)
    half = half * (1 + (needles - 0.5) * 0.75)
    crown = smoothstep(0.03, -0.03, floats(np.abs(x) - half)) * (y < 0.955 + (needles - 0.5) * 0.05)
    trunk = floats((np.abs(x) < 0.055) & (y > 0.93) & (crown < 0.5))
    roundness = np.clip(0.62 - x / (half + 0.05) * 0.30, 0.15, 1)
    shade = roundness * (0.42 + 0.58 * within) * (0.55 + 0.9 * needles)
    snow = smoothstep(0.80, 0.38, floats(within + (needles - 0.5) * 0.9)) * crown
    return Form(floats(shade), floats(np.maximum(crown, trunk)), floats(snow), trunk)


def _broadleaf(random: Random) -> Form:
    x, y = _axes()
    leaves = noise(random, SPRITE, Grain(cells=50, octaves=3))
    shade, crown = np.zeros_like(x), np.zeros_like(x)
    for _ in range(46):
        angle, away = random.random() * 2 * np.pi, random.random() ** 0.6
        at_x, at_y = math.cos(angle) * away * 0.64, 0.42 + math.sin(angle) * away * 0.30
        radius = random.uniform(0.16, 0.30)
        distance = np.hypot(x - at_x, (y - at_y) * 1.55) / radius + (leaves - 0.5) * 0.75
        puff = smoothstep(1.02, 0.94, floats(distance))
        lit = np.clip(0.62 - (x - at_x) / radius * 0.26 - (y - at_y) * 1.55 / radius * 0.34, 0, 1)
        lit = lit * (1.08 - 0.75 * (at_y - 0.10)) * (0.6 + 0.8 * leaves)
        shade = shade * (1 - puff) + lit * puff
        crown = np.maximum(crown, puff)
    width = 0.06 + 0.05 * smoothstep(0.86, 1.0, y)
    trunk = floats((np.abs(x - 0.02 * np.sin(y * 9)) < width) & (y > 0.55) & (crown < 0.5))
    shade = np.where(trunk > 0, 0.55 - x * 1.8, shade)
    snow = smoothstep(0.5, 0.8, floats(shade + leaves * 0.3)) * crown
    return Form(floats(shade), floats(np.maximum(crown, trunk)), floats(snow), trunk)


def _palm(random: Random) -> Form:
    scale = 3
    wide, tall = SPRITE.width * scale, SPRITE.height * scale
    crown, trunk = Image.new("L", (wide, tall)), Image.new("L", (wide, tall))
    lean = random.uniform(-0.16, 0.16)
    top = (wide * (0.5 + lean), tall * 0.30)
    pen = ImageDraw.Draw(trunk)
    for step in range(60):
        share = step / 59
        across = wide * (0.5 + lean * share**1.7)
        down = tall * (1 - 0.70 * share)
        radius = wide * (0.034 - 0.016 * share)
        pen.ellipse((across - radius, down - radius, across + radius, down + radius), fill=255)
    pen = ImageDraw.Draw(crown)
    for number in range(13):
        angle = math.pi * (number / 12) * 1.12 - 0.19 + random.uniform(-0.08, 0.08)
        _frond(
            pen, top, (angle, wide * random.uniform(0.40, 0.50)), 150 + int(random.integers(105))
        )
    fronds = resized(from_picture(crown), SPRITE, Image.Resampling.BOX)
    stem = resized(from_picture(trunk), SPRITE, Image.Resampling.BOX)
    x, _ = _axes()
    alpha = np.maximum(np.clip(fronds * 1.7, 0, 1), stem)
    only_stem = floats(stem * (fronds < 0.25))
    shade = np.where(only_stem > 0.3, 0.75 - x * 2.2, fronds * 1.0)
    return Form(floats(np.clip(shade, 0.1, 1)), floats(alpha), np.zeros_like(x), only_stem)


def _frond(
    pen: ImageDraw.ImageDraw, top: tuple[float, float], aim: tuple[float, float], tone: int
) -> None:
    """A rib that bends down, with leaflets hanging off it."""
    angle, length = aim
    for step in range(26):
        share = step / 25
        across = top[0] + math.cos(angle) * length * share
        down = top[1] - math.sin(angle) * length * 0.62 * share + length * 0.62 * share**2.2
        hang = length * 0.24 * math.sin(math.pi * min(1, share * 0.9 + 0.10))
        for side in (-1, 1):
            tip = (across + side * hang * 0.55 + math.cos(angle) * hang * 0.5, down + hang * 0.8)
            spread = length * 0.020
            pen.polygon([(across - spread, down), (across + spread, down), tip], fill=tone)
