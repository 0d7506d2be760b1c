"""Read a prompt: what is to be shown, where, in what light and style, and what we cannot use."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from generation.engine import things
from generation.engine import vocabulary as v
from generation.engine.color import changed, code_of, color_of
from generation.engine.lexicon import EMOJI_NAMES, JOINERS, SKIN_TONES, TOKEN, is_emoji
from generation.engine.synonyms import words_of

MOST_KINDS: Final = 3
MOST_TOGETHER: Final = 6
LONGEST_THING: Final = 3
SHORTEST_THING: Final = 3
COLOR_REACH: Final = 3  # words between a color and the thing it colors: "red leather sneakers"
ALONE_IN_PLURAL: Final = 3
AMONG_OTHERS_IN_PLURAL: Final = 2
ONE_OF_A_PAIR: Final = words_of(
    "sneakers shoes boots glasses sunglasses headphones jeans heels shorts gloves socks books "
    "skis flowers noodles"
)
LANDS: Final = words_of("snow mountain forest autumn hills dune mesa volcano island beach")
GREEN_LANDS: Final = words_of("snow mountain forest autumn hills")
OUTDOORS: Final = LANDS | words_of("city clouds mars moon")
INDOORS: Final = words_of("office kitchen workshop laboratory hall park")
FEATURES_OF: Final = {
    "water": GREEN_LANDS - {"hills"},
    "trees": GREEN_LANDS,
    "palms": words_of("island beach"),
    "flowers": words_of("hills mountain forest autumn"),
    "snow": words_of("mountain forest hills"),
    "rain": OUTDOORS - {"mars", "moon"},
    "snowfall": GREEN_LANDS | {"city"},
    "fog": OUTDOORS - {"mars", "moon"},
    "rainbow": LANDS | {"city", "clouds"},
    "clouds": LANDS | {"city", "clouds"},
    "moon": LANDS | {"city", "clouds"},
    "sun": LANDS | {"city", "clouds", "mars"},
    "stars": OUTDOORS,
    "sky": OUTDOORS,
    "bokeh": INDOORS,
    "steam": frozenset[str](),
    "flying": frozenset[str](),
}
STEAMING: Final = words_of("coffee-cup teacup-without-handle hot-beverage steaming-bowl teapot")
HOURS_OF_FEATURES: Final = {
    "rain": "overcast",
    "moon": "night",
    "stars": "night",
    "rainbow": "day",
    "sun": "day",
}
DARK_HOURS: Final = frozenset({"night", "neon", "aurora"})


@dataclass(frozen=True, slots=True)
class Role:
    """A thing that is to be shown: what, how many, in which color, and whether it flies."""

    name: str
    count: int = 1
    color: str | None = None
    flies: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the picture will show; `understood` and `ignored` share the prompt's words out."""

    scene: str
    hour: str | None
    features: frozenset[str]
    style: str | None
    look: str | None
    framing: str | None
    palette: str | None
    colors: tuple[str, ...]
    cast: tuple[Role, ...]
    avoided: frozenset[str]
    understood: tuple[str, ...]
    ignored: tuple[str, ...]
    negated: tuple[str, ...]

    @property
    def is_indoors(self) -> bool:
        return self.scene in INDOORS


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of the prompt that means something, perhaps several things."""

    start: int
    end: int
    words: v.Phrase
    meanings: tuple[v.Meaning, ...]
    is_negated: bool = False

    def values(self, kind: str) -> list[str]:
        return [value for of_kind, value in self.meanings if of_kind == kind]


def read(prompt: str, negative_prompt: str = "") -> Reading:
    tokens = _tokens(prompt)
    mentions = _mentions(tokens)
    against = _mentions(_tokens(negative_prompt))
    avoided = frozenset(
        value
        for mention in [*against, *(one for one in mentions if one.is_negated)]
        for _, value in mention.meanings
    )
    wanted = [_without(mention, avoided) for mention in mentions if not mention.is_negated]
    return _Interpretation(tokens, wanted, avoided).reading(
        heeded=[mention for mention in mentions if mention.is_negated],
        negated=_named(against),
    )


def named_kinds(prompt: str) -> frozenset[str]:
    """What matters a prompt speaks of: a place, an hour, a style and so on."""
    meanings = [meaning for one in _mentions(_tokens(prompt)) for meaning in one.meanings]
    return frozenset(kind for kind, _ in meanings) | {f"{kind}:{value}" for kind, value in meanings}


def _without(mention: Mention, avoided: frozenset[str]) -> Mention:
    kept = tuple(meaning for meaning in mention.meanings if meaning[1] not in avoided)
    return replace(mention, meanings=kept)


def _named(mentions: list[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(mention.words) for mention in mentions))


def _tokens(text: str) -> list[str]:
    """The words in their order; each emoji is a word of its own."""
    spaced = "".join(f" {one} " if is_emoji(one) else one for one in text.casefold())
    tokens = []
    for part in spaced.split():
        if is_emoji(part[0]):
            shown = part[0] not in JOINERS and ord(part[0]) not in SKIN_TONES
            tokens += [part] if shown else []
        else:
            tokens += [word.removesuffix("'s") for word in TOKEN.findall(part)]
    return tokens


def _mentions(tokens: list[str]) -> list[Mention]:
    found, place = [], 0
    while place < len(tokens):
        mention = _longest_at(tokens, place)
        if mention:
            found.append(mention)
        place = mention.end if mention else place + 1
    return found


def _longest_at(tokens: list[str], place: int) -> Mention | None:
    for length in range(v.LONGEST, 0, -1):
        phrase = tuple(tokens[place : place + length])
        if len(phrase) < length:
            continue
        meanings = v.MEANINGS.get(phrase, ())
        thing = _thing_called(phrase)
        if thing:
            meanings = (*meanings, ("thing", thing))
        if meanings:
            negated = any(word in v.NEGATIONS for word in tokens[max(0, place - 1) : place])
            return Mention(place, place + length, phrase, meanings, negated)
    return None


def _thing_called(phrase: v.Phrase) -> str | None:
    if len(phrase) > LONGEST_THING:
        return None
    if len(phrase) == 1 and is_emoji(phrase[0][0]):
        return _emoji_called(phrase[0])
    spoken = " ".join(phrase)
    for form in (spoken, *_singulars(spoken)):
        if (len(form) < SHORTEST_THING and form not in v.THINGS) or form in v.FUNCTION_WORDS:
            continue
        name = v.THINGS.get(form) or form.replace(" ", "-")
        if form not in v.OWN_THINGS and {form, name} & v.NEVER_THINGS:
            continue
        for known in (name, f"person-{name}"):
            if known in things.names():
                return known
    return None


def _emoji_called(character: str) -> str | None:
    name = unicodedata.name(character, "").lower().replace(" ", "-")
    name = EMOJI_NAMES.get(name, name)
    return name if name in things.names() else None


def _singulars(phrase: str) -> list[str]:
    if phrase.endswith("ss") or not phrase.endswith("s"):
        return []
    forms = [phrase[:-1]]
    if phrase.endswith("ies"):
        forms.append(phrase[:-3] + "y")
    if phrase.endswith("es"):
        forms.append(phrase[:-2])
    return forms


class _Interpretation:
    """One prompt's mentions weighed against each other; `claimed` marks the words that count."""

    def __init__(self, tokens: list[str], mentions: list[Mention], avoided: frozenset[str]) -> None:
        self.tokens = tokens
        self.mentions = mentions
        self.avoided = avoided
        self.claimed: set[int] = set()
        self.colored: dict[int, str] = {}  # where a color is said, and the color
        self.shades: set[int] = set()
        self._find_colors()
        self.scene = self._scene()

    def reading(self, heeded: list[Mention], negated: tuple[str, ...]) -> Reading:
        features = self._features()
        hour = self._hour(features)
        features = frozenset(one for one in features if _shows(hour, one))
        cast, spent = self._cast(features)
        if not any(role.flies for role in cast):
            features -= {"flying"}
        reading = Reading(
            scene=self.scene,
            hour=hour,
            features=features,
            style=self._first("style"),
            look=self._first("look"),
            framing=self._first("framing") if cast else None,
            palette=self._first("palette")
            if self.scene in {"studio", "abstract", "space"}
            else None,
            colors=self._palette_colors(spent),
            cast=cast,
            avoided=self.avoided,
            understood=(),
            ignored=(),
            negated=negated,
        )
        for mention in heeded:
            self.claimed.update(range(mention.start - 1, mention.end))
        self._claim(reading)
        understood, ignored = self._shared_out()
        return replace(reading, understood=understood, ignored=ignored)

    def _find_colors(self) -> None:
        for number, mention in enumerate(self.mentions):
            names = mention.values("color")
            if not names or (mention.values("thing") and not self._colors_something(number)):
                continue
            shade = self.tokens[mention.start - 1] if mention.start else ""
            if shade in v.SHADES:
                self.shades.add(mention.start - 1)
            self.colored[mention.start] = _shaded(v.COLORS[names[0]], shade)
        self.mentions = [one for one in self.mentions if one.start not in self.shades]

    def _colors_something(self, number: int) -> bool:
        return any(
            later.values("thing") and later.start - self.mentions[number].end < COLOR_REACH
            for later in self.mentions[number + 1 : number + 2]
        )

    def _values(self, kind: str) -> set[str]:
        return {
            value
            for mention in self.mentions
            for value in mention.values(kind)
            if not (kind == "thing" and mention.start in self.colored)
        }

    def _first(self, kind: str) -> str | None:
        for mention in self.mentions:
            if mention.values(kind):
                return mention.values(kind)[0]
        return None

    def _scene(self) -> str:
        named = self._values("scene")
        things_named = self._values("thing")
        if "abstract" in named and ("abstract" in self.tokens or not things_named):
            return "abstract"
        for scene in v.SCENES:
            if scene in named and scene != "abstract":
                is_painted = scene == "park" and self._first("style") != "photo"
                return "hills" if is_painted else scene
        if "abstract" in named:
            return "abstract"
        return self._scene_of_things() or self._scene_of_air()

    def _scene_of_things(self) -> str | None:
        """Where the first thing is at home, unless a studio suits it better."""
        shown = [value for mention in self.mentions for value in mention.values("thing")]
        if not shown:
            return None
        home = v.HOME_OF.get(shown[0])
        is_outside = self._first("hour") or self._values("feature") - {"steam", "flying"}
        if home is None or home in self.avoided:
            return self._scene_of_air().replace("island", "beach") if is_outside else "studio"
        is_portrait = self._first("style") in {"photo", "render"} and not is_outside
        return "studio" if is_portrait else home

    def _scene_of_air(self) -> str:
        features = self._values("feature")
        for feature, scene in SCENES_OF_FEATURES.items():
            if feature in features and scene not in self.avoided:
                return scene
        hour = self._first("hour")
        return SCENES_OF_HOURS[hour] if hour else "abstract"

    def _features(self) -> frozenset[str]:
        named = self._values("feature")
        fitting = {one for one in named if self.scene in FEATURES_OF[one]}
        if self.scene == "forest" and "trees" not in self.avoided:
            fitting.add("trees")
        if self.scene in {"snow", "forest", "hills"}:
            fitting.discard("snow" if self.scene != "forest" else "")
        if "flying" in named:
            fitting.add("flying")
        if "steam" in named and self._values("thing") & STEAMING:
            fitting.add("steam")
        return frozenset(fitting)

    def _hour(self, features: frozenset[str]) -> str | None:
        if self.scene not in OUTDOORS or self.scene == "moon":
            return None
        named = self._values("hour")
        for hour in v.HOURS:
            if hour in named:
                return hour
        for feature, hour in HOURS_OF_FEATURES.items():
            if feature in features and hour not in self.avoided:
                return hour
        return None

    def _cast(self, features: frozenset[str]) -> tuple[tuple[Role, ...], set[int]]:
        """The things, with their number and color; and which colors they took."""
        roles: dict[str, Role] = {}
        spent: set[int] = set()
        for mention in self.mentions:
            names = mention.values("thing")
            if (
                not names
                or mention.start in self.colored
                or self._is_part_of_scene(mention, features)
            ):
                continue
            if len(roles) == MOST_KINDS and names[0] not in roles:
                continue
            color_at = self._color_of(mention)
            if color_at is not None:
                spent.add(color_at)
            color = self.colored[color_at] if color_at is not None else None
            flies = self._flies(mention)
            count = self._count_of(mention, is_alone=not roles)
            if names[0] not in roles:
                roles[names[0]] = Role(names[0], count, color, flies)
            self.claimed.update(range(mention.start, mention.end))
        return _within(roles.values()), spent

    def _is_part_of_scene(self, mention: Mention, features: frozenset[str]) -> bool:
        if mention.words in v.SHOWN[self.scene] or self.scene in mention.values("scene"):
            return True
        return bool(features & set(mention.values("feature")) - {"flying", "steam"})

    def _flies(self, mention: Mention) -> bool:
        near = self.tokens[max(0, mention.start - 3) : mention.end + 3]
        return any(word in v.FEATURES["flying"].split() for word in near)

    def _color_of(self, mention: Mention) -> int | None:
        """A color stands before what it colors, or after it and "in" or "is"."""
        for place in range(mention.start - 1, max(-1, mention.start - 1 - COLOR_REACH), -1):
            if place in self.colored:
                return place
            if self.tokens[place] in v.FUNCTION_WORDS or self._is_thing_at(place):
                break
        after = mention.end
        joined = after < len(self.tokens) and self.tokens[after] in {"in", "is", "are"}
        if joined and after + 1 in self.colored and not self._is_thing_at(after + 2):
            return after + 1
        return None

    def _is_thing_at(self, place: int) -> bool:
        return any(one.start <= place < one.end and one.values("thing") for one in self.mentions)

    def _count_of(self, mention: Mention, *, is_alone: bool) -> int:
        for place in range(mention.start - 1, max(-1, mention.start - 5), -1):
            word = self.tokens[place]
            if word in v.COUNTS:
                self.claimed.add(place)
                is_pair = word == "pair" and mention.words[-1] in ONE_OF_A_PAIR
                return 1 if is_pair else v.COUNTS[word]
            if self._is_thing_at(place) or (word in v.FUNCTION_WORDS and word != "of"):
                break
        last = mention.words[-1]
        if last in ONE_OF_A_PAIR or not _singulars(last) or _is_a_name(mention):
            return 1
        return ALONE_IN_PLURAL if is_alone else AMONG_OTHERS_IN_PLURAL

    def _palette_colors(self, spent: set[int]) -> tuple[str, ...]:
        return tuple(
            dict.fromkeys(code for place, code in self.colored.items() if place not in spent)
        )

    def _claim(self, reading: Reading) -> None:
        for mention in self.mentions:
            if _counts(mention, reading) or mention.start in self.colored:
                self.claimed.update(range(mention.start, mention.end))
        self.claimed |= self.shades
        for start in range(len(self.tokens)):
            for length in (1, 2):
                if tuple(self.tokens[start : start + length]) in v.SHOWN[self.scene]:
                    self.claimed.update(range(start, start + length))

    def _shared_out(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        said = [(at, word) for at, word in enumerate(self.tokens) if word not in v.FUNCTION_WORDS]
        understood = dict.fromkeys(word for at, word in said if at in self.claimed)
        ignored = dict.fromkeys(word for _, word in said if word not in understood)
        return tuple(understood), tuple(ignored)


SCENES_OF_FEATURES: Final = {
    "palms": "beach",
    "flowers": "hills",
    "rainbow": "hills",
    "trees": "forest",
    "snowfall": "snow",
    "water": "mountain",
    "rain": "city",
    "fog": "forest",
    "moon": "mountain",
    "stars": "mountain",
    "clouds": "clouds",
    "sky": "clouds",
    "sun": "hills",
}
SCENES_OF_HOURS: Final = {
    "aurora": "snow",
    "neon": "city",
    "sunset": "island",
    "sunrise": "mountain",
    "night": "mountain",
    "golden": "hills",
    "overcast": "mountain",
    "day": "hills",
}


def _shows(hour: str | None, feature: str) -> bool:
    """Whether the sky of an hour, or of none in particular, has this in it."""
    if feature == "moon":
        return hour == "night"
    if feature == "stars":
        return hour in DARK_HOURS or hour is None
    if feature in {"sun", "rainbow"}:
        return hour not in DARK_HOURS
    return True


def _counts(mention: Mention, reading: Reading) -> bool:
    """Whether the picture will show any of what these words mean."""
    hours = {reading.hour, *v.AGREEING_HOURS.get(reading.hour or "", "").split()}
    shown: dict[str, set[str] | set[str | None]] = {
        "scene": {reading.scene},
        "feature": set(reading.features),
        "hour": hours,
        "style": {reading.style},
        "look": {reading.look},
        "framing": {reading.framing},
        "palette": {reading.palette},
        "thing": {role.name for role in reading.cast},
    }
    return any(value in shown.get(kind, set()) for kind, value in mention.meanings)


def _is_a_name(mention: Mention) -> bool:
    """Whether what looks like a plural is the thing's own name: "glasses", "chess"."""
    return mention.values("thing")[0].split("-")[-1] == mention.words[-1]


def _shaded(code: str, shade: str) -> str:
    steps = {"dark": -0.14, "deep": -0.10, "light": 0.14, "pale": 0.20, "pastel": 0.20}
    if shade not in steps:
        return code
    return code_of(changed(color_of(code), lightness=steps[shade]))


def _within(roles: Iterable[Role]) -> tuple[Role, ...]:
    """As many as one picture holds."""
    left, kept = MOST_TOGETHER, []
    for role in roles:
        count = min(role.count, left)
        if count:
            kept.append(replace(role, count=count))
        left -= count
    return tuple(kept)
