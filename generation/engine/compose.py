"""Compose a thumbnail: subject, ground, title and finish, in that order."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from generation.engine.backgrounds import bold, cinematic, editorial, minimal, neon, playful
from generation.engine.backgrounds.playful import doodled
from generation.engine.cutout import Photo, Subject, cut_out, open_photo
from generation.engine.dressing import Dressing, dressed
from generation.engine.finish import FILM, bloomed, graded, grained, vignetted
from generation.engine.groups import icon_subject
from generation.engine.layout import Layout, Wish, laid_out
from generation.engine.lexicon import Understanding, understand
from generation.engine.panels import ZOOMS, covering, mounted
from generation.engine.pixels import Box, Pixels, Random, Size, bounds_of
from generation.engine.plates import Plate, ornaments_random
from generation.engine.schemes import Scheme
from generation.engine.stage import Stage
from generation.engine.titles import Title, read_title
from generation.engine.titling import Titled, titled
from generation.engine.variants import Variant
from generation.engine.variety import Variety

type Progress = Callable[[str, float], None]

ICON_SIDE: Final = 0.86  # of the shorter side: as large as an icon is ever shown
ICON_FILL: Final = {"playful": 0.84, "minimal": 0.82, "neon": 0.86}  # a shape frames them
KEPT_WHOLE: Final = "The subject fills the photo, so the photo was kept whole."
NO_SUBJECT: Final = "No subject stood out in the photo, so it became the background."

GROUNDS: Final[dict[str, Callable[[Stage], Pixels]]] = {
    "bold": bold.paint,
    "minimal": minimal.paint,
    "neon": neon.paint,
    "editorial": editorial.paint,
    "playful": playful.paint,
}
TITLE_AIR: Final = 0.045  # of the shorter side, kept between a shape and the title
BLOOM: Final = {"cinematic": 0.32, "neon": 0.34}
VIGNETTE: Final = {"bold": 0.22, "cinematic": 0.34, "neon": 0.22, "editorial": 0.06}
GRAIN: Final = {"bold": 0.006, "cinematic": 0.014, "neon": 0.008, "editorial": 0.008}


@dataclass(frozen=True, slots=True)
class Order:
    """A checked request."""

    title: str
    prompt: str
    style: str
    scheme: Scheme
    aspect: str
    size: Size
    has_title: bool
    photo: bytes | None
    variety: Variety
    seed: int
    variant: Variant | None = None


@dataclass(slots=True)
class Material:
    """What the request gave us to work with."""

    title: Title
    understanding: Understanding
    subject: Subject | None = None
    photo: Photo | None = None
    place: str | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def is_cut_out(self) -> bool:
        return self.subject is not None and self.photo is not None


@dataclass(frozen=True, slots=True)
class Composition:
    """The picture before its title and after, and all that captions want to know about them."""

    bare: Pixels
    layout: Layout
    material: Material
    plate: Plate | None
    titled: Titled | None
    ornaments: tuple[Box, ...]

    @property
    def pixels(self) -> Pixels:
        return self.titled.pixels if self.titled else self.bare


def compose(order: Order, random: Random, progress: Progress) -> Composition:
    """This function will compose the picture, calling `progress` before each step."""
    progress("cutting out the subject", 0.0)
    material = _material(order, random)
    layout = laid_out(_wish(order, material), random)
    if layout.panel is not None:
        material.warnings.append(KEPT_WHOLE)
    progress("painting the background", 0.4)
    stage = _stage(order, layout, random)
    pixels = _ground(order, material, layout, stage)
    pixels = _finished(order.style, _with_subject(order, layout, pixels), random)
    progress("setting the title", 0.75)
    plate = _plate(order, material, layout, pixels)
    result = titled(plate, material.title) if plate else None
    ornaments = result.ornaments if result else _ornamented(order, material, layout, pixels)
    progress("finishing", 0.9)
    return Composition(pixels, layout, material, plate, result, ornaments)


def _material(order: Order, random: Random) -> Material:
    title = read_title(order.title, order.style, order.variety)
    understanding = understand(title.text, order.prompt, title.emoji)
    material = Material(title, understanding, warnings=list(title.warnings))
    if order.photo is not None:
        _take_photo(material, order.photo)
    elif understanding.objects:
        side = int(order.size.unit * ICON_SIDE)
        material.subject = icon_subject(
            understanding.objects, side, random, ICON_FILL.get(order.style, 1.0)
        )
    return material


def _take_photo(material: Material, data: bytes) -> None:
    material.photo = open_photo(data)
    material.subject = cut_out(material.photo)
    if material.subject is None:
        material.warnings.append(NO_SUBJECT)


def _wish(order: Order, material: Material) -> Wish:
    title = material.title if order.has_title and material.title.words else None
    return Wish(
        order.style,
        order.aspect,
        order.size,
        title,
        material.subject,
        material.photo,
        order.variety,
    )


def _stage(order: Order, layout: Layout, random: Random) -> Stage:
    has_subject = layout.standing is not None or layout.panel is not None
    room = _room(layout, order.size)
    return Stage(
        order.size,
        order.scheme,
        random,
        order.variety,
        layout.focus,
        layout.reach,
        has_subject,
        room,
    )


def _room(layout: Layout, size: Size) -> float:
    if layout.block is None:
        return size.aspect
    box, across, down = layout.block.box, *layout.focus
    aside = max(box.left - across * size.width, across * size.width - box.right)
    below = down * size.height - box.bottom
    return max(aside, below) / size.unit - TITLE_AIR


def _ground(order: Order, material: Material, layout: Layout, stage: Stage) -> Pixels:
    if material.photo is not None and material.subject is None:
        area = Box(0, 0, order.size.width, order.size.height)
        zoom = order.variety.pick(ZOOMS)
        return graded(covering(material.photo, order.size, area, zoom), FILM)
    if order.style == "cinematic":
        pixels, material.place = cinematic.paint(stage, material.understanding)
        return pixels
    return GROUNDS[order.style](stage)


def _with_subject(order: Order, layout: Layout, pixels: Pixels) -> Pixels:
    if layout.panel is not None:
        return mounted(pixels, layout.panel, order.scheme)
    if layout.standing is None:
        return pixels
    standing = layout.standing
    return dressed(order.style, Dressing(pixels, standing.colors, standing.alpha, order.scheme))


def _finished(style: str, pixels: Pixels, random: Random) -> Pixels:
    if style in BLOOM:
        pixels = bloomed(pixels, BLOOM[style])
    if style in VIGNETTE:
        pixels = vignetted(pixels, VIGNETTE[style])
    if style in GRAIN:
        pixels = grained(pixels, random, GRAIN[style])
    return np.clip(pixels, 0, 1)


def _plate(order: Order, material: Material, layout: Layout, pixels: Pixels) -> Plate | None:
    if layout.zone is None:
        return None
    return Plate(
        pixels=pixels,
        style=order.style,
        color_scheme=order.scheme.name,
        variety=order.variety,
        zone=layout.zone,
        subject=bounds_of(layout.taken),
        is_strewn=_is_strewn(order, material),
        has_photo=order.photo is not None,
        seed=order.seed,
    )


def _is_strewn(order: Order, material: Material) -> bool:
    """Ornaments are strewn on the painted ground only, never on a photo."""
    is_photo = material.photo is not None and material.subject is None
    return order.style == "playful" and not is_photo


def _ornamented(
    order: Order, material: Material, layout: Layout, pixels: Pixels
) -> tuple[Box, ...]:
    if not _is_strewn(order, material):
        return ()
    subject = bounds_of(layout.taken)
    random = ornaments_random(order.style, order.seed)
    return doodled(order.scheme, random, pixels, (subject,) if subject else ())
