"""Lands: how each kind rises, what it is made of, and how its light and shadow fall."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from generation.engine.color import color_of, colored, ramp
from generation.engine.noise import Grain, noise, stretched
from generation.engine.pixels import (
    Pixels,
    Random,
    Size,
    blurred,
    floats,
    over,
    sampled,
    smoothstep,
)
from generation.engine.scenes.hours import Hour

SIDE: Final = 768
MAP: Final = Size(SIDE, SIDE)
SLOPE: Final = 0.62  # heights to map cells
SHADOW_STEPS: Final = (3, 6, 10, 15, 22, 31, 43)
ROCK: Final = color_of("#6a665f")
CRATERS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Land:
    """Relief is how high it stands, eye how high we do; snow begins at its share of the height."""

    colors: Pixels
    relief: float
    eye: float
    snow: float | None = None
    has_rock: bool = False
    grain: float = 1.0  # how rough it is close by
    softness: float = 0.0  # of the light on it, in map cells


def _land(codes: str, relief: float, eye: float) -> Land:
    colors = codes.split()
    stops = [(index / (len(colors) - 1), code) for index, code in enumerate(colors)]
    return Land(colors=ramp(stops), relief=relief, eye=eye)


def _snowy(land: Land, snow: float, *, has_rock: bool) -> Land:
    return replace(land, snow=snow, has_rock=has_rock)


LANDS: Final = {
    "mountain": _snowy(_land("#3f5a33 #5d7343 #7d7a66 #6d6a66", 0.42, 0.085), 0.62, has_rock=True),
    "snow": _snowy(_land("#dfe8f2 #eef3f8 #aab4c0 #8d97a5", 0.42, 0.09), 0.2, has_rock=False),
    "volcano": _land("#2a2524 #3d3230 #5a3c34 #2f2a2a", 0.42, 0.09),
    "island": _land("#e7d3a0 #6a9a4a #4f7f3c #7a7464", 0.30, 0.055),
    "dune": _land("#c98a4b #dca15f #e9b878 #f0c68c", 0.42, 0.15),
    "moon": _land("#6a6b70 #83848a #9a9ba0 #b0b1b5", 0.60, 0.17),
    "mars": _land("#8a4327 #a8542f #bf6a3c #d08452", 0.40, 0.10),
    "mesa": _land("#b8623a #c9764a #a54e30 #d98e5c", 0.42, 0.10),
    "hills": _land("#4f8a3c #6aa348 #86b556 #9cc266", 0.50, 0.12),
    "forest": _land("#2c4a28 #3a5c30 #4a6b38 #5d7a44", 0.50, 0.12),
    "meadow": _land("#475a2c #647238 #82894a #a09c60", 0.34, 0.12),
    "alps": _snowy(_land("#3f5a33 #56693f #77755f #6d6a66", 0.50, 0.085), 0.56, has_rock=True),
    "winter": _snowy(_land("#b9c8da #cbd8e6 #9aa6b6 #828d9d", 0.46, 0.09), 0.2, has_rock=False),
    "sands": replace(_land("#c98a4b #dca15f #e9b878 #f0c68c", 0.42, 0.15), softness=2.0),
    "cloudsea": replace(
        _land("#b9c6e0 #d5deee #eef2f9 #ffffff", 0.17, 0.15), grain=0.10, softness=2.5
    ),
    "autumn": _land("#7a5a26 #a0752c #b98a38 #8f7a3a", 0.42, 0.12),
    "beach": replace(
        _land("#e8d7ab #e3cf9d #dcc792 #6f9a4e #6a7a4c #7a7464", 0.30, 0.055), grain=0.45
    ),
}


@dataclass(frozen=True, slots=True)
class Ground:
    """A land in its light: heights, and the color of each spot."""

    heights: Pixels
    colors: Pixels


def _axes() -> tuple[Pixels, Pixels]:
    rows, columns = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    return columns, rows


def _peaks(random: Random) -> Pixels:
    base = noise(random, MAP, Grain(cells=3, octaves=7))
    ridges = noise(random, MAP, Grain(cells=4, octaves=7, gain=0.52, ridged=True))
    bend = (noise(random, MAP, Grain(cells=4, octaves=4)) - 0.5) * SIDE * 0.12
    columns, rows = _axes()
    ridges = sampled(ridges, (columns + bend) % SIDE, (rows + np.roll(bend, 200, 0)) % SIDE)
    rough = stretched(ridges) ** 2.1 * 0.82 + stretched(base) ** 1.5 * 0.30
    across, down = floats(columns / SIDE), floats(rows / SIDE)
    valley = smoothstep(0.02, 0.30, floats(np.abs(across - 0.5))) * 0.8 + 0.2
    open_view = valley * 0.75 + 0.25 * smoothstep(0.35, 0.9, down)
    return floats(rough * open_view * smoothstep(0.02, 0.55, down) ** 0.8 + 0.02)


def _alps(random: Random) -> Pixels:
    """Broader shoulders than the peaks have, and fewer needles."""
    base = noise(random, MAP, Grain(cells=3, octaves=6, gain=0.42))
    ridges = noise(random, MAP, Grain(cells=3, octaves=7, gain=0.43, ridged=True))
    bend = (noise(random, MAP, Grain(cells=4, octaves=3)) - 0.5) * SIDE * 0.16
    columns, rows = _axes()
    ridges = sampled(ridges, (columns + bend) % SIDE, np.clip(rows + bend, 0, SIDE - 1))
    rough = stretched(ridges) ** 1.75 * 0.74 + stretched(base) ** 1.5 * 0.34
    across, down = floats(columns / SIDE), floats(rows / SIDE)
    valley = smoothstep(0.02, 0.30, floats(np.abs(across - 0.5))) * 0.82 + 0.18
    open_view = valley * 0.72 + 0.28 * smoothstep(0.35, 0.9, down)
    return floats(rough * open_view * smoothstep(0.02, 0.55, down) ** 0.85 + 0.02)


def _cloud_tops(random: Random) -> Pixels:
    """Puffs on puffs: noise folded so that it is round above and creased between."""
    total, weight = np.zeros((SIDE, SIDE), dtype=np.float32), 1.0
    for cells in (4, 9, 19, 40, 82):
        fold = noise(random, MAP, Grain(cells=cells, octaves=1))
        total += np.sqrt(np.clip(np.abs(2 * fold - 1), 0, 1)) * weight
        weight *= 0.46
    swell = stretched(noise(random, MAP, Grain(cells=2.5, octaves=2)))
    rows = _axes()[1]
    heights = stretched(blurred(floats(total), 2.0)) * (0.30 + 0.70 * swell)
    return floats(heights * (0.35 + 0.65 * smoothstep(0, 0.5, floats(rows / SIDE))))


def _islands(random: Random) -> Pixels:
    columns, rows = _axes()
    across, down = floats(columns / SIDE), floats(rows / SIDE)
    rough = stretched(noise(random, MAP, Grain(cells=4, octaves=7, gain=0.52, ridged=True))) ** 1.6
    center = random.uniform(0.42, 0.60)
    main = np.exp(-(((across - center) / 0.16) ** 2 + ((down - 0.48) / 0.10) ** 2))
    side = np.exp(-(((across - 0.26) / 0.10) ** 2 + ((down - 0.75) / 0.06) ** 2))
    return floats(np.clip(rough * (1.25 * main + 0.7 * side) + main * 0.3 - 0.05, 0, None))


def _shore(random: Random) -> Pixels:
    """Islands far out, and the beach on which we stand."""
    columns, rows = _axes()
    down = floats(rows / SIDE)
    coast = 0.150 + (noise(random, MAP, Grain(cells=5, octaves=3))[:1] - 0.5) * 0.10
    coast = coast + (columns[:1] / SIDE - 0.5) * float(random.uniform(-0.16, 0.16))
    sand = smoothstep(0.02, -0.075, floats(down - coast)) * 0.115
    ripples = (noise(random, MAP, Grain(cells=40, octaves=3)) - 0.5) * 0.010
    return floats(np.maximum(_islands(random) * (down > 0.3), sand + ripples * (sand > 0.04)))


def _dunes(random: Random, softness: float = 1.5) -> Pixels:
    columns, rows = _axes()
    bend = (noise(random, MAP, Grain(cells=3, octaves=3)) - 0.5) * SIDE * 0.3
    phase = ((rows + bend + columns * 0.18) / SIDE * 13) % 1
    crest = np.where(phase < 0.72, phase / 0.72, (1 - phase) / 0.28)
    crest = blurred(floats(crest * crest * (3 - 2 * crest)), softness)
    swell = stretched(noise(random, MAP, Grain(cells=3, octaves=2)))
    heights = crest * (0.35 + 0.8 * swell) * 0.34 + swell * 0.12
    return floats(heights * (0.35 + 0.65 * smoothstep(0, 0.5, floats(rows / SIDE))))


def _craters(random: Random) -> Pixels:
    columns, rows = _axes()
    heights = stretched(noise(random, MAP, Grain(cells=3, octaves=7))) * 0.22
    for _ in range(CRATERS):
        radius = SIDE * (0.008 + random.random() ** 3 * 0.07)
        x, y = random.random(2) * SIDE
        window = (slice(max(0, int(y - 2 * radius)), int(y + 2 * radius)),
                  slice(max(0, int(x - 2 * radius)), int(x + 2 * radius)))  # fmt: skip
        away = np.hypot(columns[window] - x, rows[window] - y) / radius
        bowl = np.where(away < 1, (away * away - 1) * 0.9, 0)
        heights[window] += (
            (bowl + np.exp(-(((away - 1) / 0.18) ** 2)) * 0.42) * radius / SIDE * 0.95
        )
    return floats(heights * (0.35 + 0.65 * smoothstep(0, 0.5, floats(rows / SIDE))))


def _mesas(random: Random) -> Pixels:
    rows = _axes()[1]
    shape = stretched(noise(random, MAP, Grain(cells=4, octaves=7)))
    steps = smoothstep(0.52, 0.58, shape) * 0.42 + smoothstep(0.66, 0.70, shape) * 0.24
    pebbles = stretched(noise(random, MAP, Grain(cells=10, octaves=5))) * 0.035
    return floats(
        (steps + shape * 0.14) * smoothstep(0.10, 0.45, floats(rows / SIDE)) * 0.8 + pebbles
    )


def _hills(random: Random) -> Pixels:
    rows = _axes()[1]
    rolling = stretched(noise(random, MAP, Grain(cells=4, octaves=5, gain=0.42))) ** 1.3 * 0.34
    heights = rolling + stretched(noise(random, MAP, Grain(cells=3, octaves=7))) * 0.05
    return floats(heights * (0.35 + 0.65 * smoothstep(0, 0.5, floats(rows / SIDE))))


SHAPES: Final[dict[str, Callable[[Random], Pixels]]] = {
    "mountain": _peaks,
    "snow": _peaks,
    "volcano": _peaks,
    "island": _islands,
    "dune": _dunes,
    "moon": _craters,
    "mars": _mesas,
    "mesa": _mesas,
    "hills": _hills,
    "forest": _hills,
    "meadow": _hills,
    "alps": _alps,
    "winter": _alps,
    "sands": partial(_dunes, softness=5.0),
    "cloudsea": _cloud_tops,
    "autumn": _hills,
    "beach": _shore,
}


def ground_of(kind: str, hour: Hour, random: Random) -> Ground:
    land = LANDS[kind]
    heights = floats(SHAPES[kind](random) * land.relief)
    down, across = np.gradient(heights * SIDE * SLOPE)
    steep = floats(np.hypot(across, down))
    colors = _material(land, heights, steep, random)
    light = _sunlight(heights, (floats(across), floats(down)), hour, land.relief)
    if land.softness:
        light = blurred(light, land.softness)
    shade = colors * (hour.ambient * 0.62 + 0.06) + colors * hour.light * light[..., None] * 1.25
    shade = shade * hour.strength
    if kind == "volcano":
        lava = smoothstep(0.66, 0.9, noise(random, MAP, Grain(cells=8, octaves=5, ridged=True)))
        shade = shade + color_of("#ff5a1f") * (lava * smoothstep(0.5, 0.1, steep) * 0.8)[..., None]
    return Ground(heights, floats(np.clip(shade, 0, 1)))


def _material(land: Land, heights: Pixels, steep: Pixels, random: Random) -> Pixels:
    patches = stretched(noise(random, MAP, Grain(cells=12, octaves=6)))
    high = np.clip(heights / (float(np.percentile(heights, 99.5)) + 1e-4), 0, 1)
    colors = colored(land.colors, floats(high * 0.85 + (patches - 0.5) * 0.45))
    if land.has_rock:
        rock = ROCK * (0.8 + 0.4 * patches)[..., None]
        colors = over(colors, rock, smoothstep(0.55, 1.2, steep) * 0.8)
    if land.snow is not None:
        lies = smoothstep(land.snow - 0.08, land.snow + 0.10, floats(high + (patches - 0.5) * 0.34))
        colors = over(colors, floats([0.96, 0.98, 1]), lies * smoothstep(2.3, 0.9, steep))
    return colors


def _sunlight(heights: Pixels, slopes: tuple[Pixels, Pixels], hour: Hour, relief: float) -> Pixels:
    """How much light each spot gets: by how it faces the sun, and by what stands between."""
    across, down = slopes
    direction = np.array([(hour.sun[0] - 0.5) * 1.6, 0.9 - hour.sun[1] * 0.4,
                          0.34 if hour.sun_is_low else 0.55])  # fmt: skip
    direction /= np.linalg.norm(direction)
    facing = -across * direction[0] - down * direction[1] * 0.6 + direction[2]
    facing = np.clip(facing / np.sqrt(across * across + down * down + 1), 0, 1)
    return floats(
        facing * _shadow(heights, direction, relief, 0.0035 if hour.sun_is_low else 0.0057)
    )


def _shadow(heights: Pixels, direction: Pixels, relief: float, rise: float) -> Pixels:
    longest = max(abs(float(direction[0])), abs(float(direction[1])), 1e-3)
    step_x, step_y = float(direction[0]) / longest, float(direction[1]) / longest
    light = np.ones_like(heights)
    for distance in SHADOW_STEPS:
        moved = np.roll(heights, (int(-step_y * distance), int(-step_x * distance)), (0, 1))
        above = moved - heights - distance * rise * relief
        light = np.minimum(light, smoothstep(0.02 * relief, -0.004 * relief, floats(above)))
    return floats(light)
