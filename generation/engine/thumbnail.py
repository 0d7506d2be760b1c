"""Make a thumbnail on this server: a title, a style and perhaps a photo in, a labelled JPEG out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generation.engine import NAME
from generation.engine.compose import Composition, Order, compose
from generation.engine.encode import decoded, encoded, plate_of
from generation.engine.metadata import source_type, xmp_packet
from generation.engine.picture import Picture
from generation.engine.pixels import Size
from generation.engine.plates import Plate
from generation.engine.schemes import SCHEMES
from generation.engine.seeds import random_of
from generation.engine.titles import NO_LETTERS, read_title
from generation.engine.titling import Titled, titled
from generation.engine.variants import variant_of
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
OWN_TITLE: Final = "Your own title"


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
    variant: int | None = None


def render(request: ThumbnailRequest, *, progress: Callable[[str, float], None]) -> Picture:
    """This function will make the thumbnail, telling `progress` each step and how far it is.

    Raises ValueError naming the field that cannot be used, and whatever `progress` raises.
    """
    order = checked(request)
    composition = drawn(order, progress)
    source = source_type(has_photo=order.photo is not None)
    plate, result = composition.plate, composition.titled
    file = result.file if result else encoded(composition.pixels, source)
    progress("finishing", 1.0)
    height, width = composition.pixels.shape[:2]
    return Picture(
        data=file.data,
        plate=plate_of(plate.pixels, source) if plate else None,
        mark=xmp_packet(source),
        width=width,
        height=height,
        content_type=CONTENT_TYPE,
        seed=request.seed,
        alt_text=alt_text_of(request.style, subject_of(composition), order.title),
        facts=facts_of(order, composition),
        varied=varied(request, order),
    )


def retitled(plate: bytes, facts: Mapping[str, Any], text: str) -> Picture:
    """This function will set another title on the plate of a picture that has these facts.

    Raises ValueError if the title has no letter that can be drawn.
    """
    below = Plate.of(decoded(plate), facts["setting"])
    title = read_title(text, below.style, below.variety)
    if not title.words:
        raise ValueError("title: has no letter that can be drawn")
    result = titled(below, title)
    height, width = result.pixels.shape[:2]
    kept = [warning for warning in facts["warnings"] if not warning.startswith(NO_LETTERS)]
    return Picture(
        data=result.file.data,
        plate=plate,
        mark=xmp_packet(below.source),
        width=width,
        height=height,
        content_type=CONTENT_TYPE,
        seed=below.seed,
        alt_text=alt_text_of(below.style, facts["subject"], text),
        facts={
            **facts,
            **title_facts(result, facts["layout"]["subject_box"]),
            "warnings": [*kept, *title.warnings],
            **({"variant": {**facts["variant"], "hook": OWN_TITLE}} if "variant" in facts else {}),
        },
    )


def drawn(order: Order, progress: Callable[[str, float], None]) -> Composition:
    """This function will do all of `render` but the wrapping up. Raises what `render` raises."""
    random = random_of(
        order.title, order.prompt, order.style, order.scheme.name, order.aspect, order.seed
    )
    return compose(order, random, progress)


def checked(request: ThumbnailRequest) -> Order:
    """The order that a request amounts to. Raises ValueError naming the field that is wrong."""
    _require("style", request.style, STYLES)
    _require("color_scheme", request.color_scheme, COLOR_SCHEMES)
    _require("aspect_ratio", request.aspect_ratio, tuple(ASPECT_RATIOS))
    if request.text_overlay and not request.title.strip():
        raise ValueError("title: must not be empty when the text is to be shown")
    variety = variety_of(request.seed, request.title, request.style, request.color_scheme)
    variant = variant_of(request.variant or 0, request.title, request.color_scheme)
    variety = variant.of(variety)
    return Order(
        title=variant.title,
        prompt=request.prompt,
        style=request.style,
        scheme=variety.tinted(SCHEMES[variant.color_scheme]),
        aspect=request.aspect_ratio,
        size=Size(*ASPECT_RATIOS[request.aspect_ratio]),
        has_title=request.text_overlay,
        photo=request.photo,
        variety=variety,
        seed=request.seed,
        variant=variant if request.variant is not None else None,
    )


def _require(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{field}: must be one of {', '.join(allowed)}")


def varied(request: ThumbnailRequest, order: Order) -> dict[str, str]:
    """What is otherwise than it was ordered."""
    made = {"title": order.title, "color_scheme": order.scheme.name}
    return {name: value for name, value in made.items() if value != getattr(request, name)}


def facts_of(order: Order, composition: Composition) -> dict[str, Any]:
    material, layout = composition.material, composition.layout
    standing, plate = layout.standing, composition.plate
    return {
        "engine": NAME,
        "kind": "composite" if order.photo else "render",
        "understood": list(material.understanding.understood),
        "ignored": list(material.understanding.ignored),
        "subject": subject_of(composition),
        "scene": material.place,
        "cut_out": standing is not None and material.is_cut_out,
        "warnings": list(material.warnings),
        **title_facts(composition.titled, standing.box.as_list() if standing else None),
        **({"setting": plate.as_facts()} if plate else {}),
        **({"variant": variant_facts(order, composition)} if order.variant else {}),
    }


def variant_facts(order: Order, composition: Composition) -> dict[str, Any]:
    assert order.variant is not None  # noqa: S101 - the caller looked
    return order.variant.as_facts(composition.layout, composition.material.title, order.size)


def title_facts(result: Titled | None, subject_box: list[int] | None) -> dict[str, Any]:
    """What the title decides."""
    layout: dict[str, Any] = {
        "text_box": None,
        "subject_box": subject_box,
        "font_size": None,
        "inks": [],
    }
    if result is None:
        return {"contrast": None, "layout": layout}
    layout |= {
        "text_box": result.block.box.as_list(),
        "font_size": result.block.size,
        "inks": result.inks,
    }
    return {
        "contrast": round(result.proof.contrast, 2),
        "legibility": result.proof.as_facts() | {"fixes": list(result.fixes)},
        "layout": layout,
    }


def subject_of(composition: Composition) -> str:
    material = composition.material
    if material.photo is not None:
        return "person" if material.photo.face else "photo"
    return " and ".join(material.understanding.objects) or "none"


def alt_text_of(style: str, subject: str, title: str) -> str:
    shown = {
        "none": "",
        "person": " with a person from the photo",
        "photo": " with the subject of the photo",
    }
    names = shown.get(subject, f" with {subject.replace('-', ' ')}")
    return f"{style.capitalize()} thumbnail{names}: {title.strip()}"
