"""What a photo shows: EfficientNet-Lite0's first answer, and how sure it is of it."""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from PIL import Image

from generation.engine import models
from generation.engine.pixels import Raster, floats
from generation.engine.vendored import path_of

MODEL: Final = "efflite0_fp16"
SIDE: Final = 224
MIDDLE, SPREAD = 127.0, 128.0
# The classes of ImageNet that are animals come first: 398 of its thousand.
ANIMALS: Final = 398


@dataclass(frozen=True, slots=True)
class Guess:
    label: str
    confidence: float
    is_animal: bool


def guessed(raster: Raster) -> Guess:
    """This function will name the most likely of a thousand things."""
    small = raster.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    values = floats((floats(small) - MIDDLE) / SPREAD)
    logits = models.run(MODEL, floats(values.transpose(2, 0, 1)[None]))["logits"][0]
    odds = np.exp(logits - logits.max())
    odds /= odds.sum()
    first = int(odds.argmax())
    return Guess(_labels()[first], float(odds[first]), first < ANIMALS)


@cache
def _labels() -> tuple[str, ...]:
    lines = path_of("models/imagenet-labels.txt").read_text().splitlines()
    return tuple(line.split(",")[0] for line in lines)
