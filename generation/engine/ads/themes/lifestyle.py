"""Lifestyle: a real place out of focus, and a wooden table in perspective."""

import math
from typing import Final

import numpy as np

from generation.engine.ads.scene import Scene
from generation.engine.color import colored, ramp
from generation.engine.noise import Grain, noise
from generation.engine.pixels import (
    Pixels,
    Size,
    blurred,
    floats,
    grid,
    over,
    resized,
    smoothstep,
)
from generation.engine.scenes.backdrop import View, view_into

WINDOW: Final = ("apartment", View(0.645, exposure=1.05, bokeh=0.032))
EVENING: Final = ("esplanade", View(0.79, exposure=1.1, bokeh=0.042))
GARDEN: Final = ("forest", View(0.52, exposure=1.45, bokeh=0.05))
MEADOW: Final = ("park", View(0.55, exposure=1.1, bokeh=0.035))
OFFICE: Final = ("lobby", View(0.44, exposure=1.0, bokeh=0.034))
HANGAR: Final = ("workshop", View(0.63, exposure=0.85, bokeh=0.034))
PLACES: Final = {
    "coffee": (WINDOW, EVENING, GARDEN), "drink": (EVENING, GARDEN, WINDOW),
    "food": (WINDOW, GARDEN, EVENING), "tool": (HANGAR, OFFICE), "vehicle": (EVENING, MEADOW),
    "sport": (MEADOW, HANGAR), "footwear": (MEADOW, EVENING), "plant": (GARDEN, WINDOW),
    "animal": (MEADOW, WINDOW), "tech": (OFFICE, EVENING), "music": (EVENING, WINDOW),
}  # fmt: skip
HOMES: Final = (WINDOW, GARDEN, OFFICE)
WOODS: Final = (
    (("#4f3220", 0.0), ("#8f6440", 0.5), ("#c39a6c", 1.0)),  # oak
    (("#33201a", 0.0), ("#5d3d2b", 0.5), ("#8c6446", 1.0)),  # walnut
    (("#8d7355", 0.0), ("#c0a481", 0.5), ("#e4d2b5", 1.0)),  # ash
)
EDGE: Final = 0.16  # shorter sides behind the foot of the product: the table's far edge
PLANKS: Final = 3.1  # a shorter side, at the near edge
TILE: Final = Size(640, 1280)
FIBERS: Final = Grain(cells=9, octaves=5, gain=0.72, stretch=14)
WAVES: Final = Grain(cells=3, octaves=3)
NEAR, FAR = 0.95, 0.36  # how the distance runs over the table


def paint(scene: Scene) -> Pixels:
    if scene.arrangement.stance in {"lies", "framed"}:
        return _from_above(scene)
    name, view = scene.pick(PLACES.get(scene.family.name, HOMES))
    room = view_into(name, scene.size, view)
    if not scene.stands:  # it runs off the picture, in front of the place
        return room
    edge = int(scene.spot.bottom - EDGE * scene.size.unit)
    edge = min(max(edge, int(scene.size.height * 0.35)), scene.size.height - 40)
    table = _table(scene, edge)
    table = _lit(scene, table, room, edge)
    result = room
    result[edge:] = table
    return _joined(result, edge, scene.size)


def _joined(pixels: Pixels, edge: int, size: Size) -> Pixels:
    """The far edge is as far out of focus as what is behind it, nearly."""
    reach = max(6, int(size.unit * 0.012))
    band = slice(max(0, edge - 4 * reach), edge + 4 * reach)
    soft = blurred(pixels[band], reach)
    rows = np.arange(band.start, band.start + len(soft), dtype=np.float32)
    near = 1 - smoothstep(0.5 * reach, 3.5 * reach, floats(np.abs(rows - edge)))
    pixels[band] = over(pixels[band], soft, np.broadcast_to(near[:, None], soft.shape[:2]))
    return pixels


def _table(scene: Scene, edge: int) -> Pixels:
    size = Size(scene.size.width, scene.size.height - edge)
    columns, rows = grid(size)
    distance = floats(1 / (rows * NEAR + FAR))
    wide = size.width / scene.size.unit
    across = floats((columns - 0.5) * wide * distance * FAR * 1.9)
    values, line = _boards(scene, across * PLANKS, floats(distance * 1.15), distance)
    wood = colored(_wood(scene), values) * (1 - line)[..., None]
    soft = blurred(floats(wood), max(2, scene.size.unit * 0.005))
    blur = 1 - smoothstep(0.02, 0.24, rows)
    return over(floats(wood), soft, blur)


