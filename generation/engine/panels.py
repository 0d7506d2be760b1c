"""A photo kept whole: in a panel beside the title, or as the ground of the whole picture."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from generation.engine.color import changed
from generation.engine.cutout import Photo
from generation.engine.pixels import Box, Pixels, Raster, Size, floats, from_picture, grid, over
from generation.engine.placement import Side
from generation.engine.schemes import Scheme
from generation.engine.stage import inside
from generation.engine.variety import Variety

SHARES: Final = (0.52, 0.46, 0.55)  # of the width, beside a title, by the seed
ZOOMS: Final = (1.0, 1.14, 1.07)
STRIPE: Final = 0.016  # of the shorter side
SLANT: Final = {"bold": 0.16, "playful": 0.10, "neon": 0.16}  # the others stand upright
SOFT: Final = {"cinematic": 0.22}  # of the width: a melting edge instead of a drawn one
EYES: Final = 0.40  # how far down the crop a face should be


@dataclass(frozen=True, slots=True)
class Panel:
    """The photo filling the canvas behind a mask, and the stripe along its edge."""

    colors: Pixels
    mask: Pixels
    stripe: Pixels


def covering(photo: Photo, size: Size, area: Box, zoom: float = 1.0) -> Pixels:
    """The photo scaled to cover the area, its face or middle in the area's middle."""
    raster = photo.raster
    scale = zoom * max(area.width / raster.width, area.height / raster.height)
    scaled = raster.resize(
        (
            max(area.width, round(raster.width * scale)),
            max(area.height, round(raster.height * scale)),
        ),
        Image.Resampling.LANCZOS,
    )
    focus_x, focus_y = _focus(photo)
    left = _start(focus_x * scaled.width, 0.5, area.width, scaled.width)
    top = _start(focus_y * scaled.height, EYES if photo.face else 0.5, area.height, scaled.height)
    crop = scaled.crop((left, top, left + area.width, top + area.height))
    return _on_canvas(crop, size, area)


def _focus(photo: Photo) -> tuple[float, float]:
    if photo.face is None:
        return 0.5, 0.5
    face, (width, height) = photo.face, photo.raster.size
    return (face.left + face.right) / 2 / width, (face.top + face.bottom) / 2 / height


def _start(focus: float, share: float, length: int, whole: int) -> int:
    return int(np.clip(focus - share * length, 0, whole - length))


def _on_canvas(crop: Raster, size: Size, area: Box) -> Pixels:
    canvas = Image.new("RGB", (size.width, size.height))
    canvas.paste(crop, (area.left, area.top))
    return from_picture(canvas)


def panel_beside(photo: Photo, size: Size, style: str, place: tuple[Side, Variety]) -> Panel:
    """The photo fills one side; its inner edge slants, stands straight or melts, by style."""
    side, variety = place
    share = variety.pick(SHARES)
    columns, rows = grid(size)
    if side == "left":
        columns = 1 - columns
    lean = SLANT.get(style, 0.0) * size.unit / size.width
    edge = floats((1 - share) + (0.5 - rows) * lean - columns) * (size.width / size.unit)
    left = int(size.width * (1 - share) - size.unit * SLANT.get(style, 0.0)) - 2
    left = max(0, left - int(size.width * SOFT.get(style, 0.0)))
    area = Box(left, 0, size.width, size.height)
    if side == "left":
        area = Box(0, 0, size.width - left, size.height)
    return _panel(covering(photo, size, area, variety.pick(ZOOMS)), edge, style)


def panel_below(photo: Photo, size: Size, style: str, place: tuple[int, Variety]) -> Panel:
    top, variety = place
    columns, rows = grid(size)
    lean = SLANT.get(style, 0.0) * 0.6
    slant = lean * size.width / size.unit
    start = top / size.unit + slant / 2 + STRIPE
    leaning = (0.5 - columns) * slant * variety.sign
    edge = floats(start + leaning - rows * (size.height / size.unit))
    area = Box(0, min(top, size.height - 2), size.width, size.height)
    return _panel(covering(photo, size, area, variety.pick(ZOOMS)), edge, style)


def _panel(colors: Pixels, edge: Pixels, style: str) -> Panel:
    softness = SOFT.get(style)
    if softness:
        mask = floats(np.clip(-edge / softness, 0, 1))
        return Panel(colors, floats(mask * mask * (3 - 2 * mask)), np.zeros_like(edge))
    has_stripe = SLANT.get(style, 0.0) > 0
    stripe = inside(floats(np.abs(edge + STRIPE / 2) - STRIPE / 2))
    return Panel(colors, inside(edge), stripe if has_stripe else np.zeros_like(edge))


def mounted(pixels: Pixels, panel: Panel, scheme: Scheme) -> Pixels:
    pixels = over(pixels, panel.colors, panel.mask)
    return over(pixels, changed(scheme.accent, lightness=0.0), panel.stripe)
