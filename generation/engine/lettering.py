"""Draw a title's letters: masks of the plain and the stressed, and what lies under them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from generation.engine.color import changed
from generation.engine.fonts import font_at
from generation.engine.pixels import (
    Box,
    Pixels,
    Size,
    blurred,
    bounds_of,
    floats,
    from_picture,
    over,
    screen,
    shifted,
    to_picture,
)
from generation.engine.text import Block, Placed, font_of

REACH: Final = 0.55  # sizes around the block that glow and shadow may touch
PLATE_PADDING: Final = 0.075  # sizes
PLATE_SLANT: Final = 0.10
PLATE_ABOVE: Final = 0.085
PLATE_BELOW: Final = 0.045
TOUCHED: Final = 2  # of 255, of a neighborhood: less is not beside a letter
STROKE: Final = 0.030
EXTRUDED: Final = 0.062
OUTLINE: Final = 0.055
BOUNCE: Final = (0.0, -0.035, 0.02, -0.015, 0.03)  # sizes, word by word


@dataclass(frozen=True, slots=True)
class Inks:
    """The colors of a title; a plate means that what is stressed stands on one."""

    plain: Pixels
    stressed: Pixels
    shade: Pixels
    glow: Pixels
    plate: Pixels | None = None


@dataclass(frozen=True, slots=True)
class Letters:
    """A title as masks, cut to the region that it and its effects touch."""

    region: Box
    plain: Pixels
    stressed: Pixels
    outline: Pixels
    plates: Pixels
    size: int

    @property
    def all(self) -> Pixels:
        return np.maximum(self.plain, self.stressed)

    @property
    def box(self) -> Box:
        """What the letters cover, outline and plates included."""
        covered = np.maximum(np.maximum(self.all, self.outline), self.plates)
        found = bounds_of(covered) or Box(0, 0, 0, 0)
        left, top = self.region.left, self.region.top
        return Box(found.left + left, found.top + top, found.right + left, found.bottom + top)


def letters_of(
    block: Block, style: str, size: Size, *, has_plates: bool, least_stroke: float = 0.0
) -> Letters:
    region = block.box.grown(int(block.size * REACH), size)
    brush = _Brush(region, block, style)
    return Letters(
        region=region,
        plain=brush.mask(stressed=False),
        stressed=brush.mask(stressed=True),
        outline=brush.mask(
            stressed=None,
            stroke=max(STROKES.get(style, 0.0), least_stroke),
            only_bare=has_plates,
        ),
        plates=brush.plates()
        if has_plates
        else np.zeros((region.height, region.width), np.float32),
        size=block.size,
    )


STROKES: Final = {"bold": STROKE, "playful": OUTLINE}


class _Brush:
    """Draws words of one block into masks of one region."""

    __slots__ = ("block", "region", "style")

    def __init__(self, region: Box, block: Block, style: str) -> None:
        self.region = region
        self.block = block
        self.style = style

    def mask(
        self, *, stressed: bool | None, stroke: float = 0.0, only_bare: bool = False
    ) -> Pixels:
        canvas = Image.new("L", (self.region.width, self.region.height))
        draw = ImageDraw.Draw(canvas)
        for index, placed in enumerate(self.block.words):
            is_other = stressed is not None and placed.word.stressed != stressed
            if is_other or (only_bare and placed.word.stressed):
                continue
            self._write(draw, placed, self._baseline(placed, index), stroke)
        return from_picture(canvas)

    def _baseline(self, placed: Placed, index: int) -> float:
        bounce = BOUNCE[index % len(BOUNCE)] if self.style == "playful" else 0.0
        return placed.baseline - self.region.top + bounce * self.block.size

    def _write(
        self, draw: ImageDraw.ImageDraw, placed: Placed, baseline: float, stroke: float
    ) -> None:
        face, size, word = self.block.setting.face, self.block.size, placed.word
        font = font_at(font_of(word, face), size)
        text, left = face.shaped(word.text), placed.left - self.region.left
        width = max(1, round(stroke * size)) if stroke else 0
        pieces = [text] if not face.tracking else list(text)
        for piece in pieces:
            draw.text((left, baseline), piece, font=font, fill=255, anchor="ls",
                      stroke_width=width, direction=word.base)  # fmt: skip
            left += font.getlength(piece) + face.tracking * size

    def plates(self) -> Pixels:
        """A slanted plate under each run of stressed words."""
        scale = 2
        canvas = Image.new("L", (self.region.width * scale, self.region.height * scale))
        draw = ImageDraw.Draw(canvas)
        for left, right, baseline in self._runs():
            corners = self._plate(left, right, baseline)
            draw.polygon([(x * scale, y * scale) for x, y in corners], fill=255)
        small = canvas.resize((self.region.width, self.region.height), Image.Resampling.BOX)
        return from_picture(small)

    def _plate(self, left: float, right: float, baseline: float) -> list[tuple[float, float]]:
        size, face = self.block.size, self.block.setting.face
        padding, slant = PLATE_PADDING * size, PLATE_SLANT * size / 2
        below = max(PLATE_ABOVE, face.descent + PLATE_BELOW)
        top, bottom = baseline - (face.cap + PLATE_ABOVE) * size, baseline + below * size
        return [
            (left - padding + slant / 2, top),
            (right + padding + slant / 2, top),
            (right + padding - slant / 2, bottom),
            (left - padding - slant / 2, bottom),
        ]

    def _runs(self) -> list[tuple[float, float, float]]:
        runs: list[tuple[float, float, float]] = []
        previous: Placed | None = None
        for placed in sorted(self.block.words, key=lambda word: (word.line, word.left)):
            left = placed.left - self.region.left
            right, baseline = left + placed.width, placed.baseline - self.region.top
            joins = previous is not None and previous.line == placed.line and previous.word.stressed
            if placed.word.stressed and joins:
                runs[-1] = (runs[-1][0], right, baseline)
            elif placed.word.stressed:
                runs.append((left, right, baseline))
            previous = placed
        return runs


def laid_under(style: str, pixels: Pixels, letters: Letters, inks: Inks) -> Pixels:
    """What lies under the letters: shadow, depth, outline, glow, plates."""
    return _UNDERLAYS[style](pixels, letters, inks)


def _bold(pixels: Pixels, letters: Letters, inks: Inks) -> Pixels:
    bare = letters.outline
    soft = blurred(
        shifted(np.maximum(bare, letters.plates), down=int(letters.size * 0.07)),
        letters.size * 0.09,
    )
    pixels = floats(pixels * (1 - 0.55 * soft)[..., None])
    depth = max(2, round(letters.size * EXTRUDED))
    extruded = bare
    for step in range(1, depth + 1):
        extruded = np.maximum(extruded, shifted(bare, right=int(step * 0.55), down=step))
    pixels = over(pixels, inks.shade, extruded)
    return _plated(pixels, letters, inks)


def _plated(pixels: Pixels, letters: Letters, inks: Inks) -> Pixels:
    if inks.plate is None:
        return pixels
    under = shifted(letters.plates, right=int(letters.size * 0.03), down=int(letters.size * 0.05))
    pixels = over(pixels, inks.shade, under)
    return over(pixels, inks.plate, letters.plates)


def _playful(pixels: Pixels, letters: Letters, inks: Inks) -> Pixels:
    step = max(2, round(letters.size * 0.045))
    depth = np.maximum(letters.outline, shifted(letters.outline, right=step // 2, down=step))
    pixels = floats(
        pixels * (1 - 0.3 * blurred(shifted(depth, down=step), letters.size * 0.06))[..., None]
    )
    return over(pixels, inks.shade, depth)


def _neon(pixels: Pixels, letters: Letters, inks: Inks) -> Pixels:
    """Halos in the letters' own colors; near the letters the ground is kept dark."""
    near = blurred(around(letters.all, letters.size * 0.05), letters.size * 0.03)
    wide = blurred(letters.plain, letters.size * 0.16)
    wide_stressed = blurred(letters.stressed, letters.size * 0.16)
    pixels = screen(pixels, inks.glow * floats(wide * 0.62)[..., None])
    pixels = screen(pixels, inks.stressed * floats(wide_stressed * 0.55)[..., None])
    return over(pixels, inks.shade, floats(near * 0.55))


