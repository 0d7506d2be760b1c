"""Dark: a spot on a dark wall, and a polished floor."""

from typing import Final

import numpy as np

from generation.engine.ads.scene import Scene
from generation.engine.color import colored, ramp
from generation.engine.noise import Grain, noise
from generation.engine.pixels import Pixels, Size, floats, grid, over, screen, smoothstep

HORIZON: Final = 0.085  # shorter sides above the foot of the product
SMOKE: Final = Grain(cells=3, octaves=5)
WARM: Final = floats([1.0, 0.95, 0.87])


def paint(scene: Scene) -> Pixels:
    return scene.softly(lambda size: _room(scene, size))


def _room(scene: Scene, size: Size) -> Pixels:
    # A dark product needs more light behind it, or nothing is left of its outline.
    glow = 0.50 if scene.palette.lightness < 0.42 else 0.40
    strength = min(scene.chroma, 0.14)
    lit, dim, night = (
        scene.tone(glow, strength * 0.62), scene.tone(0.20, strength * 0.30),
        scene.tone(0.115, strength * 0.14),
    )  # fmt: skip
    x, y = scene.middle
    right, down = scene.from_point(size, x, y)
    smoke = noise(scene.random, size, SMOKE) - 0.5
    reach = _reach(scene)
    table = ramp([(0, lit), (0.38, scene.tone(0.28, strength * 0.45)), (0.7, dim), (1, night)])
    wall = colored(table, floats(np.hypot(right, down) / reach + smoke * 0.10))
    if scene.stands:
        wall = _with_floor(scene, size, wall, table)
    return _with_beam(scene, size, wall, smoke)


def _reach(scene: Scene) -> float:
    spot = scene.spot.grown(0, scene.size)
    return 0.62 + 0.42 * max(spot.width, spot.height) / scene.size.unit


def _with_floor(scene: Scene, size: Size, wall: Pixels, table: Pixels) -> Pixels:
    unit, height = scene.size.unit, scene.size.height
    horizon = (scene.spot.bottom - HORIZON * unit) / height
    right, down = scene.from_point(size, scene.middle[0], horizon)
    pool = floats(np.hypot(right * 0.85, (down - HORIZON) * 2.3) / 0.86 + 0.14)
    floor = colored(table, pool)
    _, rows = grid(size)
    line = 2.5 / size.height
    floor = over(floor, scene.tone(0.5, 0.03), floats(np.exp(-np.abs(rows - horizon) / (4 * line))
                 * np.exp(-((right / 0.5) ** 2)) * 0.35))  # fmt: skip
    return over(wall, floor, smoothstep(horizon - line, horizon + line, rows))


def _with_beam(scene: Scene, size: Size, wall: Pixels, smoke: Pixels) -> Pixels:
    """Light from a lamp above, seen in the haze."""
    columns, rows = grid(size)
    right = (columns - scene.middle[0]) * (size.width / size.unit)
    down = rows * (size.height / size.unit)
    width = 0.05 + 0.26 * down
    beam = np.exp(-((right / width) ** 2) * 1.6) * smoothstep(1.25, 0.0, down)
    return screen(wall, WARM * floats(beam * (0.17 + smoke * 0.16))[..., None])
