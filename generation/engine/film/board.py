"""The storyboard: a film as plain JSON, which is its edit list, and that list read and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from generation.engine.pixels import Size

SIZES: Final = {
    "16:9": {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080)},
    "9:16": {"480p": (480, 854), "720p": (720, 1280), "1080p": (1080, 1920)},
    "1:1": {"480p": (480, 480), "720p": (720, 720), "1080p": (1080, 1080)},
}
ASPECT_RATIOS: Final = tuple(SIZES)
QUALITIES: Final = ("480p", "720p", "1080p")
MOODS: Final = ("calm", "energetic", "happy", "nostalgic", "tender")
NO_MUSIC: Final = "none"
MUSIC: Final = (*MOODS, NO_MUSIC)
TRANSITIONS: Final = ("cut", "push", "cross_fade", "zoom_fade")
CAMERAS: Final = ("push_in", "pull_out", "drift_left", "drift_right")
SETTINGS: Final = ("studio", "podium", "spotlight", "gradient", "place")
FRAMINGS: Final = ("whole", "close")
SHORTEST, LONGEST = 4.0, 20.0
LEAST_LEFT: Final = 1.0  # seconds that a trim has to leave
FPS: Final = 30
FASTEST: Final = 60
LARGEST_SIDE: Final = 1920
LONGEST_TEXT, LONGEST_NARRATION = 60, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One shot; its transition is the one that leads into it."""

    number: int
    seconds: float
    transition: str
    camera: str
    setting: str
    framing: str
    text: str
    detail: str
    narration: str
    button: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A storyboard that can be filmed; `start` and `end` are what the trim leaves of it."""

    scenes: tuple[Scene, ...]
    size: Size
    fps: int
    seed: int
    product_name: str
    language: str
    accent: str
    font: str
    place: str
    cut_edges: frozenset[str]
    stands: bool  # or it was taken from above, or its photo cut it off
    captions: bool
    voice: bool
    music: str
    volume: float
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long the film is once it is trimmed."""
        return self.end - self.start

    @property
    def frame_count(self) -> int:
        return max(1, round(self.seconds * self.fps))

    @property
    def starts(self) -> tuple[float, ...]:
        """When each scene begins in the film as it is before the trim."""
        places = [0.0]
        for scene in self.scenes[:-1]:
            places.append(places[-1] + scene.seconds)
        return tuple(places)

    @property
    def is_rtl(self) -> bool:
        return self.language in {"ar", "he"}


def board_of(storyboard: Mapping[str, Any]) -> Board:
    """This function will read a storyboard. Raises ValueError naming the field that is wrong."""
    try:
        return _board(storyboard)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"storyboard: cannot be read ({type(error).__name__})") from error


def _board(storyboard: Mapping[str, Any]) -> Board:
    scenes = tuple(_scene(number, each) for number, each in enumerate(storyboard["scenes"], 1))
    width, height = storyboard["size"]
    _require("size", min(width, height) >= 64 and max(width, height) <= LARGEST_SIDE)
    _require("size", width % 2 == 0 and height % 2 == 0)
    _require("fps", 1 <= storyboard["fps"] <= FASTEST)
    _require("scenes", bool(scenes))
    total = sum(scene.seconds for scene in scenes)
    trim = storyboard["trim"]
    start, end = float(trim["start"]), float(trim["end"])
    _require("trim", start >= 0 and end <= total + 0.01 and end - start >= LEAST_LEFT - 0.01)
    _require("music", storyboard["music"] in MUSIC)
    _require("volume", 0 <= storyboard["volume"] <= 1)
    return Board(
        scenes=scenes,
        size=Size(width, height),
        fps=storyboard["fps"],
        seed=storyboard["seed"],
        product_name=storyboard["product_name"],
        language=storyboard["language"],
        accent=storyboard["accent"],
        font=storyboard["font"],
        place=storyboard["place"],
        cut_edges=frozenset(storyboard["cut_edges"]),
        stands=bool(storyboard["stands"]),
        captions=bool(storyboard["captions"]),
        voice=bool(storyboard["voice"]),
        music=storyboard["music"],
        volume=float(storyboard["volume"]),
        start=start,
        end=min(end, total),
    )


def _scene(number: int, facts: Mapping[str, Any]) -> Scene:
    _require("transition", facts["transition"] in TRANSITIONS)
    _require("camera", facts["camera"] in CAMERAS)
    _require("setting", facts["setting"] in SETTINGS)
    _require("framing", facts["framing"] in FRAMINGS)
    _require("seconds", facts["seconds"] > 0)
    return Scene(
        number=number,
        seconds=float(facts["seconds"]),
        transition=facts["transition"],
        camera=facts["camera"],
        setting=facts["setting"],
        framing=facts["framing"],
        text=facts["text"],
        detail=facts["detail"],
        narration=facts["narration"],
        button=facts["button"],
    )


def _require(field: str, is_right: bool) -> None:  # noqa: FBT001 (a condition, read in place)
    if not is_right:
        raise ValueError(f"{field}: is out of range in this storyboard")
