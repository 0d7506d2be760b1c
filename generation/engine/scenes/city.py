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
STREET: Final = 0.010
LAMP: Final = color_of("#ff9a4a")
SIGNS_TO_BLOCK: Final = 2.0
SIGN_COLORS: Final = floats(
    [color_of(code) for code in ("#ff2e93", "#22d3ee", "#ffd23f", "#7c4dff", "#ff5f3c", "#3dff9e")]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How a city is built: windows to one unit of height and along one side of the map, the first
    row of houses (nearer ones would be all wall), and whether its panes mirror the sky by day and
    signs shine on its walls by night."""

    storeys: int = 150
    columns: int = 520
    first_row: int = 2
    is_glazed: bool = False


BROAD: Final = Build()


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


def city(size: Size, hour: Hour, random: Random, build: Build = BROAD) -> Pixels:
    sight = _seen(size, _planned(random, build))
    above = sky(size, hour, random, HORIZON + 0.06, 0.35)
    windows, light = _windows(sight, hour, build)
    color = _built(sight, hour, windows, light)
    if build.is_glazed and not hour.is_dark:
        color = _glazed(color, sight, hour, build)
    color = _fogged(color, sight, hour)
    pixels = floats(np.where(sight.hits[..., None], color, above))
    if not hour.is_dark:
        return pixels
    glow = floats(np.where(sight.walls[..., None], light * windows[..., None], 0))
    return screen(pixels, blurred(glow, max(size.width, size.height) / 130) * 0.55)


def _planned(random: Random, build: Build) -> Plan:
    heights = np.zeros((SIDE, SIDE), dtype=np.float32)
    tones = np.zeros((SIDE, SIDE), dtype=np.float32)
    for row in range(BLOCKS):
        for column in range(BLOCKS):
            if abs(column - BLOCKS / 2) >= 1 and row >= build.first_row:
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


def _windows(sight: Sight, hour: Hour, build: Build) -> tuple[Pixels, Pixels]:
    """Where a lit window is, and the color of its light."""
    along = (sight.x * 0.5 + sight.y * 0.5) / SIDE * build.columns
    column, storey = np.floor(along), np.floor(sight.level * build.storeys)
    chance = np.abs(np.sin(column * 12.9898 + storey * 78.233 + sight.tone * 37.7) * 43758.5453) % 1
    in_x, in_y = along % 1, (sight.level * build.storeys) % 1
    pane = ((in_x > 0.2) & (in_x < 0.8) & (in_y > 0.25) & (in_y < 0.8)).astype(np.float32)
    # Far away a window is smaller than a pixel: what is left is their mean.
    pane = pane * np.clip(1.2 - sight.depth * 0.75, 0, 1) + np.clip(
        sight.depth * 0.75 - 0.3, 0, 0.42
    )
    table = ramp([(0, "#ffd79a"), (0.6, "#ffe9c4"), (0.8, "#9fdcff"), (1, hour.light)])
    light = colored(table, floats(np.abs(np.sin(sight.tone * 91 + column * 0.03)) % 1))
    lit = chance > (0.52 if hour.is_dark else 0.78 if build.is_glazed and hour.sun_is_low else 0.93)
    if build.is_glazed and hour.is_dark:
        return _with_signs(floats(pane * lit), light, sight)
    return floats(pane * lit), light


def _with_signs(windows: Pixels, light: Pixels, sight: Sight) -> tuple[Pixels, Pixels]:
    """Some walls carry an upright sign, each in its color, flickering with letters."""
    along = (sight.x + sight.y) * 0.5 / CELL * SIGNS_TO_BLOCK
    column, inner = np.floor(along), along % 1
    chance = np.abs(np.sin(column * 91.7 + sight.tone * 53.3) * 15731.743) % 1
    middle = 0.035 + 0.11 * np.abs(np.sin(column * 37.1 + sight.tone * 11.9))
    tall = np.abs(sight.level - middle) < 0.028
    is_sign = (chance > 0.72) & tall & (inner > 0.3) & (inner < 0.6) & sight.walls
    strokes = 0.55 + 0.45 * (np.abs(np.sin(sight.level * 900 + np.floor(inner * 40))) > 0.35)
    hue = SIGN_COLORS[(chance * 997).astype(np.int64) % len(SIGN_COLORS)]
    light = floats(np.where(is_sign[..., None], hue, light))
    return floats(np.where(is_sign, 1.5 * strokes, windows)), light


def _glazed(color: Pixels, sight: Sight, hour: Hour, build: Build) -> Pixels:
    """Bands of glass that mirror the sky: darker below, its light toward the top."""
    along = (sight.x * 0.5 + sight.y * 0.5) / SIDE * build.columns
    in_x, in_y = along % 1, (sight.level * build.storeys) % 1
    band = smoothstep(0.14, 0.30, floats(in_y)) * smoothstep(0.98, 0.80, floats(in_y))
    mullion = 1 - 0.45 * smoothstep(0.80, 0.92, floats(in_x))
    near = smoothstep(1.1, 0.35, sight.depth)
    pane = (0.40 + 0.42 * (sight.tone > 0.4)) * (band * mullion * near + 0.45 * (1 - near))
    up = np.clip(sight.level / 0.30, 0, 1)[..., None]
    sky_color = hour.sky[120] * 0.62 * (1 - up) + hour.sky[330] * 0.95 * up
    return over(color, floats(sky_color), floats(pane * sight.walls * 0.72))


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
