"""Above the clouds: banks of them under an open sky."""

from typing import Final

import numpy as np

from generation.engine.color import mixed
from generation.engine.noise import Grain, noise, wave
from generation.engine.pixels import WHITE, Pixels, Random, Size, floats, grid, over, smoothstep
from generation.engine.scenes.hours import Hour
from generation.engine.scenes.sky import sky

BANKS: Final = 5
HORIZON: Final = 0.78


def clouds(size: Size, hour: Hour, random: Random) -> Pixels:
    pixels = sky(size, hour, random, HORIZON, 0.9 * hour.clouds)
    rows = grid(size)[1]
    high = mixed(hour.light, WHITE, 0.55)
    low = mixed(hour.ambient, hour.fog, 0.35)
    for bank in range(BANKS):
        puffs = noise(random, size, Grain(cells=5 + bank, octaves=6, gain=0.52))
        top = 0.60 + 0.085 * bank + (wave(random, size.width, 9 + bank * 2) - 0.5) * 0.09
        below = rows - top[None] + (puffs - 0.5) * 0.14
        lit = smoothstep(0.13, -0.03, floats(below))[..., None]
        color = floats(low * (1 - lit) + high * lit)
        pixels = over(pixels, color, smoothstep(-0.01, 0.07, floats(below)) * 0.96)
    return floats(np.clip(pixels, 0, 1))
