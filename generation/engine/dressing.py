"""Dress the subject for its style: sticker outline, shadow, glow, rim light, grade."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from generation.engine.backgrounds import neon
from generation.engine.color import changed, color_of
from generation.engine.finish import ON_FILM, Grade, graded
from generation.engine.pixels import (
    WHITE,
    Pixels,
    blurred,
    floats,
    over,
    screen,
    shifted,
    size_of,
    smoothstep,
)
from generation.engine.schemes import Scheme

OUTLINE: Final = 0.019  # of the shorter side
OUTLINE_BLUR: Final = 0.55
OUTLINE_FROM, OUTLINE_TO = 0.10, 0.26  # where in the blurred matte the sticker's edge runs
SHADOW_BLUR: Final = 0.03
RIM: Final = 0.010
PAPER: Final = np.float32(0.985)
VIVID: Final = Grade(contrast=0.25, saturation=1.12)
MUTED: Final = Grade(contrast=0.15, saturation=0.9)
CLUB: Final = Grade(contrast=0.35, saturation=1.05, shadows=color_of("#2a10a0"), strength=0.12)


@dataclass(frozen=True, slots=True)
class Dressing:
    """What all treatments are given."""

    pixels: Pixels
    colors: Pixels
    alpha: Pixels
    scheme: Scheme

    @property
    def unit(self) -> int:
        return size_of(self.pixels).unit


def dressed(style: str, dressing: Dressing) -> Pixels:
    return _TREATMENTS[style](dressing)


def covered_by(style: str, alpha: Pixels) -> Pixels:
    """What the subject covers once it is dressed: with its outline, if it gets one."""
    if style in {"bold", "playful"}:
        return np.maximum(alpha, outline_of(alpha, size_of(alpha).unit))
    return alpha


def outline_of(alpha: Pixels, unit: int, share: float = OUTLINE) -> Pixels:
    soft = blurred(alpha, unit * share * OUTLINE_BLUR)
    return smoothstep(OUTLINE_FROM, OUTLINE_TO, soft)


def _shadowed(pixels: Pixels, mask: Pixels, unit: int, strength: float) -> Pixels:
    moved = shifted(mask, down=int(unit * 0.016), right=int(unit * 0.008))
    shade = blurred(moved, unit * SHADOW_BLUR) * strength
    return floats(pixels * (1 - shade)[..., None])


def _laid(pixels: Pixels, colors: Pixels, alpha: Pixels) -> Pixels:
    return over(pixels, colors, alpha)


def _bold(dressing: Dressing) -> Pixels:
    outline = outline_of(dressing.alpha, dressing.unit)
    pixels = _shadowed(dressing.pixels, outline, dressing.unit, 0.6)
    hard = shifted(outline, right=int(dressing.unit * 0.012), down=int(dressing.unit * 0.012))
    pixels = over(pixels, changed(dressing.scheme.ground, lightness=-0.06), floats(hard * 0.55))
    pixels = over(pixels, WHITE * PAPER, outline)
    vivid = graded(dressing.colors, VIVID)
    return _laid(pixels, vivid, dressing.alpha)


def _playful(dressing: Dressing) -> Pixels:
    outline = outline_of(dressing.alpha, dressing.unit)
    inner = outline_of(dressing.alpha, dressing.unit, OUTLINE * 0.55)
    pixels = _shadowed(dressing.pixels, outline, dressing.unit, 0.4)
    ink = dressing.scheme.ink if dressing.scheme.is_light else dressing.scheme.ground
    pixels = over(pixels, ink, outline)
    pixels = over(pixels, WHITE * PAPER, inner)
    return _laid(pixels, graded(dressing.colors, VIVID), dressing.alpha)


def _minimal(dressing: Dressing) -> Pixels:
    pixels = _shadowed(dressing.pixels, dressing.alpha, dressing.unit, 0.34)
    return _laid(pixels, dressing.colors, dressing.alpha)


def _editorial(dressing: Dressing) -> Pixels:
    pixels = _shadowed(dressing.pixels, dressing.alpha, dressing.unit, 0.40)
    return _laid(pixels, graded(dressing.colors, MUTED), dressing.alpha)


def _neon(dressing: Dressing) -> Pixels:
    """Two colored lights from behind, and a halo."""
    left, right = neon.glow_of(dressing.scheme), neon.second_glow_of(dressing.scheme)
    halo = blurred(dressing.alpha, dressing.unit * 0.05)
    outside = floats(np.clip(halo * 1.2 - dressing.alpha * 0.2, 0, 1) * 0.6)
    pixels = screen(dressing.pixels, left * outside[..., None])
    colors = graded(dressing.colors, CLUB)
    colors = _rim_lit(colors, dressing, left, from_left=True)
    colors = _rim_lit(colors, dressing, right, from_left=False)
    return _laid(pixels, colors, dressing.alpha)


def _rim_lit(colors: Pixels, dressing: Dressing, light: Pixels, *, from_left: bool) -> Pixels:
    unit = dressing.unit
    side = -1 if from_left else 1
    far = blurred(shifted(dressing.alpha, right=-side * int(unit * 0.03)), unit * 0.02)
    near = blurred(shifted(dressing.alpha, right=-side * int(unit * RIM)), unit * 0.004)
    broad = np.clip(dressing.alpha - far, 0, 1) * 0.5
    thin = np.clip(dressing.alpha - near, 0, 1) * 0.9
    return screen(colors, light * floats(np.clip(broad + thin, 0, 1))[..., None])


def _cinematic(dressing: Dressing) -> Pixels:
    """The place's own light falls on the subject: its tint, its rim, its haze at the feet."""
    unit = dressing.unit
    around = blurred(dressing.pixels, unit * 0.12)
    colors = graded(dressing.colors, ON_FILM)
    tint = around / (around.mean(axis=2, keepdims=True) + 0.08)
    colors = floats(colors * (0.80 + 0.17 * tint))
    wrap = np.clip(blurred(1 - dressing.alpha, unit * 0.014), 0, 1) * dressing.alpha
    colors = screen(colors, around * floats(wrap * 0.85)[..., None])
    pixels = _shadowed(dressing.pixels, dressing.alpha, unit, 0.35)
    return _laid(pixels, colors, dressing.alpha)


_TREATMENTS: Final[dict[str, Callable[[Dressing], Pixels]]] = {
    "bold": _bold,
    "minimal": _minimal,
    "cinematic": _cinematic,
    "neon": _neon,
    "editorial": _editorial,
    "playful": _playful,
}
