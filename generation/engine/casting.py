"""Who is in the picture: which things, how large, where they stand, fly, swim or float."""

from dataclasses import dataclass
from typing import Final, Literal

from PIL import Image

from generation.engine import things
from generation.engine.color import color_of
from generation.engine.pixels import Box, Random, Raster, Size
from generation.engine.prompts import Reading, Role
from generation.engine.recolor import recolored
from generation.engine.scenes.setting import Setting
from generation.engine.synonyms import words_of

type Stance = Literal["stands", "flies", "floats", "swims", "islet", "cropped"]

FLYERS: Final = words_of(
    """
    rocket airplane small-airplane hot-air-balloon balloon flying-saucer bird butterfly honeybee
    helicopter eagle parachute owl bat dove fireworks shooting-star kite satellite comet
    person-fairy parrot sparkles rainbow airplane-departure lady-beetle mosquito fly
    """
)
SWIMMERS: Final = words_of(
    """
    sailboat ship passenger-ship motor-boat speedboat canoe ferry spouting-whale whale shark duck
    dolphin swan octopus tropical-fish fish turtle jellyfish person-swimming person-surfing
    person-rowing-boat goose otter seal blowfish crocodile
    """
)
# Drawn from the chest up: the frame's lower edge cuts them, as in a portrait.
BUSTS: Final = words_of(
    """
    astronaut cook mage superhero supervillain office-worker detective ninja health-worker teacher
    student scientist artist pilot farmer firefighter mechanic technologist singer police-officer
    construction-worker factory-worker judge vampire santa-claus mrs-claus mx-claus old-man
    old-woman older-person baby elf in-tuxedo
    """
)
# Animals of which the pack has the head only: they look out from behind the ground.
HEADS: Final = words_of(
    "fox wolf lion bear panda polar-bear unicorn koala moose hamster raccoon frog chicken boar "
    "horse-face dog-face cat-face cow-face pig-face rabbit-face tiger-face monkey-face mouse-face"
)
# Boats that the pack draws with a piece of sea: what of their height is boat.
DRY_SHARE: Final = {
    "sailboat": 0.80, "ship": 0.83, "passenger-ship": 0.83, "motor-boat": 0.83, "speedboat": 0.74,
    "canoe": 0.70, "ferry": 0.83,
}  # fmt: skip
LEVEL: Final = {"running-shoe": 42}  # degrees that set a thing on its sole
STATURE: Final = {
    "cat": 0.74, "dog": 0.78, "rabbit": 0.66, "chipmunk": 0.6, "hedgehog": 0.55, "mouse": 0.42,
    "butterfly": 0.44, "honeybee": 0.40, "bird": 0.5, "castle": 1.42, "house": 1.25,
    "house-with-garden": 1.3, "elephant": 1.25, "t-rex": 1.3, "sauropod": 1.35, "dragon": 1.3,
    "ship": 1.15, "passenger-ship": 1.2, "hot-air-balloon": 1.12, "balloon": 0.7, "tulip": 0.6,
    "rose": 0.6, "mushroom": 0.6, "tropical-fish": 0.85, "turtle": 0.9, "skateboard": 0.6,
    "racing-car": 1.12, "automobile": 1.05, "birthday-cake": 0.9, "astronaut": 1.3,
    "lady-beetle": 0.4, "snail": 0.45, "frog": 0.55, "penguin": 0.85, "spouting-whale": 1.25,
}  # fmt: skip
LEAST_ALONE: Final = 0.86
MOST_STRETCHED: Final = 1.28
SIDES: Final = {1: 0.42, 2: 0.34, 3: 0.29, 4: 0.26, 5: 0.235, 6: 0.215}  # of the height
FRAMED: Final = {"near": 1.38, "far": 0.58, None: 1.0}
ON_STAGE: Final = {1: 0.88, 2: 0.84, 3: 0.74, 4: 0.62}  # by how many share the podium
STAGE_STEPS: Final = {1: 0.0, 2: 0.24, 3: 0.185, 4: 0.125}
SUNK: Final = 0.14  # of the height of a head: what the ground hides of it
AIRBORNE_IN: Final = frozenset({"air", "deep"})


@dataclass(frozen=True, slots=True)
class Actor:
    """A thing on the canvas; `box` is where its picture goes, `stance` how it belongs there."""

    name: str
    raster: Raster
    box: Box
    stance: Stance


def cast(setting: Setting, reading: Reading, size: Size, random: Random) -> list[Actor]:
    """The actors, those farthest away first."""
    names = [role for role in reading.cast for _ in range(role.count)]
    if not names:
        return []
    base = SIDES[len(names)] * size.height * min(1.0, size.aspect * 1.15)
    base *= FRAMED[reading.framing]
    flying = [role for role in names if _stance(role, setting) in {"flies", "floats"}]
    standing = [role for role in names if role not in flying]
    places = [
        *_in_the_air(flying, setting, size, (base, bool(standing)), random),
        *_on_the_floor(standing, setting, size, (base, bool(flying)), random),
    ]
    return sorted(places, key=lambda actor: (actor.stance == "cropped", actor.box.bottom))


