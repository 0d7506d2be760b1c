"""Neon: night, a glowing sign behind the subject, and a floor that mirrors it."""

from typing import Final

import numpy as np

from generation.engine.color import changed, colored, mixed, ramp
from generation.engine.finish import lightened
from generation.engine.noise import Grain, noise
from generation.engine.pixels import Pixels, Size, floats, grid, over, resized, screen, smoothstep
from generation.engine.schemes import Scheme
from generation.engine.stage import Stage, inside

HORIZON: Final = 0.68
TUBE: Final = 0.009  # half the width of a neon tube, in shorter sides
HAZE_SHRINK: Final = 4


def paint(stage: Stage) -> Pixels:
    pixels = _night(stage)
    if stage.motif == 0:
        pixels = _floor(stage, _sun(stage, pixels))
    elif stage.motif == 1:
        pixels = _mirrored(stage, _ring(stage, pixels))
    else:
        pixels = _mirrored(stage, _triangle(stage, pixels))
    return pixels


def night_of(scheme: Scheme) -> Pixels:
    """Neon needs the dark: light schemes lend their hue only."""
    if scheme.is_light:
        return changed(scheme.accent, lightness=-0.42, chroma=0.55)
    return scheme.ground


def glow_of(scheme: Scheme) -> Pixels:
    if scheme.is_light:
        return scheme.accent
    return scheme.main if scheme.name != "mono" else scheme.companion


def second_glow_of(scheme: Scheme) -> Pixels:
    return scheme.companion if scheme.is_light else scheme.accent


def _night(stage: Stage) -> Pixels:
    dark, glow = night_of(stage.scheme), glow_of(stage.scheme)
    table = ramp(
        [
            (0.0, mixed(dark, glow, 0.42)),
            (0.5, mixed(dark, glow, 0.10)),
            (1.0, changed(dark, lightness=-0.07)),
        ]
    )
    small = Size(stage.size.width // HAZE_SHRINK, stage.size.height // HAZE_SHRINK)
    smoke = resized(noise(stage.random, small, Grain(cells=3, octaves=5)), stage.size)
    return colored(table, stage.from_focus() * 0.95 + (smoke - 0.5) * 0.35)


def _tube(stage: Stage, pixels: Pixels, away: Pixels, color: Pixels) -> Pixels:
    """A lit tube along where `away` is zero: a white core, its color, and its halo."""
    halo = np.exp(-np.abs(away) / 0.055) * 0.55 + np.exp(-np.abs(away) / 0.22) * 0.28
    pixels = screen(pixels, color * floats(halo)[..., None])
    pixels = over(pixels, color, inside(floats(np.abs(away) - TUBE), 0.004))
    return over(pixels, lightened(color, 0.75), inside(floats(np.abs(away) - TUBE * 0.45), 0.003))


def _ring(stage: Stage, pixels: Pixels) -> Pixels:
    away = stage.distance(stage.focus[0], stage.focus[1] - 0.02)
    radius = stage.fitting(stage.reach * 0.60)
    pixels = _tube(stage, pixels, floats(away - radius), glow_of(stage.scheme))
    return _tube(stage, pixels, floats(away - radius * 0.84), second_glow_of(stage.scheme))


def _triangle(stage: Stage, pixels: Pixels) -> Pixels:
    right, down = stage.offset(stage.focus[0], stage.focus[1] + 0.02)
    half = stage.fitting(stage.reach * 0.60) * 0.72
    flip = stage.variety.sign
    sides = [np.sin(turn) * right - np.cos(turn) * down * flip for turn in (0, 2.0944, 4.1888)]
    edge = np.maximum.reduce([-side for side in sides])
    pixels = _tube(stage, pixels, floats(edge - half), glow_of(stage.scheme))
    return _tube(stage, pixels, floats(edge - half * 0.78), second_glow_of(stage.scheme))


def _sun(stage: Stage, pixels: Pixels) -> Pixels:
    """The striped setting sun."""
    rows = grid(stage.size)[1]
    away = stage.distance(stage.focus[0], stage.focus[1])
    radius = stage.fitting(stage.reach * 0.58)
    table = ramp([(0, lightened(second_glow_of(stage.scheme), 0.1)), (1, glow_of(stage.scheme))])
    low = (rows - stage.focus[1]) * stage.size.height / stage.size.unit / radius
    stripes = np.sin(low * 24) > np.clip(1.05 - low * 1.6, -0.2, 1.05)
    disc = inside(floats(away - radius)) * ~(stripes & (low > 0))
    halo = np.exp(-np.clip(away - radius, 0, None) * 5) * 0.45
    pixels = screen(pixels, glow_of(stage.scheme) * floats(halo)[..., None])
    return over(pixels, colored(table, floats((low + 1) / 2)), floats(disc * (rows < HORIZON)))


def _floor(stage: Stage, pixels: Pixels) -> Pixels:
    """A grid that runs to the horizon."""
    columns, rows = grid(stage.size)
    depth = np.clip((rows - HORIZON) / (1 - HORIZON), 1e-3, 1)
    across = (columns - stage.focus[0]) * stage.size.aspect / (depth + 0.14) * 2.6
    along = 1.5 / (depth + 0.12)
    dark = over(pixels, night_of(stage.scheme), floats((rows > HORIZON) * 0.82))
    lines = np.maximum(_line(across, 0.035 / (depth + 0.25)), _line(along, 0.05 / (depth + 0.12)))
    lit = floats(lines * (rows > HORIZON) * np.clip(depth * 2.4 + 0.12, 0, 1))
    dark = screen(dark, glow_of(stage.scheme) * (lit * 0.85)[..., None])
    edge = np.exp(-np.abs(rows - HORIZON) / 0.012) * 0.8
    return screen(dark, glow_of(stage.scheme) * floats(edge)[..., None])


def _line(values: Pixels, width: Pixels) -> Pixels:
    return smoothstep(1.0, 0.2, floats(np.abs(values - np.round(values)) / np.maximum(width, 0.02)))


def _mirrored(stage: Stage, pixels: Pixels) -> Pixels:
    """A wet floor: what is above it comes back dim and blurred."""
    start = int(stage.size.height * 0.86)
    height = stage.size.height - start
    above = pixels[start - height : start][::-1]
    ripple = np.repeat(
        resized(above[:, ::8], Size(stage.size.width // 8, height))[:, :, :], 1, axis=1
    )
    mirror = resized(floats(ripple), Size(stage.size.width, height))
    fade = np.linspace(0.55, 0.15, height, dtype=np.float32)[:, None, None]
    floor = pixels.copy()
    floor[start:] = np.clip(pixels[start:] * 0.35 + mirror * fade, 0, 1)
    return floor
