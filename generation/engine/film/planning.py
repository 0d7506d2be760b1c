"""Plan a film by rules, and change a plan that has been filmed: both are the storyboard."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from generation.engine import NAME
from generation.engine.color import code_of, color_of, to_oklab
from generation.engine.film.board import (
    ASPECT_RATIOS,
    FPS,
    LEAST_LEFT,
    LONGEST,
    LONGEST_NARRATION,
    LONGEST_TEXT,
    MOODS,
    MUSIC,
    QUALITIES,
    SHORTEST,
    SIZES,
    board_of,
)
from generation.engine.film.languages import can_be_read_in_english, language_of
from generation.engine.film.script import Line, Topic, paced, script_of
from generation.engine.lexicon import understand
from generation.engine.pixels import Pixels, Random
from generation.engine.seeds import random_of

AUTO: Final = "auto"
STANDS: Final = "stands"
TEXTS: Final = {
    "texts": ("text", LONGEST_TEXT),
    "caption_texts": ("narration", LONGEST_NARRATION),
}
FEW_UP_TO, SOME_UP_TO = 10.0, 15.0  # seconds of four scenes, of five
DEFAULT_VOLUME: Final = 0.7
PLAIN_ACCENT: Final = "#4f6bed"  # where the product has no color of its own
LEAST_CHROMA: Final = 0.04
FONTS: Final = ("modern", "elegant", "clean", "heavy")

# How each film goes through its settings; the first is the opening, the last the end.
ROUTES: Final = (
    ("studio", "gradient", "place", "podium", "gradient", "studio"),
    ("spotlight", "gradient", "place", "studio", "podium", "spotlight"),
    ("podium", "gradient", "studio", "place", "spotlight", "podium"),
)
ROUTE_WORDS: Final = {
    1: "dark night luxury premium elegant black neon cinematic dramatic moody bold",
    2: "fun colorful playful fresh pop young bright summer kids happy energetic",
    0: "clean minimal minimalist studio white soft natural calm simple light",
}
MOOD_WORDS: Final = {
    "energetic": "energetic sport sports fast power dynamic bold action fitness gym neon",
    "happy": "happy fun playful colorful summer kids joy fresh bright pop",
    "tender": "tender love soft baby gentle romantic warm care skin",
    "nostalgic": "nostalgic vintage retro classic old memories heritage",
    "calm": "calm quiet minimal clean relax spa elegant luxury premium natural",
}
FONT_WORDS: Final = {
    "elegant": "elegant luxury premium beauty classic perfume jewelry wine vintage",
    "heavy": "bold sport sports power energetic street gym loud",
    "clean": "clean minimal tech simple modern app smart",
}
ORDERS: Final = {  # which of a route's six settings a film of so many scenes has
    4: (0, 1, 2, 5),
    5: (0, 1, 2, 3, 5),
    6: (0, 1, 2, 3, 4, 5),
}
CAMERA_TURNS: Final = ("push_in", "drift_left", "pull_out", "drift_right")
TRANSITION_TURNS: Final = ("push", "cross_fade", "zoom_fade")
WORDS_OF_SETTING: Final = {
    "studio": "a seamless studio set in a soft tone of {color}, window light from the side",
    "podium": "a round podium before an arch, set in tones of {color}, soft shadows",
    "spotlight": "a dark studio with one warm spotlight from above, a glossy floor",
    "gradient": "a smooth backdrop of {color} with soft discs of light, shallow depth of field",
    "place": "a table in the foreground, {place} out of focus behind it, natural light",
}
WORDS_OF_PLACE: Final = {"kitchen": "a bright kitchen", "office": "a light office"}
SHAPES: Final = {"16:9": "wide 16:9 frame", "9:16": "tall 9:16 frame", "1:1": "square frame"}


def plan(  # noqa: PLR0913 (the order's own words, each by name)
    prepared_analysis: Mapping[str, Any],
    *,
    product_name: str,
    description: str = "",
    prompt: str = "",
    seconds: float,
    aspect_ratio: str,
    quality: str,
    seed: int,
    captions: bool = True,
    music: str = AUTO,
    voice: bool = True,
) -> dict[str, Any]:
    """This function will write the storyboard. Raises ValueError naming what cannot be filmed."""
    name = _worded("product_name", product_name)
    _one_of("aspect_ratio", aspect_ratio, ASPECT_RATIOS)
    _one_of("quality", quality, QUALITIES)
    _one_of("music", music, (AUTO, *MUSIC))
    if not SHORTEST <= seconds <= LONGEST:
        raise ValueError(f"seconds: must be between {SHORTEST:g} and {LONGEST:g}")
    random = random_of("film", name, description, prompt, seed)
    wishes = f"{prompt} {description}"
    language = language_of(description or name)
    colors = _colors_of(prepared_analysis)
    topic = Topic(
        name=name, description=description, language=language, color=_color_name(prepared_analysis)
    )
    count = _scene_count(seconds)
    lines = script_of(topic, count, seconds, random)
    place = understand(name, wishes, ()).place or ""
    return {
        "engine": NAME,
        "product_name": name,
        "language": language,
        "aspect_ratio": aspect_ratio,
        "quality": quality,
        "size": list(SIZES[aspect_ratio][quality]),
        "fps": FPS,
        "seconds": float(seconds),
        "seed": seed,
        "captions": captions,
        "voice": voice,
        "music": _named(MOOD_WORDS, wishes, MOODS, random) if music == AUTO else music,
        "volume": DEFAULT_VOLUME,
        "trim": {"start": 0.0, "end": float(seconds)},
        "accent": _accent_of(colors),
        "font": _named(FONT_WORDS, wishes, FONTS, random),
        "place": place,
        "cut_edges": _cut_edges_of(prepared_analysis),
        "stands": prepared_analysis.get("stance", STANDS) == STANDS,
        "scenes": _scenes(lines, seconds, (topic, place, SHAPES[aspect_ratio], wishes), random),
    }


def _scenes(
    lines: Sequence[Line],
    seconds: float,
    look: tuple[Topic, str, str, str],
    random: Random,
) -> list[dict[str, Any]]:
    topic, place, shape, wishes = look
    route = ROUTES[_named(ROUTE_WORDS, wishes, tuple(ROUTE_WORDS), random)]
    settings = [route[index] for index in ORDERS[len(lines)]]
    turn = int(random.integers(len(CAMERA_TURNS)))
    scenes = []
    for number, (line, length) in enumerate(zip(lines, paced(lines, seconds), strict=True), 1):
        setting = settings[number - 1]
        scenes.append(
            {
                "number": number,
                "seconds": length,
                "transition": "cut"
                if number == 1
                else TRANSITION_TURNS[(number + turn) % len(TRANSITION_TURNS)],
                "camera": CAMERA_TURNS[(number + turn) % len(CAMERA_TURNS)],
                "setting": setting,
                "framing": "close" if setting == "gradient" else "whole",
                "plate_prompt": _plate_prompt(topic, setting, place, shape),
                "text": line.text,
                "detail": line.detail,
                "narration": line.narration,
                "button": line.button,
            }
        )
    return scenes


def _plate_prompt(topic: Topic, setting: str, place: str, shape: str) -> str:
    words = WORDS_OF_SETTING[setting].format(
        color=topic.color or "a calm color",
        place=WORDS_OF_PLACE.get(place, f"a {place}" if place else "a light apartment"),
    )
    return (
        f"Empty set for a product photograph of {topic.name}: {words}. Photorealistic, nothing "
        f"on the set yet, calm empty space for words, no text, no people, {shape}."
    )


def _scene_count(seconds: float) -> int:
    if seconds <= FEW_UP_TO:
        return 4
    return 5 if seconds <= SOME_UP_TO else 6


def _named[T](table: Mapping[T, str], wishes: str, spare: Sequence[T], random: Random) -> T:
    """What the wishes name, else one by chance."""
    asked = set(wishes.casefold().replace(",", " ").replace(".", " ").split())
    chance = spare[int(random.integers(len(spare)))]
    for name, words in table.items():
        if asked & set(words.split()):
            return name
    return chance


def _colors_of(analysis: Mapping[str, Any]) -> list[Pixels]:
    return [color_of(str(each["hex"])) for each in analysis.get("colors", ())]


def _color_name(analysis: Mapping[str, Any]) -> str:
    colors = analysis.get("colors", ())
    return str(colors[0].get("name", "")).casefold() if colors else ""


def _accent_of(colors: Sequence[Pixels]) -> str:
    """The strongest of the product's colors."""
    strongest = max(colors, key=_chroma, default=None)
    if strongest is None or _chroma(strongest) < LEAST_CHROMA:
        return PLAIN_ACCENT
    return code_of(strongest)


