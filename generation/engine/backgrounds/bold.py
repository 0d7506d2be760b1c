"""Bold: a burst of saturated light behind the subject, dots and rays running to a dark edge."""

from typing import Final

import numpy as np

from generation.engine.color import changed, colored, lightness_of, mixed, ramp
from generation.engine.pixels import Pixels, brightness, floats, over, screen, smoothstep
from generation.engine.stage import Stage, inside

RAYS: Final = (15, 19, 23)
DOT_PITCH: Final = 0.021  # of the shorter side
GLOW: Final = 0.42
FADE: Final = 1.25  # shorter sides from the focus to the full ground color


def paint(stage: Stage) -> Pixels:
    pixels = _gradient(stage)
    if stage.motif == 0:
        pixels = _rays(stage, pixels)
    elif stage.motif == 1:
        pixels = _slash(stage, pixels)
    else:
        pixels = _rays(stage, pixels, twist=1.4 * stage.variety.sign)
    return _lit(stage, _dots(stage, pixels))


def _gradient(stage: Stage) -> Pixels:
    scheme = stage.scheme
    if scheme.is_light:
        stops = [
            (0.0, changed(scheme.ground, lightness=0.03)),
            (0.7, mixed(scheme.ground, scheme.main, 0.7)),
            (1.0, mixed(scheme.main, scheme.accent, 0.22)),
        ]
    else:
        hot = mixed(scheme.main, scheme.accent, 0.28)
        dim = mixed(scheme.main, scheme.ground, 0.72)
        stops = [(0.0, hot), (0.32, scheme.main), (0.78, dim), (1.0, scheme.ground)]
    return colored(ramp(stops), stage.from_focus() / FADE)


def _rays(stage: Stage, pixels: Pixels, twist: float = 0.0) -> Pixels:
    right, down = stage.offset(stage.focus[0], stage.focus[1] + 0.05)
    away = np.hypot(right, down)
    angle = np.arctan2(down, right) + twist * away
    count = int(stage.random.choice(RAYS))
    edge = np.sin(angle * count + stage.random.random() * 6)
    # The further out, the wider a ray is in pixels, so its edge must be softened less.
    softness = np.clip(0.03 / (away + 0.05), 0.02, 0.5)
    ray = np.clip(0.5 + edge / softness * 0.5, 0, 1)
    strength = 0.30 if stage.scheme.is_light else 0.34
    light = stage.scheme.main if stage.scheme.is_light else _ray_color(stage)
    return over(pixels, light, floats(ray * strength * smoothstep(1.7, 0.15, floats(away))))


def _ray_color(stage: Stage) -> Pixels:
    scheme = stage.scheme
    return mixed(scheme.main, scheme.accent, 0.45 if lightness_of(scheme.main) > 0.4 else 0.3)


def _slash(stage: Stage, pixels: Pixels) -> Pixels:
    """A broad slanted band of the companion color behind the subject."""
    right, down = stage.offset(*stage.focus)
    lean = 0.34 * stage.variety.sign
    across = (right + down * lean) / np.hypot(1, lean)
    scheme = stage.scheme
    band = mixed(scheme.companion, scheme.ground, 0.25 if scheme.is_light else 0.12)
    half = stage.reach * 0.62
    pixels = over(pixels, band, inside(floats(np.abs(across) - half)) * 0.9)
    thin = scheme.accent
    for place in (-half - 0.045, half + 0.045):
        pixels = over(pixels, thin, inside(floats(np.abs(across - place) - 0.011)))
    return pixels


def _dots(stage: Stage, pixels: Pixels) -> Pixels:
    """A halftone that grows toward the edges."""
    right, down = stage.offset(0.5, 0.5)
    turned = (right + down) * 0.7071 / DOT_PITCH, (right - down) * 0.7071 / DOT_PITCH
    away = np.hypot(turned[0] - np.round(turned[0]), turned[1] - np.round(turned[1]))
    size = 0.46 * smoothstep(0.75, 1.5, stage.from_focus())
    dots = smoothstep(0.06, -0.06, floats(away - size)) * (size > 0.04)
    color = (
        stage.scheme.main
        if stage.scheme.is_light
        else changed(stage.scheme.ground, lightness=-0.05)
    )
    return over(pixels, color, floats(dots * 0.5))


def _lit(stage: Stage, pixels: Pixels) -> Pixels:
    glow = np.exp(-((stage.from_focus() / (stage.reach * 0.75)) ** 2))
    dim = 1 - brightness(pixels) * 0.6
    light = mixed(stage.scheme.accent, stage.scheme.main, 0.3)
    if stage.scheme.is_light:
        return over(pixels, changed(stage.scheme.ground, lightness=0.05), floats(glow * 0.7))
    return screen(pixels, light * (glow * dim * GLOW)[..., None])
