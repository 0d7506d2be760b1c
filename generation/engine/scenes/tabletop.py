"""A wooden table before a photographed place, as a lens that looks at the table sees them."""

from typing import Final

import numpy as np

from generation.engine.color import colored, ramp
from generation.engine.noise import Grain, noise, stretched
from generation.engine.pixels import (
    Pixels,
    Random,
    Size,
    blurred,
    brightness,
    floats,
    grid,
    over,
    sampled,
    screen,
    smoothstep,
)

EDGE: Final = 0.70  # of the height: where the table ends
WOODS: Final = (
    ("#3b2415", "#6f4526", "#9a6a3c", "#c08f58"),
    ("#2a1d16", "#4e3526", "#74523b", "#9a7655"),
    ("#6a4a2e", "#9b7449", "#c49a68", "#e2c396"),
)
PLANKS: Final = 5.0
GRAIN_MAP: Final = Size(640, 640)
SHEEN: Final = 0.30


def on_table(backdrop: Pixels, size: Size, random: Random) -> Pixels:
    columns, rows = grid(size)
    near = np.clip((rows - EDGE) / (1 - EDGE), 0, 1)
    wood = _wood(size, floats(near), random)
    room = blurred(backdrop, size.unit * 0.12)
    light = room[: int(size.height * EDGE)].mean(axis=(0, 1))
    wood = wood * (0.42 + 0.95 * light / max(float(brightness(light)), 0.2) * 0.62)
    mirrored = sampled(
        room,
        floats(columns * (size.width - 1)),
        floats(np.clip(2 * EDGE - rows, 0, 1) * (size.height - 1)),
    )
    sheen = SHEEN * (1 - near) ** 1.5 + 0.05
    wood = screen(floats(wood), floats(mirrored * sheen[..., None]))
    softened = over(wood, blurred(wood, size.unit / 160), smoothstep(0.25, 0.0, floats(near)))
    return over(backdrop, softened, smoothstep(EDGE - 0.004, EDGE + 0.004, rows))


def _wood(size: Size, near: Pixels, random: Random) -> Pixels:
    """Planks that run away from us; the grain is drawn out along them."""
    columns, _ = grid(size)
    far = 1 / (near * 0.85 + 0.32)
    across = (columns - 0.5) * size.aspect * far * 0.62
    plank = np.floor(across * PLANKS)
    fibers = noise(random, GRAIN_MAP, Grain(cells=60, octaves=4, stretch=1.0))
    rings = noise(random, GRAIN_MAP, Grain(cells=14, octaves=3))
    along = (far * 34 + np.abs(np.sin(plank * 12.9898)) * 300) % (GRAIN_MAP.height - 1)
    fiber = sampled(fibers, floats((across * 900) % (GRAIN_MAP.width - 1)), floats(along))
    ring = sampled(rings, floats((across * 260) % (GRAIN_MAP.width - 1)), floats(along))
    tone = 0.34 + 0.30 * stretched(ring) + 0.22 * (fiber - 0.5)
    tone = tone + 0.16 * (np.abs(np.sin(plank * 78.233) * 43758.5453) % 1 - 0.5)
    codes = WOODS[int(random.integers(len(WOODS)))]
    wood = colored(ramp(list(zip((0, 0.35, 0.7, 1), codes, strict=True))), floats(tone))
    seam = np.abs((across * PLANKS) % 1 - 0.5) * 2
    return floats(wood * (0.35 + 0.65 * smoothstep(1.0, 0.965, floats(seam)))[..., None])
