"""Fresh: soft pastel shapes that overlap, and a round one for the product."""

import math
from typing import Final

import numpy as np

from generation.engine.ads.scene import Scene
from generation.engine.color import changed
from generation.engine.pixels import WHITE, Box, Pixels, Size, filled, floats, over
from generation.engine.stage import inside

PALE: Final = 0.84  # products lighter than this need a stronger shape behind them
DOT_AIR: Final = 24  # pixels
WOBBLE: Final = 0.10  # of the radius


def paint(scene: Scene) -> Pixels:
    return _confetti(scene, scene.softly(lambda size: _shapes(scene, size)))


def _shapes(scene: Scene, size: Size) -> Pixels:
    pixels = filled(size, scene.tone(0.968, 0.018, 0.6))
    for x, y, radius, color in _blobs(scene):
        pixels = over(pixels, color, inside(_blob(scene, size, (x, y), radius)))
    x, y = scene.middle
    radius = _radius(scene)
    body = _blob(scene, size, (x, y), radius)
    depth = 0.075 if scene.palette.lightness > PALE else 0.0
    color = scene.tone(0.865 - depth, 0.082, _turns(scene)[0])
    pixels = over(pixels, color, inside(body))
    _, down = scene.from_point(size, x, y)
    lit = floats(inside(body) * np.clip(0.35 - 0.6 * down / radius, 0, 0.7))
    pixels = over(pixels, changed(color, lightness=0.055), lit)
    ring = floats(np.abs(_blob(scene, size, (x + 0.015, y - 0.01), radius * 1.09)) - 0.0016)
    return over(pixels, WHITE, floats(inside(ring) * 0.75))


def _turns(scene: Scene) -> tuple[float, float, float]:
    """Three hues beside and across from the product's."""
    return scene.pick(((0.55, -0.75, 2.6), (2.9, 0.7, -0.6), (-0.7, 2.2, 0.8)))


def _blobs(scene: Scene) -> list[tuple[float, float, float, Pixels]]:
    turns = _turns(scene)
    first, second, third = (
        scene.tone(0.925, 0.055, turns[1]), scene.tone(0.915, 0.060, turns[2]),
        scene.tone(0.94, 0.045, turns[0]),
    )  # fmt: skip
    if scene.arrangement.text_side is None:
        places = ((0.96, 0.05, 0.34), (0.02, 0.94, 0.40), (1.02, 0.80, 0.30))
    elif scene.arrangement.text_side == "left":
        places = ((0.98, 0.02, 0.42), (0.05, 1.02, 0.44), (0.97, 0.98, 0.30))
    else:
        places = ((0.02, 0.02, 0.42), (0.95, 1.02, 0.44), (0.03, 0.98, 0.30))
    colors = (first, second, third)
    return [(x, y, radius, color) for (x, y, radius), color in zip(places, colors, strict=True)]


def _blob(scene: Scene, size: Size, at: tuple[float, float], radius: float) -> Pixels:
    """A circle that is not quite one: negative inside."""
    right, down = scene.from_point(size, *at)
    angle = np.arctan2(down, right)
    phase = 1.7 * scene.number + 9.1 * at[0] + 5.3 * at[1]
    wave = np.sin(2 * angle + phase) * 0.6 + np.sin(3 * angle - 1.3 * phase) * 0.4
    return floats(np.hypot(right, down) - radius * (1 + WOBBLE * wave))


def _radius(scene: Scene) -> float:
    spot, unit = scene.spot.grown(0, scene.size), scene.size.unit
    wide = 0.5 * math.hypot(spot.width, spot.height) / unit
    return min(max(wide * 0.88, 0.28), 0.455)


def _confetti(scene: Scene, pixels: Pixels) -> Pixels:
    """A few dots beside the product, none under the words."""
    size, zone = scene.size, scene.arrangement.room.zone.grown(DOT_AIR, scene.size)
    x, y = scene.middle[0] * size.width, scene.middle[1] * size.height
    radius = _radius(scene) * size.unit
    for number in range(6):
        angle = 0.5 + 1.05 * number + float(scene.random.uniform(-0.3, 0.3)) + scene.number
        away = radius * float(scene.random.uniform(1.16, 1.34))
        half = int(size.unit * float(scene.random.uniform(0.008, 0.017)))
        left, top = int(x + math.cos(angle) * away), int(y + math.sin(angle) * away)
        box = Box(left - half - 2, top - half - 2, left + half + 2, top + half + 2)
        if box.overlaps(zone) or box.grown(0, size) != box:
            continue
        rows, columns = np.mgrid[box.top : box.bottom, box.left : box.right]
        dot = inside(floats(np.hypot(columns - left, rows - top) - half), softness=0.8)
        view = (slice(box.top, box.bottom), slice(box.left, box.right))
        pixels[view] = over(pixels[view], scene.tone(0.80, 0.11, _turns(scene)[number % 3]), dot)
    return pixels
