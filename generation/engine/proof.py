"""Proof a finished picture: how well its title reads, measured on the pixels that people get."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from generation.engine.color import contrast_of, luminance
from generation.engine.encode import MOST_BYTES, Encoded, decoded
from generation.engine.fonts import extent
from generation.engine.lettering import Letters, around
from generation.engine.pixels import Box, Pixels, Size
from generation.engine.placement import badge_of
from generation.engine.scripts import word_count
from generation.engine.text import Block, font_of

LEAST_CONTRAST: Final = 4.5  # WCAG 2, level AA
BEST_CONTRAST: Final = 7.0  # level AAA
WORST_SHARE: Final = 4  # percent of the pixels beside the letters that may be worse
EDGE: Final = 1  # pixels in which a letter and its ground are mixed
BESIDE: Final = 0.035  # sizes: how far beside the letters counts
CORE: Final = 0.98  # of a pixel: covered by a letter
FEED_WIDTH: Final = 120  # pixels: the smallest at which feeds show a picture
LEAST_HEIGHT: Final = 5.0  # pixels of a letter at that width
BEST_HEIGHT: Final = 8.0
BEST_WORDS: Final = 5
MANY_WORDS: Final = 12
BORDER: Final = 0.012  # of the shorter side, kept between letters and the picture's edge
MEGABYTE: Final = 1024 * 1024
POINTS: Final = {"contrast": 40, "glyphs": 25, "words": 15, "badge": 10, "weight": 10}
JUST_ENOUGH: Final = 0.7  # of the points, for what is only as good as it has to be


@dataclass(frozen=True, slots=True)
class Check:
    code: str
    label: str
    detail: str
    ok: bool
    share: float  # of the points that this check gives


@dataclass(frozen=True, slots=True)
class Proof:
    contrast: float
    checks: tuple[Check, ...]

    @property
    def score(self) -> int:
        return round(sum(POINTS[check.code] * check.share for check in self.checks))

    def as_facts(self) -> dict[str, Any]:
        shown = ("code", "label", "ok", "detail")
        checks = [{name: getattr(check, name) for name in shown} for check in self.checks]
        return {"score": self.score, "checks": checks}


def proofed(file: Encoded, size: Size, title: tuple[Block, Letters], text: str) -> Proof:
    """This function will judge the picture as it is decoded from its file."""
    block, letters = title
    contrast = contrast_in(decoded(file.data, letters.region), letters)
    checks = (
        _contrast_check(contrast),
        _height_check(height_in_feed(block, size.width)),
        _words_check(word_count(text)),
        _place_check(letters.box, size),
        _weight_check(len(file.data)),
    )
    return Proof(contrast, checks)


def contrast_in(seen: Pixels, letters: Letters) -> float:
    """The contrast of the letters to nearly the worst of the pixels that surround them.

    What is seen is the region of the letters, as it was saved.
    """
    clear = around(letters.all, EDGE) == 0
    reach = EDGE + max(2.0, letters.size * BESIDE)
    ratios = [
        _ratio(seen[mask > CORE], seen[(around(mask, reach) > 0) & clear])
        for mask in (letters.plain, letters.stressed)
        if mask.max() > CORE
    ]
    return min(ratios, default=0.0)


def _ratio(inked: Pixels, beside: Pixels) -> float:
    if not len(beside):
        return 0.0
    ink, ground = float(np.median(luminance(inked))), luminance(beside)
    worst = np.percentile(ground, 100 - WORST_SHARE if ink > ground.mean() else WORST_SHARE)
    return contrast_of(ink, float(worst))


def height_in_feed(block: Block, width: int) -> float:
    """How tall the middle one of the words is where the picture is shown smallest."""
    face = block.setting.face
    rises = [
        extent(font_of(placed.word, face), face.shaped(placed.word.text))[0]
        for placed in block.words
    ]
    return float(np.median(rises)) * block.size * FEED_WIDTH / width


def _contrast_check(contrast: float) -> Check:
    ok = contrast >= LEAST_CONTRAST
    detail = (
        "The letters stand out from the pixels around them."
        if ok
        else "The letters are close to the color of what surrounds them; 4.5 : 1 is the least."
    )
    share = _share(contrast, LEAST_CONTRAST, BEST_CONTRAST)
    return Check("contrast", f"Contrast {contrast:.1f} : 1", detail, ok, share)


def _height_check(height: float) -> Check:
    ok = height >= LEAST_HEIGHT
    detail = (
        "The letters can be read where feeds show the picture smallest."
        if ok
        else "The letters get too small in a feed. A shorter title makes them larger."
    )
    label = f"Letters {height:.1f} px tall at {FEED_WIDTH} px wide"
    return Check("glyphs", label, detail, ok, _share(height, LEAST_HEIGHT, BEST_HEIGHT))


def _share(value: float, least: float, best: float) -> float:
    if value < least:
        return JUST_ENOUGH * value / least
    return JUST_ENOUGH + (1 - JUST_ENOUGH) * min(1.0, (value - least) / (best - least))


def _words_check(count: int) -> Check:
    ok = count <= BEST_WORDS
    detail = (
        "Short enough to be read at a glance."
        if ok
        else f"{BEST_WORDS} words or fewer are read at a glance."
    )
    label = f"{count} word{'' if count == 1 else 's'}"
    over = max(0, count - BEST_WORDS)
    return Check("words", label, detail, ok, max(0.0, 1 - over / (MANY_WORDS - BEST_WORDS)))


def _place_check(box: Box, size: Size) -> Check:
    border = int(size.unit * BORDER)
    within = Box(border, border, size.width - border, size.height - border)
    is_inside = (
        box.left >= within.left
        and box.top >= within.top
        and box.right <= within.right
        and box.bottom <= within.bottom
    )
    badge = badge_of(size)
    is_clear = badge is None or not box.overlaps(badge)
    if not is_clear:
        label, detail = "Under the time badge", "Players print the length over the title."
    elif not is_inside:
        label, detail = "Close to the edge", "Rounded corners and crops may cut the title."
    elif badge is None:
        label, detail = "Clear of the edges", "Rounded corners and crops leave the title whole."
    else:
        label = "Clear of badge and edges"
        detail = "Players print the length at the bottom right, where no letter stands."
    ok = is_inside and is_clear
    return Check("badge", label, detail, ok, float(ok))


def _weight_check(weight: int) -> Check:
    ok = weight <= MOST_BYTES
    detail = "Within the 2 MB that video sites take." if ok else "Video sites take 2 MB at most."
    return Check("weight", f"{weight / MEGABYTE:.1f} MB", detail, ok, float(ok))
