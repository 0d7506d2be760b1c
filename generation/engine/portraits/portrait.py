"""Make a picture of somebody: their own pixels out of a photo, in another place and light."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image

from generation.engine import NAME
from generation.engine.color import color_of
from generation.engine.cutout import Subject
from generation.engine.encode import encoded
from generation.engine.finish import Grade, bloomed, graded, grained, vignetted
from generation.engine.illustration import (
    ASPECT_RATIOS,
    CONTENT_TYPE,
    GRADES,
    LONGEST_PROMPT,
    STYLE_NAMES,
)
from generation.engine.mediums import CRISP, MEDIUMS
from generation.engine.metadata import source_type, xmp_packet
from generation.engine.picture import Picture
from generation.engine.pixels import (
    Box,
    Pixels,
    Random,
    Size,
    floats,
    from_picture,
    over,
    resized,
    size_of,
)
from generation.engine.portraits.framing import Stand, framed, paired, shown_cuts
from generation.engine.portraits.lighting import (
    Layer,
    Light,
    grounded,
    joined,
    protected,
    through_blinds,
)
from generation.engine.portraits.products import staged
from generation.engine.portraits.reading import STYLED, Brief, read_brief
from generation.engine.portraits.sets import background, brighter_side
from generation.engine.portraits.shots import SUBJECTS, Shot
from generation.engine.portraits.styles import drawn_in_style
from generation.engine.scenes import weather
from generation.engine.seeds import random_of

BEST: Final = 3  # of the shots, so many take turns
NEARLY_AS_GOOD: Final = 0.75  # of the best one's score
LABEL: Final = "Your own pixels: pose, clothes and expression stay as in the photo."
NO_PLACE: Final = (
    "No word of the prompt names a place or a light that this engine knows, so it is a studio "
    "portrait. Name a place, an hour or a look in English."
)
NOT_ENOUGH_BODY: Final = (
    "The photo does not show enough of the body for a wide view. Add photos that show all of it."
)
NOT_WIDE: Final = 0.26  # of the height: a face so high is no wide view
PAINT_AREA: Final = 640 * 640
DRAWN_AREA: Final = 1000 * 1000  # lines of a pencil must be finer than those of a face
FACE_KEPT: Final = 0.5  # how much of a face shows through paint
PAINTS: Final = frozenset({"oil", "watercolor", "comic"})
SOFT_EDGE: Final = 0.10  # of the width: how a cut edge fades that could not leave the canvas
ASIDE: Final = 0.12
BLOOM: Final = 0.16
SKIN_GRADES: Final = {
    None: Grade(contrast=0.10, saturation=0.97, highlights=color_of("#fff0e0"), strength=0.03),
    "cinematic": Grade(contrast=0.44, saturation=1.0, shadows=color_of("#0a4a62"),
                       highlights=color_of("#ffb878"), strength=0.14),
    "warm": Grade(contrast=0.20, saturation=1.05, shadows=color_of("#6a3a2a"),
                  highlights=color_of("#ffd9a0"), strength=0.14),
    "cool": Grade(contrast=0.25, saturation=0.95, shadows=color_of("#16307a"),
                  highlights=color_of("#cfe6ff"), strength=0.14),
    "neon": Grade(contrast=0.40, saturation=1.22, shadows=color_of("#2a10a0"),
                  highlights=color_of("#ff70d0"), strength=0.16),
    "vintage": Grade(contrast=-0.05, saturation=0.76, shadows=color_of("#5a3a4a"),
                     highlights=color_of("#ffe0a8"), strength=0.22),
    "vivid": Grade(contrast=0.32, saturation=1.24),
    "noir": Grade(contrast=0.66, saturation=0.0),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PortraitRequest:
    """What to make of whom; pictures of one order differ in their number.

    Companions are shots of a second person, who stands beside the first.
    """

    prompt: str
    negative_prompt: str = ""
    aspect_ratio: str = "4:5"
    seed: int
    number: int = 0
    subject: str = "person"
    shots: tuple[Shot, ...]
    companions: tuple[Shot, ...] = ()
    strength: float = 1.0


def render(request: PortraitRequest, *, progress: Callable[[str, float], None]) -> Picture:
    """This function will make the picture, telling `progress` each step and how far it is.

    Raises ValueError naming the field that cannot be used, and whatever `progress` raises.
    """
    _check(request)
    size = Size(*ASPECT_RATIOS[request.aspect_ratio])
    random = random_of(
        request.prompt, request.negative_prompt, request.aspect_ratio, request.seed, request.number
    )
    chosen = _turn(request.shots, request)
    if request.subject == "style":
        return drawn_in_style(request, request.shots[chosen], progress)
    progress("reading", 0.02)
    brief = read_brief(request.prompt, request.negative_prompt, request.subject)
    progress("painting", 0.10)
    faces: list[Box] = []
    if request.subject == "product":
        made = staged(request.shots[chosen].subject, request, size, random)
        pixels, scene, look = made.pixels, made.label, brief.look
    else:
        pixels, scene, faces, look = _peopled(request, brief, chosen, size, random)
    progress("developing", 0.70)
    pixels = _developed(pixels, brief, (look, faces), random)
    progress("finishing", 0.90)
    return _delivered(request, brief, pixels, (scene, chosen, faces))


def _check(request: PortraitRequest) -> None:
    if request.aspect_ratio not in ASPECT_RATIOS:
        raise ValueError(f"aspect_ratio: must be one of {', '.join(ASPECT_RATIOS)}")
    if request.subject not in SUBJECTS:
        raise ValueError(f"subject: must be one of {', '.join(SUBJECTS)}")
    for field in ("prompt", "negative_prompt"):
        if len(getattr(request, field)) > LONGEST_PROMPT:
            raise ValueError(f"{field}: must be at most {LONGEST_PROMPT} characters long")
    if request.number < 0:
        raise ValueError("number: must not be negative")
    if not request.shots:
        raise ValueError("shots: there must be at least one")
    if not 0 <= request.strength <= 1:
        raise ValueError("strength: must be between 0 and 1")


def _turn(shots: tuple[Shot, ...], request: PortraitRequest) -> int:
    """Which of the best shots: another with each number, begun at one by chance."""
    order = sorted(range(len(shots)), key=lambda one: (-_score(shots[one]), one))
    best = [
        one
        for one in order[:BEST]
        if _score(shots[one]) >= NEARLY_AS_GOOD * _score(shots[order[0]])
    ]
    start = int(random_of(request.prompt, request.seed).integers(len(best)))
    return best[(start + request.number) % len(best)]


def _score(shot: Shot) -> float:
    return float(shot.facts.get("score", 0.0))


def _peopled(
    request: PortraitRequest, brief: Brief, chosen: int, size: Size, random: Random
) -> tuple[Pixels, str, list[Box], str | None]:
    ground, scene, own_look = background(brief, size, random)
    stands = _stands(request, brief, chosen, size, random)
    is_neon = own_look == "neon" or brief.hour == "neon"
    light = Light(brighter_side(ground), brief.light, is_neon)
    pixels = ground
    for stand in stands:
        pixels = joined(pixels, _layer(stand, size), light)
    faces = [stand.face for stand in stands]
    if brief.light == "window":
        pixels = through_blinds(pixels, faces[-1])
    pixels = grounded(floats(np.clip(pixels, 0, 1)))
    if "snowfall" in brief.features:
        pixels = weather.snowed_on(pixels, random)
    if "rain" in brief.features:
        pixels = weather.rained_on(pixels, random)
    return pixels, scene, faces, brief.look or own_look


def _stands(
    request: PortraitRequest, brief: Brief, chosen: int, size: Size, random: Random
) -> list[Stand]:
    """Who stands farther back comes first."""
    first = request.shots[chosen]
    if not request.companions:
        return [framed(first.subject, size, brief.frame, _across(first, size, random))]
    second = request.companions[_turn(request.companions, request)].subject
    if _is_left(first.subject, second, random):
        stands = paired(first.subject, second, size)
        return [stands[1], stands[0]]
    return list(paired(second, first.subject, size))


def _is_left(first: Subject, second: Subject, random: Random) -> bool:
    """Each on the side at which the photo cut them, so that the edge of the canvas does."""
    by_chance = bool(random.random() < 0.5)
    pull = _pull(second) - _pull(first)
    return by_chance if pull == 0 else pull > 0


def _pull(subject: Subject) -> int:
    """Toward the right if the right side is cut, toward the left if the left one is."""
    return (subject.cuts.right is not None) - (subject.cuts.left is not None)


def _across(shot: Shot, size: Size, random: Random) -> float:
    """On a wide canvas a person stands at a third, and looks into the picture."""
    if not size.is_wide:
        return 0.5 + float(random.uniform(-0.025, 0.025))
    yaw = float(shot.facts.get("yaw", 0.0))
    looks_right = yaw > 0 if abs(yaw) > ASIDE else random.random() < 0.5
    return 0.37 if looks_right else 0.63


def _layer(stand: Stand, size: Size) -> Layer:
    raster = stand.subject.raster
    whole = (max(1, round(raster.width * stand.scale)), max(1, round(raster.height * stand.scale)))
    left, top = round(stand.left), round(stand.top)
    canvas = Image.new("RGBA", (size.width, size.height))
    canvas.paste(raster.resize(whole, Image.Resampling.LANCZOS, reducing_gap=2.0), (left, top))
    values = from_picture(canvas)
    alpha = floats(values[..., 3] * _faded(stand, size))
    return Layer(floats(values[..., :3]), alpha, stand.face)


def _faded(stand: Stand, size: Size) -> Pixels:
    """The last remedy for a cut edge that is still on the canvas: it fades out."""
    is_left, is_right = shown_cuts(stand, size)
    columns = np.arange(size.width, dtype=np.float32)
    width = SOFT_EDGE * size.width
    fade = np.ones(size.width, dtype=np.float32)
    if is_left:
        fade = fade * np.clip((columns - stand.left) / width, 0, 1)
    if is_right:
        fade = fade * np.clip((stand.right - columns) / width, 0, 1)
    return floats(fade * fade * (3 - 2 * fade))[None]


def _developed(
    pixels: Pixels, brief: Brief, subject: tuple[str | None, list[Box]], random: Random
) -> Pixels:
    look, faces = subject
    style = brief.style if brief.style in STYLED else None
    if style:
        pixels = _painted(pixels, style, faces, random)
    if style not in CRISP:
        pixels = bloomed(pixels, BLOOM)
    grade = SKIN_GRADES.get(look) or GRADES[look]
    pixels = graded(floats(np.clip(pixels, 0, 1)), grade)
    if style == "watercolor" or style in CRISP:
        return pixels
    pixels = vignetted(pixels, 0.06 if look == "pastel" else 0.22)
    return grained(pixels, random, 0.020 if look in {"vintage", "noir"} else 0.009)


def _painted(pixels: Pixels, style: str, faces: list[Box], random: Random) -> Pixels:
    """Paint takes what makes a face that person's: there it lets half of the photo through."""
    size = size_of(pixels)
    area = DRAWN_AREA if style == "pencil" else PAINT_AREA
    scale = min(1.0, (area / (size.width * size.height)) ** 0.5)
    small = Size(round(size.width * scale), round(size.height * scale))
    if style in {"pixel", "lowpoly"}:
        return MEDIUMS[style](pixels, random)
    painted = resized(MEDIUMS[style](resized(pixels, small), random), size)
    if style not in PAINTS:
        return painted
    return over(painted, pixels, floats(protected(size, faces) * FACE_KEPT))


