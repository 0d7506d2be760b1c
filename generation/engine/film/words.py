"""The words of a scene as layers: set by our own engine, in any script, readable on any plate."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.color import (
    bytes_of,
    color_of,
    contrast_between,
    contrast_of,
    luminance,
)
from generation.engine.film.board import Board, Scene
from generation.engine.film.layers import Layer
from generation.engine.film.staging import Area, staging_of
from generation.engine.fonts import DISPLAY, Face
from generation.engine.lettering import Letters, letters_of
from generation.engine.pixels import WHITE, Box, Pixels, Raster, Size, blurred, floats, to_picture
from generation.engine.schemes import NEAR_BLACK, readable_on
from generation.engine.text import Column, Setting
from generation.engine.titles import read_words
from generation.engine.zones import set_words

FACES: Final = {
    "modern": DISPLAY["minimal"],
    "elegant": Face(
        font="DMSerifDisplay_400Regular", leading=1.0, cap=0.66, descent=0.23, tracking=-0.006
    ),
    "clean": Face(
        font="Montserrat_800ExtraBold", leading=1.06, cap=0.70, descent=0.20, tracking=-0.015
    ),
    "heavy": DISPLAY["bold"],
}
SMALL: Final = Face(font="Inter_500Medium", leading=1.28, cap=0.73, descent=0.2)
FIRM: Final = Face(font="Inter_600SemiBold", leading=1.28, cap=0.73, descent=0.2)

LARGEST: Final = {"wide": 0.155, "other": 0.125}  # of the shorter side
LARGEST_IN: Final = {"heavy": 1.12, "clean": 0.82}  # a face runs wide or narrow
SMALLEST: Final = 0.05
MARK: Final = 0.4  # of the size
MOST_HEIGHT: Final = 0.8  # of its area, that a headline fills
FOR_WHITE: Final = 0.3  # white letters may need this much more of a veil: they look lighter
DETAIL: Final = 0.046
BUTTON: Final = 0.042
CAPTION: Final = 0.046
CAPTION_WIDTH: Final = 0.80  # of the frame
GAP: Final = 0.034  # of the shorter side, between headline, detail and button
RULE: Final = (0.10, 0.009)  # the accent above a headline: its length and thickness
RIM: Final = 3  # clear pixels around a layer
AIM: Final = 4.8  # 4.5 after it is compressed
VEILS: Final = (0.0, 0.15, 0.3, 0.45, 0.6, 0.72, 0.82)
WORST: Final = 6.0  # percent of the pixels beside the letters that may be worse
VISIBLE: Final = 1.7  # contrast from which a shape is told from its ground
CAPTION_GROUND, CAPTION_CORNER = 0.74, 0.28


@dataclass(frozen=True, slots=True)
class Words:
    """The layers of a scene's words, from the first to appear to the last, with their places."""

    layers: tuple[tuple[Layer, tuple[float, float]], ...]


@dataclass(frozen=True, slots=True)
class _Set:
    """A text that has been set: its mask, and which way it runs."""

    mask: Pixels
    is_rtl: bool


