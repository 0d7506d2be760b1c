"""Give a drawn thing another color: its main hue is turned, its lights and other hues stay."""

import math
from typing import Final

import numpy as np

from generation.engine.color import from_oklab, to_oklab
from generation.engine.pixels import Pixels, Raster, floats, from_picture, smoothstep, to_picture

BINS: Final = 24
NEAR_HUE: Final = 0.95  # radians around the main hue that turn with it
COLORLESS: Final = 0.035  # chroma below which a pixel has no hue to speak of
LEAST_SHARE: Final = 0.45  # a main color that covers less takes what is pale along with it
GRAY_TARGET: Final = 0.03


def hue_of(color: Pixels) -> float:
    lab = to_oklab(color)
    return math.atan2(float(lab[2]), float(lab[1]))


def main_hue(raster: Raster) -> float | None:
    """The hue that most of the thing has, or None for a gray one."""
    lab, alpha = _lab_of(raster)
    return _main_hue(lab, alpha)


def recolored(raster: Raster, color: Pixels) -> Raster:
    lab, alpha = _lab_of(raster)
    target = to_oklab(color)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    share = _share_of_main(lab, chroma, alpha)
    lightness = lab[..., 0]
    weight = share * alpha
    middle = float((lightness * weight).sum() / max(float(weight.sum()), 1e-3))
    wanted = float(np.hypot(target[1], target[2]))
    # Its own shading is kept, around the lightness of the new color.
    shaded = target[0] + (lightness - middle) * 0.85
    lit = np.clip(lightness * 0.30 + shaded * 0.70, 0.03, 0.99)
    strength = wanted * np.clip(1.15 - np.clip(lit - 0.80, 0, 1) * 3.2, 0.25, 1.1)
    direction = target[1:] / max(wanted, 1e-4) if wanted > GRAY_TARGET else target[1:] * 0
    turned = np.stack([lit, direction[0] * strength, direction[1] * strength], axis=-1)
    blended = lab * (1 - share[..., None]) + turned * share[..., None]
    result = to_picture(from_oklab(floats(blended))).convert("RGBA")
    result.putalpha(raster.getchannel("A"))
    return result


def _lab_of(raster: Raster) -> tuple[Pixels, Pixels]:
    rgba = from_picture(raster)
    return to_oklab(floats(rgba[..., :3])), floats(rgba[..., 3])


def _main_hue(lab: Pixels, alpha: Pixels) -> float | None:
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    weight = chroma * alpha * (chroma > COLORLESS)
    if float(weight.sum()) < 0.02 * float(alpha.sum()):
        return None
    hues = np.arctan2(lab[..., 2], lab[..., 1])
    counts, edges = np.histogram(hues, bins=BINS, range=(-np.pi, np.pi), weights=weight)
    smooth = counts + 0.5 * (np.roll(counts, 1) + np.roll(counts, -1))
    best = int(smooth.argmax())
    return float((edges[best] + edges[best + 1]) / 2)


def _share_of_main(lab: Pixels, chroma: Pixels, alpha: Pixels) -> Pixels:
    hue = _main_hue(lab, alpha)
    pale = smoothstep(0.16, 0.30, lab[..., 0]) * smoothstep(
        COLORLESS * 2.2, COLORLESS, floats(chroma)
    )
    if hue is None:
        return smoothstep(0.16, 0.30, lab[..., 0])
    turn = np.abs(np.arctan2(lab[..., 2], lab[..., 1]) - hue)
    turn = np.minimum(turn, 2 * np.pi - turn)
    near = smoothstep(NEAR_HUE, NEAR_HUE * 0.7, floats(turn))
    share = near * smoothstep(COLORLESS * 0.3, COLORLESS, floats(chroma))
    covered = float((share * alpha).sum() / max(float(alpha.sum()), 1e-3))
    if covered < LEAST_SHARE:
        share = np.maximum(share, pale)
    return floats(share)
