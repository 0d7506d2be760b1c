"""Make a picture on this server out of words: a prompt in, a labelled JPEG out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from generation.engine import NAME, things
from generation.engine.blending import blended
from generation.engine.casting import Actor, cast
from generation.engine.color import color_of
from generation.engine.encode import encoded
from generation.engine.finish import Grade, bloomed, graded, grained, vignetted
from generation.engine.mediums import CRISP, MEDIUMS
from generation.engine.metadata import source_type, xmp_packet
from generation.engine.picture import Picture
from generation.engine.pixels import Pixels, Random, Size, floats, resized
from generation.engine.prompts import STEAMING, Reading, read
from generation.engine.recolor import hue_of, main_hue
from generation.engine.scenes import weather
from generation.engine.scenes.meadow import grown
from generation.engine.scenes.places import set_up
from generation.engine.scenes.setting import Setting
from generation.engine.seeds import random_of

ASPECT_RATIOS: Final = {
    "1:1": (1024, 1024),
    "16:9": (1344, 756),
    "9:16": (756, 1344),
    "4:5": (896, 1120),
    "3:2": (1224, 816),
    "2:3": (816, 1224),
}
CONTENT_TYPE: Final = "image/jpeg"
LONGEST_PROMPT: Final = 2000
MEDIUM_AREA: Final = 800 * 800  # paint is made this finely and enlarged
HUE_SIDE: Final = 96
TUFTS: Final = 0.022  # of the height: how far the grass before a subject's feet reaches
NOTHING_UNDERSTOOD: Final = (
    "No word of the prompt is one that this engine can draw, so it made an abstract picture. "
    "Name things, a place, a time of day or a style in English."
)
NOTHING_NEGATED: Final = "Nothing in the negative prompt is something that this engine draws."
SOFT_GRADE: Final = Grade(
    contrast=0.10, saturation=0.98, shadows=color_of("#40507a"), highlights=color_of("#fff0dc"),
    strength=0.05,
)  # fmt: skip
GRADES: Final = {
    None: Grade(contrast=0.34, saturation=1.10, shadows=color_of("#12386a"),
                highlights=color_of("#ffd9a0"), strength=0.06),
    "noir": Grade(contrast=0.85, saturation=0.0),
    "vintage": Grade(contrast=0.18, saturation=0.74, shadows=color_of("#5a3a1a"),
                     highlights=color_of("#ffe2a8"), strength=0.24),
    "cinematic": Grade(contrast=0.62, saturation=1.02, shadows=color_of("#06465e"),
                       highlights=color_of("#ffae5c"), strength=0.20),
    "pastel": Grade(contrast=-0.08, saturation=1.04, shadows=color_of("#b8a8e0"),
                    highlights=color_of("#ffe6ec"), strength=0.22),
    "vivid": Grade(contrast=0.46, saturation=1.32),
    "warm": Grade(contrast=0.30, saturation=1.06, shadows=color_of("#6a3a1c"),
                  highlights=color_of("#ffcf8a"), strength=0.17),
    "cool": Grade(contrast=0.34, saturation=1.0, shadows=color_of("#123c7a"),
                  highlights=color_of("#cfe6ff"), strength=0.18),
    "soft": SOFT_GRADE,
}  # fmt: skip
ALWAYS_STEAMING: Final = "coffee-cup"
LEAST_EXPOSED, MOST_BENT = 0.40, 0.42
LIFTED: Final = {"pastel": 0.56, "soft": 0.86}  # a power of each value
TINT: Final = 0.20  # how strongly a color that was named for the whole picture shows in it


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRequest:
    """What to make; pictures of one order differ in their number."""

    prompt: str
    negative_prompt: str = ""
    aspect_ratio: str = "1:1"
    seed: int
    number: int = 0


def render(request: ImageRequest, *, progress: Callable[[str, float], None]) -> Picture:
    """This function will make the picture, telling `progress` each step and how far it is.

    Raises ValueError naming the field that cannot be used, and whatever `progress` raises.
    """
    _check(request)
    size = Size(*ASPECT_RATIOS[request.aspect_ratio])
    random = random_of(
        request.prompt, request.negative_prompt, request.aspect_ratio, request.seed, request.number
    )
    progress("reading", 0.02)
    reading = read(request.prompt, request.negative_prompt)
    progress("painting", 0.10)
    setting = set_up(reading, size, random, rival=_rival(reading))
    progress("placing", 0.60)
    actors = cast(setting, reading, size, random)
    pixels = _peopled(setting, actors, reading, random)
    progress("developing", 0.75)
    pixels = _developed(pixels, reading, random)
    source = source_type(has_photo=False)
    file = encoded(pixels, source)
    progress("finishing", 1.0)
    return Picture(
        data=file.data,
        plate=None,
        mark=xmp_packet(source),
        width=size.width,
        height=size.height,
        content_type=CONTENT_TYPE,
        seed=request.seed,
        alt_text=alt_text_of(reading, setting),
        facts=_facts(request, reading, setting, actors),
    )


def _check(request: ImageRequest) -> None:
    if request.aspect_ratio not in ASPECT_RATIOS:
        raise ValueError(f"aspect_ratio: must be one of {', '.join(ASPECT_RATIOS)}")
    for field in ("prompt", "negative_prompt"):
        if len(getattr(request, field)) > LONGEST_PROMPT:
            raise ValueError(f"{field}: must be at most {LONGEST_PROMPT} characters long")
    if request.number < 0:
        raise ValueError("number: must not be negative")


def _rival(reading: Reading) -> float | None:
    """The hue of what will stand in the studio."""
    if not reading.cast:
        return None
    first = reading.cast[0]
    if first.color:
        return hue_of(color_of(first.color))
    return main_hue(things.drawn(first.name, HUE_SIDE))


def _peopled(setting: Setting, actors: list[Actor], reading: Reading, random: Random) -> Pixels:
    pixels = blended(setting.pixels, actors, setting, random)
    height = pixels.shape[0]
    feet = [actor.box.bottom for actor in actors if actor.stance == "stands"]
    if setting.footing == "grass" and feet:
        rows = (min(feet) / height - 0.004, max(feet) / height + TUFTS)
        pixels = grown(pixels, rows, random, setting.light.color, blossoms=False)
    for actor in actors:
        if _steams(actor, reading):
            pixels = weather.steamed(pixels, actor.box, random)
    if "rain" in reading.features:
        pixels = weather.rained_on(pixels, random)
    if "snowfall" in reading.features:
        pixels = weather.snowed_on(pixels, random)
    return floats(np.clip(pixels, 0, 1))


def _steams(actor: Actor, reading: Reading) -> bool:
    is_asked = "steam" in reading.features and actor.name in STEAMING
    return (is_asked or actor.name == ALWAYS_STEAMING) and "steam" not in reading.avoided


def _developed(pixels: Pixels, reading: Reading, random: Random) -> Pixels:
    """The style's medium, then the darkroom."""
    style = reading.style if reading.style in MEDIUMS else None
    if style:
        pixels = _in_medium(pixels, style, random)
    if style not in CRISP:
        pixels = bloomed(pixels, 0.42)
    pixels = floats(np.clip(pixels, 0, 1) ** LIFTED.get(reading.look or "", 1.0))
    pixels = graded(pixels, GRADES[reading.look])
    if reading.colors and reading.scene not in {"studio", "abstract", "space"}:
        tint = color_of(reading.colors[0])
        pixels = graded(pixels, Grade(shadows=tint, highlights=tint, strength=TINT))
    if style == "watercolor" or style in CRISP:
        return pixels
    pixels = vignetted(pixels, 0.05 if reading.look == "pastel" else 0.22)
    return grained(pixels, random, 0.018 if reading.look == "vintage" else 0.008)


