"""Say a prompt more fully by rules: the person's own words, then a setting, light, lens and mood.

Only words that this engine understands are added, and only where the prompt says nothing yet.
"""

from collections.abc import Iterator
from typing import Final

from generation.engine.lexicon import TOKEN
from generation.engine.pixels import Random
from generation.engine.portraits.reading import named_of_portrait
from generation.engine.prompts import OUTDOORS, Reading, named_kinds, read
from generation.engine.seeds import random_of
from generation.engine.synonyms import words_of
from generation.engine.vocabulary import LOOKS

LONGEST: Final = 500
KINDS: Final = ("image", "thumbnail", "product_ad", "video")
PORTRAIT: Final = "portrait"
# What is said of a portrait besides the person, who is never described: we do not know who it is.
PORTRAIT_PARTS: Final = {
    "scene": ("in a bright office", "in a park", "in a studio", "in a glass corridor", "in a city"),
    "light": ("soft light", "window light", "golden light"),
    "frame": ("half body, 85mm lens", "headshot, 85mm lens", "waist up, 50mm lens"),
    "expression": ("confident smile", "calm expression", "friendly, relaxed expression"),
    "look": ("natural colors", "cinematic", "warm tones"),
}
EXPRESSIONS: Final = words_of(
    """
    smile smiling laughing laugh serious expression confident calm friendly happy sad thoughtful
    grin grinning frowning surprised angry relaxed pensive focused
    """
)
SETTINGS: Final = {
    "mars": ("on Mars", "on the red planet"),
    "moon": ("on the moon",),
    "space": ("in deep space", "in outer space before a nebula"),
    "underwater": ("underwater with light rays", "underwater, by a reef"),
    "city": ("in a city street", "before a city skyline"),
    "office": ("in an office",),
    "kitchen": ("in a kitchen",),
    "workshop": ("in a workshop",),
    "laboratory": ("in a laboratory",),
    "hall": ("in a hall",),
    "park": ("in a park",),
    "beach": ("on a sandy beach with palm trees",),
    "island": ("by a tropical island", "on the open sea"),
    "dune": ("in the desert among dunes",),
    "mesa": ("in a canyon",),
    "volcano": ("by a volcano",),
    "snow": ("in a snowy landscape", "in a snowy landscape with pine trees"),
    "mountain": ("in the mountains with pine trees", "by a mountain lake"),
    "forest": ("in a forest", "in a misty forest"),
    "autumn": ("in an autumn forest",),
    "hills": ("in a meadow with wildflowers", "in a green meadow"),
    "clouds": ("above the clouds",),
    "studio": ("on a podium, plain background", "on a podium in a studio"),
    "abstract": ("abstract, flowing shapes", "abstract liquid, glossy"),
}
ADS_SETTING: Final = "studio"
LIGHTS: Final = {
    "city": ("at sunset", "at night, neon lights"),
    "mars": ("at sunset", "at sunrise"),
    "snow": ("at sunrise", "under northern lights"),
    "clouds": ("at sunrise", "at golden hour"),
    "forest": ("at sunrise", "at golden hour"),
    "volcano": ("at sunset", "at night"),
}
USUAL_LIGHTS: Final = ("at golden hour", "at sunset", "at sunrise", "on a sunny day")
LENSES: Final = ("photo, 35mm", "photo, 50mm")
ABSTRACT_LENSES: Final = ("3d render",)
# A prompt that names nothing else gets a mood only: we do not know what it is about.
WITHOUT_SUBJECT: Final = {"look"} | {f"look:{look}" for look in LOOKS}
DEEP: Final = "shallow depth of field"
MOODS: Final = {
    "image": ("cinematic", "soft light", "vivid", "dramatic light", "peaceful"),
    "thumbnail": ("vivid", "dramatic light"),
    "product_ad": ("soft light", "warm", "vivid"),
    "video": ("cinematic", "epic", "soft light"),
}


def enhanced(prompt: str, kind: str, seed: int = 0) -> str:
    """This function will put what is missing after the person's own words.

    What it returns holds the prompt as it was, unless that alone is longer than the limit, and
    has nothing more to add when it is given back. Raises ValueError for a kind it does not know.
    """
    if kind not in (*KINDS, PORTRAIT):
        raise ValueError(f"kind: must be one of {', '.join((*KINDS, PORTRAIT))}")
    text = _cut(" ".join(prompt.split()))
    if not any(letter.isalnum() for letter in text):
        return text
    if kind == PORTRAIT:
        return _portrayed(text, random_of(text, kind, seed))
    before = read(text)
    for slot, part in _parts(text, before, kind, random_of(text, kind, seed)):
        if slot not in named_kinds(text):
            text = _with(text, part, before)
    return text


def _portrayed(text: str, random: Random) -> str:
    """The prompt with a setting, light, framing, expression and look where it names none."""
    named = named_of_portrait(text)
    if EXPRESSIONS & set(TOKEN.findall(text.casefold())):
        named |= {"expression"}
    for slot, choices in PORTRAIT_PARTS.items():
        longer = _joined(text, _one(choices, random))
        if slot not in named and len(longer) <= LONGEST:
            text = longer
    return text


def _joined(text: str, part: str) -> str:
    return f"{text} {part}" if text.endswith((",", ";")) else f"{text}, {part}"


def _cut(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    whole = text[:LONGEST].rsplit(" ", 1)[0]
    return whole if whole and len(whole) > LONGEST // 2 else text[:LONGEST]


def _parts(text: str, reading: Reading, kind: str, random: Random) -> Iterator[tuple[str, str]]:
    """What could be said of each matter, in the order in which prompts say it."""
    if named_kinds(text) - WITHOUT_SUBJECT:
        is_product = kind == "product_ad" and "scene" not in named_kinds(text)
        scene = ADS_SETTING if is_product else reading.scene
        yield "scene", _one(SETTINGS[scene], random)
        if scene in OUTDOORS:
            yield "hour", _one(LIGHTS.get(scene, USUAL_LIGHTS), random)
        yield "style", _one(ABSTRACT_LENSES if scene == "abstract" else LENSES, random)
        yield "feature:bokeh", DEEP
    yield "look", _one(MOODS[kind], random)


def _one(choices: tuple[str, ...], random: Random) -> str:
    return choices[int(random.integers(len(choices)))]


def _with(text: str, part: str, before: Reading) -> str:
    """The longer text, if it stays short enough and says nothing that we would not draw."""
    longer = _joined(text, part)
    if len(longer) > LONGEST:
        return text
    after = read(longer)
    keeps_subject = [role.name for role in after.cast] == [role.name for role in before.cast]
    return longer if keeps_subject and after.ignored == before.ignored else text
