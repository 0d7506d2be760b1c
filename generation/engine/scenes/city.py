"""A city: blocks of towers, a street through them, windows that light up toward night."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generation.engine.color import color_of, colored, mixed, ramp
from generation.engine.pixels import Pixels, Random, Size, blurred, floats, over, screen, smoothstep
from generation.engine.scenes.hours import Hour
from generation.engine.scenes.sky import sky

SIDE: Final = 1024
BLOCKS: Final = 26
CELL: Final = SIDE // BLOCKS
DEPTHS: Final = 760
NEAREST, FARTHEST = 0.02, 2.1
EYE: Final = 0.115
FOCAL: Final = 1.05
HORIZON: Final = 0.46
VIEW: Final = 0.53
STOREYS: Final = 150  # to one unit of height
COLUMNS: Final = 520  # windows along one side of the map
FIRST_ROW: Final = 2  # nearer houses would be all wall
STREET: Final = 0.010
LAMP: Final = color_of("#ff9a4a")


@dataclass(frozen=True, slots=True)
class Plan:
    heights: Pixels
    tones: Pixels


@dataclass(frozen=True, slots=True)
class Sight:
    depth: Pixels
    x: Pixels
    y: Pixels
    level: Pixels  # how high above the street each pixel looks
    top: Pixels
    tone: Pixels
    hits: NDArray[np.bool_]

    @property
    def walls(self) -> NDArray[np.bool_]:
        below_roof = self.level < self.top - 0.0035 * self.depth - 0.001
        return np.asarray(self.hits & below_roof & (self.top > 0.01))


def city(size: Size, hour: Hour, random: Random) -> Pixels:
    sight = _seen(size, _planned(random))
    above = sky(size, hour, random, HORIZON + 0.06, 0.35)
    windows, light = _windows(sight, hour)
    color = _built(sight, hour, windows, light)
    color = _fogged(color, sight, hour)
    pixels = floats(np.where(sight.hits[..., None], color, above))
    if not hour.is_dark:
        return pixels
    glow = floats(np.where(sight.walls[..., None], light * windows[..., None], 0))
    return screen(pixels, blurred(glow, max(size.width, size.height) / 130) * 0.55)


def _planned(random: Random) -> Plan:
    heights = np.zeros((SIDE, SIDE), dtype=np.float32)
    tones = np.zeros((SIDE, SIDE), dtype=np.float32)
    for row in range(BLOCKS):
        for column in range(BLOCKS):
            if abs(column - BLOCKS / 2) >= 1 and row >= FIRST_ROW:
                _raise_block(heights, tones, (row, column), random)
    return Plan(heights, tones)


def _raise_block(heights: Pixels, tones: Pixels, place: tuple[int, int], random: Random) -> None:
    row, column = place
    outward = math.hypot(
        (column - BLOCKS / 2) / (BLOCKS / 2), (row - BLOCKS * 0.55) / (BLOCKS * 0.7)
    )
    height = 0.03 + random.random() ** 2.2 * 0.30 * max(0.25, 1.25 - outward)
    gap = int(CELL * random.uniform(0.10, 0.2))
    top, left = row * CELL + gap, column * CELL + gap
    bottom, right = (row + 1) * CELL - gap, (column + 1) * CELL - gap
    heights[top:bottom, left:right] = height
    if height > 0.14:
        inset = int((right - left) * 0.22)
        heights[top + inset : bottom - inset, left + inset : right - inset] = height * 1.16
    tones[top:bottom, left:right] = random.random()


def _seen(size: Size, plan: Plan) -> Sight:
    depths = np.geomspace(NEAREST, FARTHEST, DEPTHS, dtype=np.float32)
    aside = np.linspace(-VIEW, VIEW, size.width, dtype=np.float32) * size.aspect
    x = (0.5 + aside[None] * depths[:, None]) * SIDE
    y = np.broadcast_to((((0.02 + depths * 0.55) * SIDE) % SIDE)[:, None], x.shape)
    columns, rows_ = x.astype(np.int64) % SIDE, y.astype(np.int64) % SIDE
    along = plan.heights[rows_, columns]
    skyline = np.maximum.accumulate((along - EYE) / depths[:, None] * FOCAL, axis=0)
    rows = (HORIZON - (np.arange(size.height) + 0.5) / size.height).astype(np.float32)
    found = np.empty((size.height, size.width), dtype=np.int64)
    for column in range(size.width):
        found[:, column] = np.searchsorted(skyline[:, column], rows)
    step = np.clip(found, 0, DEPTHS - 1)
    index = np.broadcast_to(np.arange(size.width), step.shape)
    depth, seen_x, seen_y = depths[step], floats(x[step, index]), floats(y[step, index])
    return Sight(
        depth=depth,
        x=seen_x,
        y=seen_y,
        level=floats(EYE + rows[:, None] * depth / FOCAL),
        top=along[step, index],
        tone=plan.tones[rows_[step, index], columns[step, index]],
        hits=found < DEPTHS,
    )


def _windows(sight: Sight, hour: Hour) -> tuple[Pixels, Pixels]:
    """Where a lit window is, and the color of its light."""
    along = (sight.x * 0.5 + sight.y * 0.5) / SIDE * COLUMNS
    column, storey = np.floor(along), np.floor(sight.level * STOREYS)
    chance = np.abs(np.sin(column * 12.9898 + storey * 78.233 + sight.tone * 37.7) * 43758.5453) % 1
    in_x, in_y = along % 1, (sight.level * STOREYS) % 1
    pane = ((in_x > 0.2) & (in_x < 0.8) & (in_y > 0.25) & (in_y < 0.8)).astype(np.float32)
    # Far away a window is smaller than a pixel: what is left is their mean.
    pane = pane * np.clip(1.2 - sight.depth * 0.75, 0, 1) + np.clip(
        sight.depth * 0.75 - 0.3, 0, 0.42
    )
    table = ramp([(0, "#ffd79a"), (0.6, "#ffe9c4"), (0.8, "#9fdcff"), (1, hour.light)])
    light = colored(table, floats(np.abs(np.sin(sight.tone * 91 + column * 0.03)) % 1))
    lit = chance > (0.52 if hour.is_dark else 0.93)
    return floats(pane * lit), light


def _built(sight: Sight, hour: Hour, windows: Pixels, light: Pixels) -> Pixels:
    stone = mixed(hour.ambient, color_of("#0b0d18" if hour.is_dark else "#8f98a5"), 0.7)
    face = stone * (0.55 + 0.75 * sight.tone[..., None])
    face = face * (0.6 + 0.8 * np.clip(sight.level / 0.3, 0, 1))[..., None]
    if not hour.is_dark:
        sunny = (sight.x / (SIDE / BLOCKS)) % 1 < 0.5
        face = face * (0.75 + 0.5 * sunny)[..., None]
    face = face + light * (windows * (1.15 if hour.is_dark else 0.4))[..., None]
    color = np.where(sight.walls[..., None], face, stone * (0.5 if hour.is_dark else 0.9))
    street = sight.hits & (sight.top < 0.01)
    lamps = np.exp(-((np.abs(sight.x - 0.5 * SIDE) / SIDE / STREET) ** 2)) * (
        0.65 if hour.is_dark else 0
    )
    paved = stone * 0.30 + LAMP * lamps[..., None]
    color = np.where(street[..., None], paved, color)
    roof = sight.hits & ~sight.walls & (sight.top > 0.01)
    return floats(np.where(roof[..., None], stone * (0.85 + 0.4 * sight.tone[..., None]), color))


def _fogged(color: Pixels, sight: Sight, hour: Hour) -> Pixels:
    fog = floats(1 - np.exp(-((sight.depth * 0.85) ** 1.7)))
    air = hour.fog * (0.9 if hour.is_dark else 1.0)
    color = over(color, air, fog)
    low = np.exp(-np.clip(sight.level, 0, 1) / 0.05) * smoothstep(0.2, 1.1, sight.depth) * 0.55
    return over(color, air, floats(low))
