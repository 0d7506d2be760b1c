"""The photo coach: what a photo's measures mean for a clone, and what its owner could do.

It judges measures only, never the photos: those are the engine's to look at.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from generation.catalog import LEAST_CLONE_PHOTOS, MOST_CLONE_PHOTOS

type Verdict = Literal["good", "usable", "poor"]
type Measures = Mapping[str, Any]

SUBJECTS: Final = ("person", "product", "style")
ENOUGH_PHOTOS = 12
"""With so many good ones more photos hardly help."""

SMALLEST_FACE, SMALL_FACE = 64, 140
"""Pixels from the brow to the chin."""
SMALLEST_SIDE, SMALL_SIDE = 256, 512
BLURRED, SOFT = 5.0, 10.0
BLURRED_THING, SOFT_THING = 12.0, 30.0
DARK, DIM = 0.28, 0.40
"""Of the best lit tenth of a face: dark skin in good light has highlights too."""
DARK_THING, DIM_THING = 0.22, 0.36
BURNT, BRIGHT = 0.35, 0.12
"""The share that is pure white."""
BURNT_THING, BRIGHT_THING = 0.95, 0.85
"""A thing before a white ground is mostly white."""
FAR_TILTED, TILTED = 35.0, 14.0
"""Degrees."""
PROFILE = 0.55
"""Of the distance between the eyes, so far aside the nose."""
COVERED_EYES = 0.42
"""Of the cheeks' brightness."""
CLOSE_ABOVE = 0.12
"""Of the face's height: less than that above it cuts the hair off."""
SAME_PHOTO = 8
"""Bits of 64 in which the hashes of one photo, kept twice, may differ."""

ASIDE = 0.16
"""Of the distance between the eyes: a nose so far aside shows that side of a face."""
VARIED: Final = {"around": 0.25, "face_highlights": 0.15, "side_light": 0.15, "warmth": 0.12}
"""How far one of these must spread in a set for its light to differ."""