def _delivered(
    request: PortraitRequest,
    brief: Brief,
    pixels: Pixels,
    made: tuple[str, int, list[Box]],
) -> Picture:
    scene, chosen, faces = made
    source = source_type(has_photo=True)
    file = encoded(pixels, source)
    size = size_of(pixels)
    return Picture(
        data=file.data,
        plate=None,
        mark=xmp_packet(source),
        width=size.width,
        height=size.height,
        content_type=CONTENT_TYPE,
        seed=request.seed,
        alt_text=_alt_text(brief, scene, request),
        facts=_facts(request, brief, (scene, chosen, faces)),
    )


def _facts(
    request: PortraitRequest, brief: Brief, made: tuple[str, int, list[Box]]
) -> dict[str, Any]:
    scene, chosen, faces = made
    return {
        "engine": NAME,
        "kind": "composite",
        "label": LABEL,
        "scene": scene,
        "frame": brief.frame,
        "light": brief.light,
        "style": brief.style or "photo",
        "look": brief.look,
        "shot": chosen,
        "faces": [face.as_list() for face in faces],
        "understood": list(brief.understood),
        "ignored": list(brief.ignored),
        "negated": list(brief.negated),
        "warnings": _warnings(request, brief, faces),
    }


def _warnings(request: PortraitRequest, brief: Brief, faces: list[Box]) -> list[str]:
    warnings = []
    if request.prompt.strip() and not brief.has_place:
        warnings.append(NO_PLACE)
    if brief.frame == "wide" and faces:
        height = ASPECT_RATIOS[request.aspect_ratio][1]
        if faces[0].height > NOT_WIDE * height:
            warnings.append(NOT_ENOUGH_BODY)
    return warnings


PLACE_NAMES: Final = {
    "studio": "in a studio", "office": "in an office", "lobby": "in a glass corridor",
    "home": "in a bright room", "cafe": "in a café", "stage": "on a stage", "club": "in neon light",
    "warehouse": "in a warehouse", "laboratory": "in a laboratory", "harbor": "by the water",
    "skyline": "before a skyline", "sky": "before clouds", "night": "under the stars",
    "sunset": "at sunset", "sunrise": "at sunrise", "mars": "on Mars", "moon": "on the Moon",
    "space": "in space", "underwater": "under water", "beach": "on a beach",
    "mountain": "in the mountains", "hills": "in a meadow", "dune": "in the desert",
    "clouds": "above the clouds", "abstract": "before liquid color", "snow": "in the snow",
}  # fmt: skip


def _alt_text(brief: Brief, scene: str, request: PortraitRequest) -> str:
    kind = STYLE_NAMES.get(brief.style or "", "Portrait")
    who = "two people" if request.companions else "a person"
    if request.subject == "product":
        kind, who = STYLE_NAMES.get(brief.style or "", "Picture"), "a product"
    place = scene.partition(",")[0]
    return f"{kind} of {who} {PLACE_NAMES.get(place, f'in the {place}')}"
