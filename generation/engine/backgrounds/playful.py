"""Playful: cut-paper blobs, doodles and confetti in the scheme's colors."""

import math
from typing import Final

import numpy as np

from generation.engine.color import changed, code_of, colored, mixed, ramp
from generation.engine.icons import rendered
from generation.engine.pixels import (
    Box,
    Pixels,
    Random,
    floats,
    from_picture,
    over,
    shifted,
    size_of,
    smoothstep,
)
from generation.engine.schemes import Scheme
from generation.engine.stage import Stage, inside

BLOBS: Final = 4
DOODLES: Final = 30
STRIPES: Final = 26
RAYS: Final = 14
PAPER_SHADOW: Final = 0.16
BADGES: Final = ((18, 0.035), (12, 0.07), (8, 0.05))  # a badge's waves, and how deep they are
LOBES: Final = (3, 4, 5)
LINE: Final = 'fill="none" stroke="{c}" stroke-linecap="round" stroke-linejoin="round"'
DOODLE_SHAPES: Final = (
    f'<path d="M4 16 q4-9 8 0 t8 0 t8 0" {LINE} stroke-width="3.6"/>',
    '<path d="M16 3 L20 12 L29 13 L22 19 L24 28 L16 23 L8 28 L10 19 L3 13 L12 12Z" fill="{c}"/>',
    f'<circle cx="16" cy="16" r="9" {LINE} stroke-width="4.6"/>',
    f'<path d="M16 5 V27 M5 16 H27" {LINE} stroke-width="5.4"/>',
    f'<path d="M8 26 L16 7 L25 25Z" {LINE} stroke-width="4"/>',
    '<circle cx="16" cy="16" r="7" fill="{c}"/>',
    f'<path d="M5 21 L11 11 L17 21 L23 11 L28 19" {LINE} stroke-width="4"/>',
)


def paint(stage: Stage) -> Pixels:
    ground = ground_of(stage.scheme)
    table = ramp([(0, changed(ground, lightness=0.05)), (1, changed(ground, lightness=-0.05))])
    pixels = colored(table, stage.from_focus() / 1.5)
    pixels = _spots(stage, pixels, ground)
    papers = _papers(stage.scheme)
    for index in range(BLOBS):
        color = papers[(index + stage.motif) % len(papers)]
        pixels = _blob(stage, pixels, color, index)
    return _spotlight(stage, pixels)


def ground_of(scheme: Scheme) -> Pixels:
    if scheme.is_light:
        return mixed(scheme.ground, scheme.main, 0.45)
    return mixed(scheme.main, scheme.ground, 0.14 if scheme.name != "mono" else 0.55)


def _papers(scheme: Scheme) -> list[Pixels]:
    if scheme.is_light:
        return [
            scheme.accent,
            scheme.companion,
            scheme.main,
            mixed(scheme.accent, scheme.ground, 0.5),
        ]
    return [
        scheme.accent,
        scheme.companion,
        mixed(scheme.ground, scheme.main, 0.3),
        changed(scheme.main, lightness=0.1),
    ]


def _spots(stage: Stage, pixels: Pixels, ground: Pixels) -> Pixels:
    """Dots, slanted stripes or rays on the paper."""
    right, down = stage.offset(0.5, 0.5)
    if stage.motif == 1:
        stripe = np.sin((right + down * stage.variety.sign) * STRIPES)
        return over(pixels, changed(ground, lightness=0.05), inside(floats(stripe), 0.08))
    if stage.motif == 2:
        right, down = stage.offset(*stage.focus)
        ray = np.sin(np.arctan2(down, right) * RAYS)
        soft = 0.03 / (np.hypot(right, down) + 0.05)
        ray = np.clip(0.5 + ray / np.clip(soft, 0.02, 0.5) * 0.5, 0, 1)
        return over(pixels, changed(ground, lightness=0.05), floats(ray))
    pitch = 0.085
    row = np.round(down / pitch)
    across = right / pitch + 0.5 * (row % 2)
    away = np.hypot(across - np.round(across), down / pitch - row)
    return over(
        pixels, changed(ground, lightness=0.06), floats(inside(floats(away - 0.16), 0.03) * 0.7)
    )


