"""The sky above a horizon: its gradient, sun or moon, stars, aurora and clouds."""

from typing import Final

import numpy as np

from generation.engine.color import colored, mixed, ramp
from generation.engine.noise import Grain, noise, stretched, wave
from generation.engine.pixels import (
    WHITE,
    Pixels,
    Random,
    Size,
    blurred,
    empty,
    floats,
    grid,
    over,
    sampled,
    screen,
    smoothstep,
)
from generation.engine.scenes.hours import Hour

STAR_EVERY: Final = 1100  # pixels a star
SUN_RADIUS: Final = 0.034  # of the height
MOON_RADIUS: Final = 0.06
CLOUD_MAP: Final = 640
AURORA: Final = ramp([(0, "#8cff9a"), (0.35, "#2fe3a0"), (0.7, "#2aa6d8"), (1, "#8a4fd8")])
CURTAINS: Final = 3


def sky(size: Size, hour: Hour, random: Random, horizon: float, cloudiness: float) -> Pixels:
    rows = grid(size)[1]
    pixels = colored(hour.sky, rows / horizon)
    if hour.has_stars:
        pixels = _starred(pixels, size, random, horizon)
    if hour.has_aurora:
        pixels = _aurora(pixels, size, random, horizon)
    elif hour.has_moon:
        pixels = _moonlit(pixels, size, hour, random, horizon)
    else:
        pixels = _sunlit(pixels, size, hour, horizon)
    return _clouded(pixels, size, (hour, random), (horizon, cloudiness)) if cloudiness else pixels


def away_from_sun(size: Size, hour: Hour, horizon: float) -> Pixels:
    columns, rows = grid(size)
    return floats(np.hypot((columns - hour.sun[0]) * size.aspect, rows - hour.sun[1] * horizon))


def _starred(pixels: Pixels, size: Size, random: Random, horizon: float) -> Pixels:
    count = size.width * size.height // STAR_EVERY
    across = random.integers(0, size.width, count)
    down = (random.random(count) ** 1.1 * size.height * horizon).astype(np.int32)
    bright = random.random(count) ** 5
    points = empty(size)
    points[down, across] = bright * 0.9 + 0.1
    haloes = empty(size)
    haloes[down[bright > 0.75], across[bright > 0.75]] = 1
    stars = np.clip(points + blurred(haloes, 1.6) * 5, 0, 1)
    fade = 1 - np.clip(grid(size)[1] / horizon, 0, 1) * 0.75
    return screen(pixels, floats(stars * fade)[..., None] * floats([0.92, 0.96, 1]))


def _aurora(pixels: Pixels, size: Size, random: Random, horizon: float) -> Pixels:
    rows = grid(size)[1]
    for index in range(CURTAINS):
        foot = horizon * (0.42 + 0.17 * index) + (wave(random, size.width, 7) - 0.5) * 0.26
        height = foot[None] - rows
        rays = (0.30 + 0.95 * wave(random, size.width, 24)) * (
            0.7 + 0.6 * wave(random, size.width, 90)
        )
        curtain = np.exp(-np.clip(height, 0, None) / (0.20 - 0.035 * index))
        curtain = curtain * smoothstep(-0.012, 0.006, floats(height)) * rays[None]
        light = colored(AURORA, floats(height / 0.36))
        pixels = screen(pixels, light * floats(curtain * 0.72)[..., None])
    return pixels


def _moonlit(pixels: Pixels, size: Size, hour: Hour, random: Random, horizon: float) -> Pixels:
    away = away_from_sun(size, hour, horizon)
    pixels = screen(pixels, hour.light * floats(np.exp(-away * 6) * 0.55)[..., None])
    seas = stretched(noise(random, size, Grain(cells=26, octaves=4)))
    face = floats([0.95, 0.96, 1.0]) * (0.78 + 0.22 * seas)[..., None]
    return over(pixels, face, smoothstep(MOON_RADIUS, MOON_RADIUS - 0.004, away))


def _sunlit(pixels: Pixels, size: Size, hour: Hour, horizon: float) -> Pixels:
    away = away_from_sun(size, hour, horizon)
    glow = np.exp(-away * 3.2) * 0.62 + np.exp(-away * 11) * 0.5
    pixels = screen(pixels, hour.light * floats(glow)[..., None])
    return screen(pixels, WHITE * smoothstep(SUN_RADIUS, SUN_RADIUS - 0.008, away)[..., None])


def _clouded(
    pixels: Pixels, size: Size, hour_random: tuple[Hour, Random], place: tuple[float, float]
) -> Pixels:
    """Clouds lie in a plane above us, so they crowd toward the horizon."""
    hour, random = hour_random
    horizon, cloudiness = place
    columns, rows = grid(size)
    shape = noise(random, Size(CLOUD_MAP, CLOUD_MAP), Grain(cells=5, octaves=7, gain=0.56))
    bend = noise(random, Size(CLOUD_MAP, CLOUD_MAP), Grain(cells=3, octaves=3)) - 0.5
    depth = 1 / (np.clip(horizon - rows, 0.015, 1) * 1.15 + 0.06)
    u = floats((((columns - 0.5) * depth * 0.30 + 0.5) * CLOUD_MAP * 0.62) % (CLOUD_MAP - 1))
    v = floats((depth * 0.16 * CLOUD_MAP * 0.9) % (CLOUD_MAP - 1))
    u = floats((u + sampled(bend, u, v) * 90) % (CLOUD_MAP - 1))
    thick = sampled(shape, u, v)
    toward_sun = sampled(
        shape, floats((u + (9 if hour.sun[0] > 0.5 else -9)) % (CLOUD_MAP - 1)), floats(v - 9)
    )
    threshold = 0.60 - 0.20 * cloudiness
    mask = smoothstep(threshold, threshold + 0.20, thick) * smoothstep(
        0, 0.10, floats(horizon - rows)
    )
    lit = np.clip(0.5 + (thick - toward_sun) * 3.2, 0, 1)[..., None]
    high = mixed(hour.light, WHITE, 0.45 if hour.strength > 0.6 else 0.05)
    low = mixed(hour.ambient, hour.fog, 0.45)
    color = low * (1 - lit) + high * lit
    near_sun = np.exp(-away_from_sun(size, hour, horizon) * 4) * 0.45
    color = screen(floats(color), hour.light * floats(near_sun)[..., None])
    return over(pixels, color, blurred(mask, 1) * 0.92)