def _boards(scene: Scene, across: Pixels, along: Pixels, distance: Pixels) -> tuple[Pixels, Pixels]:
    """The grain at each place, and the gaps: each board has its own piece of wood."""
    tile = _tile(scene)
    number = np.floor(across)
    inner = floats(across - number)
    chance = floats(np.modf(np.sin(number * 12.9898 + scene.number) * 43758.5453)[0])
    down = along * 0.55 + chance * 3.7
    # There and back again, so that a tile has no edge where it repeats.
    row = floats(np.abs(np.mod(down, 2.0) - 1) * (TILE.height - 2))
    column = floats(inner * 0.82 + np.abs(chance) * 0.18) * (TILE.width - 2)
    values = _between(tile, column, row)
    values = floats(values * 0.74 + 0.13 + chance * 0.10)
    gap = floats(np.minimum(inner, 1 - inner))
    width = 0.010 + 0.0035 * distance
    return values, floats((1 - smoothstep(0.0, 1.0, floats(gap / width))) * 0.62)


def _tile(scene: Scene) -> Pixels:
    """Fibers that run down, bent around what could be knots."""
    fibers = noise(scene.random, TILE, FIBERS)
    waves = noise(scene.random, TILE, WAVES)
    _, rows = grid(TILE)
    columns, _ = grid(TILE)
    rings = 0.5 + 0.5 * np.sin((columns * 5 + waves * 4.2 + rows * 0.4) * 2 * math.pi)
    mixed = floats(fibers * 0.66 + rings * 0.15 + waves * 0.26)
    low, high = np.percentile(mixed[::4, ::4], [1, 99])
    return floats(np.clip((mixed - low) / (high - low), 0, 1))


def _between(tile: Pixels, columns: Pixels, rows: Pixels) -> Pixels:
    left, top = columns.astype(np.int32), rows.astype(np.int32)
    x, y = columns - left, rows - top
    above = tile[top, left] * (1 - x) + tile[top, left + 1] * x
    below = tile[top + 1, left] * (1 - x) + tile[top + 1, left + 1] * x
    return floats(above * (1 - y) + below * y)


def _wood(scene: Scene) -> Pixels:
    """A wood that the product stands out from."""
    light = scene.palette.lightness
    choices = (0, 2) if light < 0.45 else ((1, 0) if light > 0.7 else (0, 1, 2))
    stops = WOODS[choices[scene.number % len(choices)]]
    return ramp([(place, code) for code, place in stops])


def _lit(scene: Scene, table: Pixels, room: Pixels, edge: int) -> Pixels:
    """The window's light on the table: a sheen at its far end, a pool around the product."""
    size = Size(table.shape[1], table.shape[0])
    columns, rows = grid(size)
    mirrored = room[max(0, edge - size.height) : edge][::-1]
    sheen = resized(blurred(mirrored[::4, ::4], 12), size) if len(mirrored) > 8 else table
    share = 0.04 + 0.30 * (1 - rows) ** 2.6
    table = over(table, floats(np.clip(sheen, 0, 1)), floats(share))
    right = (columns - scene.middle[0]) * (size.width / scene.size.unit)
    pool = np.exp(-((right / 0.75) ** 2)) * (1 - 0.35 * rows)
    return floats(table * (0.68 + 0.42 * pool)[..., None])


def _from_above(scene: Scene) -> Pixels:
    """The table seen from straight above, for what lies on it."""
    size, unit = scene.size, scene.size.unit
    columns, rows = grid(size)
    across = floats((columns - 0.5) * (size.width / unit) * PLANKS + 0.5)
    along = floats(rows * (size.height / unit) * 1.1)
    values, line = _boards(scene, across, along, floats(np.ones_like(across)))
    wood = colored(_wood(scene), values) * (1 - line)[..., None]
    x, y = scene.middle
    right, down = scene.from_point(size, x + 0.14 * scene.light_side, y - 0.14)
    pool = 1.14 - 0.5 * smoothstep(0.15, 1.15, floats(np.hypot(right, down)))
    return floats(np.clip(wood * pool[..., None], 0, 1))
