"""Captions: what is said and when, as WebVTT and as layers on the frames."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from generation.engine.film.board import Board
from generation.engine.film.layers import Layer
from generation.engine.film.words import caption_layer
from generation.engine.pixels import Raster
from generation.engine.scripts import is_unspaced

LONGEST: Final = {"wide": 72, "other": 48}  # letters in two lines; ideographs count twice
LEAST_SECONDS: Final = 1.0
LINGER: Final = 0.35  # seconds that a caption stays after its words
APART: Final = 0.04


@dataclass(frozen=True, slots=True)
class Cue:
    start: float
    end: float
    text: str


def cues_of(board: Board, spoken: Sequence[Cue]) -> list[Cue]:
    """This function will time the captions of the trimmed film: by the voice, or by the scenes."""
    whole = list(spoken) or _by_scene(board)
    pieces = [piece for cue in _lingering(whole) for piece in _split(cue, board)]
    moved = [
        Cue(max(0.0, cue.start - board.start), min(board.end, cue.end) - board.start, cue.text)
        for cue in pieces
    ]
    return [cue for cue in moved if cue.end - cue.start > APART]


def vtt_of(cues: Sequence[Cue]) -> str:
    """The captions as a WebVTT file."""
    blocks = [
        f"{number}\n{_stamp(cue.start)} --> {_stamp(cue.end)}\n{_escaped(cue.text)}\n"
        for number, cue in enumerate(cues, 1)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


class Subtitler:
    """Lays the captions of a film on its frames."""

    def __init__(self, board: Board, cues: Sequence[Cue]) -> None:
        self._board = board
        self._cues = cues if board.captions else ()

    @cached_property
    def _layers(self) -> list[tuple[Cue, Layer, tuple[float, float]]]:
        layers = [(cue, caption_layer(cue.text, self._board)) for cue in self._cues]
        return [(cue, *layer) for cue, layer in layers if layer is not None]

    def lay_on(self, frame: Raster, seconds: float) -> None:
        for cue, layer, place in self._layers:
            if cue.start <= seconds < cue.end:
                layer.draw(frame, place)


def _by_scene(board: Board) -> list[Cue]:
    return [
        Cue(start + APART, start + scene.seconds - APART, scene.narration)
        for start, scene in zip(board.starts, board.scenes, strict=True)
        if scene.narration
    ]


def _lingering(cues: Sequence[Cue]) -> list[Cue]:
    """Each a little longer than its words, but gone before the next."""
    made = []
    for number, cue in enumerate(cues):
        end = max(cue.end + LINGER, cue.start + LEAST_SECONDS)
        if number + 1 < len(cues):
            end = min(end, cues[number + 1].start - APART)
        made.append(replace(cue, end=max(end, cue.start)))
    return made


def _split(cue: Cue, board: Board) -> list[Cue]:
    """A long caption in parts that fit on two lines, each for its share of the time."""
    most = LONGEST["wide" if board.size.is_wide else "other"]
    count = -(-_length(cue.text) // most)
    parts = _parts(cue.text, count)
    total = sum(map(_length, parts))
    made, at = [], cue.start
    for part in parts:
        end = at + (cue.end - cue.start) * _length(part) / total
        made.append(Cue(at, end, part))
        at = end
    return made


def _parts(text: str, count: int) -> list[str]:
    if count <= 1:
        return [text]
    words = list(text) if is_unspaced(text) and " " not in text else text.split(" ")
    joint = "" if len(words) == len(text) else " "
    aim = len(text) / count
    parts: list[list[str]] = [[]]
    for word in words:
        if parts[-1] and len(joint.join([*parts[-1], word])) > aim + 2 and len(parts) < count:
            parts.append([])
        parts[-1].append(word)
    return [joint.join(part) for part in parts]


def _length(text: str) -> int:
    return max(1, sum(2 if is_unspaced(letter) else 1 for letter in text))


def _stamp(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"


def _escaped(text: str) -> str:
    flat = " ".join(text.split())
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