def _blob(stage: Stage, pixels: Pixels, color: Pixels, index: int) -> Pixels:
    """Cut paper at a corner, with the shadow that paper throws."""
    corners = [(0.02, 1.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)]
    x, y = corners[(index + stage.variety.number) % 4]
    right, down = stage.offset(x + stage.random.uniform(-0.06, 0.06), y)
    angle, away = np.arctan2(down, right), np.hypot(right, down)
    lobes = int(stage.random.choice(LOBES))
    phase = stage.random.random() * math.tau
    edge = away - stage.random.uniform(0.2, 0.34) * (
        1 + 0.20 * np.sin(angle * lobes + phase) + 0.08 * np.sin(angle * (2 * lobes + 1) - phase)
    )
    paper = inside(floats(edge))
    step = max(2, int(stage.size.unit * 0.008))
    shadow = smoothstep(0.02, -0.02, floats(edge))
    pixels = over(pixels, floats([0, 0, 0]), shifted(shadow, right=step, down=step) * PAPER_SHADOW)
    return over(pixels, color, paper)


def _spotlight(stage: Stage, pixels: Pixels) -> Pixels:
    """A scalloped badge behind the subject."""
    if not stage.has_subject:
        return pixels
    right, down = stage.offset(*stage.focus)
    angle, away = np.arctan2(down, right), np.hypot(right, down)
    waves, depth = BADGES[stage.motif]
    edge = away - stage.fitting(stage.reach * 0.62) * (1 + depth * np.cos(angle * waves))
    paper = inside(floats(edge))
    color = stage.scheme.ground if stage.scheme.is_light else stage.scheme.accent
    step = max(2, int(stage.size.unit * 0.01))
    pixels = over(pixels, floats([0, 0, 0]), shifted(paper, right=step, down=step) * PAPER_SHADOW)
    return over(pixels, color, paper)


def doodled(
    scheme: Scheme, random: Random, pixels: Pixels, occupied: tuple[Box, ...]
) -> tuple[Box, ...]:
    """Strew doodles into the pixels where nothing is, and say where they lie."""
    boxes: list[Box] = []
    for _ in range(DOODLES):
        box = _one_doodle(scheme, random, pixels, (*occupied, *boxes))
        if box is not None:
            boxes.append(box)
    return tuple(boxes)


def _one_doodle(
    scheme: Scheme, random: Random, pixels: Pixels, occupied: tuple[Box, ...]
) -> Box | None:
    """One more doodle, drawn in place, or none where it would touch something."""
    size = size_of(pixels)
    side = int(size.unit * random.uniform(0.055, 0.105))
    left = int(random.uniform(0.02, 0.98) * size.width - side / 2)
    top = int(random.uniform(0.03, 0.97) * size.height - side / 2)
    shape = DOODLE_SHAPES[int(random.integers(len(DOODLE_SHAPES)))]
    ink = (scheme.ink, scheme.accent, scheme.companion)[int(random.integers(3))]
    turn = float(random.uniform(-40, 40))
    box = Box(left, top, left + side, top + side)
    inside_canvas = left >= 0 and top >= 0 and box.right <= size.width and box.bottom <= size.height
    if not inside_canvas or any(box.grown(side // 3, size).overlaps(taken) for taken in occupied):
        return None
    body = f'<g transform="rotate({turn:.1f} 16 16)">{shape.format(c=code_of(ink))}</g>'
    drawn = from_picture(rendered(body, (32, 32), (side, side)))
    region = pixels[top : top + drawn.shape[0], left : left + drawn.shape[1]]
    region[:] = over(region, drawn[..., :3], drawn[..., 3])
    return box
