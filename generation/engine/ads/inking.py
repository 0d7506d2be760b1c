"""Draw an ad's words in inks that can be read: measured before and after the file is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.ads.typesetting import Piece, Typeset
from generation.engine.color import (
    changed,
    code_of,
    color_of,
    contrast_between,
    lightness_of,
    luminance,
    mixed,
)
from generation.engine.encode import Encoded, decoded, encoded
from generation.engine.legibility import contrast_on
from generation.engine.lettering import Letters, letters_of
from generation.engine.pixels import (
    WHITE,
    Box,
    Pixels,
    Size,
    blurred,
    bounds_of,
    empty,
    floats,
    from_picture,
    over,
    size_of,
    smoothstep,
)
from generation.engine.proof import LEAST_CONTRAST, contrast_in
from generation.engine.schemes import NEAR_BLACK, readable_on

AIM: Final = 4.75  # what JPEG takes leaves 4.5
VEILS: Final = (0.0, 0.3, 0.5, 0.68, 0.84, 0.95, 1.0)
VEIL_MARGIN: Final = 0.07  # of the shorter side
VEIL_BLUR: Final = 0.075
VEIL_FALL: Final = 0.035  # of the shorter side, in which it ends before the product
STEPS: Final = (0.0, 0.15, 0.3, 0.45, 0.6, 0.8)  # of the accent toward the plain ink
DUSK: Final = 0.34  # luminance: darker grounds are darkened further, others lightened
LEAST_SEEN: Final = 1.9  # contrast of a button to its ground
BADGE_SEEN: Final = 1.35  # contrast of a badge to its ground
FILL_CONTRAST: Final = 5.4  # of a button's words to its fill
FILL_STEP: Final = 0.02
MOST_STEPS: Final = 14
DARKENED: Final = "The ground under the words was darkened."
LIGHTENED: Final = "The ground under the words was lightened."
SMALLER: Final = "The words were too long for their room, so the end of some was left out."
SUPERSAMPLED: Final = 3
STAR_POINTS: Final = 22
STAR_DEPTH: Final = 0.085
STARS: Final = frozenset({"bold", "fresh"})


@dataclass(frozen=True, slots=True)
class Inks:
    """The colors to choose from: two plain ones, an accent, and that of button and badge."""

    light: Pixels
    dark: Pixels
    accent: Pixels
    badge: Pixels

    def as_facts(self) -> dict[str, str]:
        names = ("light", "dark", "accent", "badge")
        return {name: code_of(getattr(self, name)) for name in names}

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Self:
        names = ("light", "dark", "accent", "badge")
        return cls(**{name: color_of(facts[name]) for name in names})


@dataclass(frozen=True, slots=True)
class Inked:
    """An ad with its words, as it was saved."""

    file: Encoded
    seen: Pixels  # the file's pixels, as people get them
    contrast: float
    inks: dict[str, str]
    fixes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How words are drawn: the style, its inks, and the product's box, which nothing veils."""

    style: str
    inks: Inks
    product: Box


def inked(plate: Pixels, words: Typeset, look: Look, source: str) -> Inked:
    """This function will draw the words, with a veil under them if the saved pixels ask for it."""
    letters = {piece.role: _letters(piece, size_of(plate)) for piece in words.pieces}
    attempts: list[Inked] = []
    for veil in VEILS:
        pen = _Pen(plate, words, look, letters)
        ratio = pen.draw(veil)
        if ratio < AIM and veil < VEILS[-1]:
            continue
        file = encoded(pen.pixels, source)
        seen = decoded(file.data)
        contrast = min(contrast_in(_within(seen, one.region), one) for one in letters.values())
        fixes = [] if not veil else [DARKENED if pen.is_light else LIGHTENED]
        fixes += [SMALLER] if any(piece.block.is_cut for piece in words.pieces) else []
        attempts.append(Inked(file, seen, contrast, pen.used, tuple(fixes)))
        if contrast >= LEAST_CONTRAST:
            break
    return max(attempts, key=lambda attempt: min(attempt.contrast, LEAST_CONTRAST))


def _within(pixels: Pixels, region: Box) -> Pixels:
    return pixels[region.top : region.bottom, region.left : region.right]


def _letters(piece: Piece, size: Size) -> Letters:
    return letters_of(piece.block, "ad", size, has_plates=False)


