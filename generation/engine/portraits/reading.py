"""Read a portrait's prompt: where, how close, in what light and look; and what we cannot use."""

import unicodedata
from dataclasses import dataclass
from typing import Final

from generation.engine import vocabulary as v
from generation.engine.lexicon import TOKEN
from generation.engine.synonyms import words_of

USED_KINDS: Final = frozenset({"scene", "feature", "hour", "style", "look", "color"})

FRAMES: Final = {
    "close": "close_up closeup headshot face linkedin profile_picture passport avatar 85mm 105mm",
    "wide": "full_body full_length wide wide_shot wide_angle standing from_afar 24mm 28mm 35mm",
    "half": "half_body waist_up medium_shot bust upper_body 50mm",
}
LIGHTS: Final = {
    "window": "window_light blinds venetian_blinds light_through_blinds window_shadow gobo",
    "side": (
        "side_light rim_light dramatic dramatic_light rembrandt split_light hard_light moody "
        "low_key backlit chiaroscuro noir dark_studio dark_background"
    ),
    "soft": "soft_light softbox even_light beauty_light high_key diffused_light studio_light",
}
PLACES: Final = {
    "club": "club nightclub disco bar party dj rave",
    "stage": "stage concert theater theatre spotlight conference keynote",
    "cafe": "cafe coffee_shop restaurant bakery mall shopping",
    "home": "home living_room apartment room indoors cozy_room bedroom",
    "warehouse": "warehouse loft garage industrial",
    "lobby": "lobby airport corridor glass_building modern_building",
    "skyline": "skyline rooftop skyscraper skyscrapers",
    "harbor": "harbor harbour venice waterfront promenade pier sea ocean seaside lakeside",
    "office": "linkedin business corporate professional",
    "park": "garden backyard lawn",
    "sky": "sky skies clouds blue_sky heaven",
    "studio": "studio backdrop plain_background seamless passport headshot",
}
# Who is in the picture is known: these words are met by whoever it is.
OF_PEOPLE: Final = words_of(
    """
    man woman person boy girl lady guy people portrait portraits selfie photo photograph picture
    looking camera face me myself him her couple two friends together both clone style
    """
)
OF_THINGS: Final = words_of("product photo photograph picture shot packshot")
SHOWN_BY: Final = {
    "club": "lights light night dark dance neon", "stage": "lights light dark",
    "studio": "background backdrop plain clean gradient simple", "sunset": "sun sky sea light",
    "night": "sky stars dark light",
    "park": "grass green trees sky", "skyline": "buildings lights city",
    "harbor": "sea water sky", "beach": "sea sand palms sky ocean", "forest": "trees green nature",
    "cafe": "lights cozy warm", "home": "wall window light", "office": "modern bright background",
    "sky": "sky clouds blue",
}  # fmt: skip
SCENE_ORDER: Final = (*(place for place in PLACES if place != "sky"), *v.SCENES)
HOUR_ORDER: Final = tuple(v.HOURS)
STYLED: Final = frozenset({"oil", "watercolor", "pencil", "comic", "pixel", "lowpoly"})
COLORED_PLACES: Final = frozenset({"studio"})
FEATURES: Final = frozenset({"snowfall", "rain", "fog", "bokeh", "stars", "sky", "clouds", "palms",
                             "trees", "flowers", "snow", "water", "sun"})  # fmt: skip
