"""Land as seen from where we stand: each line of sight followed to what it first meets."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from generation.engine.color import color_of, mixed
from generation.engine.noise import Grain, noise
from generation.engine.pixels import (
    WHITE,
    Pixels,
    Random,
    Size,
    floats,
    grid,
    over,
    sampled,
    screen,
    smoothstep,
)
from generation.engine.scenes.hours import Hour
from generation.engine.scenes.land import LANDS, SIDE, SLOPE, ground_of
from generation.engine.scenes.sky import sky

type Steps = NDArray[np.int64]

DEPTHS: Final = 560
NEAREST, FARTHEST = 0.012, 2.4
FOCAL: Final = 0.95
VIEW: Final = 0.56  # how far aside the view opens, in depths and picture aspects
START: Final = 0.03  # of the map: where we stand
REACH: Final = 0.62  # of the map: how far one depth goes
HORIZON: Final = 0.52
EYE_CLEARANCE: Final = 0.025
FOG: Final = 0.84
DETAIL: Final = 384
CLOUDINESS: Final = 0.55
ISLAND_WATER: Final = color_of("#0f7f9a")
LAKE_WATER: Final = color_of("#0d3a52")
WATER: Final = {"island": 0.008, "lake": 0.046}
SEAS: Final = frozenset({"island", "beach"})
FOAM: Final = 0.0045  # heights above and below the water that waves wash


@dataclass(frozen=True, slots=True)
class Sight:
    """What each pixel sees: how far it is, where on the map, and whether it is land at all."""

    depth: Pixels
    x: Pixels
    y: Pixels
    hits: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Landscape:
    """A painted land; what stands in it needs to know how far each pixel is, and if it is dry."""

    pixels: Pixels
    depth: Pixels
    dry: NDArray[np.bool_]
    steep: Pixels
    sky: NDArray[np.bool_]


def terrain(size: Size, kind: str, hour: Hour, random: Random, *, has_lake: bool = False) -> Pixels:
    return landscape(size, kind, hour, random, has_lake=has_lake).pixels


def landscape(
    size: Size, kind: str, hour: Hour, random: Random, *, has_lake: bool = False
) -> Landscape:
    land = LANDS[kind]
    water = WATER["island"] if kind in SEAS else WATER["lake"] if has_lake else None
    ground = ground_of(kind, hour, random)
    cloudiness = 0.0 if kind == "moon" else 0.12 if hour.has_aurora else CLOUDINESS * hour.clouds
    above = sky(size, hour, random, HORIZON, cloudiness)
    sight = _seen(size, ground.heights, land.eye if kind == "island" else None, (land.eye, water))
    color = _detailed(_bilinear(ground.colors, sight.x, sight.y), sight, random, land.grain)
    color = _fogged(color, sight, hour, size)
    wet = np.zeros_like(sight.hits)
    if water is not None:
        heights = _bilinear(ground.heights, sight.x, sight.y)
        wet = sight.hits & (heights <= water + 0.0005)
        surface = np.where(sight.hits[..., None], color, above)
        tint = ISLAND_WATER if kind in SEAS else LAKE_WATER
        color = np.where(
            wet[..., None], _water(floats(surface), (sight, hour, random), tint), color
        )
        if kind == "beach":
            color = _surf(floats(color), floats(heights - water), (sight, hour, random))
    return Landscape(
        pixels=floats(np.where(sight.hits[..., None], color, above)),
        depth=sight.depth,
        dry=sight.hits & ~wet,
        steep=_steepness(ground.heights, sight),
        sky=~sight.hits,
    )


def _steepness(heights: Pixels, sight: Sight) -> Pixels:
    down, across = np.gradient(heights * SIDE * SLOPE)
    return sampled(floats(np.hypot(across, down)), floats(sight.x % SIDE), floats(sight.y % SIDE))


def _seen(
    size: Size, heights: Pixels, fixed_eye: float | None, eye_water: tuple[float, float | None]
) -> Sight:
    eye, water = eye_water
    depths = np.geomspace(NEAREST, FARTHEST, DEPTHS, dtype=np.float32)
    aside = np.linspace(-VIEW, VIEW, size.width, dtype=np.float32) * size.aspect
    x = (0.5 + aside[None] * depths[:, None]) * SIDE
    y = np.broadcast_to(((START + depths * REACH) * SIDE)[:, None], x.shape)
    along = _bilinear(heights, floats(x), floats(y))
    near = along[: DEPTHS // 6, size.width // 4 : 3 * size.width // 4]
    eye = fixed_eye or max(eye, float(near.max()) + EYE_CLEARANCE)
    surface = along if water is None else np.maximum(along, water)
    skyline = np.maximum.accumulate((surface - eye) / depths[:, None] * FOCAL, axis=0)
    return _first_hits(size, skyline, depths, aside)


def _first_hits(size: Size, skyline: Pixels, depths: Pixels, aside: Pixels) -> Sight:
    rows = (HORIZON - (np.arange(size.height) + 0.5) / size.height).astype(np.float32)
    found = np.empty((size.height, size.width), dtype=np.int64)
    for column in range(size.width):
        found[:, column] = np.searchsorted(skyline[:, column], rows)
    step = np.clip(found, 0, DEPTHS - 1)
    depth = _between(skyline, depths, step, rows)
    return Sight(
        depth=depth,
        x=floats((0.5 + aside[None] * depth) * SIDE),
        y=floats((START + depth * REACH) * SIDE),
        hits=found < DEPTHS,
    )


def _between(skyline: Pixels, depths: Pixels, step: Steps, rows: Pixels) -> Pixels:
    """The depth between two samples at which the line of sight meets the land."""
    columns = np.broadcast_to(np.arange(step.shape[1]), step.shape)
    before = np.clip(step - 1, 0, DEPTHS - 1)
    low, high = skyline[before, columns], skyline[step, columns]
    share = np.clip((rows[:, None] - low) / (high - low + 1e-6), 0, 1)
    return floats(depths[before] + (depths[step] - depths[before]) * share)


def _bilinear(values: Pixels, x: Pixels, y: Pixels) -> Pixels:
    """The map wraps around sideways and is mirrored at its far end."""
    folded = np.where((y // SIDE) % 2 == 1, SIDE - 1 - (y % SIDE), y % SIDE)
    left, top = (x % SIDE).astype(np.int32) % SIDE, np.clip(folded.astype(np.int32), 0, SIDE - 1)
    right, bottom = (left + 1) % SIDE, np.clip(top + 1, 0, SIDE - 1)
    share_x, share_y = x - np.floor(x), folded - np.floor(folded)
    if values.ndim == 3:
        share_x, share_y = share_x[..., None], share_y[..., None]
    above = values[top, left] * (1 - share_x) + values[top, right] * share_x
    below = values[bottom, left] * (1 - share_x) + values[bottom, right] * share_x
    return floats(above * (1 - share_y) + below * share_y)


def _detailed(color: Pixels, sight: Sight, random: Random, strength: float) -> Pixels:
    """Near land shows grain that the map is too coarse to hold."""
    side = Size(DETAIL, DETAIL)
    coarse = noise(random, side, Grain(cells=16, octaves=5))
    fine = noise(random, side, Grain(cells=10, octaves=5))
    speckle = (
        sampled(
            coarse, floats((sight.x * 5.3) % (DETAIL - 1)), floats((sight.y * 5.3) % (DETAIL - 1))
        )
        * 0.6
    )
    speckle = (
        speckle
        + sampled(
            fine, floats((sight.x * 21) % (DETAIL - 1)), floats((sight.y * 21) % (DETAIL - 1))
        )
        * 0.4
    )
    near = smoothstep(0.5, 0.03, sight.depth)
    return floats(color * (1 + (speckle - 0.5) * strength * (1.1 * near + 0.25))[..., None])


def _fogged(color: Pixels, sight: Sight, hour: Hour, size: Size) -> Pixels:
    """The farther, the more air; toward the sun the air is lit."""
    fog = (1 - np.exp(-((sight.depth * FOG * hour.haze) ** 1.6)))[..., None]
    columns = grid(size)[0]
    toward_sun = np.exp(-np.abs(columns - hour.sun[0]) * 3)[..., None] * 0.5
    air = hour.fog + (hour.light - hour.fog) * toward_sun
    return floats(color * (1 - fog) + air * fog)


def _surf(color: Pixels, above: Pixels, scene: tuple[Sight, Hour, Random]) -> Pixels:
    """Sand darkens where it is wet, and foam lies along the edge of the water."""
    sight, hour, random = scene
    lace = noise(random, Size(DETAIL, DETAIL), Grain(cells=20, octaves=4, ridged=True))
    thread = sampled(
        lace, floats((sight.x * 7) % (DETAIL - 1)), floats((sight.y * 9) % (DETAIL - 1))
    )
    near = smoothstep(0.9, 0.3, sight.depth) * sight.hits
    wet_sand = smoothstep(FOAM * 3.0, FOAM * 0.6, above) * (above > 0) * near
    color = floats(color * (1 - 0.38 * wet_sand)[..., None])
    wash = np.exp(-(((above + FOAM * 0.3 + (thread - 0.7) * FOAM) / (FOAM * 0.55)) ** 2)) * near
    foam = floats(np.clip(wash * smoothstep(0.45, 0.85, thread) * 1.2, 0, 0.9))
    return over(color, floats(hour.light * 0.55 + 0.40) * (0.3 + 0.7 * hour.strength), foam)


def _water(surface: Pixels, scene: tuple[Sight, Hour, Random], tint: Pixels) -> Pixels:
    """A mirror that ripples more the nearer it is, with the sun's path on it."""
    sight, hour, random = scene
    height, width = surface.shape[:2]
    columns, rows = grid(Size(width, height))
    waves = noise(random, Size(DETAIL, DETAIL), Grain(cells=40, octaves=4, stretch=0.35))
    ripple = (
        sampled(waves, floats((sight.x * 9) % (DETAIL - 1)), floats((sight.y * 30) % (DETAIL - 1)))
        - 0.5
    )
    mirrored = 2 * HORIZON - rows + ripple * 0.05 * smoothstep(0, 0.5, floats(rows - HORIZON))
    reflected = sampled(
        surface,
        floats(columns * (width - 1) + ripple * width * 0.012),
        floats(np.clip(mirrored * height, 0, height * HORIZON - 2)),
    )
    shine = np.clip(0.30 + 0.62 * np.exp(-(rows - HORIZON) * 3.2), 0, 1)[..., None]
    deep = tint * (0.4 + 0.6 * hour.strength) * mixed(hour.ambient, WHITE, 0.5)
    color = reflected * shine + deep * (1 - shine)
    path = np.clip(ripple * 3.2 - 0.4, 0, 1) * np.exp(-(((columns - hour.sun[0]) / 0.10) ** 2))
    path = path * smoothstep(0, 0.04, floats(rows - HORIZON))
    return screen(floats(color), hour.light * floats(path * 0.85)[..., None])
