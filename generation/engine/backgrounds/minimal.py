"""Minimal: an even ground, one large shape for the subject to stand in, one small accent."""

from typing import Final

import numpy as np

from generation.engine.color import changed, colored, mixed, ramp
from generation.engine.pixels import Pixels, floats, grid, over
from generation.engine.schemes import Scheme
from generation.engine.stage import Stage, inside

LINE: Final = 0.0045  # of the shorter side
DISC: Final = 0.62  # of the reach
RING: Final = 1.13  # the thin ring around the disc, in radii
RADII: Final = ((0.62, 0.36, 0.18), (0.70, 0.50, 0.44), (0.48, 0.30, 0.10))  # by motif
SHADE: Final = 0.05  # how much darker the ground is at its lower end


def paint(stage: Stage) -> Pixels:
    ground = _ground(stage.scheme)
    table = ramp(
        [(0.0, changed(ground, lightness=0.012)), (1.0, changed(ground, lightness=-SHADE))]
    )
    rows = grid(stage.size)[1]
    pixels = colored(table, rows)
    if not stage.has_subject:
        return _cut_discs(stage, pixels)
    return (_disc, _arch, _tile)[stage.motif](stage, pixels)


def _ground(scheme: Scheme) -> Pixels:
    return scheme.ground if scheme.is_light else mixed(scheme.ground, scheme.main, 0.10)


def shape_color(scheme: Scheme) -> Pixels:
    return mixed(scheme.main, scheme.accent, 0.06 if scheme.is_light else 0.0)


def _disc(stage: Stage, pixels: Pixels) -> Pixels:
    radius = stage.reach * DISC
    away = stage.distance(*stage.shape_at(radius * RING))
    pixels = over(pixels, shape_color(stage.scheme), inside(floats(away - radius)))
    ring = inside(floats(np.abs(away - radius * RING) - LINE / 2))
    pixels = over(pixels, stage.scheme.accent, ring)
    turn = float(stage.random.uniform(2.4, 3.6))
    place = (radius * RING * float(np.cos(turn)), radius * RING * float(np.sin(turn)))
    return _dot(stage, pixels, stage.shape_at(radius * RING), place)


def _arch(stage: Stage, pixels: Pixels) -> Pixels:
    """A doorway: round above, straight down to the lower edge."""
    radius = stage.reach * 0.56
    x, y = stage.shape_at(radius + 0.06)
    right, down = stage.offset(x, max(0.12, y - 0.06) if stage.size.is_wide else y)
    edge = np.where(down < 0, np.hypot(right, down), np.abs(right)) - radius
    pixels = over(pixels, shape_color(stage.scheme), inside(floats(edge)))
    line = inside(floats(np.abs(edge - 0.035) - LINE / 2))
    return over(pixels, stage.scheme.accent, line)


def _tile(stage: Stage, pixels: Pixels) -> Pixels:
    """A large leaning square with round corners."""
    lean = 0.16 * stage.variety.sign
    half, corner = stage.reach * 0.54, 0.09
    right, down = stage.offset(*stage.shape_at(half))
    across = right * np.cos(lean) + down * np.sin(lean)
    along = down * np.cos(lean) - right * np.sin(lean)
    out_x = np.maximum(np.abs(across) - half + corner, 0)
    out_y = np.maximum(np.abs(along) - half + corner, 0)
    edge = np.hypot(out_x, out_y) - corner
    pixels = over(pixels, shape_color(stage.scheme), inside(floats(edge)))
    return _dot(stage, pixels, stage.shape_at(half), (-half * 1.02, -half * 0.86))


def _dot(
    stage: Stage, pixels: Pixels, center: tuple[float, float], place: tuple[float, float]
) -> Pixels:
    right, down = stage.offset(*center)
    away = np.hypot(right - place[0], down - place[1])
    return over(pixels, stage.scheme.accent, inside(floats(away - 0.032)))


def _cut_discs(stage: Stage, pixels: Pixels) -> Pixels:
    """With nothing to show, large discs cut by the edge carry the picture."""
    away = stage.distance(*_edge_place(stage))
    scheme = stage.scheme
    colors = [shape_color(scheme), scheme.accent, _ground(scheme)]
    for radius, color in zip(RADII[stage.motif], colors, strict=True):
        pixels = over(pixels, color, inside(floats(away - radius)))
    return pixels


def _edge_place(stage: Stage) -> tuple[float, float]:
    """A corner or the middle of an edge, on the side that the title leaves free."""
    if stage.size.is_wide:
        return 0.0 if stage.is_left else 1.0, (1.0, 0.0, 0.5)[stage.motif]
    return (1.0, 0.0, 0.5)[stage.motif], 1.0 if stage.focus[1] > 0.5 else 0.0
