"""Cinematic: a place in its hour, a little out of focus behind a subject, developed like film."""

from typing import Final

from generation.engine.color import color_of, mixed
from generation.engine.finish import FILM, Grade, graded
from generation.engine.lexicon import Understanding
from generation.engine.pixels import WHITE, Pixels, blurred, floats
from generation.engine.scenes.scenery import painted_place
from generation.engine.schemes import Scheme
from generation.engine.stage import Stage

DEPTH_OF_FIELD: Final = 0.0035  # of the shorter side
EXPOSURE: Final = 0.92
TINT: Final = 0.16
CLEAR: Final = Grade(  # light schemes ask for a bright day: whites stay white, blues deep
    contrast=0.85, saturation=1.22, shadows=color_of("#0a3f8c"), strength=0.12
)
WARM: Final = Grade(
    contrast=0.75,
    saturation=1.16,
    shadows=FILM.shadows,
    highlights=FILM.highlights,
    strength=0.10,
)


def paint(stage: Stage, understanding: Understanding) -> tuple[Pixels, str]:
    pixels, place = painted_place(
        stage.size, understanding, (stage.scheme, stage.focus), (stage.variety, stage.random)
    )
    if stage.has_subject:
        pixels = blurred(pixels, stage.size.unit * DEPTH_OF_FIELD)
    return graded(floats(pixels * EXPOSURE), grade_of(stage.scheme)), place


def grade_of(scheme: Scheme) -> Grade:
    """Film, leaning toward the scheme at both ends."""
    if scheme.name == "mono":
        return Grade(contrast=0.6, saturation=0.06)
    if scheme.is_light:
        return CLEAR if scheme.name == "sky" else WARM
    return Grade(
        contrast=FILM.contrast,
        saturation=FILM.saturation,
        shadows=mixed(scheme.ground, scheme.main, 0.4),
        highlights=mixed(scheme.accent, WHITE, 0.3),
        strength=TINT,
    )
