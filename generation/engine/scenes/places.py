"""Set a scene up: paint the place that a prompt asks for, in its hour, with what grows there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from PIL import Image

from generation.engine.color import changed, color_of, mixed
from generation.engine.pixels import (
    WHITE,
    Pixels,
    Random,
    Size,
    brightness,
    floats,
    from_picture,
    resized,
    to_picture,
)
from generation.engine.prompts import DARK_HOURS, Reading
from generation.engine.recolor import hue_of
from generation.engine.scenes import weather
from generation.engine.scenes.backdrop import View, view_into
from generation.engine.scenes.city import HORIZON as CITY_HORIZON
from generation.engine.scenes.city import Build, city
from generation.engine.scenes.hours import HOURS, Hour
from generation.engine.scenes.liquid import liquid
from generation.engine.scenes.meadow import FAR_ROW, grown
from generation.engine.scenes.podium import HORIZON as STUDIO_HORIZON
from generation.engine.scenes.podium import TOP, podium
from generation.engine.scenes.scenery import PANORAMAS, YAW_SPREAD
from generation.engine.scenes.setting import SEA_LIGHT, SOFTBOX, STARLIGHT, Light, Setting
from generation.engine.scenes.space import space
from generation.engine.scenes.tabletop import EDGE, on_table
from generation.engine.scenes.terrain import HORIZON, Landscape, landscape
from generation.engine.scenes.trees import Grove, planted
from generation.engine.scenes.underwater import FLOOR, underwater
from generation.engine.things import drawn
from generation.engine.vocabulary import HOME_OF, PALETTE_COLORS

WORK_AREA: Final = 700 * 700  # land is followed this finely and enlarged
STANDS: Final = 0.90
FLAT_FLOOR: Final = 0.86
DEFAULT_HOURS: Final = {
    "mars": ("mars",),
    "moon": ("moon",),
    "city": ("sunset", "neon", "day"),
    "island": ("day", "sunset", "golden"),
    "beach": ("day", "golden", "sunset"),
    "dune": ("golden", "day", "sunset"),
    "mesa": ("golden", "day", "sunrise"),
    "volcano": ("sunset", "night"),
    "snow": ("day", "alpenglow", "sunrise"),
    "mountain": ("sunrise", "day", "alpenglow"),
    "forest": ("sunrise", "golden", "day"),
    "autumn": ("golden", "sunrise", "day"),
    "hills": ("day", "golden", "sunrise"),
    "clouds": ("day", "sunrise", "golden"),
}
LIGHT_LOOKS: Final = frozenset({"vintage", "pastel", "soft", "warm"})
DEFAULT_PALETTES: Final = {
    "space": ("royal", "ocean", "neon", "sunset"),
    "studio": ("candy", "mint", "ocean", "sunset", "royal", "pastel", "earth"),
    "abstract": ("ocean", "sunset", "neon", "royal", "fire", "mint", "gold", "candy"),
}
LOOK_PALETTES: Final = {"warm": "earth", "cool": "ice", "pastel": "pastel", "noir": "mono"}
KINDS: Final = {"hills": "meadow", "mountain": "alps", "snow": "winter", "dune": "sands"}
CORALS: Final = 10
SNOWY: Final = frozenset({"alps", "forest"})
TOWN: Final = Build(storeys=230, columns=860, first_row=4, is_glazed=True)
GROVES: Final = {
    "mountain": Grove(kind="conifer", count=460, tallness=1.15),
    "snow": Grove(kind="conifer", count=520, is_snowy=True, tallness=1.6),
    "forest": Grove(kind="conifer", count=1000, tallness=2.6),
    "autumn": Grove(kind="autumn", count=560, tallness=2.0),
    "hills": Grove(kind="broadleaf", count=130, tallness=1.6),
    "beach": Grove(kind="palm", count=36, tallness=1.7),
    "island": Grove(kind="palm", count=60, tallness=1.2),
}
ALWAYS_WOODED: Final = frozenset({"autumn", "hills", "forest"})


def set_up(reading: Reading, size: Size, random: Random, *, rival: float | None = None) -> Setting:
    """This function will paint the place; `rival` is the hue of the subject, which a studio's
    colors keep away from."""
    if reading.is_indoors or _is_forest_photo(reading):
        return _photographed(reading, size, random)
    if reading.scene in _FLAT_PLACES:
        return _FLAT_PLACES[reading.scene](reading, size, random, rival)
    name = _hour_of(reading, random)
    hour = _aired(HOURS[name], reading)
    hour = hour if size.aspect > 0.9 else hour.with_high_sun()
    if random.random() < 0.5:
        hour = replace(hour, sun=(1 - hour.sun[0], hour.sun[1]))
    if reading.scene in {"city", "clouds"}:
        setting = _built_or_blown(reading, size, (name, hour), random)
    else:
        setting = _on_land(reading, size, (name, hour), random)
    return _weathered(setting, reading, random)


def _is_forest_photo(reading: Reading) -> bool:
    """A panorama shows the forest, and a table what stands there: not for what lives in it."""
    return (
        reading.scene == "forest"
        and reading.style == "photo"
        and not any(role.name in HOME_OF for role in reading.cast)
    )


def _hour_of(reading: Reading, random: Random) -> str:
    if reading.hour:
        return reading.hour
    unfit = reading.avoided | (DARK_HOURS if reading.look in LIGHT_LOOKS else frozenset())
    hours = [one for one in DEFAULT_HOURS[reading.scene] if one not in unfit]
    return hours[int(random.integers(len(hours)))] if hours else "overcast"


def _aired(hour: Hour, reading: Reading) -> Hour:
    """The hour with the clouds and the haze that were asked for."""
    if "clouds" in reading.avoided:
        hour = replace(hour, clouds=0.0)
    elif "clouds" in reading.features:
        hour = replace(hour, clouds=max(1.25, hour.clouds * 1.8))
    if "fog" in reading.features:
        hour = replace(hour, haze=hour.haze * 1.35)
    if reading.avoided & {"stars", "star"}:
        hour = replace(hour, has_stars=False)
    return hour


def _work_size(size: Size) -> Size:
    scale = min(1.0, (WORK_AREA / (size.width * size.height)) ** 0.5)
    return Size(round(size.width * scale), round(size.height * scale))


def _enlarged(pixels: Pixels, size: Size) -> Pixels:
    return resized(pixels, size, Image.Resampling.LANCZOS)


def _on_land(reading: Reading, size: Size, light: tuple[str, Hour], random: Random) -> Setting:
    name, hour = light
    kind = KINDS.get(reading.scene, reading.scene)
    has_lake = "water" in reading.features
    kind = "alps" if has_lake and kind != "winter" else kind
    kind = "winter" if "snow" in reading.features and kind in SNOWY else kind
    if reading.scene == "mountain" and kind == "alps" and "water" not in reading.avoided:
        has_lake = has_lake or random.random() < 0.35
    land = landscape(_work_size(size), kind, hour, random, has_lake=has_lake)
    pixels = _enlarged(land.pixels, size)
    for grove in _groves(reading, kind):
        pixels = planted(pixels, land, hour, grove, random)
    grassy = kind == "meadow"
    if grassy:
        has_flowers = "flowers" in reading.features
        pixels = grown(pixels, (FAR_ROW, 1.05), random, hour.light, blossoms=has_flowers)
    if name == "moon" and "earth" not in reading.avoided:
        pixels = _earthlit(pixels, size, 0.16 if hour.sun[0] > 0.5 else 0.66)
    is_wet = kind == "island" or (has_lake and not _is_dry(land, STANDS))
    return Setting(
        pixels=pixels,
        light=Light.of(hour),
        footing="grass" if grassy else "water" if is_wet else "ground",
        floor=STANDS if not is_wet else FLAT_FLOOR,
        horizon=HORIZON,
        label=f"{reading.scene}, {name}",
        land=land,
        hour=hour,
    )


def _groves(reading: Reading, kind: str) -> list[Grove]:
    wooded = "trees" in reading.features or reading.scene in ALWAYS_WOODED
    scene = "snow" if kind == "winter" else reading.scene
    groves = []
    if "palms" in reading.features or (scene == "beach" and "palms" not in reading.avoided):
        groves.append(GROVES["island" if scene == "island" else "beach"])
    elif wooded and "trees" not in reading.avoided and scene in GROVES:
        groves.append(GROVES[scene])
    if "trees" in reading.features and scene in {"mountain", "snow"}:
        groves = [replace(grove, count=grove.count * 2) for grove in groves]
    return groves


def _is_dry(land: Landscape, row: float) -> bool:
    height, width = land.dry.shape
    strip = land.dry[int(row * height) :, width // 4 : -(width // 4)]
    return bool(strip.mean() > 0.6)


def _earthlit(pixels: Pixels, size: Size, across: float) -> Pixels:
    """The Earth stands in the sky of the moon, its night side lost in the dark."""
    side = int(size.unit * 0.17)
    globe = drawn("globe-showing-americas", side).resize((side, side))
    layer = floats(globe) / 255
    shade = np.clip(
        1.25 - np.linspace(0, 1.5, side)[None] - np.linspace(0, 0.3, side)[:, None], 0.02, 1
    )
    left, top = int(size.width * across), int(size.height * 0.10)
    window = (slice(top, top + side), slice(left, left + side))
    alpha = layer[..., 3:]
    pixels[window] = pixels[window] * (1 - alpha) + layer[..., :3] * shade[..., None] * alpha
    return pixels


def _built_or_blown(
    reading: Reading, size: Size, light: tuple[str, Hour], random: Random
) -> Setting:
    name, hour = light
    is_city = reading.scene == "city"
    work = _work_size(size)
    if is_city:
        pixels = city(work, hour, random, TOWN)
    else:
        pixels = landscape(work, "cloudsea", hour, random).pixels
    return Setting(
        pixels=_enlarged(pixels, size),
        light=Light.of(hour),
        footing="ground" if is_city else "air",
        floor=0.95 if is_city else 0.62,
        horizon=CITY_HORIZON if is_city else HORIZON,
        label=f"{reading.scene}, {name}",
        hour=hour,
    )


def _weathered(setting: Setting, reading: Reading, random: Random) -> Setting:
    pixels = setting.pixels
    if "rainbow" in reading.features:
        sky = _sky_of(setting)
        pixels = weather.rainbowed(pixels, sky, setting.horizon)
    if "fog" in reading.features:
        pixels = weather.fogged(pixels, setting.light.fog, setting.horizon, random)
    return replace(setting, pixels=floats(np.clip(pixels, 0, 1)))


def _sky_of(setting: Setting) -> Pixels:
    height, width = setting.pixels.shape[:2]
    if setting.land is None:
        return np.ones((height, width), dtype=np.float32)
    sky = resized(floats(setting.land.sky), Size(width, height))
    return floats(np.clip(sky * 0.75 + 0.25, 0, 1))


def _photographed(reading: Reading, size: Size, random: Random) -> Setting:
    name, yaw = PANORAMAS[reading.scene][int(random.integers(len(PANORAMAS[reading.scene])))]
    turn = float(random.uniform(-YAW_SPREAD, YAW_SPREAD))
    bokeh = 0.026 if "bokeh" in reading.features or reading.cast else 0.010
    pixels = view_into(name, size, View(yaw + turn, exposure=1.15, bokeh=bokeh))
    if reading.cast:
        pixels = on_table(pixels, size, random)
    sides = [float(brightness(half).mean()) for half in np.array_split(pixels, 2, axis=1)]
    around = pixels[: int(size.height * EDGE)].mean(axis=(0, 1))
    light = Light(
        color=mixed(around, WHITE, 0.72),
        ambient=mixed(around, WHITE, 0.35),
        fog=around,
        strength=1.0,
        x=0.25 if sides[0] > sides[1] else 0.75,
        is_behind=False,
    )
    return Setting(
        pixels=pixels, light=light, footing="table", floor=0.90, horizon=EDGE, label=reading.scene
    )


def _in_space(reading: Reading, size: Size, random: Random, _rival: float | None) -> Setting:
    planet = (float(random.choice([0.70, 0.30])), float(random.uniform(0.24, 0.34)))
    work = _work_size(size)
    pixels = space(work, _palette(reading, random, None), random, planet)
    return Setting(
        pixels=_enlarged(pixels, size), light=STARLIGHT, footing="air", floor=0.70, horizon=0.7,
        label="space", aside=planet,
    )  # fmt: skip


def _in_water(reading: Reading, size: Size, random: Random, _rival: float | None) -> Setting:
    pixels = _enlarged(underwater(_work_size(size), random), size)
    if "coral" not in reading.avoided:
        pixels = _with_corals(pixels, random)
    return Setting(
        pixels=pixels, light=SEA_LIGHT, footing="deep", floor=0.62, horizon=FLOOR,
        label="underwater",
    )  # fmt: skip


def _with_corals(pixels: Pixels, random: Random) -> Pixels:
    """Corals to both sides, paler and bluer the farther they are."""
    height, width = pixels.shape[:2]
    picture = to_picture(pixels).convert("RGBA")
    for number, down in enumerate(sorted(random.uniform(FLOOR + 0.02, 0.97, CORALS))):
        near = float((down - FLOOR) / (1 - FLOOR))
        side = int(min(width, height) * (0.09 + 0.22 * near) * float(random.uniform(0.8, 1.2)))
        sprite = drawn("coral", max(24, side))
        tint = from_picture(sprite.convert("RGB"))
        haze = 0.52 - 0.36 * near
        color = tint * SEA_LIGHT.color * (0.80 + 0.25 * near) * (1 - haze) + SEA_LIGHT.fog * haze
        layer = to_picture(floats(color)).convert("RGBA")
        layer.putalpha(sprite.getchannel("A"))
        across = random.uniform(0.0, 0.27) if number % 2 else random.uniform(0.73, 1.0)
        left, top = int(across * width - side / 2), int(down * height) - layer.height
        picture.alpha_composite(layer, (max(0, left), max(0, top)), (max(0, -left), 0))
    return from_picture(picture.convert("RGB"))


def _in_studio(reading: Reading, size: Size, random: Random, rival: float | None) -> Setting:
    colors = _palette(reading, random, rival)
    pixels = podium(size, colors, random, is_minimal=not reading.cast)
    light = replace(SOFTBOX, ambient=mixed(colors[2], WHITE, 0.72), fog=colors[2])
    return Setting(
        pixels=pixels, light=light, footing="stage", floor=TOP + 0.018, horizon=STUDIO_HORIZON,
        label="studio",
    )  # fmt: skip


def _in_liquid(reading: Reading, size: Size, random: Random, _rival: float | None) -> Setting:
    colors = _palette(reading, random, None)
    pixels = _enlarged(liquid(_work_size(size), colors, random), size)
    light = replace(SOFTBOX, ambient=mixed(colors[2], WHITE, 0.6), fog=colors[1])
    return Setting(
        pixels=pixels, light=light, footing="air", floor=0.68, horizon=0.7, label="abstract"
    )


_FLAT_PLACES: Final[dict[str, Callable[[Reading, Size, Random, float | None], Setting]]] = {
    "space": _in_space,
    "underwater": _in_water,
    "studio": _in_studio,
    "abstract": _in_liquid,
}


def _palette(reading: Reading, random: Random, rival: float | None) -> list[Pixels]:
    """Four colors from deep to light: those that were named, or a palette that suits."""
    if reading.colors:
        return spread([color_of(code) for code in reading.colors[:3]])
    name = reading.palette or LOOK_PALETTES.get(reading.look or "")
    if name is None:
        choices = DEFAULT_PALETTES[reading.scene]
        some = [choices[index] for index in random.permutation(len(choices))[:3]]
        name = max(some, key=lambda one: _apart(one, rival)) if rival is not None else some[0]
    return [color_of(code) for code in PALETTE_COLORS[name].split()]


def spread(colors: list[Pixels]) -> list[Pixels]:
    """Four colors from deep to light out of one to three."""
    if len(colors) == 1:
        color = colors[0]
        return [
            changed(color, lightness=-0.42, chroma=0.7),
            changed(color, lightness=-0.20),
            color,
            changed(color, lightness=0.26, chroma=0.45),
        ]
    if len(colors) == 2:
        first, second = sorted(colors, key=lambda one: float(brightness(one)))
        return [
            changed(first, lightness=-0.30),
            first,
            second,
            changed(second, lightness=0.2, chroma=0.5),
        ]
    first, second, third = sorted(colors, key=lambda one: float(brightness(one)))
    return [changed(first, lightness=-0.25), first, second, third]


def _apart(palette: str, hue: float | None) -> float:
    main = hue_of(color_of(PALETTE_COLORS[palette].split()[2]))
    turn = abs(main - (hue or 0.0)) % (2 * np.pi)
    return float(min(turn, 2 * np.pi - turn))