WORTH: Final[dict[Verdict, float]] = {"good": 1.0, "usable": 0.6, "poor": 0.0}
PENALTIES: Final[dict[Verdict, int]] = {"good": 0, "usable": 22, "poor": 70}
SMALL_PENALTY = 6
POINTS_FOR_A_SIDE, POINTS_FOR_LIGHT = 10, 10
"""Of a hundred; the rest is for the photos themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What is wrong with a photo, and a sentence that says what to do."""

    code: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgment:
    """What a photo is worth; the most important issue comes first."""

    verdict: Verdict
    score: int
    issues: tuple[Issue, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether a clone learns from it."""
        return self.verdict != "poor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """What a set of photos is worth, each one's judgment in their order, and what is missing."""

    score: int
    is_ready: bool
    counted: int
    judgments: tuple[Judgment, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """An issue, and when it makes a photo poor or merely usable."""

    code: str
    advice: str
    is_poor: Callable[[Measures], bool] = lambda _: False
    is_usable: Callable[[Measures], bool] = lambda _: False

    def verdict(self, measures: Measures) -> Verdict:
        if self.is_poor(measures):
            return "poor"
        return "usable" if self.is_usable(measures) else "good"


_OF_PEOPLE: Final = (
    _Rule(
        code="no_face",
        advice="Choose a photo that shows your face from the front or half from the side.",
        is_poor=lambda m: m["faces"] == 0,
    ),
    _Rule(
        code="several_people",
        advice="Crop the photo so that only you are in it.",
        is_poor=lambda m: m["faces"] > 1,
    ),
)
_OF_FACES: Final = (
    _Rule(
        code="sunglasses",
        advice="Take your sunglasses off, or choose a photo that shows your eyes.",
        is_poor=lambda m: m["eye_light"] < COVERED_EYES,
    ),
    _Rule(
        code="cut_off",
        advice="Choose a photo that shows your whole head, with some room around it.",
        is_poor=lambda m: bool(m["cut"]),
    ),
    _Rule(
        code="dark",
        advice="Face a window or a lamp: your face is too dark.",
        is_poor=lambda m: m["face_highlights"] < DARK,
        is_usable=lambda m: m["face_highlights"] < DIM,
    ),
    _Rule(
        code="bright",
        advice="Step out of the direct light: parts of your face are pure white.",
        is_poor=lambda m: m["face_overexposed"] > BURNT,
        is_usable=lambda m: m["face_overexposed"] > BRIGHT,
    ),
    _Rule(
        code="small_face",
        advice="Come closer, or crop the photo: your face is too small in it.",
        is_poor=lambda m: m["face_height"] < SMALLEST_FACE,
        is_usable=lambda m: m["face_height"] < SMALL_FACE,
    ),
    _Rule(
        code="blurred",
        advice="Hold still and focus on your face: it is blurred.",
        is_poor=lambda m: m["face_sharpness"] < BLURRED,
        is_usable=lambda m: m["face_sharpness"] < SOFT,
    ),
    _Rule(
        code="tilted",
        advice="Keep your head upright, or turn the photo until your eyes are level.",
        is_poor=lambda m: abs(m["roll"]) > FAR_TILTED,
        is_usable=lambda m: abs(m["roll"]) > TILTED,
    ),
    _Rule(
        code="turned_away",
        advice="Turn a little more toward the camera, so that both of your eyes show.",
        is_usable=lambda m: abs(m["yaw"]) > PROFILE,
    ),
    _Rule(
        code="cut_off",
        advice="Leave some room above your head: your hair is cut off.",
        is_usable=lambda m: m["room_above"] < CLOSE_ABOVE,
    ),
)
_OF_THINGS: Final = (
    _Rule(
        code="small",
        advice="Choose a larger photo: this one has too few pixels.",
        is_poor=lambda m: min(m["width"], m["height"]) < SMALLEST_SIDE,
        is_usable=lambda m: max(m["width"], m["height"]) < SMALL_SIDE,
    ),
    _Rule(
        code="dark",
        advice="Take it again by a window or a lamp: the photo is too dark.",
        is_poor=lambda m: m["highlights"] < DARK_THING,
        is_usable=lambda m: m["highlights"] < DIM_THING,
    ),
    _Rule(
        code="bright",
        advice="Take it again with less light: too much of the photo is pure white.",
        is_poor=lambda m: m["overexposed"] > BURNT_THING,
        is_usable=lambda m: m["overexposed"] > BRIGHT_THING,
    ),
    _Rule(
        code="blurred",
        advice="Hold the camera still and focus anew: the photo is blurred.",
        is_poor=lambda m: m["sharpness"] < BLURRED_THING,
        is_usable=lambda m: m["sharpness"] < SOFT_THING,
    ),
)


def judge(*, measures: Measures, subject: str) -> Judgment:
    """This function will tell what a photo is worth to a clone.

    Raises ValueError for an unknown subject, and for a photo that was never measured.
    """
    _check(measures, subject)
    verdicts = [(rule.verdict(measures), rule) for rule in _rules_for(measures, subject)]
    found = [(verdict, rule) for verdict, rule in verdicts if verdict != "good"]
    found.sort(key=lambda one: WORTH[one[0]])
    worst: Verdict = found[0][0] if found else "good"
    lost = PENALTIES[worst] + SMALL_PENALTY * max(0, len(found) - 1)
    return Judgment(
        verdict=worst,
        score=max(0, 100 - lost),
        issues=tuple(Issue(code=rule.code, advice=rule.advice) for _, rule in found),
    )


def _check(measures: Measures, subject: str) -> None:
    if subject not in SUBJECTS:
        raise ValueError(f"subject: must be one of {', '.join(SUBJECTS)}")
    if not measures:
        raise ValueError("measures: the photo was not measured yet; measure it first")


def _rules_for(measures: Measures, subject: str) -> tuple[_Rule, ...]:
    if subject != "person":
        return _OF_THINGS
    return _OF_PEOPLE + _OF_FACES if measures["faces"] else _OF_PEOPLE


def readiness(*, measures: Sequence[Measures], subject: str) -> Readiness:
    """This function will tell what a set of photos is worth to a clone, and what it lacks.

    Raises ValueError as `judge` does.
    """
    judgments = _judged(measures, subject)
    kept = [one for one, judgment in zip(measures, judgments, strict=True) if judgment.counts]
    points, wishes = _variety(kept, subject)
    worth = sum(WORTH[judgment.verdict] for judgment in judgments)
    share = min(1.0, worth / ENOUGH_PHOTOS)
    return Readiness(
        score=round(share * (100 - _most_points(subject)) + share**0.5 * points),
        is_ready=len(kept) >= LEAST_CLONE_PHOTOS and len(measures) <= MOST_CLONE_PHOTOS,
        counted=len(kept),
        judgments=judgments,
        missing=(*_missing_photos(len(measures), len(kept)), *wishes),
    )


def _judged(measures: Sequence[Measures], subject: str) -> tuple[Judgment, ...]:
    """Each photo's judgment; of photos that are the same, the first one counts."""
    judgments: list[Judgment] = []
    for place, one in enumerate(measures):
        judgment = judge(measures=one, subject=subject)
        twin = next((n for n in range(place) if _are_same(measures[n], one)), None)
        if judgment.counts and twin is not None:
            judgment = _copy_of(twin + 1)
        judgments.append(judgment)
    return tuple(judgments)


def _copy_of(number: int) -> Judgment:
    advice = f"Choose another photo: this one is nearly the same as photo {number}."
    issue = Issue(code="duplicate", advice=advice)
    return Judgment(verdict="poor", score=100 - PENALTIES["poor"], issues=(issue,))


def _are_same(first: Measures, second: Measures) -> bool:
    """Whether both are one photo: saved anew, made smaller or brighter, or cropped a little."""
    apart = int(first["hash"], 16) ^ int(second["hash"], 16)
    return apart.bit_count() <= SAME_PHOTO


def _variety(kept: Sequence[Measures], subject: str) -> tuple[int, list[str]]:
    """The points for a set's variety, and what would make it more varied."""
    points, wishes = 0, []
    if subject == "person":
        is_left = any(one["yaw"] > ASIDE for one in kept)
        is_right = any(one["yaw"] < -ASIDE for one in kept)
        points += POINTS_FOR_A_SIDE * (is_left + is_right)
        wishes += _missing_sides(is_left=is_left, is_right=is_right)
    if _has_different_light(kept):
        points += POINTS_FOR_LIGHT
    else:
        wishes.append("Add photos in other light: outdoors, by a window, in the evening.")
    return points, wishes


def _most_points(subject: str) -> int:
    return POINTS_FOR_LIGHT + (2 * POINTS_FOR_A_SIDE if subject == "person" else 0)


def _has_different_light(kept: Sequence[Measures]) -> bool:
    return any(
        max(values) - min(values) >= least
        for name, least in VARIED.items()
        if (values := [one[name] for one in kept if name in one])
    )


def _missing_sides(*, is_left: bool, is_right: bool) -> list[str]:
    if not is_left and not is_right:
        return ["Add two photos from the side: one turned to your left, one to your right."]
    if is_left and is_right:
        return []
    return [f"Add a photo with your head turned to your {'right' if is_left else 'left'}."]


def _missing_photos(sent: int, counted: int) -> list[str]:
    if sent > MOST_CLONE_PHOTOS:
        return [f"Remove {_photos(sent - MOST_CLONE_PHOTOS)}: {MOST_CLONE_PHOTOS} is the most."]
    if counted < LEAST_CLONE_PHOTOS:
        more = _photos(LEAST_CLONE_PHOTOS - counted, "more ")
        return [f"Add {more}: four is the least."]
    if counted < ENOUGH_PHOTOS:
        more = _photos(ENOUGH_PHOTOS - counted, "more good ")
        return [f"Add {more} for the best likeness."]
    return []


def _photos(number: int, more: str = "") -> str:
    return f"{number} {more}{'photo' if number == 1 else 'photos'}"
