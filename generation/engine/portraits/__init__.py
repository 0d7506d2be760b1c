"""Clones without training: photos measured, cut out once, and set into other places and light."""

from generation.engine.portraits.measuring import measured
from generation.engine.portraits.portrait import LABEL, PortraitRequest, render
from generation.engine.portraits.shots import SUBJECTS, Shot, taken

__all__ = ["LABEL", "SUBJECTS", "PortraitRequest", "Shot", "measured", "render", "taken"]
