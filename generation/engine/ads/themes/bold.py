"""Bold: a sunburst in strong colors, and a disc behind the product."""

from typing import Final

import numpy as np

from generation.engine.ads.scene import Scene
from generation.engine.color import changed, lightness_of, mixed
from generation.engine.pixels import WHITE, Pixels, filled, floats, over, smoothstep
from generation.engine.stage import inside

RAYS: Final = 18
RAY_STEP: Final = 0.045  # of lightness
LIGHT: Final = 0.65
RIM: Final = 0.035  # of the disc's radius
SMALLEST_DISC, LARGEST_DISC = 0.25, 0.47  # shorter sides
AIR: Final = 0.028  # shorter sides between the disc and the words
DOTS: Final = 0.020  # shorter sides between two


def paint(scene: Scene) -> Pixels:
    ground, disc = _colors(scene)
    x, y = scene.middle
    right, down = scene.from_point(scene.size, x, y)
    away = floats(np.hypot(right, down))
    pixels = filled(scene.size, ground)
    # Rays go away from the letters: darker under white ones, lighter under black ones.
    step = RAY_STEP if lightness_of(ground) > LIGHT else -RAY_STEP
    pixels = over(pixels, changed(ground, lightness=step), _rays(scene, right, down, away))
    pixels = over(pixels, WHITE, floats(_dots(right, down) * _corner(scene) * 0.22))
    radius = _radius(scene)
    pixels = over(pixels, disc, inside(floats(away - radius)))
    inner = inside(floats(away - radius * (1 - RIM)))
    lit = floats(inner * (0.55 - 0.35 * np.clip(down / radius, -1, 1)))
    return over(pixels, changed(disc, lightness=0.055), lit)


def _colors(scene: Scene) -> tuple[Pixels, Pixels]:
    """The ground and the disc: the disc is what the product stands out from."""
    strong = max(scene.chroma, 0.13)
    is_pale = scene.palette.lightness > 0.72
    if scene.number % 3 == 0 and not is_golden(scene.hue):
        ground, disc = scene.tone(0.545, strong * 1.05), scene.tone(0.87, strong * 0.62, 0.75)
    elif scene.number % 3 == 0:
        ground, disc = scene.tone(0.80, strong * 1.1, 0.25), scene.tone(0.95, 0.05, 0.3)
    elif scene.number % 3 == 1:
        ground, disc = scene.tone(0.86, strong * 0.92, 1.05), scene.tone(0.965, 0.035, 1.05)
    else:
        ground, disc = scene.tone(0.50, strong * 0.72, 2.75), scene.tone(0.90, 0.115, 0.95)
    return ground, (mixed(disc, ground, 0.5) if is_pale else disc)


def is_golden(hue: float) -> bool:
    """Whether the hue becomes brown where it is dark."""
    return 0.75 < hue < 2.1


def _rays(scene: Scene, right: Pixels, down: Pixels, away: Pixels) -> Pixels:
    turn = 0.13 * (scene.number % 5)
    wave = np.sin((np.arctan2(down, right) + turn) * RAYS)
    # As wide as a pixel out there: without it the rays' edges are stairs.
    soft = floats(np.clip(RAYS * 1.2 / (away * scene.size.unit + 1), 0.004, 1))
    return floats(np.clip(0.5 + wave / (2 * soft), 0, 1))


def _radius(scene: Scene) -> float:
    spot, unit = scene.spot.grown(0, scene.size), scene.size.unit
    across, down = spot.width / unit, spot.height / unit
    radius = max(min(0.5 * max(across, down) * 1.08, LARGEST_DISC), SMALLEST_DISC)
    block = scene.arrangement.room.zone
    x, y = scene.middle[0] * scene.size.width, scene.middle[1] * scene.size.height
    rooms = {"left": x - block.right, "right": block.left - x}
    room = rooms.get(scene.arrangement.text_side or "top", y - block.bottom)
    return max(min(radius, room / unit - AIR), SMALLEST_DISC)


def _dots(right: Pixels, down: Pixels) -> Pixels:
    lattice = np.cos((right + down) * np.pi / DOTS) * np.cos((right - down) * np.pi / DOTS)
    return smoothstep(0.52, 0.66, floats(np.abs(lattice)))


def _corner(scene: Scene) -> Pixels:
    """Where the dots are: they fade out of the corner away from the words."""
    x = 0.0 if scene.arrangement.text_side == "right" else 1.0
    right, down = scene.from_point(scene.size, x, 1.0)
    return floats(1 - smoothstep(0.12, 0.62, floats(np.hypot(right, down))))
