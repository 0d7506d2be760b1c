"""Arrays of pixels, float32 from 0 to 1: in and out of Pillow, blurred, shifted, laid over."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

type Pixels = NDArray[np.float32]
type Random = np.random.Generator
type Raster = Image.Image

LUMA = np.array([0.2126, 0.7152, 0.0722], dtype=np.float32)
WHITE = np.ones(3, dtype=np.float32)
BLUR_PASSES = 2
BLUR_SHRINK = 2.5  # a blur this many times wider than a pixel is as good on a smaller copy
TINY = 1e-6


@dataclass(frozen=True, slots=True)
class Size:
    width: int
    height: int

    @property
    def unit(self) -> int:
        """The shorter side: what every share of the design is measured by."""
        return min(self.width, self.height)

    @property
    def aspect(self) -> float:
        return self.width / self.height

    @property
    def is_wide(self) -> bool:
        return self.width > self.height


@dataclass(frozen=True, slots=True)
class Box:
    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def grown(self, margin: int, size: Size) -> "Box":
        return Box(
            max(0, self.left - margin),
            max(0, self.top - margin),
            min(size.width, self.right + margin),
            min(size.height, self.bottom + margin),
        )

    def overlaps(self, other: "Box") -> bool:
        beside = self.right <= other.left or other.right <= self.left
        above = self.bottom <= other.top or other.bottom <= self.top
        return not (beside or above)

    def as_list(self) -> list[int]:
        return [self.left, self.top, self.right, self.bottom]


def floats(values: Any) -> Pixels:
    return np.asarray(values, dtype=np.float32)


def from_picture(picture: Raster) -> Pixels:
    return floats(floats(picture) / 255)


def to_picture(pixels: Pixels) -> Raster:
    return Image.fromarray((np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8))


def size_of(pixels: Pixels) -> Size:
    return Size(pixels.shape[1], pixels.shape[0])


def filled(size: Size, color: Pixels) -> Pixels:
    return np.broadcast_to(floats(color), (size.height, size.width, 3)).copy()


def empty(size: Size) -> Pixels:
    return np.zeros((size.height, size.width), dtype=np.float32)


def grid(size: Size) -> tuple[Pixels, Pixels]:
    """Two maps that say of each pixel how far right and how far down it is, from 0 to 1."""
    across = np.linspace(0, 1, size.width, dtype=np.float32)
    down = np.linspace(0, 1, size.height, dtype=np.float32)
    columns, rows = np.meshgrid(across, down)
    return floats(columns), floats(rows)


def smoothstep(start: float, end: float, values: Pixels) -> Pixels:
    span = end - start + float(np.copysign(TINY, end - start))
    share = floats((values - start) / span)
    np.clip(share, 0, 1, out=share)
    result = floats(3 - 2 * share)
    result *= share
    result *= share
    return result


def as_mask(mask: Pixels) -> Pixels:
    return mask[..., None] if mask.ndim == 2 else mask


def over(below: Pixels, color: Pixels, mask: Pixels) -> Pixels:
    """Lay a color, or other pixels, over the pixels where the mask says so."""
    # In place: at this size most of the time goes into fetching new memory.
    result = floats(floats(color) - below)
    result *= as_mask(mask)
    result += below
    return result


def screen(below: Pixels, light: Pixels) -> Pixels:
    dark = floats(1 - np.clip(light, 0, 1))
    dark = dark * floats(1 - below)
    return np.subtract(1, dark, out=dark)


def brightness(pixels: Pixels) -> Pixels:
    return floats(pixels @ LUMA)


def shifted(mask: Pixels, *, right: int = 0, down: int = 0) -> Pixels:
    """The mask moved without wrapping around: what comes in from outside is empty."""
    moved = np.zeros_like(mask)
    height, width = mask.shape[:2]
    if abs(right) >= width or abs(down) >= height:
        return moved
    target = (_into(down, height), _into(right, width))
    source = (_into(-down, height), _into(-right, width))
    moved[target] = mask[source]
    return moved


def _into(distance: int, length: int) -> slice:
    return slice(max(0, distance), length + min(0, distance))


def resized(pixels: Pixels, size: Size, how: Image.Resampling = Image.Resampling.BICUBIC) -> Pixels:
    if pixels.ndim == 2:
        channel = Image.fromarray(np.ascontiguousarray(pixels, dtype=np.float32))
        return floats(channel.resize((size.width, size.height), how))
    channels = [resized(pixels[..., index], size, how) for index in range(pixels.shape[2])]
    return np.stack(channels, axis=-1)


def box_blurred(pixels: Pixels, radius: int) -> Pixels:
    """The mean of the square around each pixel; the edge is repeated outward."""
    if pixels.ndim == 3:
        channels = [box_blurred(pixels[..., index], radius) for index in range(pixels.shape[2])]
        return np.stack(channels, axis=-1)
    return _running_mean(_running_mean(pixels, radius).T, radius).T


def _running_mean(rows: Pixels, radius: int) -> Pixels:
    # Taking the mean off first keeps the float32 sums small, so that they stay exact enough.
    middle = rows.mean()
    padded = np.pad(rows - middle, ((radius + 1, radius), (0, 0)), mode="edge")
    sums = padded.cumsum(axis=0, dtype=np.float64)
    span = 2 * radius + 1
    return floats((sums[span:] - sums[:-span]) / span + middle)


def blurred(pixels: Pixels, radius: float) -> Pixels:
    """Close to a Gaussian: two box passes on a copy as small as the radius allows."""
    size = size_of(pixels)
    shrink = max(1, int(radius / BLUR_SHRINK))
    small = Size(max(2, size.width // shrink), max(2, size.height // shrink))
    work = resized(pixels, small, Image.Resampling.BOX) if shrink > 1 else pixels
    for _ in range(BLUR_PASSES):
        work = box_blurred(work, max(1, round(radius / shrink)))
    return resized(work, size) if shrink > 1 else work


def sampled(pixels: Pixels, columns: Pixels, rows: Pixels) -> Pixels:
    """The pixels at these places, the nearest one, clamped at the edges."""
    height, width = pixels.shape[:2]
    across = np.clip(columns.astype(np.int32), 0, width - 1)
    down = np.clip(rows.astype(np.int32), 0, height - 1)
    return pixels[down, across]


def bounds_of(mask: Pixels, threshold: float = 0.08) -> Box | None:
    """The smallest box around all that is there, or None when nothing is."""
    rows = np.flatnonzero((mask > threshold).any(axis=1))
    columns = np.flatnonzero((mask > threshold).any(axis=0))
    if not len(rows):
        return None
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
