"""Drop what a matte caught besides its subject: islands far smaller than the largest one."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from generation.engine.pixels import Pixels, Size, blurred, floats, resized, size_of

type Labels = NDArray[np.uint8]

SIDE = 160  # islands are looked for on a copy this large
SOLID = 0.75  # flags and chairs behind a person come out half sure
KEPT_SHARE = 0.2  # of the largest island: as large as this is part of the subject
SPREAD = 2.0  # pixels of the copy that a kept island may reach beyond what is solid
FIRST_LABEL = 2
MOST_ISLANDS = 60


def without_strays(alpha: Pixels) -> Pixels:
    size = size_of(alpha)
    scale = SIDE / max(size.width, size.height)
    small = Size(max(2, int(size.width * scale)), max(2, int(size.height * scale)))
    solid = resized(alpha, small, Image.Resampling.BOX) > SOLID
    labels = _labeled(solid.astype(np.uint8))
    areas = np.bincount(labels.ravel())[FIRST_LABEL:]
    if not len(areas):
        return alpha
    kept = np.flatnonzero(areas >= KEPT_SHARE * areas.max()) + FIRST_LABEL
    near = np.clip(blurred(floats(np.isin(labels, kept)), SPREAD) * 4, 0, 1)
    return floats(alpha * np.clip(resized(floats(near), size), 0, 1))


def _labeled(solid: Labels) -> Labels:
    canvas = Image.fromarray(solid).copy()  # what it shares with the array cannot be drawn on
    for label in range(FIRST_LABEL, FIRST_LABEL + MOST_ISLANDS):
        unlabeled = np.argwhere(np.asarray(canvas) == 1)
        if not len(unlabeled):
            break
        row, column = unlabeled[0]
        ImageDraw.floodfill(canvas, (int(column), int(row)), label)
    return np.asarray(canvas)
