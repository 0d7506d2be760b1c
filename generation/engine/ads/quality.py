"""How good a product photo is, as numbers from 0 to 1, and what would make it better, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from generation.engine.ads.classifier import Guess
from generation.engine.ads.families import UNSURE
from generation.engine.cutout import Cuts
from generation.engine.pixels import Pixels, Raster, brightness, floats, from_picture

SIDE: Final = 320
SHARPEST: Final = 0.045  # mean change to the neighbors, at the sharpest tenth, of a crisp photo
LEAST_SHARPNESS: Final = 0.35
DARK, BRIGHT = 0.28, 0.86  # mean brightness of what is the product
CLUTTERED: Final = 0.45
BUSIEST: Final = 0.06  # mean change to the neighbors of a very busy background
SMALL: Final = 700  # pixels of the longer side
CROP: Final = 0.12  # of each side: left out, so that the middle counts most


@dataclass(frozen=True, slots=True)
class Look:
    """What a glance at a photo tells."""

    sharpness: float
    exposure: float
    longest: int

    @property
    def score(self) -> float:
        is_lit = DARK <= self.exposure <= BRIGHT
        return self.sharpness + 0.4 * is_lit + 0.5 * min(1.0, self.longest / SMALL)


def look_at(raster: Raster) -> Look:
    """This function will judge a photo without knowing what is in it."""
    gray = _gray(raster)
    edge = int(min(gray.shape) * CROP)
    middle = gray[edge : gray.shape[0] - edge, edge : gray.shape[1] - edge]
    return Look(_sharpness(middle), round(float(middle.mean()), 2), max(raster.size))


def exposure_of(product: Raster) -> float:
    """How bright what is opaque is, on the whole."""
    small = from_picture(product.resize((64, 64), Image.Resampling.BOX))
    shown = small[..., 3] > 0.5
    return round(float(brightness(floats(small[..., :3]))[shown].mean()), 2) if shown.any() else 0.5


def clutter_of(photo: Raster, alpha: Pixels | None) -> float:
    """How busy the background is: 0 is plain paper."""
    gray = _gray(photo)
    changes = _changes(gray)
    if alpha is None:
        return round(min(1.0, float(changes.mean()) / BUSIEST), 2)
    mask = Image.fromarray((alpha * 255).astype(np.uint8)).resize(
        (changes.shape[1], changes.shape[0]), Image.Resampling.BOX
    )
    outside = np.asarray(mask) < 8
    found = float(changes[outside].mean()) if outside.any() else 0.0
    return round(min(1.0, found / BUSIEST), 2)


def _gray(raster: Raster) -> Pixels:
    small = raster.convert("RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return brightness(from_picture(small))


def _changes(gray: Pixels) -> Pixels:
    across, down = np.abs(np.diff(gray, axis=1))[:-1], np.abs(np.diff(gray, axis=0))[:, :-1]
    return floats((across + down) / 2)


def _sharpness(gray: Pixels) -> float:
    changes = _changes(gray)
    crisp = changes[changes >= np.percentile(changes, 90)]
    return round(min(1.0, float(crisp.mean()) / SHARPEST / 2), 2)


def cut_edges_of(cuts: Cuts) -> list[str]:
    touched = {
        "left": cuts.left is not None,
        "right": cuts.right is not None,
        "top": cuts.top,
        "bottom": cuts.bottom,
    }
    return [side for side, is_touched in touched.items() if is_touched]


def suggestions_for(facts: dict[str, Any], guess: Guess, longest: int) -> list[str]:
    """What the person can do about it, the most useful first."""
    edges = _listed(facts["cut_edges"]) if facts["cut_edges"] else ""
    remedies = (
        (not facts["is_cut_out"],
         ("Nothing stood out clearly enough to be cut out. Photograph the product alone, "
          "in front of a plain wall or a sheet of paper.")),
        (bool(edges),
         f"The photo cuts the product off at the {edges}. Leave a little room all around it."),
        (longest < SMALL,
         f"The photo is small ({longest} pixels). From about 1,000 pixels on, ads stay crisp."),
        (facts["sharpness"] < LEAST_SHARPNESS,
         "The photo looks soft. Rest the camera on something, or add light."),
        (facts["exposure"] < DARK,
         "The product is rather dark. Move it to a window, or brighten the photo."),
        (facts["exposure"] > BRIGHT,
         "The product is very bright. Lower the exposure so that its edges show."),
        (facts["clutter"] > CLUTTERED,
         "The background is busy. A plain one gives cleaner edges."),
        (facts["stance"] == "lies",
         "It was photographed from above, so the ads lay it down instead of standing it up."),
        (guess.confidence < UNSURE,
         "The recognizer is not sure what this is. Name the product for better words."),
    )  # fmt: skip
    return [sentence for applies, sentence in remedies if applies]


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
