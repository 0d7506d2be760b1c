"""Put a person into a place's light: exposure, tint, key, light wrap, rim, neon, blinds."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from generation.engine.pixels import (
    Box,
    Pixels,
    Size,
    blurred,
    empty,
    floats,
    grid,
    resized,
    screen,
    shifted,
    size_of,
    smoothstep,
)
from generation.engine.portraits.sets import NEON

MIDDLE: Final = 0.45
EXPOSURE: Final = 0.20  # how far a person's brightness follows the place's
DIMMEST, BRIGHTEST = 0.74, 1.0
TINT: Final = 0.20
KEY: Final = {"side": 0.36, None: 0.12, "window": 0.16, "soft": 0.04}
KEY_REACH: Final = 2.2
WRAP: Final = 0.52
WRAP_WIDTH: Final = 1 / 120  # of the width of the canvas
WRAP_GROUND: Final = 1 / 18
RIM_WIDTH: Final = 0.006
RIM: Final = {"side": 0.80, None: 0.50, "window": 0.45, "soft": 0.30}
NEON_DIM: Final = 0.74
BEHIND: Final = 0.20  # how much darker the ground is just behind a person
STRIPES: Final = 7.5
LOWER_DARK: Final = 0.24


@dataclass(frozen=True, slots=True)
class Layer:
    """A person as large as the canvas: colors, alpha, and where the face is."""

    colors: Pixels
    alpha: Pixels
    face: Box


@dataclass(frozen=True, slots=True)
class Light:
    """`side` is where it comes from: -1 for left, 1 for right."""

    side: int
    manner: str | None
    is_neon: bool


def joined(ground: Pixels, layer: Layer, light: Light) -> Pixels:
    """The person in the place."""
    size = size_of(ground)
    around = _soft_copy(ground, size.width * WRAP_GROUND)
    colors = _keyed(_exposed(layer, ground, light), layer, light)
    colors = _wrapped(colors, layer.alpha, around)
    colors = _rimmed(colors, layer, around, light)
    behind = _soft_copy(shifted(layer.alpha, right=-int(light.side * size.width * 0.03)),
                        size.width / 22)  # fmt: skip
    shaded = ground * (1 - BEHIND * behind)[..., None]
    alpha = layer.alpha[..., None]
    return floats(shaded + (colors - shaded) * alpha)


def _soft_copy(pixels: Pixels, radius: float) -> Pixels:
    """A wide blur needs no more than a small copy."""
    size = size_of(pixels)
    small = Size(max(2, size.width // 4), max(2, size.height // 4))
    return resized(blurred(resized(pixels, small), radius / 4), size)


def _exposed(layer: Layer, ground: Pixels, light: Light) -> Pixels:
    """As bright as the place, and a little of its color."""
    mean = ground.mean(axis=(0, 1))
    level = max(float(mean.mean()), 1e-3)
    tint = 1 + (mean / level - 1) * TINT
    gain = float(np.clip((level / MIDDLE) ** EXPOSURE, DIMMEST, BRIGHTEST))
    gain *= NEON_DIM if light.is_neon else 1.0
    return floats(np.clip(layer.colors * floats(tint * gain), 0, 1))


def _keyed(colors: Pixels, layer: Layer, light: Light) -> Pixels:
    """Brighter on the side that the light comes from, darker on the other."""
    width = colors.shape[1]
    middle = (layer.face.left + layer.face.right) / 2 / width
    aside = (np.linspace(0, 1, width, dtype=np.float32) - middle) * light.side
    strength = KEY.get(light.manner, KEY[None])
    bent = np.clip(aside * KEY_REACH, -1, 0.5)
    return floats(colors * (1 + strength * bent)[None, :, None])


def _wrapped(colors: Pixels, alpha: Pixels, around: Pixels) -> Pixels:
    """The place's light reaches a little around the edges, and hides how they were cut."""
    soft = blurred(alpha, max(3.0, alpha.shape[1] * WRAP_WIDTH))
    wrap = np.clip((1 - soft) * alpha * 1.6, 0, 1)[..., None] * WRAP
    return floats(colors * (1 - wrap) + screen(colors, around * 0.9) * wrap)


def _rimmed(colors: Pixels, layer: Layer, around: Pixels, light: Light) -> Pixels:
    width = layer.alpha.shape[1]
    reach = max(2, int(width * RIM_WIDTH))
    if light.is_neon:
        return _rimmed_by_neon(colors, layer, reach)
    height = len(colors)
    upper = around[int(height * 0.1) : int(height * 0.55)]
    third = upper[:, -(width // 3) :] if light.side > 0 else upper[:, : width // 3]
    color = third.mean(axis=(0, 1))
    rim = _edge(layer.alpha, -light.side * reach, max(1.2, width / 700))
    return screen(colors, floats(color * (rim * RIM.get(light.manner, RIM[None]))[..., None]))


def _rimmed_by_neon(colors: Pixels, layer: Layer, reach: int) -> Pixels:
    width = layer.alpha.shape[1]
    middle = (layer.face.left + layer.face.right) / 2 / width
    aside = np.linspace(0, 1, width, dtype=np.float32)[None] - middle
    for color, way in ((NEON[0], 1), (NEON[1], -1)):
        rim = _edge(layer.alpha, way * 2 * reach, width / 260)
        glow = layer.alpha * smoothstep(0.26, -0.22, floats(aside * way)) * 0.30
        colors = screen(colors, floats(color * (rim * 0.95 + glow)[..., None]))
    return colors


def _edge(alpha: Pixels, move: int, softness: float) -> Pixels:
    """The edge that looks the other way than the move; the canvas itself cuts no edge."""
    ahead = shifted(alpha, right=move)
    if move > 0:
        ahead[:, :move] = alpha[:, :1]
    elif move < 0:
        ahead[:, move:] = alpha[:, -1:]
    edge = blurred(floats(np.clip(alpha - ahead, 0, 1)), softness)
    return floats(edge * alpha)


def through_blinds(pixels: Pixels, face: Box) -> Pixels:
    """Stripes of light through a window, over the person and the wall alike."""
    size = size_of(pixels)
    columns, rows = grid(size)
    wave = np.sin((rows + columns * 0.22) * 2 * np.pi * STRIPES) * 0.5 + 0.5
    away = np.hypot((columns - face.left / size.width) * 0.8, rows - face.top / size.height)
    stripes = blurred(smoothstep(0.3, 0.7, floats(wave)), size.unit / 70)
    light = stripes * smoothstep(0.75, 0.15, floats(away))
    return floats(pixels * ((0.64 + 0.56 * light)[..., None] * floats([1, 0.975, 0.92])))


def grounded(pixels: Pixels) -> Pixels:
    """A little darker toward the lower edge: the eye stays with the face."""
    _, rows = grid(size_of(pixels))
    return floats(pixels * (1 - LOWER_DARK * smoothstep(0.70, 1.05, rows))[..., None])


def protected(size: Size, faces: list[Box]) -> Pixels:
    """Where the faces are: 1 in their middle, 0 well outside."""
    mask = empty(size)
    columns, rows = grid(size)
    for face in faces:
        x, y = (face.left + face.right) / 2, (face.top + face.bottom) / 2
        away = np.hypot(
            (columns * size.width - x) / (face.width * 0.62),
            (rows * size.height - y) / (face.height * 0.68),
        )
        mask = np.maximum(mask, smoothstep(1.25, 0.55, floats(away)))
    return mask
