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
STRIP: Final = 0.36  # of the reach
SPINE, TALL_SPINE = 0.16, 0.055  # of the width
MOON, TALL_MOON = 0.46, 0.62
SILL, TALL_SILL = 0.17, 0.30  # of the height
HAIRLINE: Final = 0.0022
FIBER: Final = 0.006  # how strongly the paper shows
CLOUD: Final = 0.03


def paint(stage: Stage) -> Pixels:
    pixels = filled(stage.size, paper_of(stage.scheme))
    if stage.has_subject:
        pixels = (_field, _sun, _strip)[stage.motif](stage, pixels)
    else:
        pixels = (_spine, _moon, _sill)[stage.motif](stage, pixels)
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


def _strip(stage: Stage, pixels: Pixels) -> Pixels:
    """A column of color behind the subject, a hairline on either side."""
    right, down = stage.offset(*stage.focus)
    half = stage.reach * STRIP
    aside = floats(np.abs(right) - half)
    below = floats(-0.24 - down) if not stage.size.is_wide else floats(aside * 0 - 1)
    pixels = over(pixels, field_of(stage.scheme), inside(floats(np.maximum(aside, below))))
    line = inside(floats(np.maximum(np.abs(aside - 0.03) - HAIRLINE, below)))
    return over(pixels, stage.scheme.accent, line)


def _spine(stage: Stage, pixels: Pixels) -> Pixels:
    """Without a subject: a band of color at the edge, as on the spine of a book."""
    columns, _ = grid(stage.size)
    inward = columns if stage.is_left else 1 - columns
    width = SPINE if stage.size.is_wide else TALL_SPINE
    pixels = over(pixels, field_of(stage.scheme), inside(floats(inward - width)))
    line = inside(floats(np.abs(inward - width - 0.02) - HAIRLINE))
    return over(pixels, stage.scheme.accent, line)


def _moon(stage: Stage, pixels: Pixels) -> Pixels:
    """Without a subject: a disc that the edge cuts."""
    x = 0.0 if stage.is_left else 1.0
    away = stage.distance(x, stage.focus[1])
    radius = MOON if stage.size.is_wide else TALL_MOON
    pixels = over(pixels, field_of(stage.scheme), inside(floats(away - radius)))
    line = inside(floats(np.abs(away - radius - 0.035) - HAIRLINE))
    return over(pixels, stage.scheme.accent, line)


def _sill(stage: Stage, pixels: Pixels) -> Pixels:
    """Without a subject: a band of color along the lower or upper edge."""
    rows = grid(stage.size)[1]
    inward = 1 - rows if stage.size.is_wide or stage.focus[1] > 0.5 else rows
    width = SILL if stage.size.is_wide else TALL_SILL
    pixels = over(pixels, field_of(stage.scheme), inside(floats(inward - width)))
    line = inside(floats(np.abs(inward - width - 0.02) - HAIRLINE))
    return over(pixels, stage.scheme.accent, line)


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
