"""Make the subject out of the icon pack: one object, or two that overlap."""

from typing import Final

import numpy as np
from PIL import Image, ImageFilter

from generation.engine import icons
from generation.engine.cutout import Cuts, Subject
from generation.engine.pixels import Random, Raster

LEAN: Final = 7.0  # degrees
BEHIND: Final = 0.80  # the size of the second object beside the first
ACROSS: Final = 0.60  # how far the second stands aside, in sides
ABOVE: Final = 0.26
GAP: Final = 0.030  # the ring that keeps the two apart, in sides


def icon_subject(names: tuple[str, ...], side: int, random: Random, fill: float = 1.0) -> Subject:
    """The objects as one subject; `side` is about how many pixels it will need."""
    front = _leaning(names[0], side, random)
    if len(names) == 1:
        return Subject(front, Cuts(), is_icon=True, fill=fill)
    back = _leaning(names[1], int(side * BEHIND), random)
    return Subject(_grouped(front, back, random), Cuts(), is_icon=True, fill=fill)


def _leaning(name: str, side: int, random: Random) -> Raster:
    angle = float(random.uniform(-LEAN, LEAN))
    turned = icons.drawn(name, side).rotate(angle, Image.Resampling.BICUBIC, expand=True)
    return turned.crop(turned.getbbox())


def _grouped(front: Raster, back: Raster, random: Random) -> Raster:
    side = max(front.size)
    canvas = Image.new("RGBA", (int(side * 2.2), int(side * 1.8)))
    sign = 1 if random.random() < 0.5 else -1
    middle = (canvas.width // 2, canvas.height // 2)
    back_at = (
        int(middle[0] + sign * side * ACROSS / 2 - back.width / 2),
        int(middle[1] - side * ABOVE / 2 - back.height / 2),
    )
    front_at = (
        int(middle[0] - sign * side * ACROSS / 2 - front.width / 2),
        int(middle[1] + side * ABOVE / 2 - front.height / 2),
    )
    canvas.paste(back, back_at, back)
    canvas = _kept_apart(canvas, front, front_at, int(side * GAP))
    canvas.alpha_composite(front, front_at)
    return canvas.crop(canvas.getbbox())


def _kept_apart(canvas: Raster, front: Raster, at: tuple[int, int], gap: int) -> Raster:
    """Clear a ring around the front object, so that an outline can run between the two."""
    mask = Image.new("L", canvas.size)
    mask.paste(front.getchannel("A"), at)
    ring = mask.filter(ImageFilter.GaussianBlur(gap)).point(lambda value: min(255, value * 8))
    alpha = np.asarray(canvas.getchannel("A"), dtype=np.int16) - np.asarray(ring, dtype=np.int16)
    canvas.putalpha(Image.fromarray(np.clip(alpha, 0, 255).astype(np.uint8)))
    return canvas