def _stance(role: Role, setting: Setting) -> Stance:
    if setting.footing in AIRBORNE_IN:
        alone_in_space = _is_bust(role.name) and setting.label != "underwater"
        return "cropped" if alone_in_space else "floats"
    if role.flies or (role.name in FLYERS and setting.footing not in {"stage", "table"}):
        return "flies"
    if _is_bust(role.name) and setting.footing not in {"stage", "table"}:
        return "cropped"
    if setting.footing == "water":
        return "swims" if role.name in SWIMMERS else "islet"
    return "stands"


def _is_bust(name: str) -> bool:
    _, _, who = name.partition("-")
    return name in BUSTS or (name.startswith(("person-", "man-", "woman-")) and who in BUSTS)


def _tall(role: Role, base: float, *, is_alone: bool) -> float:
    stature = STATURE.get(role.name, 1.0)
    return base * (max(stature, LEAST_ALONE) if is_alone else stature)


def _in_the_air(
    roles: list[Role],
    setting: Setting,
    size: Size,
    room: tuple[float, bool],
    random: Random,
) -> list[Actor]:
    base, has_others = room
    middle = 0.30 if has_others else 0.47 if setting.footing != "deep" else 0.46
    actors = []
    for number, role in enumerate(roles):
        side = _tall(role, base * (0.72 if has_others else 1.0), is_alone=len(roles) == 1)
        across = (number + 1) / (len(roles) + 1) + float(random.uniform(-0.03, 0.03))
        lift = (0.5 - (number % 2)) * 0.16 if len(roles) > 1 else 0.0
        across += 0.5 * (0.5 - setting.aside[0]) if setting.aside else 0.0
        down = middle + lift + (0.10 if setting.aside else 0.0) + float(random.uniform(-0.03, 0.03))
        lean = float(random.uniform(-7, 7))
        raster = _posed(role, side, random, lean=lean)
        stance: Stance = "floats" if setting.footing in AIRBORNE_IN else "flies"
        actors.append(
            _actor(
                role, raster, (across * size.width, down * size.height + raster.height / 2), stance
            )
        )
    return actors


def _on_the_floor(
    roles: list[Role],
    setting: Setting,
    size: Size,
    room: tuple[float, bool],
    random: Random,
) -> list[Actor]:
    base, count = room[0], len(roles)
    staged = setting.footing in {"stage", "table"}
    if setting.footing == "stage":
        base *= ON_STAGE[min(count, 4)]
        base *= min(1.0, 0.72 + 0.28 / size.aspect) if size.aspect < 1 else 1.0
    actors = []
    for number, role in enumerate(roles):
        stance = _stance(role, setting)
        across = _across(number, count, setting, random)
        back = 0.0 if staged or count == 1 else 0.055 * ((number * 2 + 1) % 3) / 2
        side = _tall(role, base, is_alone=count == 1) * (1 - back * 2.2)
        raster = _posed(role, side, random, flip=setting.light.side > 0 and number % 2 == 0)
        foot = size.height * (setting.floor - back)
        if role.name in HEADS and setting.footing in {"grass", "ground"}:
            raster = raster.crop((0, 0, raster.width, int(raster.height * (1 - SUNK))))
        if stance == "cropped":
            foot = size.height + raster.height * 0.02
        actors.append(_actor(role, raster, (across * size.width, foot), stance))
    return actors


def _across(number: int, count: int, setting: Setting, random: Random) -> float:
    if setting.footing == "stage":
        return 0.5 + (number - (count - 1) / 2) * STAGE_STEPS[min(count, 4)]
    if count == 1:
        aside = float(random.choice([-0.10, 0.10])) if setting.footing != "table" else 0.0
        return 0.5 + aside
    return (number + 0.75) / (count + 0.5) + float(random.uniform(-0.02, 0.02))


def _posed(
    role: Role, side: float, random: Random, *, lean: float = 0.0, flip: bool = False
) -> Raster:
    raster = things.drawn(role.name, max(48, round(side * 1.3)))
    if role.name in DRY_SHARE:
        raster = raster.crop((0, 0, raster.width, int(raster.height * DRY_SHARE[role.name])))
    if role.color:
        raster = recolored(raster, color_of(role.color))
    turn = LEVEL.get(role.name, 0) + lean
    if turn:
        raster = raster.rotate(turn, Image.Resampling.BICUBIC, expand=True)
        raster = raster.crop(raster.getbbox())
    if flip and random.random() < 0.6:
        raster = raster.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    flat = max(raster.size) / min(raster.size)
    side *= min(MOST_STRETCHED, flat**0.4)  # what is flat or thin looks small for its length
    scale = side / max(raster.size)
    wanted = (max(2, round(raster.width * scale)), max(2, round(raster.height * scale)))
    return raster.resize(wanted, Image.Resampling.LANCZOS)


def _actor(role: Role, raster: Raster, foot: tuple[float, float], stance: Stance) -> Actor:
    left, top = round(foot[0] - raster.width / 2), round(foot[1] - raster.height)
    return Actor(
        role.name, raster, Box(left, top, left + raster.width, top + raster.height), stance
    )
