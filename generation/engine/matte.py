"""The matte: U-2-Net-p says what stands out, a guided filter where its edge runs."""

import numpy as np
from PIL import Image

from generation.engine import models
from generation.engine.pixels import (
    Pixels,
    Raster,
    Size,
    box_blurred,
    floats,
    from_picture,
    resized,
    size_of,
    smoothstep,
)
from generation.engine.strays import without_strays

MODEL = "u2netp"
NET_SIDE = 320
NET_MEAN = floats([0.485, 0.456, 0.406])
NET_SPREAD = floats([0.229, 0.224, 0.225])

GUIDE = floats([0.3, 0.59, 0.11])
GUIDE_RADIUS = 0.008  # of the longer side
GUIDE_SMOOTHNESS = 4e-4
EDGE_FROM, EDGE_TO = 0.18, 0.88  # what the filter leaves soft becomes clearly out or in

WIDE_CLEANING = 0.03  # of the longer side: brings the subject's own color to its fringe
WIDE_CLEANING_SHRINK = 4
NARROW_CLEANING = 4  # pixels: brings the fine structure back
NOTHING = 1e-3


def matte_of(photo: Raster) -> tuple[Pixels, float]:
    """How much of each pixel is the subject, and how sure the net is (0 to 1)."""
    size = Size(*photo.size)
    rough, confidence = _rough_matte(photo)
    alpha = floats(np.clip(resized(rough, size), 0, 1))
    return without_strays(_refined(alpha, from_picture(photo))), confidence


def _rough_matte(photo: Raster) -> tuple[Pixels, float]:
    small = photo.resize((NET_SIDE, NET_SIDE), Image.Resampling.LANCZOS)
    values = floats(small)
    normal = (values / max(float(values.max()), 1) - NET_MEAN) / NET_SPREAD
    outputs = models.run(MODEL, floats(normal.transpose(2, 0, 1)[None]))
    answer = next(iter(outputs.values()))[0, 0]
    low, high = float(answer.min()), float(answer.max())
    return floats((answer - low) / (high - low + NOTHING)), high


def _refined(alpha: Pixels, photo: Pixels) -> Pixels:
    """Let the edge of the matte follow the edge in the photo."""
    radius = max(3, int(max(alpha.shape) * GUIDE_RADIUS))
    guided = _guided(alpha, floats(photo @ GUIDE), radius)
    band = smoothstep(0.02, 0.2, alpha) * (1 - smoothstep(0.8, 0.98, alpha))
    band = floats(np.clip(box_blurred(floats(band), radius) * 2, 0, 1))
    return smoothstep(EDGE_FROM, EDGE_TO, floats(alpha * (1 - band) + guided * band))


def _guided(alpha: Pixels, guide: Pixels, radius: int) -> Pixels:
    mean_guide, mean_alpha = box_blurred(guide, radius), box_blurred(alpha, radius)
    covariance = box_blurred(floats(guide * alpha), radius) - mean_guide * mean_alpha
    variance = box_blurred(floats(guide * guide), radius) - mean_guide * mean_guide
    slope = floats(covariance / (variance + GUIDE_SMOOTHNESS))
    offset = floats(mean_alpha - slope * mean_guide)
    fitted = box_blurred(slope, radius) * guide + box_blurred(offset, radius)
    return floats(np.clip(fitted, 0, 1))


def cleaned_colors(photo: Pixels, alpha: Pixels) -> Pixels:
    """The subject's own colors, without what of the old background shone into its edge."""
    share = alpha[..., None]
    small = Size(
        max(2, photo.shape[1] // WIDE_CLEANING_SHRINK),
        max(2, photo.shape[0] // WIDE_CLEANING_SHRINK),
    )
    radius = max(photo.shape[:2]) * WIDE_CLEANING / WIDE_CLEANING_SHRINK
    small_photo = resized(photo, small, Image.Resampling.BOX)
    small_share = resized(alpha, small, Image.Resampling.BOX)[..., None]
    front, behind = _neighborhood(small_photo, small_photo, small_share, max(2, round(radius)))
    size = size_of(photo)
    front, behind = resized(front, size), resized(behind, size)
    wide = _estimated(photo, share, front, behind)
    front, behind = _neighborhood(wide, photo, share, NARROW_CLEANING)
    return _estimated(photo, share, front, behind)


def _neighborhood(
    subject: Pixels, photo: Pixels, share: Pixels, radius: int
) -> tuple[Pixels, Pixels]:
    weight = box_blurred(share, radius) + NOTHING
    front = box_blurred(subject * share, radius) / weight
    behind = box_blurred(photo * (1 - share), radius) / (1 - weight + 3 * NOTHING)
    return floats(front), floats(behind)


def _estimated(photo: Pixels, share: Pixels, front: Pixels, behind: Pixels) -> Pixels:
    rest = photo - share * front - (1 - share) * behind
    return floats(np.clip(front + share * rest, 0, 1))
