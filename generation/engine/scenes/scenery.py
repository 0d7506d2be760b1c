"""Choose and paint a place: the one that was named, or one that suits the color scheme."""

from typing import Final

from PIL import Image

from generation.engine.color import changed, mixed
from generation.engine.lexicon import Understanding
from generation.engine.pixels import WHITE, Pixels, Random, Size, resized
from generation.engine.scenes.backdrop import View, view_into
from generation.engine.scenes.city import city
from generation.engine.scenes.clouds import clouds
from generation.engine.scenes.hours import HOURS, Hour
from generation.engine.scenes.land import LANDS
from generation.engine.scenes.space import space
from generation.engine.scenes.terrain import terrain
from generation.engine.scenes.underwater import underwater
from generation.engine.schemes import Scheme
from generation.engine.variety import Variety

WORK_SIDE: Final = 800  # places are painted this large and enlarged
PLANET_ASIDE: Final = 0.07  # behind the head, like a halo that slipped
LAKE_CHANCE: Final = 0.45

# A place that a panorama shows better than paint: which, and the way to look (0 to 1 around).
PANORAMAS: Final = {
    "office": (("lobby", 0.50), ("lobby", 0.70), ("esplanade", 0.12)),
    "workshop": (("workshop", 0.25), ("workshop", 0.80), ("warehouse", 0.76)),
    "kitchen": (("esplanade", 0.0), ("esplanade", 0.62), ("apartment", 0.58)),
    "studio": (("studio", 0.68), ("studio", 0.04), ("warehouse", 0.70)),
    "laboratory": (("lab", 0.14), ("lab", 0.24), ("lab", 0.90)),
    "hall": (("hall", 0.02), ("hall", 0.56), ("hall", 0.92)),
    "forest": (("forest", 0.36), ("forest", 0.50), ("forest", 0.62)),
    "park": (("park", 0.10), ("park", 0.30), ("park", 0.92)),
}
YAW_SPREAD: Final = 0.03
DEFAULT_HOURS: Final = {
    "sunset": ("sunset", "golden"),
    "ocean": ("day", "aurora", "overcast"),
    "neon": ("neon", "night"),
    "mono": ("overcast", "night"),
    "lime": ("aurora", "golden"),
    "royal": ("night", "neon"),
    "red": ("sunset", "neon"),
    "cream": ("golden", "sunrise"),
    "sky": ("day", "sunrise", "alpenglow"),
}
DEFAULT_PLACES: Final = {
    "sunset": ("dune", "mesa", "mountain", "island"),
    "ocean": ("island", "mountain", "snow"),
    "neon": ("city", "space"),
    "mono": ("mountain", "moon", "city"),
    "lime": ("snow", "forest", "hills"),
    "royal": ("space", "city"),
    "red": ("volcano", "mesa", "city"),
    "cream": ("dune", "hills", "mesa"),
    "sky": ("clouds", "mountain", "island"),
}
AIMED: Final = frozenset({"space"})  # painted around the focus: must not be mirrored
OWN_HOUR: Final = {"mars": "mars", "moon": "moon"}
# Schemes of warm light look wrong over ice, and the other way around.
PLACE_ALIASES: Final = {"aurora": "snow"}


def painted_place(
    size: Size,
    wanted: Understanding,
    look: tuple[Scheme, tuple[float, float]],
    chance: tuple[Variety, Random],
) -> tuple[Pixels, str]:
    """This function will paint the place small, enlarge it, and name it."""
    scheme, focus = look
    variety, random = chance
    place = wanted.place or variety.pick(DEFAULT_PLACES[scheme.name])
    place = PLACE_ALIASES.get(place, place)
    hour = _hour_for(place, wanted.hour, scheme, variety)
    scale = min(1.0, WORK_SIDE / max(size.width, size.height))
    small = Size(round(size.width * scale), round(size.height * scale))
    if place in PANORAMAS:
        return _panorama(size, place, chance), place
    light = HOURS[hour] if size.is_wide else HOURS[hour].with_high_sun()
    pixels = _painted(small, place, (light, scheme, focus), random)
    if variety.is_odd and place not in AIMED:
        pixels = pixels[:, ::-1]
    return resized(pixels, size, Image.Resampling.LANCZOS), f"{place}, {hour}"


def _panorama(size: Size, place: str, chance: tuple[Variety, Random]) -> Pixels:
    variety, random = chance
    name, yaw = variety.pick(PANORAMAS[place])
    turn = float(random.uniform(-YAW_SPREAD, YAW_SPREAD))
    return view_into(name, size, View(yaw + turn))


def _hour_for(place: str, wanted: str | None, scheme: Scheme, variety: Variety) -> str:
    if place in OWN_HOUR and wanted is None:
        return OWN_HOUR[place]
    return wanted or variety.pick(DEFAULT_HOURS[scheme.name])


def _painted(
    size: Size, place: str, look: tuple[Hour, Scheme, tuple[float, float]], random: Random
) -> Pixels:
    hour, scheme, focus = look
    if place == "space":
        return space(
            size, _nebula_colors(scheme), random, (focus[0] + PLANET_ASIDE, focus[1] * 0.6)
        )
    if place == "underwater":
        return underwater(size, random)
    if place == "city":
        return city(size, hour, random)
    if place == "clouds":
        return clouds(size, hour, random)
    kind = place if place in LANDS else "mountain"
    has_lake = kind == "mountain" and random.random() < LAKE_CHANCE
    return terrain(size, kind, hour, random, has_lake=has_lake)


def _nebula_colors(scheme: Scheme) -> list[Pixels]:
    if scheme.is_light:
        deep = changed(scheme.accent, lightness=-0.3)
        return [deep, scheme.accent, scheme.companion, mixed(scheme.companion, WHITE, 0.6)]
    return [mixed(scheme.ground, scheme.main, 0.3), scheme.main, scheme.companion, scheme.accent]
