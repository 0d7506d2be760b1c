"""A layer of a frame: a picture with alpha that can be drawn between pixels without jitter."""

import math
from dataclasses import dataclass
from typing import Final, Self

from PIL import Image

from generation.engine.pixels import Raster

NEARLY: Final = 1e-3
OPAQUE: Final = 255


@dataclass(frozen=True, slots=True)
class Layer:
    """`anchor` is the point of the picture, in its pixels, that is put where it is drawn.

    Colors and alpha are kept apart, so that nothing has to be taken apart for every frame; beside
    a shape the clear pixels have its color, so that its edge stays clean when it is resampled.
    """

    colors: Raster
    alpha: Raster
    anchor: tuple[float, float] = (0.0, 0.0)

    @classmethod
    def of(cls, raster: Raster, anchor: tuple[float, float] = (0.0, 0.0)) -> Self:
        """A layer of a picture whose clear pixels have fitting colors already."""
        return cls(raster.convert("RGB"), raster.getchannel("A"), anchor)

    def draw(
        self, frame: Raster, at: tuple[float, float], *, scale: float = 1.0, opacity: float = 1.0
    ) -> None:
        """Draw on the frame, sharp where it lies on whole pixels, smoothly between them."""
        if opacity <= 0:
            return
        left, top = (at[axis] - self.anchor[axis] * scale for axis in (0, 1))
        if _is_whole(left) and _is_whole(top) and abs(scale - 1) < NEARLY:
            corner, colors, alpha = (round(left), round(top)), self.colors, self.alpha
        else:
            # Inward: the outermost pixels are clear, and the box must not leave the picture.
            corner = max(0, math.ceil(left)), max(0, math.ceil(top))
            right = min(frame.width, math.floor(left + self.colors.width * scale))
            bottom = min(frame.height, math.floor(top + self.colors.height * scale))
            if right <= corner[0] or bottom <= corner[1]:
                return
            size = (right - corner[0], bottom - corner[1])
            first = (corner[0] - left) / scale, (corner[1] - top) / scale
            box = (
                *first,
                min(first[0] + size[0] / scale, self.colors.width),
                min(first[1] + size[1] / scale, self.colors.height),
            )
            colors, alpha = (
                part.resize(size, Image.Resampling.BILINEAR, box=box)
                for part in (self.colors, self.alpha)
            )
        if opacity < 1:
            alpha = alpha.point([round(value * opacity) for value in range(OPAQUE + 1)])
        frame.paste(colors, corner, alpha)


def _is_whole(value: float) -> bool:
    return abs(value - round(value)) < NEARLY
