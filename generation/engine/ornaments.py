"""The small rule under a title, where there is room for one."""

from typing import Final

import numpy as np

from generation.engine.pixels import Box, Pixels, Size, floats, over, size_of
from generation.engine.placement import margin_of
from generation.engine.text import Block
from generation.engine.zones import Zone

STYLES: Final = frozenset({"minimal", "editorial", "cinematic"})
LENGTH: Final = 0.13  # of the shorter side
THICKNESS: Final = {"minimal": 0.011, "editorial": 0.004, "cinematic": 0.006}
AWAY: Final = 0.036


def underlined(pixels: Pixels, block: Block, zone: Zone, look: tuple[str, Pixels]) -> Pixels:
    style, color = look
    if style not in STYLES:
        return pixels
    size = size_of(pixels)
    box = _rule(block, size, style)
    is_low = box.bottom > size.height - margin_of(size) * 0.8
    if is_low or not zone.holds(box.grown(int(size.unit * AWAY * 0.6), size)):
        return pixels
    mask = np.zeros((size.height, size.width), dtype=np.float32)
    mask[box.top : box.bottom, box.left : box.right] = 1
    return over(pixels, color, floats(mask))


def _rule(block: Block, size: Size, style: str) -> Box:
    length, top = int(size.unit * LENGTH), block.box.bottom + int(size.unit * AWAY)
    left = block.box.right - length if block.setting.is_rtl else block.box.left
    if block.setting.centered:
        left = (block.box.left + block.box.right - length) // 2
    return Box(left, top, left + length, top + max(2, int(size.unit * THICKNESS[style])))