def _shaded(pixels: Pixels, letters: Letters, inks: Inks) -> Pixels:
    soft = blurred(shifted(letters.all, down=int(letters.size * 0.02)), letters.size * 0.10)
    return over(pixels, inks.shade, floats(soft * 0.55))


def _bare(pixels: Pixels, letters: Letters, inks: Inks) -> Pixels:
    return pixels


_UNDERLAYS: Final[dict[str, Callable[[Pixels, Letters, Inks], Pixels]]] = {
    "bold": _bold,
    "minimal": _bare,
    "cinematic": _shaded,
    "neon": _neon,
    "editorial": _bare,
    "playful": _playful,
}


def around(mask: Pixels, radius: float) -> Pixels:
    """1 at the letters and right beside them, 0 elsewhere."""
    spread = to_picture(mask).filter(ImageFilter.BoxBlur(max(1, round(radius))))
    return floats(np.asarray(spread) > TOUCHED)


def filled_in(style: str, pixels: Pixels, letters: Letters, inks: Inks) -> Pixels:
    """Draw the letters themselves."""
    if style == "cinematic":
        pixels = over(pixels, _sheen(pixels, letters, inks), letters.plain)
    else:
        pixels = over(pixels, inks.plain, letters.plain)
    return over(pixels, inks.stressed, letters.stressed)


def _sheen(pixels: Pixels, letters: Letters, inks: Inks) -> Pixels:
    """Film titles are a touch darker at the foot."""
    height = letters.plain.shape[0]
    fall = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    foot = changed(inks.plain, lightness=-0.04)
    return floats(np.broadcast_to(inks.plain * (1 - fall) + foot * fall, pixels.shape))