def words_of(board: Board, scene: Scene, ground: Raster) -> Words:
    """This function will set the words of a scene so that they can be read on this ground."""
    staging = staging_of(board, scene)
    area, unit = _in_pixels(staging.words, board.size), board.size.unit
    inks = _inks_on(ground.crop(area), color_of(board.accent))
    parts = _parts(board, scene, area, inks, centered=staging.centered)
    height = sum(part.height for part in parts) + round(GAP * unit) * max(0, len(parts) - 1)
    top = area[1] + round(((area[3] - area[1]) - height) * (0.5 if board.size.is_wide else 0.35))
    layers = []
    for part in parts:
        left = _aligned(part, area, board, centered=staging.centered)
        layers.append((_layer(part), (float(left), float(top))))
        top += part.height + round(GAP * unit)
    return Words(tuple(layers))


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of the words: what is drawn, and how far its veil reaches over its edges."""

    raster: Raster
    reach: int

    @property
    def width(self) -> int:
        return self.raster.width - 2 * self.reach

    @property
    def height(self) -> int:
        return self.raster.height - 2 * self.reach


@dataclass(frozen=True, slots=True)
class _Inks:
    ink: Pixels
    veil: Pixels
    strength: float
    accent: Pixels


def _layer(part: _Part) -> Layer:
    return Layer.of(part.raster, (float(part.reach), float(part.reach)))


def _aligned(part: _Part, area: tuple[int, int, int, int], board: Board, *, centered: bool) -> int:
    if centered:
        return (area[0] + area[2] - part.width) // 2
    return area[2] - part.width if board.is_rtl else area[0]


def _parts(
    board: Board,
    scene: Scene,
    area: tuple[int, int, int, int],
    inks: _Inks,
    *,
    centered: bool,
) -> list[_Part]:
    """Rule, headline, detail and button, as far as there are any; the headline takes the rest."""
    size, unit = Size(area[2] - area[0], area[3] - area[1]), board.size.unit
    below = []
    if scene.detail:
        detail = _set(scene.detail, SMALL, size, _sizes(DETAIL, unit, 2), centered=centered)
        below.extend([_lettered(detail, inks)] if detail else [])
    if scene.button:
        button = _button(scene.button, inks, size, unit)
        below.extend([button] if button else [])
    shape = "wide" if board.size.is_wide else "other"
    largest = LARGEST[shape] * LARGEST_IN.get(board.font, 1.0) * unit
    taken = sum(part.height + round(GAP * unit) for part in below)
    left = max(size.height - taken - round((GAP + RULE[1]) * unit), round(SMALLEST * unit * 2))
    room = Size(size.width, min(left, round(size.height * MOST_HEIGHT)))
    sizes = (largest, SMALLEST * unit, 3)
    headline = _set(scene.text, FACES[board.font], room, sizes, centered=centered)
    if headline is None:
        return below
    length, thickness = (max(2, round(share * unit)) for share in RULE)
    rule = _padded(Image.new("RGBA", (length, thickness), _paint(inks.accent)))
    return [_Part(rule, RIM), _lettered(headline, inks), *below]


def _sizes(share: float, unit: int, lines: int) -> tuple[float, float, int]:
    return share * unit, share * unit * 0.6, lines


def _set(
    text: str,
    face: Face,
    room: Size,
    sizes: tuple[float, float, int],
    *,
    centered: bool,
) -> _Set | None:
    """The text set in the room as large as it may be, cut to its letters; None without letters."""
    title = read_words(text, face)
    if not title.words:
        return None
    largest, smallest, lines = sizes
    # Dots and marks rise above the capitals by which a block is placed.
    margin = round(largest * MARK)
    canvas = Size(room.width, room.height + 2 * margin)
    column = Column(
        margin,
        margin + room.height,
        np.zeros(canvas.height, np.int32),
        np.full(canvas.height, room.width, np.int32),
    )
    setting = Setting(
        face=title.face,
        largest=max(9, round(largest)),
        smallest=max(8, round(smallest)),
        most_lines=lines,
        centered=centered,
        anchor=0.0,
        is_rtl=title.is_rtl,
    )
    block = set_words(title, column, setting, canvas)
    letters = letters_of(block, "minimal", canvas, has_plates=False)
    return _Set(_cut(letters, block.box), title.is_rtl)


def _cut(letters: Letters, block: Box) -> Pixels:
    """The letters' mask, from where their block begins or their ink, whichever is farther out."""
    ink, region = letters.box, letters.region
    left, top = min(ink.left, block.left), min(ink.top, block.top)
    right, bottom = max(ink.right, block.right), max(ink.bottom, block.bottom)
    rows = slice(max(0, top - region.top), bottom - region.top)
    return letters.all[rows, max(0, left - region.left) : right - region.left]


def _lettered(text: _Set, inks: _Inks) -> _Part:
    """Letters in ink, on a veil as strong as they need."""
    height, width = text.mask.shape
    reach = max(RIM, round(min(height, width) * 0.5)) if inks.strength else RIM
    mask = np.pad(text.mask, reach)
    veil = np.zeros_like(mask)
    if inks.strength:
        near = blurred(mask, reach * 0.22)
        wide = blurred(mask, reach * 0.40)
        veil = floats(np.clip(near * 2.2 + wide * 1.4, 0, 1) * inks.strength * _fading(mask, reach))
    alpha = floats(mask + veil * (1 - mask))
    share = floats(np.where(alpha > 0, mask / np.maximum(alpha, 1e-4), not inks.strength))[
        ..., None
    ]
    raster = to_picture(floats(inks.ink * share + inks.veil * (1 - share)))
    raster.putalpha(to_picture(alpha))
    return _Part(raster, reach)


def _fading(mask: Pixels, reach: int) -> Pixels:
    """1 at the letters, 0 at the rim of their layer: a veil must not end at an edge."""
    sides = [np.minimum(np.arange(length), np.arange(length)[::-1]) for length in mask.shape]
    down, across = (np.clip((side - RIM) / (reach * 0.8), 0, 1) for side in sides)
    return floats(down[:, None] * across[None, :])


