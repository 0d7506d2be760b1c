"""Set the product into its scene: shadows and reflection around it, its own pixels unchanged."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from generation.engine.pixels import (
    Box,
    Pixels,
    Raster,
    Size,
    blurred,
    floats,
    from_picture,
    over,
    resized,
    shifted,
    size_of,
    smoothstep,
    to_picture,
)

SHRINK: Final = 2  # shadows are soft: they are drawn this much smaller
REACH: Final = 0.45  # of the product's larger side: how far around it shadows go
SQUASHED: Final = 0.24  # of its height: how deep the cast shadow lies on the floor
SHEAR: Final = 0.85
FOOT: Final = 0.15  # of its height: above, nothing touches the floor
REFLECTED: Final = 0.42  # of its height
PAPER: Final = 0.985
ROUNDED: Final = 0.022  # of the shorter side of a photo that is kept whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """How a style lights the product: strengths from 0 to 1; `side` is -1 for the left."""

    cast: float
    contact: float
    drop: float
    reflection: float = 0.0
    side: int = -1


@dataclass(frozen=True, slots=True)
class Placed:
    """The product at its final size, and where its left top corner is."""

    raster: Raster
    left: int
    top: int

    @property
    def box(self) -> Box:
        width, height = self.raster.size
        return Box(self.left, self.top, self.left + width, self.top + height)


def placed(product: Raster, spot: Box) -> Placed:
    """This function will scale the product to its box; nothing else happens to it."""
    size = (spot.width, spot.height)
    return Placed(product.resize(size, Image.Resampling.LANCZOS), spot.left, spot.top)


def rounded(photo: Raster) -> Raster:
    """A photo kept whole, with round corners."""
    scale = 3
    radius = int(min(photo.size) * ROUNDED * scale)
    mask = Image.new("L", (photo.width * scale, photo.height * scale))
    corners = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(corners, radius, fill=255)
    result = photo.copy()
    result.putalpha(mask.resize(photo.size, Image.Resampling.BOX))
    return result


def shadowed(ground: Pixels, product: Placed, light: Light, *, stands: bool) -> Pixels:
    """This function will darken the ground where the product keeps the light from it."""
    size = size_of(ground)
    margin = int(max(product.raster.size) * REACH)
    region = product.box.grown(margin, size)
    alpha = _alpha_in(product, region)
    shade = _floor_shade(alpha, product, region, light) if stands else _drop(alpha, product, light)
    full = resized(shade, Size(region.width, region.height))
    view = (slice(region.top, region.bottom), slice(region.left, region.right))
    ground[view] *= (1 - np.clip(full, 0, 0.88))[..., None]
    return ground


def reflected(ground: Pixels, product: Placed, strength: float) -> Pixels:
    """A polished floor mirrors the product's lower part, fading and a little blurred."""
    height = int(product.raster.height * REFLECTED)
    size = size_of(ground)
    top = product.box.bottom - max(1, size.unit // 500)
    area = Box(product.left, top, product.box.right, top + height).grown(0, size)
    if area.height < 2 or area.width < 2:
        return ground
    flipped = product.raster.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    left, above = area.left - product.left, area.top - top
    part = from_picture(flipped.crop((left, above, left + area.width, above + area.height)))
    fade = np.linspace(1, 0, height, dtype=np.float32)[above : above + area.height, None] ** 1.7
    mask = blurred(floats(part[..., 3] * fade * strength), 2)
    view = (slice(area.top, area.bottom), slice(area.left, area.right))
    ground[view] = over(ground[view], blurred(part[..., :3], 2), mask)
    return ground


def papered(ground: Pixels, product: Placed, margin: int) -> Pixels:
    """White paper around a photo that is kept whole, as around a print."""
    area = product.box.grown(margin, size_of(ground))
    canvas = Image.new("L", (area.width, area.height))
    radius = int(min(product.raster.size) * ROUNDED) + margin // 2
    corners = (0, 0, area.width - 1, area.height - 1)
    ImageDraw.Draw(canvas).rounded_rectangle(corners, radius, fill=255)
    view = (slice(area.top, area.bottom), slice(area.left, area.right))
    ground[view] = over(ground[view], floats([PAPER] * 3), from_picture(canvas))
    return ground


def laid_over(ground: Pixels, product: Placed) -> Pixels:
    """The product on its ground: where it is opaque, its own values and nothing else."""
    picture = to_picture(ground)
    colors = product.raster.convert("RGB")
    picture.paste(colors, (product.left, product.top), product.raster.getchannel("A"))
    return from_picture(picture)


def _alpha_in(product: Placed, region: Box) -> Pixels:
    """The product's matte within the region, at the size that shadows are drawn at."""
    canvas = Image.new("L", (region.width, region.height))
    at = (product.left - region.left, product.top - region.top)
    canvas.paste(product.raster.getchannel("A"), at)
    small = (max(2, region.width // SHRINK), max(2, region.height // SHRINK))
    return from_picture(canvas.resize(small, Image.Resampling.BOX))


def _drop(alpha: Pixels, product: Placed, light: Light) -> Pixels:
    """The shadow of what lies on a ground, or hangs before it."""
    reach = min(product.raster.size) / SHRINK
    way = -light.side
    far = shifted(alpha, right=int(way * reach * 0.045), down=int(reach * 0.075))
    near = shifted(alpha, right=int(way * reach * 0.012), down=int(reach * 0.02))
    shade = blurred(far, reach * 0.060) * 0.55 + blurred(near, reach * 0.014) * 0.42
    return floats(shade * light.drop)


def _floor_shade(alpha: Pixels, product: Placed, region: Box, light: Light) -> Pixels:
    """The shadow that lies on the floor, and the dark line where the product touches it."""
    base = (product.box.bottom - region.top) / SHRINK
    width, height = (side / SHRINK for side in product.raster.size)
    cast = _cast(product, region, light)
    rows = np.arange(alpha.shape[0], dtype=np.float32)[:, None]
    low = smoothstep(base - FOOT * height, base - 0.01 * height, floats(rows))
    foot = floats(alpha * low)
    drop = max(1, int(height * 0.005))
    near = blurred(shifted(foot, down=drop), max(1.5, width * 0.013)) * 0.62
    # A sixth of the height is a flat oval around the foot: light hardly gets there.
    around = blurred(_flattened(foot, base, 0.34), max(2.0, width * 0.055)) * 1.05
    return floats(cast * light.cast + (near + around) * light.contact)


def _flattened(mask: Pixels, base: float, share: float) -> Pixels:
    """The mask squashed toward its base."""
    rows = base + (np.arange(mask.shape[0]) - base) / share
    inside = (rows >= 0) & (rows < mask.shape[0])
    result = np.zeros_like(mask)
    result[inside] = mask[rows[inside].astype(np.int32)]
    return result


def _cast(product: Placed, region: Box, light: Light) -> Pixels:
    """The silhouette laid down on the floor behind, leaning away from the light."""
    width, height = product.raster.width // SHRINK, product.raster.height // SHRINK
    deep = max(3, int(height * SQUASHED))
    flat = product.raster.getchannel("A").resize((max(2, width), deep), Image.Resampling.BOX)
    lean = -light.side * SHEAR
    extra = int(abs(lean) * deep)
    # Each row above the base moves aside; Pillow asks from where each pixel comes.
    matrix = (1, lean, -lean * deep - (extra if lean < 0 else 0), 0, 1, 0)
    leaning = flat.transform((width + extra, deep), Image.Transform.AFFINE, matrix,
                             Image.Resampling.BILINEAR)  # fmt: skip
    canvas = Image.new("L", (max(2, region.width // SHRINK), max(2, region.height // SHRINK)))
    left = (product.left - region.left) // SHRINK - (extra if lean < 0 else 0)
    base = (product.box.bottom - region.top) // SHRINK
    canvas.paste(leaning, (left, int(base - deep * 0.97)))
    mask = from_picture(canvas)
    rows = np.arange(mask.shape[0], dtype=np.float32)[:, None]
    away = floats(np.clip((base - rows) / deep, 0, 1))
    sharp, soft = blurred(mask, max(1.5, width * 0.014)), blurred(mask, max(2.0, width * 0.05))
    return floats((sharp * (1 - away) + soft * away) * (1 - 0.55 * away))
