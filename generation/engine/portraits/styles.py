"""A clone of a style: draw the prompt, then move its colors toward those of the photos."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from generation.engine import illustration
from generation.engine.color import from_oklab, to_oklab
from generation.engine.encode import decoded, encoded
from generation.engine.metadata import source_type, xmp_packet
from generation.engine.picture import Picture
from generation.engine.pixels import Pixels, floats

if TYPE_CHECKING:
    from generation.engine.portraits.portrait import PortraitRequest
    from generation.engine.portraits.shots import Shot

LABEL: Final = "Drawn by the engine in the colors of your photos."
DRAWING: Final = 0.85  # of the way: the rest is the colors'
MOST: Final = 0.9  # how far the colors move at full strength
LIGHTNESS: Final = 0.55  # of that for light and dark, so that shapes stay
GAIN: Final = (0.6, 1.9)  # how much weaker and stronger a color may become


def drawn_in_style(
    request: "PortraitRequest", shot: "Shot", progress: Callable[[str, float], None]
) -> Picture:
    """This function will draw the prompt in a style's colors.

    Raises ValueError for a shot that is no style, and whatever `progress` raises.
    """
    mean, spread = _colors_of(shot.facts)
    order = illustration.ImageRequest(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        aspect_ratio=request.aspect_ratio,
        seed=request.seed,
        number=request.number,
    )
    drawn = illustration.render(
        order, progress=lambda stage, share: progress(stage, share * DRAWING)
    )
    pixels = recolored(decoded(drawn.data), mean, spread, request.strength)
    source = source_type(has_photo=False)  # only its colors are a photo's
    file = encoded(pixels, source)
    progress("finishing", 1.0)
    facts = drawn.facts | {
        "label": LABEL,
        "shot": request.shots.index(shot),
        "palette": shot.facts.get("palette", []),
        "strength": request.strength,
    }
    return Picture(
        data=file.data,
        plate=None,
        mark=xmp_packet(source),
        width=drawn.width,
        height=drawn.height,
        content_type=drawn.content_type,
        seed=request.seed,
        alt_text=drawn.alt_text,
        facts=facts,
    )


def _colors_of(facts: Mapping[str, Any]) -> tuple[Pixels, Pixels]:
    try:
        return floats(facts["mean"]), floats(facts["spread"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError("shots: must be what was taken of photos") from error


def recolored(pixels: Pixels, mean: Pixels, spread: Pixels, strength: float) -> Pixels:
    """The same picture with colors that lie where the style's do, and spread as far."""
    lab = to_oklab(pixels)
    flat = lab.reshape(-1, 3)
    center, width = flat.mean(axis=0), flat.std(axis=0)
    gain = np.clip(spread / np.maximum(width, 1e-4), *GAIN)
    moved = (lab - center) * gain + mean
    share = strength * MOST * floats([LIGHTNESS, 1.0, 1.0])
    return from_oklab(floats(lab + (moved - lab) * share))