PLACES_OF_HOURS: Final = {
    "sunset": "sunset", "golden": "sunrise", "sunrise": "sunrise", "night": "night",
    "neon": "club", "aurora": "snow", "overcast": "city", "day": "park",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What is asked for; `understood` and `ignored` share the words of the prompt out."""

    place: str
    hour: str | None
    features: frozenset[str]
    frame: str
    light: str | None
    style: str | None
    look: str | None
    colors: tuple[str, ...]
    avoided: frozenset[str]
    understood: tuple[str, ...]
    ignored: tuple[str, ...]
    negated: tuple[str, ...]
    has_place: bool


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    meanings: tuple[v.Meaning, ...]

    def of(self, kind: str) -> list[str]:
        return [value for one, value in self.meanings if one == kind]


def _phrases() -> dict[v.Phrase, tuple[v.Meaning, ...]]:
    table: dict[v.Phrase, tuple[v.Meaning, ...]] = {
        phrase: tuple(meaning for meaning in meanings if meaning[0] in USED_KINDS)
        for phrase, meanings in v.MEANINGS.items()
    }
    own = (("frame", FRAMES), ("light", LIGHTS), ("scene", PLACES))
    for kind, words in own:
        for value, phrases in words.items():
            for phrase in phrases.split():
                key = tuple(phrase.split("_"))
                table[key] = (*table.get(key, ()), (kind, value))
    return {phrase: meanings for phrase, meanings in table.items() if meanings}


PHRASES: Final = _phrases()
LONGEST: Final = max(len(phrase) for phrase in PHRASES)


def read_brief(prompt: str, negative_prompt: str = "", subject: str = "person") -> Brief:
    tokens = TOKEN.findall(prompt.casefold())
    against = _mentions(TOKEN.findall(negative_prompt.casefold()))
    said = _mentions(tokens)
    refused = [one for one in said if one.start and tokens[one.start - 1] in v.NEGATIONS]
    avoided = frozenset(value for one in (*against, *refused) for _, value in one.meanings)
    wanted = [_without(one, avoided) for one in said if one not in refused]
    chosen = _chosen(wanted)
    met = chosen | _agreeing(chosen)
    used = [one for one in wanted if set(one.meanings) & met] + refused
    heard = {place for one in used for place in range(one.start, one.end)}
    heard |= {one.start - 1 for one in refused}
    understood, ignored = _shared_out(tokens, heard, _known_words(chosen, subject))
    negative_words = TOKEN.findall(negative_prompt.casefold())
    return Brief(
        place=_one(chosen, "scene") or "studio",
        hour=_one(chosen, "hour"),
        features=frozenset(value for kind, value in chosen if kind == "feature"),
        frame=_one(chosen, "frame") or "half",
        light=_one(chosen, "light"),
        style=_one(chosen, "style"),
        look=_one(chosen, "look"),
        colors=tuple(v.COLORS[name] for name in _values(wanted, "color") if _in(chosen, name)),
        avoided=avoided,
        understood=understood,
        ignored=ignored,
        negated=tuple(" ".join(negative_words[one.start : one.end]) for one in against),
        has_place=any(one.of("scene") or one.of("hour") for one in used),
    )


def named_of_portrait(prompt: str) -> frozenset[str]:
    """Of what a prompt speaks: a scene, light, frame or look. An hour is a scene's and a light's;
    a style is a look."""
    kinds = {
        kind
        for mention in _mentions(TOKEN.findall(prompt.casefold()))
        for kind, _ in mention.meanings
    }
    kinds |= {"scene", "light"} if "hour" in kinds else set()
    return frozenset(kinds | ({"look"} if "style" in kinds else set()))


def _mentions(words: list[str]) -> list[_Mention]:
    tokens = [_without_accents(word) for word in words]
    found, place = [], 0
    while place < len(tokens):
        mention = next(
            (
                _Mention(place, place + length, PHRASES[phrase])
                for length in range(LONGEST, 0, -1)
                if (phrase := tuple(tokens[place : place + length])) in PHRASES
            ),
            None,
        )
        if mention:
            found.append(mention)
        place = mention.end if mention else place + 1
    return found


def _without_accents(word: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", word) if one.isascii()) or word


def _without(mention: _Mention, avoided: frozenset[str]) -> _Mention:
    kept = tuple(meaning for meaning in mention.meanings if meaning[1] not in avoided)
    return _Mention(mention.start, mention.end, kept)


def _values(mentions: list[_Mention], kind: str) -> list[str]:
    return list(dict.fromkeys(value for one in mentions for value in one.of(kind)))


def _one(chosen: frozenset[v.Meaning], kind: str) -> str | None:
    return next((value for one, value in chosen if one == kind), None)


def _in(chosen: frozenset[v.Meaning], color: str) -> bool:
    return ("color", color) in chosen


def _chosen(mentions: list[_Mention]) -> frozenset[v.Meaning]:
    """What the picture will follow of all that was said: one place, one hour, and so on."""
    scenes, hours = _values(mentions, "scene"), _values(mentions, "hour")
    hour = next((one for one in HOUR_ORDER if one in hours), None)
    place = next((one for one in SCENE_ORDER if one in scenes and one != "studio"), None)
    place = place or ("studio" if "studio" in scenes else None)
    place = place or PLACES_OF_HOURS.get(hour or "") or ("sky" if "sky" in scenes else None)
    chosen: set[v.Meaning] = {("scene", place or "studio")}
    if hour and place != "studio":
        chosen.add(("hour", hour))
    for kind in ("frame", "light", "look"):
        chosen |= {(kind, value) for value in _values(mentions, kind)[:1]}
    styles = [one for one in _values(mentions, "style") if one in STYLED or one == "photo"]
    chosen |= {("style", value) for value in styles[:1]}
    chosen |= {("feature", one) for one in _values(mentions, "feature") if one in FEATURES}
    if place in COLORED_PLACES or place is None:
        chosen |= {("color", one) for one in _values(mentions, "color")}
    return frozenset(chosen)


def _agreeing(chosen: frozenset[v.Meaning]) -> frozenset[v.Meaning]:
    """Hours that the chosen one is as well: neon shines at night."""
    hours = v.AGREEING_HOURS.get(_one(chosen, "hour") or "", "").split()
    return frozenset(("hour", hour) for hour in hours)


def _known_words(chosen: frozenset[v.Meaning], subject: str) -> frozenset[str]:
    """Words that the subject or the place meets without being chosen by them."""
    place = _one(chosen, "scene") or "studio"
    shown = SHOWN_BY.get(place, v.ALSO_SHOWN.get(place, ""))
    return words_of(shown) | (OF_PEOPLE if subject == "person" else OF_THINGS)


def _shared_out(
    tokens: list[str], heard: set[int], known: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    said = [(place, word) for place, word in enumerate(tokens) if word not in v.FUNCTION_WORDS]
    understood = dict.fromkeys(word for place, word in said if place in heard or word in known)
    ignored = dict.fromkeys(word for _, word in said if word not in understood)
    return tuple(understood), tuple(ignored)
