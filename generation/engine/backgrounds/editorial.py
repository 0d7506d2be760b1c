"""Editorial: paper, one field of color behind the subject, a hairline frame."""

from typing import Final

import numpy as np

from generation.engine.color import changed, mixed
from generation.engine.noise import Grain, noise
from generation.engine.pixels import Pixels, Size, filled, floats, grid, over, resized
from generation.engine.schemes import Scheme
from generation.engine.stage import Stage, inside

FRAME: Final = 0.032  # of the shorter side, from the edge
SUN: Final = 0.58  # of the reach
HAIRLINE: Final = 0.0022
FIBER: Final = 0.006  # how strongly the paper shows
CLOUD: Final = 0.03


def paint(stage: Stage) -> Pixels:
    pixels = filled(stage.size, paper_of(stage.scheme))
    if stage.has_subject:
        pixels = (_field, _sun, _field)[stage.variant(3)](stage, pixels)
    else:
        pixels = _columns(stage, pixels)
    return _framed(stage, _papery(stage, pixels))


def paper_of(scheme: Scheme) -> Pixels:
    return scheme.ground if scheme.is_light else mixed(scheme.ground, scheme.main, 0.12)


def field_of(scheme: Scheme) -> Pixels:
    """The color behind the subject: muted, so that the photo stays the strongest thing."""
    if scheme.is_light:
        return changed(mixed(scheme.main, scheme.accent, 0.35), chroma=0.85)
    return changed(mixed(scheme.main, scheme.ground, 0.18), chroma=0.8)


def _field(stage: Stage, pixels: Pixels) -> Pixels:
    """A plain field that bleeds off one side."""
    columns, rows = grid(stage.size)
    if not stage.size.is_wide:
        edge = stage.focus[1] - 0.02 - rows
    elif stage.focus[0] > 0.5:
        edge = stage.focus[0] - 0.045 - columns
    else:
        edge = columns - stage.focus[0] - 0.045
    return over(pixels, field_of(stage.scheme), inside(floats(edge)))


def _sun(stage: Stage, pixels: Pixels) -> Pixels:
    x, y = stage.shape_at(stage.reach * SUN)
    away = stage.distance(x, y)
    return over(pixels, field_of(stage.scheme), inside(floats(away - stage.reach * SUN)))


def _columns(stage: Stage, pixels: Pixels) -> Pixels:
    """Without a subject: a band of color at the edge, as on the spine of a book."""
    columns, _ = grid(stage.size)
    band = inside(floats(0.86 - columns)) if stage.size.is_wide else 0 * columns
    pixels = over(pixels, field_of(stage.scheme), floats(band))
    line = inside(floats(np.abs(columns - 0.835) - HAIRLINE))
    return over(pixels, stage.scheme.accent, floats(line * stage.size.is_wide))


def _papery(stage: Stage, pixels: Pixels) -> Pixels:
    small = Size(stage.size.width // 2, stage.size.height // 2)
    fiber = noise(stage.random, small, Grain(cells=300, octaves=1)) - 0.5
    cloud = noise(stage.random, small, Grain(cells=2, octaves=4)) - 0.5
    paper = resized(floats(fiber * FIBER * 4 + cloud * CLOUD), stage.size)
    return floats(pixels + paper[..., None] * (0.5 + 0.5 * pixels))


def _framed(stage: Stage, pixels: Pixels) -> Pixels:
    right, down = stage.offset(0.5, 0.5)
    half_x = stage.size.width / stage.size.unit / 2 - FRAME
    half_y = stage.size.height / stage.size.unit / 2 - FRAME
    edge = np.maximum(np.abs(right) - half_x, np.abs(down) - half_y)
    line = inside(floats(np.abs(edge) - HAIRLINE / 2), 0.0012)
    ink = stage.scheme.ink
    return over(pixels, ink, floats(line * 0.35))