def _in_medium(pixels: Pixels, style: str, random: Random) -> Pixels:
    size = Size(pixels.shape[1], pixels.shape[0])
    pixels = _exposed(pixels)
    if style in {"pixel", "lowpoly"}:
        return MEDIUMS[style](pixels, random)
    scale = min(1.0, (MEDIUM_AREA / (size.width * size.height)) ** 0.5)
    small = Size(round(size.width * scale), round(size.height * scale))
    return resized(MEDIUMS[style](resized(pixels, small), random), size)


def _exposed(pixels: Pixels) -> Pixels:
    """Paint and ink show less in the dark than light does: lift what is too dark for them."""
    mean = float(np.clip(pixels.mean(), 0.05, 0.95))
    bend = np.clip(np.log(LEAST_EXPOSED) / np.log(mean), MOST_BENT, 1.0)
    return floats(np.clip(pixels, 0, 1) ** bend)


def _facts(
    request: ImageRequest, reading: Reading, setting: Setting, actors: list[Actor]
) -> dict[str, Any]:
    return {
        "engine": NAME,
        "kind": "render",
        "scene": setting.label,
        "style": reading.style or "render",
        "look": reading.look,
        "understood": list(reading.understood),
        "ignored": list(reading.ignored),
        "negated": list(reading.negated),
        "subjects": [{"name": actor.name, "box": actor.box.as_list()} for actor in actors],
        "warnings": _warnings(request, reading),
    }