def _chroma(color: Pixels) -> float:
    _, green_red, blue_yellow = to_oklab(color)
    return float((green_red**2 + blue_yellow**2) ** 0.5)


def _cut_edges_of(analysis: Mapping[str, Any]) -> list[str]:
    """The photo's edges that cut the product off, however they are told."""
    told = analysis.get("cut_edges") or ()
    names = [name for name in told if told[name]] if isinstance(told, Mapping) else list(told)
    return sorted(str(name) for name in names)


# --- Changes ------------------------------------------------------------------------------------


def revised(storyboard: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """This function will make the storyboard of the changed film; the old one stays as it is.

    Changes: trim_start and trim_end (seconds of the uncut film), captions, voice, music, volume;
    texts and caption_texts by the scene's number. Raises ValueError naming what is wrong.
    """
    made: dict[str, Any] = {
        **storyboard,
        "trim": dict(storyboard["trim"]),
        "scenes": [dict(scene) for scene in storyboard["scenes"]],
    }
    for field, value in changes.items():
        if field not in _CHANGES:
            raise ValueError(f"{field}: is nothing that can be changed")
        _CHANGES[field](made, field, value)
    trim = made["trim"]
    if trim["end"] - trim["start"] < LEAST_LEFT:
        raise ValueError(f"trim_end: must leave at least {LEAST_LEFT:g} second of the film")
    board_of(made)
    return made


def _trim(made: dict[str, Any], field: str, value: object) -> None:
    total = made["seconds"]
    number = _number(field, value)
    if not 0 <= number <= total:
        raise ValueError(f"{field}: must be between 0 and {total:g} seconds")
    made["trim"][field.removeprefix("trim_")] = number


def _switch(made: dict[str, Any], field: str, value: object) -> None:
    if not isinstance(value, bool):
        raise ValueError(f"{field}: must be true or false")  # noqa: TRY004 (a wrong order)
    made[field] = value


def _music(made: dict[str, Any], field: str, value: object) -> None:
    made[field] = _one_of(field, value, MUSIC)


def _volume(made: dict[str, Any], field: str, value: object) -> None:
    number = _number(field, value)
    if not 0 <= number <= 1:
        raise ValueError(f"{field}: must be between 0 and 1")
    made[field] = number


def _texts(made: dict[str, Any], field: str, value: object) -> None:
    key, longest = TEXTS[field]
    if not isinstance(value, Mapping):
        raise ValueError(f"{field}: must say a text for a scene's number")  # noqa: TRY004 (a wrong order)
    scenes = {str(scene["number"]): scene for scene in made["scenes"]}
    for number, text in value.items():
        if str(number) not in scenes:
            raise ValueError(f"{field}: there is no scene {number}")
        if not isinstance(text, str) or len(text) > longest:
            raise ValueError(f"{field}: a text has at most {longest} characters")
        scenes[str(number)][key] = " ".join(text.split())


_CHANGES: Final[dict[str, Callable[[dict[str, Any], str, object], None]]] = {
    "trim_start": _trim,
    "trim_end": _trim,
    "captions": _switch,
    "voice": _switch,
    "music": _music,
    "volume": _volume,
    "texts": _texts,
    "caption_texts": _texts,
}


def speaks_english(storyboard: Mapping[str, Any]) -> bool:
    """Whether all that is said can be read aloud by a voice that only knows English."""
    return can_be_read_in_english([str(scene["narration"]) for scene in storyboard["scenes"]])


def _worded(field: str, text: str) -> str:
    words = " ".join(text.split())
    if not words:
        raise ValueError(f"{field}: must not be empty")
    return words[:LONGEST_TEXT].rstrip()


def _one_of(field: str, value: object, allowed: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{field}: must be one of {', '.join(allowed)}")
    return value


def _number(field: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{field}: must be a number")  # noqa: TRY004 (a wrong order)
    return float(value)
