"""How a product stands: whole, cut off by its photo's edge, or seen from above."""

from typing import Final, Literal

import numpy as np
from PIL import Image

from generation.engine.cutout import Cuts
from generation.engine.pixels import Raster, floats

type Stance = Literal["stands", "lies", "bleeds", "framed"]

SOLID: Final = 128
SIDE: Final = 240  # what tells a plate from a bottle shows at this size
MIDDLE_SHARE: Final = 0.94  # of the width: the outermost columns of an ellipse are too steep
FLAT_DEPTH: Final = 0.20  # of the width: how far the lower outline sags, seen from above
ROUND_ENOUGH: Final = 0.16  # of the depth: how far the lower outline may leave an ellipse
LEVEL: Final = 0.22  # of the width: a foot this wide and level is stood upon


def stance_of(raster: Raster, cuts: Cuts) -> Stance:
    """This function will tell how the product can be set into a scene."""
    if cuts.top or (cuts.left is not None and cuts.right is not None):
        return "framed"
    if cuts.bottom or cuts.any_side:
        return "bleeds"
    return "lies" if is_seen_from_above(raster) else "stands"


def is_seen_from_above(raster: Raster) -> bool:
    """Whether the lower outline is a wide arc, as a plate's is: it would float on a floor."""
    alpha = raster.getchannel("A")
    scale = SIDE / max(alpha.size)
    size = (max(8, round(alpha.width * scale)), max(8, round(alpha.height * scale)))
    solid = np.asarray(alpha.resize(size, Image.Resampling.BOX)) > SOLID
    columns = np.flatnonzero(solid.any(axis=0))
    if len(columns) < 8:
        return False
    lowest = floats(solid.shape[0] - 1 - np.argmax(solid[::-1, columns], axis=0))
    width = len(columns)
    across = np.abs(np.linspace(-1, 1, width))
    inner = across <= MIDDLE_SHARE
    fall = floats(lowest.max() - lowest)
    depth = float(np.median(fall[(across > 0.86) & inner])) / (1 - np.sqrt(1 - 0.9**2))
    if depth < FLAT_DEPTH * width or _is_level(fall, width):
        return False
    arc = depth * (1 - np.sqrt(1 - across**2))
    apart = float(np.sqrt(np.mean((fall - arc)[inner] ** 2)))
    return bool(apart < ROUND_ENOUGH * depth)


def _is_level(fall: np.ndarray[tuple[int, ...], np.dtype[np.float32]], width: int) -> bool:
    """Whether what it would stand on is a straight line rather than the crown of an arc."""
    foot = np.flatnonzero(fall <= 1)
    return len(foot) > 2 * LEVEL * width
