"""Product ads: a product's own pixels, cut out of its photo, in scenes and formats made here."""

from generation.engine.ads.advert import AdRequest, render, reworded
from generation.engine.ads.formats import FORMATS, STYLES
from generation.engine.ads.prepared import Prepared
from generation.engine.ads.preparing import MOST_PHOTOS, prepare
from generation.engine.ads.wording import copy_for

__all__ = [
    "FORMATS",
    "MOST_PHOTOS",
    "STYLES",
    "AdRequest",
    "Prepared",
    "copy_for",
    "prepare",
    "render",
    "reworded",
]