class _Pen:
    """Draws one attempt; `used` says in which color each role is."""

    __slots__ = ("inks", "is_light", "letters", "look", "pixels", "used", "words")

    def __init__(
        self,
        plate: Pixels,
        words: Typeset,
        look: Look,
        letters: Mapping[str, Letters],
    ) -> None:
        self.pixels = plate.copy()
        self.words = words
        self.look, self.inks = look, look.inks
        self.letters = letters
        self.used: dict[str, str] = {}
        self.is_light = self._is_light()

    def draw(self, veil: float) -> float:
        """Everything, and the worst of the contrasts."""
        if veil:
            self._veil(veil)
        return min(self._draw(piece) for piece in self.words.pieces)

    def _plain(self) -> Pixels:
        return self.inks.light if self.is_light else self.inks.dark

    def _is_light(self) -> bool:
        """Whether light letters are read better on what is under the lines."""
        found = {
            is_light: min(
                contrast_on(self._under(one), one.all, ink, one.size)
                for one in (self.letters[piece.role] for piece in self.words.lines)
            )
            for is_light, ink in ((True, self.inks.light), (False, self.inks.dark))
        }
        if max(found.values()) < AIM:  # a veil will be needed: one that keeps the mood
            grounds = [self._under(self.letters[piece.role]) for piece in self.words.lines]
            return float(np.median([np.median(luminance(one)) for one in grounds])) < DUSK
        # White on a strong color is what people expect; a little less contrast is fine then.
        return found[True] >= min(AIM, found[False])

    def _under(self, letters: Letters) -> Pixels:
        return _within(self.pixels, letters.region)

    def _draw(self, piece: Piece) -> float:
        letters = self.letters[piece.role]
        if piece.role == "call_to_action":
            ink = self._button(piece)
        elif piece.role == "badge":
            ink = self._badge(piece)
        elif piece.role == "eyebrow":
            ink = self._accent_on(letters)
        else:
            ink = self._plain()
        under = self._under(letters)
        ratio = contrast_on(under, letters.all, ink, letters.size)
        if piece.role == "subline":
            softer = mixed(ink, floats(under.mean(axis=(0, 1))), 0.14)
            softer_ratio = contrast_on(under, letters.all, softer, letters.size)
            ink, ratio = (softer, softer_ratio) if softer_ratio > AIM + 1.5 else (ink, ratio)
        under[...] = over(under, ink, letters.all)
        self.used[piece.role] = code_of(ink)
        return ratio

    def _accent_on(self, letters: Letters) -> Pixels:
        """The accent, brought nearer to the plain ink's lightness until it can be read."""
        plain, under = self._plain(), self._under(letters)
        way = lightness_of(plain) - lightness_of(self.inks.accent)
        for step in STEPS:
            ink = changed(self.inks.accent, lightness=way * step)
            if contrast_on(under, letters.all, ink, letters.size) >= AIM:
                return ink
        return plain

    def _veil(self, strength: float) -> None:
        """A soft sheet under the lines, of the ground's own hue."""
        size = size_of(self.pixels)
        mask = empty(size)
        margin = int(size.unit * VEIL_MARGIN)
        for piece in self.words.lines:
            area = piece.box.grown(margin, size)
            mask[area.top : area.bottom, area.left : area.right] = 1
        _reach_edges(mask, margin)
        soft = floats(blurred(mask, size.unit * VEIL_BLUR) * strength)
        soft *= _clear_of(self.look.product, size)
        area = bounds_of(soft, threshold=0.002) or Box(0, 0, size.width, size.height)
        view = (slice(area.top, area.bottom), slice(area.left, area.right))
        ground = floats(self.pixels[view].mean(axis=(0, 1)))
        sheet = mixed(NEAR_BLACK if self.is_light else WHITE, ground, 0.16)
        self.pixels[view] = over(self.pixels[view], sheet, soft[view])

    def _button(self, piece: Piece) -> Pixels:
        assert piece.ground is not None  # noqa: S101 - a button is set with its ground
        fill = self._fill_for(piece.ground, self.inks.accent, LEAST_SEEN)
        ink = readable_on(fill)
        self._paint(_pill(piece.ground), piece.ground, fill)
        self._paint(_arrow(piece, is_rtl=self.words.is_rtl), piece.ground, ink)
        return ink

    def _fill_for(self, ground: Box, color: Pixels, least: float) -> Pixels:
        """The color where it stands out from what is behind, else a plain ink."""
        behind = floats(_within(self.pixels, ground).mean(axis=(0, 1)))
        fill = _filled(color)
        if contrast_between(fill, behind) >= least:
            return fill
        inks = (self.inks.light, self.inks.dark)
        return max(inks, key=lambda ink: contrast_between(ink, behind))

    def _badge(self, piece: Piece) -> Pixels:
        assert piece.ground is not None  # noqa: S101 - a badge is set with its ground
        fill = self._fill_for(piece.ground, self.inks.badge, BADGE_SEEN)
        shape = _star(piece.ground) if self.look.style in STARS else _disc(piece.ground)
        self._paint(shape, piece.ground, fill)
        return readable_on(fill)

    def _paint(self, mask: Pixels, ground: Box, color: Pixels) -> None:
        view = (slice(ground.top, ground.bottom), slice(ground.left, ground.right))
        self.pixels[view] = over(self.pixels[view], color, mask)


