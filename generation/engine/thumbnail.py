"""Make a thumbnail on this server: a title, a style and perhaps a photo in, a labelled JPEG out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from generation.engine import NAME, metadata
from generation.engine.color import code_of
from generation.engine.compose import Composition, Order, compose
from generation.engine.encode import jpeg_of
from generation.engine.pixels import Size
from generation.engine.schemes import SCHEMES
from generation.engine.seeds import random_of
from generation.engine.variety import variety_of

STYLES: Final = ("bold", "minimal", "cinematic", "neon", "editorial", "playful")
COLOR_SCHEMES: Final = tuple(SCHEMES)
ASPECT_RATIOS: Final = {
    "16:9": (1280, 720),
    "9:16": (1080, 1920),
    "1:1": (1080, 1080),
    "4:5": (1080, 1350),
    "3:2": (1200, 800),
    "2:3": (1000, 1500),
}
CONTENT_TYPE: Final = "image/jpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThumbnailRequest:
    """What to make; `photo` is a cleaned JPEG, PNG or WebP of at most 2048 pixels a side."""

    title: str
    style: str
    color_scheme: str
    aspect_ratio: str
    text_overlay: bool
    prompt: str = ""
    photo: bytes | None = None
    seed: int


@dataclass(frozen=True, slots=True)
class Picture:
    """What was made; `facts` says how, in values that JSON can hold."""

    data: bytes
    width: int
    height: int
    content_type: str
    seed: int
    alt_text: str
    facts: dict[str, Any]


def render(request: ThumbnailRequest, *, progress: Callable[[str, float], None]) -> Picture:
    """This function will make the thumbnail, telling `progress` each step and how far it is.

    Raises ValueError naming the field that cannot be used, and whatever `progress` raises.
    """
    composition = composed(request, progress)
    data = jpeg_of(composition.pixels, metadata.source_type(has_photo=request.photo is not None))
    progress("finishing", 1.0)
    height, width = composition.pixels.shape[:2]
    return Picture(
        data=data,
        width=width,
        height=height,
        content_type=CONTENT_TYPE,
        seed=request.seed,
        alt_text=alt_text_of(request, composition),
        facts=facts_of(request, composition),
    )


def composed(request: ThumbnailRequest, progress: Callable[[str, float], None]) -> Composition:
    """This function will do all of `render` but the encoding. Raises what `render` raises."""
    order = _checked(request)
    random = random_of(
        order.title, order.prompt, order.style, order.scheme.name, order.aspect, request.seed
    )
    return compose(order, random, progress)


def _checked(request: ThumbnailRequest) -> Order:
    _require("style", request.style, STYLES)
    _require("color_scheme", request.color_scheme, COLOR_SCHEMES)
    _require("aspect_ratio", request.aspect_ratio, tuple(ASPECT_RATIOS))
    if request.text_overlay and not request.title.strip():
        raise ValueError("title: must not be empty when the text is to be shown")
    variety = variety_of(request.seed, request.title, request.style, request.color_scheme)
    return Order(
        title=request.title,
        prompt=request.prompt,
        style=request.style,
        scheme=variety.tinted(SCHEMES[request.color_scheme]),
        aspect=request.aspect_ratio,
        size=Size(*ASPECT_RATIOS[request.aspect_ratio]),
        has_title=request.text_overlay,
        photo=request.photo,
        variety=variety,
    )


def _require(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{field}: must be one of {', '.join(allowed)}")


def facts_of(request: ThumbnailRequest, composition: Composition) -> dict[str, Any]:
    material, layout = composition.material, composition.layout
    return {
        "engine": NAME,
        "kind": "composite" if request.photo else "render",
        "understood": list(material.understanding.understood),
        "ignored": list(material.understanding.ignored),
        "subject": subject_of(composition),
        "scene": material.place,
        "cut_out": layout.standing is not None and material.is_cut_out,
        "contrast": round(composition.written.contrast, 2) if composition.written else None,
        "warnings": list(material.warnings),
        "layout": {
            "text_box": layout.block.box.as_list() if layout.block else None,
            "subject_box": layout.standing.box.as_list() if layout.standing else None,
            "font_size": layout.block.size if layout.block else None,
            "inks": inks_of(composition),
        },
    }


def inks_of(composition: Composition) -> list[str]:
    """The colors that the title's letters have."""
    block, result = composition.layout.block, composition.written
    if block is None or result is None:
        return []
    found = {placed.word.stressed for placed in block.words}
    inks = {False: result.inks.plain, True: result.inks.stressed}
    return sorted({code_of(inks[is_stressed]) for is_stressed in found})


def subject_of(composition: Composition) -> str:
    material = composition.material
    if material.photo is not None:
        return "person" if material.photo.face else "photo"
    return " and ".join(material.understanding.objects) or "none"


def alt_text_of(request: ThumbnailRequest, composition: Composition) -> str:
    shown = {
        "none": "",
        "person": " with a person from the photo",
        "photo": " with the subject of the photo",
    }
    subject = subject_of(composition)
    names = shown.get(subject, f" with {subject.replace('-', ' ')}")
    return f"{request.style.capitalize()} thumbnail{names}: {request.title.strip()}"