def _button(text: str, inks: _Inks, room: Size, unit: int) -> _Part | None:
    letters = _set(
        text, FIRM, Size(round(room.width * 0.85), unit), (BUTTON * unit, 9, 1), centered=False
    )
    if letters is None:
        return None
    height, width = letters.mask.shape
    padding = round(BUTTON * unit * 0.95), round(BUTTON * unit * 0.62)
    pill = _pill((width + 2 * padding[0], height + 2 * padding[1]), inks.accent, 1.0)
    ink = Image.new("RGBA", (width, height), _paint(readable_on(inks.accent)))
    ink.putalpha(to_picture(letters.mask))
    pill.alpha_composite(ink, padding)
    return _Part(_padded(pill), RIM)


def _pill(size: tuple[int, int], color: Pixels, opacity: float, radius: float = 0.5) -> Raster:
    """A shape with round ends, drawn large and made smaller so that its edge is smooth."""
    scale = 3
    mask = Image.new("L", (size[0] * scale, size[1] * scale))
    corner = size[1] * scale * radius
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, mask.width - 1, mask.height - 1), corner, fill=round(255 * opacity)
    )
    pill = Image.new("RGBA", size, _paint(color))
    pill.putalpha(mask.resize(size, Image.Resampling.BOX))
    return pill


def _padded(raster: Raster) -> Raster:
    """With clear pixels around it, in the color of its corner."""
    corner = raster.getpixel((0, 0))
    assert isinstance(corner, tuple)  # noqa: S101 - it has four channels
    sheet = Image.new("RGBA", (raster.width + 2 * RIM, raster.height + 2 * RIM), (*corner[:3], 0))
    sheet.paste(raster, (RIM, RIM))
    return sheet


def _paint(color: Pixels) -> tuple[int, int, int, int]:
    return (*bytes_of(color), 255)


def _in_pixels(area: Area, size: Size) -> tuple[int, int, int, int]:
    return (
        round(area.left * size.width),
        round(area.top * size.height),
        round(area.right * size.width),
        round(area.bottom * size.height),
    )


def _inks_on(ground: Raster, accent: Pixels) -> _Inks:
    """White or near-black, whichever needs less of a veil; the accent, if it can be seen."""
    small = ground.resize((64, 64), Image.Resampling.BOX)
    pixels = floats(np.asarray(small.convert("RGB"), np.float32) / 255).reshape(-1, 3)
    choices = [(_veil_for(pixels, ink, veil), ink, veil) for ink, veil in INKS]
    strength, ink, veil = min(
        choices, key=lambda choice: choice[0] - (FOR_WHITE if choice[1] is WHITE else 0)
    )
    middle = floats(np.median(pixels, axis=0))
    is_seen = contrast_between(accent, middle) >= VISIBLE
    return _Inks(ink, veil, strength, accent if is_seen else ink)


INKS: Final = ((WHITE, NEAR_BLACK), (NEAR_BLACK, WHITE))


def _veil_for(pixels: Pixels, ink: Pixels, veil: Pixels) -> float:
    own = float(luminance(ink))
    for strength in VEILS:
        below = luminance(floats(pixels * (1 - strength) + veil * strength))
        worst = np.percentile(below, 100 - WORST if own > 0.5 else WORST)
        if contrast_of(own, float(worst)) >= AIM:
            return strength
    return VEILS[-1]


# --- Captions -----------------------------------------------------------------------------------


def caption_layer(text: str, board: Board) -> tuple[Layer, tuple[float, float]] | None:
    """What is said, in one line or two, as a layer with its place; None without letters."""
    unit = board.size.unit
    room = Size(round(board.size.width * CAPTION_WIDTH), unit)
    set_text = _set(text, FIRM, room, _sizes(CAPTION, unit, 2), centered=True)
    if set_text is None:
        return None
    height, width = set_text.mask.shape
    padding = round(CAPTION * unit * 0.62), round(CAPTION * unit * 0.42)
    ground = _pill(
        (width + 2 * padding[0], height + 2 * padding[1]),
        NEAR_BLACK,
        CAPTION_GROUND,
        CAPTION_CORNER,
    )
    ink = Image.new("RGBA", (width, height), _paint(WHITE))
    ink.putalpha(to_picture(set_text.mask))
    ground.alpha_composite(ink, padding)
    staging = staging_of(board, board.scenes[0])
    left = (board.size.width - ground.width) // 2
    top = round(staging.captions * board.size.height) - ground.height
    return Layer.of(ground), (float(left), float(top))
