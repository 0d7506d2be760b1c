"""Write the title so that it can be read: measured before it is saved, mended until it holds."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from generation.engine.backgrounds import neon
from generation.engine.color import (
    changed,
    contrast_between,
    contrast_of,
    lightness_of,
    luminance,
    mixed,
)
from generation.engine.lettering import Inks, Letters, around, filled_in, laid_under, letters_of
from generation.engine.pixels import (
    WHITE,
    Box,
    Pixels,
    blurred,
    bounds_of,
    empty,
    floats,
    over,
    size_of,
)
from generation.engine.schemes import NEAR_BLACK, Scheme, readable_on
from generation.engine.text import Block

type LettersByForm = dict[tuple[bool, float], Letters]

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
PLATE_CONTRAST: Final = 5.4
PLATE_STEP: Final = 0.02  # of lightness
PLATE_STEPS: Final = 10
OUTLINE: Final = 0.06  # sizes
PANEL_MARGIN: Final = 0.025  # of the shorter side
PANEL_COVERS: Final = 0.92


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What is done so that letters can be read."""

    scrim: float = 0.0  # how strong a veil lies under them
    has_outline: bool = False
    has_panel: bool = False


REMEDIES: Final = (  # each is stronger, and shows more, than the one before
    *(Remedy(scrim=scrim) for scrim in SCRIMS),
    Remedy(scrim=0.62, has_outline=True),
    Remedy(has_panel=True),
)


@dataclass(frozen=True, slots=True)
class Written:
    """A title on its picture, and how it got there; `number` is that of the remedy."""

    pixels: Pixels
    letters: Letters
    inks: Inks
    contrast: float
    number: int
    is_accent_kept: bool

    @property
    def remedy(self) -> Remedy:
        return REMEDIES[self.number]


def written(pixels: Pixels, block: Block, style: str, scheme: Scheme, *, first: int = 0) -> Written:
    """This function will write the title with the first remedy, from this one on, that is enough.

    Where none is, it is the one that comes closest.
    """
    attempts = []
    letters_by_form: LettersByForm = {}
    for number in range(first, len(REMEDIES)):
        attempts.append(_attempt(pixels, (block, letters_by_form), (style, scheme), number))
        if attempts[-1].contrast >= AIM:
            break
    return max(attempts, key=lambda attempt: attempt.contrast)


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
        return replace(inks, stressed=readable_on(scheme.accent), plate=_plate_of(scheme))
    return inks


def _plate_of(scheme: Scheme) -> Pixels:
    """The accent, moved away from the ink that stands on it until that can be read well."""
    ink = readable_on(scheme.accent)
    way = PLATE_STEP if float(luminance(ink)) < float(luminance(scheme.accent)) else -PLATE_STEP
    for step in range(PLATE_STEPS):
        plate = changed(scheme.accent, lightness=way * step)
        if contrast_between(plate, ink) >= PLATE_CONTRAST:
            break
    return plate


def _attempt(
    pixels: Pixels, title: tuple[Block, LettersByForm], look: tuple[str, Scheme], number: int
) -> Written:
    (block, letters_by_form), (style, scheme) = title, look
    remedy, size = REMEDIES[number], size_of(pixels)
    is_stressed = any(word.word.stressed for word in block.words)
    has_plates = style in PLATED and is_stressed and not remedy.has_panel
    inks = _inks(style, scheme, has_plates=has_plates)
    outline = OUTLINE if remedy.has_outline else 0.0
    form = (has_plates, outline)
    if form not in letters_by_form:
        drawn = letters_of(block, style, size, has_plates=has_plates, least_stroke=outline)
        letters_by_form[form] = drawn
    letters = letters_by_form[form]
    base = _prepared(pixels, block, (style, inks), remedy)
    region = letters.region
    view = (slice(region.top, region.bottom), slice(region.left, region.right))
    if not remedy.has_panel:
        base[view] = laid_under(style, base[view], letters, inks)
    if remedy.has_outline:
        base[view] = over(base[view], inks.shade, letters.outline)
    chosen, contrast = _measured(base[view], letters, inks)
    base[view] = filled_in(style, base[view], letters, chosen)
    is_kept = chosen.stressed is inks.stressed
    return Written(base, letters, chosen, contrast, number, is_kept)


def _prepared(pixels: Pixels, block: Block, look: tuple[str, Inks], remedy: Remedy) -> Pixels:
    if remedy.has_panel:
        return _panelled(pixels, block, look[1])
    if remedy.scrim:
        return _scrimmed(pixels, block, look, remedy.scrim)
    return pixels.copy()


def _panelled(pixels: Pixels, block: Block, inks: Inks) -> Pixels:
    """A plain sheet under the title: what always helps, and shows most."""
    size = size_of(pixels)
    area = block.box.grown(int(size.unit * PANEL_MARGIN), size)
    mask = empty(size)
    mask[area.top : area.bottom, area.left : area.right] = PANEL_COVERS
    return over(pixels, _veil_under(inks), mask)


def _veil_under(inks: Inks) -> Pixels:
    """Dark under light letters and light under dark ones."""
    return mixed(NEAR_BLACK if is_light(inks) else WHITE, inks.shade, 0.5)


def is_light(inks: Inks) -> bool:
    return float(luminance(inks.plain)) > 0.4


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
    veiled = bounds_of(mask, threshold=0) or area
    view = (slice(veiled.top, veiled.bottom), slice(veiled.left, veiled.right))
    result, under = pixels.copy(), pixels[view]
    is_dusk = style == "cinematic"
    veil = floats(under * _dusk_of(pixels)) if is_dusk else _veil_under(inks)
    result[view] = over(under, veil, mask[view])
    return result


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
        ink = changed(inks.stressed, lightness=way * step) if step else inks.stressed
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
