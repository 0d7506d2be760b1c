"""Write the title so that it can be read: measured on the real pixels, mended until it holds."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from generation.engine.backgrounds import neon
from generation.engine.color import changed, contrast_of, lightness_of, luminance, mixed
from generation.engine.lettering import Inks, Letters, around, filled_in, laid_under, letters_of
from generation.engine.pixels import (
    WHITE,
    Box,
    Pixels,
    blurred,
    empty,
    floats,
    over,
    size_of,
)
from generation.engine.schemes import NEAR_BLACK, Scheme, readable_on
from generation.engine.text import Block

AIM: Final = 4.75  # WCAG asks for 4.5; JPEG takes a little
WORST_SHARE: Final = 4  # percent of the pixels around the letters that may be worse
BESIDE: Final = 0.035  # sizes: how far beside the letters counts
SCRIMS: Final = (0.0, 0.25, 0.45, 0.62, 0.78, 0.9, 1.0)
SCRIM_MARGIN: Final = 0.10  # of the shorter side
SCRIM_BLUR: Final = 0.09
DUSK: Final = 0.40  # lightness
DUSK_CHROMA: Final = 1.6
STRESS_STEPS: Final = (0.0, 0.2, 0.4, 0.6)  # from the accent toward the plain ink
PLATED: Final = frozenset({"bold"})


@dataclass(frozen=True, slots=True)
class Written:
    pixels: Pixels
    contrast: float
    scrim: float
    inks: Inks


def written(pixels: Pixels, block: Block, style: str, scheme: Scheme) -> Written:
    """This function will write the title with a contrast of at least 4.5 to what is behind it."""
    has_plates = style in PLATED and any(word.word.stressed for word in block.words)
    letters = letters_of(block, style, size_of(pixels), has_plates=has_plates)
    preferred = _inks(style, scheme, has_plates=has_plates)
    best: Written | None = None
    for scrim in SCRIMS:
        attempt = _attempt(pixels, (block, letters), (style, preferred), scrim)
        if best is None or attempt.contrast > best.contrast:
            best = attempt
        if best.contrast >= AIM:
            break
    assert best is not None  # noqa: S101 - SCRIMS is never empty
    return best


def _inks(style: str, scheme: Scheme, *, has_plates: bool) -> Inks:
    is_dark_ground = style in {"neon", "cinematic"} or not scheme.is_light
    plain = WHITE if is_dark_ground else scheme.ink
    shade = changed(scheme.ground, lightness=-0.08, chroma=0.8)
    inks = Inks(plain=plain, stressed=scheme.accent, shade=shade, glow=scheme.main)
    if style == "neon":
        return replace(
            inks,
            plain=mixed(WHITE, neon.glow_of(scheme), 0.06),
            stressed=changed(
                neon.second_glow_of(scheme), lightness=0.12 if scheme.is_light else 0.0
            ),
            shade=changed(neon.night_of(scheme), lightness=-0.06),
            glow=neon.glow_of(scheme),
        )
    if style == "cinematic":
        shade = NEAR_BLACK if scheme.is_light else changed(scheme.ground, lightness=-0.04)
        accent = changed(scheme.accent, lightness=0.16) if scheme.is_light else scheme.accent
        return replace(inks, stressed=accent, shade=shade)
    if scheme.is_light:
        inks = replace(inks, shade=WHITE)
    if has_plates:
        return replace(inks, stressed=readable_on(scheme.accent), plate=scheme.accent)
    return inks


def _attempt(
    pixels: Pixels, title: tuple[Block, Letters], look: tuple[str, Inks], scrim: float
) -> Written:
    block, letters = title
    style, inks = look
    base = _scrimmed(pixels, block, look, scrim) if scrim else pixels.copy()
    region = letters.region
    view = (slice(region.top, region.bottom), slice(region.left, region.right))
    under = laid_under(style, base[view], letters, inks)
    inks, contrast = _measured(under, letters, inks)
    base[view] = filled_in(style, under, letters, inks)
    return Written(base, contrast, scrim, inks)


def _scrimmed(pixels: Pixels, block: Block, look: tuple[str, Inks], strength: float) -> Pixels:
    """A soft veil under the title, dark under light letters and light under dark ones."""
    style, inks = look
    size = size_of(pixels)
    area = block.box.grown(int(size.unit * SCRIM_MARGIN), size)
    mask = empty(size)
    if style == "cinematic" and not size.is_wide:
        _fall_to_edge(mask, area)
    else:
        mask[area.top : area.bottom, area.left : area.right] = 1
        _reach_edges(mask, area)
    mask = floats(blurred(mask, size.unit * SCRIM_BLUR) * strength)
    if style == "cinematic":
        return over(pixels, floats(pixels * _dusk_of(pixels)), mask)
    veil = NEAR_BLACK if float(luminance(inks.plain)) > 0.4 else WHITE
    return over(pixels, mixed(veil, inks.shade, 0.5), mask)


def _fall_to_edge(mask: Pixels, area: Box) -> None:
    """On a tall film poster the picture darkens, all across, toward the edge near the title."""
    is_low = area.top + area.bottom > len(mask)
    mask[area.top :] = 1 if is_low else 0
    mask[: area.bottom] = mask[: area.bottom] if is_low else 1


def _dusk_of(pixels: Pixels) -> Pixels:
    """A filter of the sky's own color: a gray veil would make the place look dull."""
    sky = floats(pixels[: len(pixels) // 4].mean(axis=(0, 1)))
    return changed(sky, lightness=DUSK - lightness_of(sky), chroma=DUSK_CHROMA)


def _reach_edges(mask: Pixels, area: Box) -> None:
    """A veil that nearly touches an edge runs off it, so that no bright strip is left."""
    if area.left < SCRIM_MARGIN * mask.shape[1]:
        mask[area.top : area.bottom, : area.left] = 1
    if area.top < SCRIM_MARGIN * mask.shape[0]:
        mask[: area.top, : area.right] = 1


def _measured(under: Pixels, letters: Letters, inks: Inks) -> tuple[Inks, float]:
    """The inks as they can stay on these pixels, and the worst of their contrasts."""
    ratios = []
    if letters.plain.any():
        ratios.append(contrast_on(under, letters.plain, inks.plain, letters.size))
    if letters.stressed.any():
        near = around(letters.stressed, letters.size * BESIDE) > 0
        lights = luminance(under[near])
        inks = replace(inks, stressed=_stress_ink(lights, inks))
        ratios.append(_contrast(lights, inks.stressed))
    return inks, min(ratios)


def _stress_ink(lights: Pixels, inks: Inks) -> Pixels:
    """The accent, brought nearer to the plain ink's lightness until it can be read."""
    if inks.plate is not None:
        return inks.stressed
    way = lightness_of(inks.plain) - lightness_of(inks.stressed)
    for step in STRESS_STEPS:
        ink = changed(inks.stressed, lightness=way * step)
        if _contrast(lights, ink) >= AIM:
            return ink
    return inks.plain


def contrast_on(under: Pixels, mask: Pixels, ink: Pixels, size: int) -> float:
    """The contrast of the ink to nearly the worst of the pixels under and beside the letters."""
    return _contrast(luminance(under[around(mask, size * BESIDE) > 0]), ink)


def _contrast(lights: Pixels, ink: Pixels) -> float:
    own = float(luminance(ink))
    worst = float(np.percentile(lights, 100 - WORST_SHARE if own > lights.mean() else WORST_SHARE))
    return contrast_of(own, worst)