def _filled(color: Pixels) -> Pixels:
    """The color moved away from the ink that stands on it, until that can be read well."""
    ink = readable_on(color)
    way = FILL_STEP if float(luminance(ink)) < float(luminance(color)) else -FILL_STEP
    for step in range(MOST_STEPS):
        fill = changed(color, lightness=way * step)
        if contrast_between(fill, ink) >= FILL_CONTRAST:
            break
    return fill


def _reach_edges(mask: Pixels, margin: int) -> None:
    """A sheet that nearly touches an edge runs off it, so that no bright strip is left."""
    area = bounds_of(mask)
    if area is None:
        return
    if area.left < margin:
        mask[area.top : area.bottom, : area.left] = 1
    if area.right > mask.shape[1] - margin:
        mask[area.top : area.bottom, area.right :] = 1
    if area.top < margin * 2:
        mask[: area.top] = mask[area.top]


def _clear_of(product: Box, size: Size) -> Pixels:
    """0 at the product, 1 a little away from it."""
    columns, rows = np.arange(size.width), np.arange(size.height)
    aside = np.maximum(product.left - columns, columns - product.right + 1).clip(0)
    above = np.maximum(product.top - rows, rows - product.bottom + 1).clip(0)
    away = floats(np.hypot(aside[None, :], above[:, None]) / (size.unit * VEIL_FALL))
    return smoothstep(0.0, 1.0, away)


def _shape(ground: Box) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    size = (ground.width * SUPERSAMPLED, ground.height * SUPERSAMPLED)
    canvas = Image.new("L", size)
    return canvas, ImageDraw.Draw(canvas)


def _shrunk(canvas: Image.Image, ground: Box) -> Pixels:
    return from_picture(canvas.resize((ground.width, ground.height), Image.Resampling.BOX))


def _pill(ground: Box) -> Pixels:
    canvas, draw = _shape(ground)
    corners = (0, 0, canvas.width - 1, canvas.height - 1)
    draw.rounded_rectangle(corners, canvas.height // 2, fill=255)
    return _shrunk(canvas, ground)


def _arrow(piece: Piece, *, is_rtl: bool) -> Pixels:
    """Onward is where the words run."""
    ground = piece.ground or piece.box
    canvas, draw = _shape(ground)
    height = canvas.height
    tip, length, wing = canvas.width - height * 0.44, height * 0.34, height * 0.125
    thick, middle = max(2, round(height * 0.034)), height / 2
    draw.line([(tip - length, middle), (tip, middle)], fill=255, width=thick)
    head = [(tip - wing, middle - wing), (tip, middle), (tip - wing, middle + wing)]
    draw.line(head, fill=255, width=thick, joint="curve")
    mask = _shrunk(canvas, ground)
    return floats(mask[:, ::-1]) if is_rtl else mask


def _disc(ground: Box) -> Pixels:
    canvas, draw = _shape(ground)
    draw.ellipse((0, 0, canvas.width - 1, canvas.height - 1), fill=255)
    return _shrunk(canvas, ground)


def _star(ground: Box) -> Pixels:
    canvas, draw = _shape(ground)
    radius = canvas.width / 2
    corners = []
    for number in range(2 * STAR_POINTS):
        angle = np.pi * number / STAR_POINTS
        away = radius * (1 - STAR_DEPTH * (number % 2))
        corners.append((radius + away * np.cos(angle), radius + away * np.sin(angle)))
    draw.polygon([(float(x), float(y)) for x, y in corners], fill=255)
    return _shrunk(canvas, ground)
