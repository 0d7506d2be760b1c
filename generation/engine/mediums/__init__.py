"""Painted looks: a finished picture seen through oil, water, graphite, ink, pixels or facets."""

from collections.abc import Callable
from typing import Final

from generation.engine.mediums.facets import low_poly
from generation.engine.mediums.graphite import pencil
from generation.engine.mediums.ink import comic
from generation.engine.mediums.paint import oil, watercolor
from generation.engine.mediums.tiles import pixel_art
from generation.engine.pixels import Pixels, Random

MEDIUMS: Final[dict[str, Callable[[Pixels, Random], Pixels]]] = {
    "oil": oil,
    "watercolor": watercolor,
    "pencil": pencil,
    "comic": comic,
    "pixel": pixel_art,
    "lowpoly": low_poly,
}
CRISP: Final = frozenset({"pixel", "lowpoly", "comic", "pencil"})  # no bloom, no film grain
