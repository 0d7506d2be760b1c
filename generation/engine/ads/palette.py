"""A product's colors: the few that it consists of, their names, and the one that is its own."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from generation.engine.color import code_of, color_of, from_oklab, to_oklab
from generation.engine.pixels import Pixels, Raster, floats, from_picture

SIDE: Final = 96
OPAQUE: Final = 0.6
LEAST_PIXELS: Final = 20
CLUSTERS: Final = 5
ROUNDS: Final = 14
LEAST_WEIGHT: Final = 0.04
SAME: Final = 0.045  # OKLab distance under which two colors count as one
NEUTRAL: Final = 0.028  # chroma
WEIGHT_OFFSET: Final = 0.35  # a small spot of strong color may be the product's own
EXTREMES: Final = (0.22, 0.95)  # lightness beyond which a color is hardly one
EXTREME_COST: Final = 0.3

NAMED: Final = {
    "black": "#111214", "charcoal": "#3a3d42", "gray": "#808489", "silver": "#c0c3c7",
    "white": "#fafafa", "cream": "#f3e9d2", "beige": "#d9c3a0", "tan": "#c19a6b",
    "brown": "#7b4a26", "dark brown": "#40261a", "burgundy": "#6d1a2d", "red": "#d3202a",
    "deep red": "#98150f", "coral": "#ff6f56", "orange": "#f58220", "amber": "#c47a1d",
    "gold": "#d9a520", "yellow": "#ffd92e", "olive": "#7b7d2a", "lime": "#a6d42c",
    "green": "#2f9e44", "dark green": "#1d4d2b", "mint": "#9fe3c4", "teal": "#12807c",
    "turquoise": "#33c4c4", "sky blue": "#7fc4ee", "blue": "#2463d6", "navy": "#15264f",
    "lavender": "#b9a8e6", "purple": "#6f3fb4", "plum": "#5a2350", "magenta": "#cf2b8c",
    "pink": "#f49ac1", "rose": "#cf6a7d",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Palette:
    """The colors by weight, and the accent; all are sRGB."""

    colors: tuple[Pixels, ...]
    weights: tuple[float, ...]
    accent: Pixels

    @property
    def is_neutral(self) -> bool:
        """Whether the product has no color of its own."""
        return chroma_of(self.accent) < NEUTRAL * 1.6

    @property
    def lightness(self) -> float:
        """The mean of all."""
        lights = [float(to_oklab(color)[0]) for color in self.colors]
        return float(np.average(lights, weights=self.weights))

    def as_facts(self) -> list[dict[str, str]]:
        return [{"name": name_of(color), "hex": code_of(color)} for color in self.colors]


def palette_of(raster: Raster) -> Palette:
    """This function will find the colors of what is opaque."""
    small = raster.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.BOX)
    pixels = from_picture(small)
    opaque = pixels[pixels[..., 3] > OPAQUE][:, :3]
    if len(opaque) < LEAST_PIXELS:
        opaque = pixels[..., :3].reshape(-1, 3)
    centers, weights = _merged(*_clustered(to_oklab(opaque)))
    accent = max(range(len(centers)), key=lambda i: _pull(centers[i], weights[i]))
    colors = tuple(from_oklab(center) for center in centers)
    return Palette(colors, tuple(weights), colors[accent])


def _clustered(labs: Pixels) -> tuple[Pixels, list[float]]:
    """k-means, begun at quantiles of lightness, so that nothing is left to chance."""
    order = np.argsort(labs[:, 0])
    places = ((np.arange(CLUSTERS) + 0.5) / CLUSTERS * len(labs)).astype(int)
    centers = labs[order[places]].copy()
    for _ in range(ROUNDS):
        distances = ((labs[:, None] - centers[None]) ** 2).sum(axis=2)
        nearest = distances.argmin(axis=1)
        for index in range(CLUSTERS):
            members = labs[nearest == index]
            if len(members):
                centers[index] = members.mean(axis=0)
    counts = np.bincount(nearest, minlength=CLUSTERS)
    heaviest = np.argsort(-counts)
    return floats(centers[heaviest]), [float(counts[i]) / len(labs) for i in heaviest]


def _merged(centers: Pixels, weights: list[float]) -> tuple[list[Pixels], list[float]]:
    """The same colors without doubles and traces, the heaviest first."""
    kept: list[Pixels] = []
    shares: list[float] = []
    for center, weight in zip(centers, weights, strict=True):
        twin = next((i for i, one in enumerate(kept) if np.hypot(*(one - center)[1:]) < SAME
                     and abs(one[0] - center[0]) < 2 * SAME), None)  # fmt: skip
        if twin is not None:
            shares[twin] += weight
        elif weight >= LEAST_WEIGHT or not kept:
            kept.append(center)
            shares.append(weight)
    return kept, shares


def _pull(lab: Pixels, weight: float) -> float:
    low, high = EXTREMES
    strength = float(np.hypot(lab[1], lab[2])) * math.sqrt(WEIGHT_OFFSET + weight)
    return strength * (1.0 if low < float(lab[0]) < high else EXTREME_COST)


def chroma_of(color: Pixels) -> float:
    lab = to_oklab(color)
    return float(np.hypot(lab[1], lab[2]))


def name_of(color: Pixels) -> str:
    """The everyday name that comes closest."""
    lab = to_oklab(color)
    far = floats([1.0, 2.2, 2.2])  # hue tells names apart more than lightness does
    return min(
        NAMED, key=lambda name: float((((to_oklab(color_of(NAMED[name])) - lab) * far) ** 2).sum())
    )
