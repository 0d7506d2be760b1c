"""Set a clone of a thing into a scene: it stands on the ground there, or floats where none is."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from generation.engine.blending import blended
from generation.engine.casting import Actor, Stance
from generation.engine.cutout import Subject
from generation.engine.pixels import Box, Pixels, Random, Raster, Size, floats, resized
from generation.engine.prompts import Role, read
from generation.engine.scenes.places import set_up
from generation.engine.scenes.setting import Setting

if TYPE_CHECKING:
    from generation.engine.portraits.portrait import PortraitRequest

WORK_SIDE: Final = 560
TALLEST: Final = 0.56  # of the height
WIDEST: Final = 0.66  # of the width
ON_STAGE: Final = 0.80
FRAMED: Final = {"near": 1.30, "far": 0.62, None: 1.0}
HOVER: Final = 0.78  # of the height: where what floats ends
NAME: Final = "package"  # what a scene takes it for
CUT_BLEED: Final = 1.02
BLEED: Final = 3  # pixels
AFLOAT: Final = frozenset({"air", "deep", "water"})


@dataclass(frozen=True, slots=True)
class Staged:
    pixels: Pixels
    label: str
    box: Box


def staged(subject: Subject, request: "PortraitRequest", size: Size, random: Random) -> Staged:
    """The thing in the place that the prompt names, or in a studio."""
    reading = read(request.prompt, request.negative_prompt)
    scene = reading.scene if reading.scene != "abstract" or reading.understood else "studio"
    reading = replace(reading, scene=scene, cast=(Role(NAME),))
    setting = _enlarged(set_up(reading, _work_size(size), random), size)
    wanted = _wanted(subject, size, setting) * FRAMED[reading.framing]
    actor = _actor(subject, wanted, size, setting)
    pixels = blended(setting.pixels, [actor], setting, random)
    return Staged(floats(np.clip(pixels, 0, 1)), setting.label, actor.box)


def _work_size(size: Size) -> Size:
    scale = WORK_SIDE / max(size.width, size.height)
    return Size(round(size.width * scale), round(size.height * scale))


def _enlarged(setting: Setting, size: Size) -> Setting:
    return replace(setting, pixels=resized(setting.pixels, size, Image.Resampling.LANCZOS))


def _wanted(subject: Subject, size: Size, setting: Setting) -> float:
    """How many times as large the cut-out is drawn."""
    raster, cuts = subject.raster, subject.cuts
    if cuts.top and cuts.bottom:
        return CUT_BLEED * size.height / raster.height
    tall = TALLEST * size.height * (ON_STAGE if setting.footing == "stage" else 1.0)
    return min(tall / raster.height, WIDEST * size.width / raster.width)


def _actor(subject: Subject, scale: float, size: Size, setting: Setting) -> Actor:
    whole = subject.raster
    wanted = (max(2, round(whole.width * scale)), max(2, round(whole.height * scale)))
    raster = whole.resize(wanted, Image.Resampling.LANCZOS)
    stance, top = _standing(subject, raster, size, setting)
    left = _left(subject, raster, size)
    return Actor(NAME, raster, Box(left, top, left + raster.width, top + raster.height), stance)


def _standing(subject: Subject, raster: Raster, size: Size, setting: Setting) -> tuple[Stance, int]:
    """How it belongs to the place, and the row where it begins; what the photo cut runs off."""
    if subject.cuts.top:
        return "cropped", -BLEED
    if subject.cuts.bottom:
        return "cropped", size.height + BLEED - raster.height
    if setting.footing in AFLOAT:
        return "floats", round(size.height * HOVER) - raster.height
    return "stands", round(size.height * setting.floor) - raster.height


def _left(subject: Subject, raster: Raster, size: Size) -> int:
    """In the middle, or off the canvas on the side where the photo cut it."""
    if subject.cuts.left is not None and subject.cuts.right is None:
        return -BLEED
    if subject.cuts.right is not None and subject.cuts.left is None:
        return size.width - raster.width + BLEED
    return round((size.width - raster.width) / 2)
