"""Studio: a cyclorama in the product's own hue, with the shadow of leaves or of a window."""

import math
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.ads.scene import Scene
from generation.engine.color import colored, mixed, ramp
from generation.engine.noise import Grain, noise
from generation.engine.pixels import (
    WHITE,
    Pixels,
    Size,
    blurred,
    floats,
    from_picture,
    grid,
    over,
    resized,
    smoothstep,
)

HORIZON: Final = 0.11  # shorter sides above the foot of the product
BEND: Final = 0.13  # how soft the wall becomes the floor
PALE: Final = 0.80  # a product as light as this needs a darker wall
CLOTH: Final = Grain(cells=3, octaves=4)
LEAF_SHADE: Final = 0.55
BLADES: Final = 11


def paint(scene: Scene) -> Pixels:
    pixels = scene.softly(lambda size: _cyclorama(scene, size))
    gobo = _fronds if scene.number % 3 != 1 else _window
    # Light that comes back from the walls tints the shadow: gray would look dirty.
    tint = mixed(WHITE, scene.tone(0.62, scene.chroma), 0.85)
    return over(pixels, floats(pixels * tint), floats(gobo(scene) * LEAF_SHADE))


def _cyclorama(scene: Scene, size: Size) -> Pixels:
    dim = 0.13 if scene.palette.lightness > PALE else 0.0
    strength = scene.chroma * 0.42
    high = scene.tone(0.962 - dim, strength * 0.45)
    middle = scene.tone(0.885 - dim, strength * 0.85)
    low = scene.tone(0.74 - dim, strength * 1.15)
    table = ramp([(0, high), (0.5, middle), (1, low)])
    x, y = scene.middle
    right, down = scene.from_point(size, x + 0.10 * scene.light_side, y - 0.16)
    cloth = noise(scene.random, size, CLOTH) - 0.5
    wall = colored(table, floats(np.hypot(right, down) * 0.78 + cloth * 0.05))
    if not scene.stands:
        return wall
    return _with_floor(scene, size, wall, (middle, high, low))


def _with_floor(
    scene: Scene, size: Size, wall: Pixels, tones: tuple[Pixels, Pixels, Pixels]
) -> Pixels:
    middle, high, low = tones
    unit, height = scene.size.unit, scene.size.height
    horizon = (scene.spot.bottom - HORIZON * unit) / height
    bend = BEND * unit / height
    _, rows = grid(size)
    right, _ = scene.from_point(size, scene.middle[0], horizon)
    nearness = floats((rows - horizon) / max(1 - horizon, 0.05))
    aside = floats(np.abs(right) * 0.22)
    floor = colored(ramp([(0, low), (0.3, middle), (0.75, high), (1, high)]),
                    floats(nearness * 0.9 + 0.1 - aside))  # fmt: skip
    return over(wall, floor, smoothstep(horizon - bend, horizon + bend * 0.8, rows))


def _fronds(scene: Scene) -> Pixels:
    """Palm leaves before the lamp: they fall in from the side away from the words."""
    scale = 3
    size = Size(scene.size.width // scale, scene.size.height // scale)
    canvas = Image.new("L", (size.width, size.height))
    draw = ImageDraw.Draw(canvas)
    side = -scene.light_side
    longest = max(size.width, size.height)
    for number in range(5):
        angle = math.radians(90 + side * (38 + 17 * number + float(scene.random.uniform(-7, 7))))
        x = size.width * (0.5 + side * (0.56 - 0.05 * number))
        y = size.height * (-0.06 + 0.05 * number)
        _frond(draw, (x, y), angle, longest * float(scene.random.uniform(0.42, 0.6)))
    soft = blurred(from_picture(canvas), size.unit * 0.009)
    return resized(_faded(soft, side), scene.size)


def _faded(mask: Pixels, side: int) -> Pixels:
    """Weaker where the words and the product are."""
    columns, rows = grid(Size(mask.shape[1], mask.shape[0]))
    across = columns if side > 0 else 1 - columns
    return floats(mask * (0.30 + 0.70 * smoothstep(0.35, 0.95, across)) * (1.05 - 0.45 * rows))


def _frond(
    draw: ImageDraw.ImageDraw, root: tuple[float, float], angle: float, length: float
) -> None:
    for share in np.linspace(0.10, 1.0, BLADES):
        x = root[0] + math.cos(angle) * length * share
        y = root[1] + math.sin(angle) * length * share
        for turn in (-1, 1):
            lean = angle + turn * math.radians(62 - 40 * share)
            _blade(draw, (x, y), lean, length * (0.44 - 0.20 * share))
    tip = (root[0] + math.cos(angle) * length, root[1] + math.sin(angle) * length)
    draw.line([root, tip], fill=255, width=max(1, int(length * 0.012)))


def _blade(
    draw: ImageDraw.ImageDraw, root: tuple[float, float], angle: float, length: float
) -> None:
    along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
    outline = []
    for way in (1, -1):
        for share in np.linspace(0, 1, 9) if way > 0 else np.linspace(1, 0, 9):
            wide = way * length * 0.075 * math.sin(math.pi * share**0.8)
            outline.append(
                (
                    root[0] + along[0] * length * share + across[0] * wide,
                    root[1] + along[1] * length * share + across[1] * wide,
                )
            )
    draw.polygon(outline, fill=255)


def _window(scene: Scene) -> Pixels:
    """All that the slanted light of a window leaves out."""
    scale = 3
    size = Size(scene.size.width // scale, scene.size.height // scale)
    canvas = Image.new("L", (size.width, size.height), 255)
    draw = ImageDraw.Draw(canvas)
    x, y = scene.middle[0] * size.width, scene.middle[1] * size.height
    unit, side = size.unit, -scene.light_side
    for column in range(2):
        for row in range(3):
            left = x + (column - 1.0) * unit * 0.37 + unit * 0.02
            top = y + (row - 1.75) * unit * 0.34
            lean = side * unit * 0.16
            draw.polygon(
                [(left + lean, top), (left + lean + unit * 0.33, top - unit * 0.06),
                 (left + unit * 0.33, top + unit * 0.24), (left, top + unit * 0.30)],
                fill=0,
            )  # fmt: skip
    return resized(floats(blurred(from_picture(canvas), unit * 0.016) * 0.5), scene.size)