def _warnings(request: ImageRequest, reading: Reading) -> list[str]:
    warnings = []
    if not reading.understood:
        warnings.append(NOTHING_UNDERSTOOD)
    if request.negative_prompt.strip() and not reading.negated:
        warnings.append(NOTHING_NEGATED)
    return warnings


STYLE_NAMES: Final = {
    "oil": "Oil painting", "watercolor": "Watercolor", "pencil": "Pencil drawing",
    "comic": "Comic drawing", "pixel": "Pixel art", "lowpoly": "Low-poly picture",
}  # fmt: skip
NAMES: Final = {
    "man-standing": "man", "woman-standing": "woman", "person-standing": "person",
    "woman-dancing": "dancing woman", "man-mage": "wizard", "ewe": "sheep", "t-rex": "dinosaur",
    "spouting-whale": "whale", "flying-saucer": "UFO", "lotion-bottle": "bottle",
    "running-shoe": "sneaker", "red-heart": "heart", "house-with-garden": "house",
}  # fmt: skip
COUNT_NAMES: Final = {1: "a", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
SCENE_NAMES: Final = {
    "mars": "on Mars", "moon": "on the Moon", "space": "in space", "underwater": "under water",
    "abstract": "before liquid color", "city": "in a city", "office": "in an office",
    "kitchen": "in a kitchen", "workshop": "in a workshop", "laboratory": "in a laboratory",
    "hall": "in a hall", "park": "in a park", "beach": "on a beach", "island": "by an island",
    "dune": "in the desert", "mesa": "in a canyon", "volcano": "by a volcano",
    "snow": "in a snowy land", "mountain": "in the mountains", "forest": "in a forest",
    "autumn": "in autumn hills", "hills": "in a meadow", "clouds": "above the clouds",
    "studio": "on a podium",
}  # fmt: skip
HOUR_NAMES: Final = {
    "aurora": "under northern lights", "neon": "in neon light", "sunset": "at sunset",
    "sunrise": "at sunrise", "night": "at night", "golden": "in golden light",
    "overcast": "under a gray sky", "day": "by day", "alpenglow": "in alpenglow",
}  # fmt: skip


def alt_text_of(reading: Reading, setting: Setting) -> str:
    """What is to be seen, which may be less than what was asked for."""
    shown = [_counted(_spoken(role.name), role.count) for role in reading.cast]
    medium = STYLE_NAMES.get(reading.style or "", "Picture")
    what = " and ".join(shown) if shown else "a scene"
    hour = setting.label.partition(", ")[2]
    light = f" {HOUR_NAMES[hour]}" if hour in HOUR_NAMES else ""
    return f"{medium} of {what} {SCENE_NAMES[reading.scene]}{light}"


def _spoken(name: str) -> str:
    return NAMES.get(name) or name.removeprefix("person-").replace("-", " ")


def _counted(name: str, count: int) -> str:
    if count == 1:
        return f"{'an' if name[0] in 'aeio' else 'a'} {name}"
    if name.endswith("y") and name[-2] not in "aeiou":
        return f"{COUNT_NAMES[count]} {name[:-1]}ies"
    ending = "es" if name.endswith(("s", "x", "ch", "sh")) else "s"
    return f"{COUNT_NAMES[count]} {name}{ending}"
