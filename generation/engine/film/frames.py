"""The frames of a film: a camera over each plate, the product before it, the words on top."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from generation.engine.film.board import Board, Scene
from generation.engine.film.layers import Layer
from generation.engine.film.product import CLOSEST, opened, product_layer
from generation.engine.film.staging import plate_size, staging_of
from generation.engine.film.words import Words, words_of
from generation.engine.pixels import Raster

TRANSITION: Final = 0.5  # seconds
TRANSITION_SHARE: Final = 0.3  # of a short scene
WORDS_IN, WORDS_OUT = 0.45, 0.25  # seconds
WORDS_AFTER: Final = 0.6  # of the transition
STAGGER: Final = 0.13  # seconds from one line to the next
RISE: Final = 0.045  # of the height
ENTRANCE: Final = 0.9  # seconds in which the first product comes up
SMALLER: Final = 0.07
NEARER: Final = 0.05  # how much more than its plate the product grows
ASIDE: Final = 0.35  # of the camera's way, when nothing holds the product to the ground
PUSHED: Final = 0.35  # of the width that the old scene gives way
ZOOM: Final = 0.22
MOST_PLATE_PIXELS: Final = 40_000_000


@dataclass(frozen=True, slots=True)
class View:
    """Where the camera is: how near, and how far beside the middle, in widths of the frame."""

    zoom: float
    aside: float


def view_at(camera: str, share: float) -> View:
    """The camera's place after a share of its way; it moves evenly, so that it never jerks."""
    if camera == "push_in":
        return View(0.965 + 0.10 * share, 0.0)
    if camera == "pull_out":
        return View(1.065 - 0.10 * share, 0.0)
    way = 0.05 * (share - 0.5)
    return View(1.02, way if camera == "drift_left" else -way)


@dataclass(slots=True)
class Shot:
    """One scene, ready to be filmed."""

    board: Board
    scene: Scene
    plate: Raster
    product: Layer | None
    lead_in: float  # seconds of the transition that leads into it
    words: Words = field(init=False)

    def __post_init__(self) -> None:
        self.words = words_of(self.board, self.scene, self._ground(View(1.0, 0.0)))

    @property
    def is_last(self) -> bool:
        return self.scene.number == len(self.board.scenes)

    def frame(self, at: float) -> Raster:
        """The picture so many seconds after the scene began."""
        share = min(1.0, at / (self.scene.seconds + TRANSITION))
        view = view_at(self.scene.camera, share)
        frame = self._ground(view)
        if self.product is not None:
            self._draw_product(frame, view, share, at)
        self._draw_words(frame, at)
        return frame

    def _ground(self, view: View) -> Raster:
        width, height = self.board.size.width, self.board.size.height
        scale = self.plate.width / plate_size(self.board.size).width
        seen = width / view.zoom * scale, height / view.zoom * scale
        left = (self.plate.width - seen[0]) / 2 + view.aside * width * scale
        top = (self.plate.height - seen[1]) / 2
        box = (left, top, left + seen[0], top + seen[1])
        return self.plate.resize((width, height), Image.Resampling.BILINEAR, box=box)

    def _draw_product(self, frame: Raster, view: View, share: float, at: float) -> None:
        assert self.product is not None  # noqa: S101 - the caller looked
        size, staging = self.board.size, staging_of(self.board, self.scene)
        aside = view.aside * (1 if staging.stands else 1 + ASIDE)
        x = size.width * (0.5 + (staging.across - 0.5 - aside) * view.zoom)
        y = size.height * (0.5 + (staging.foot - 0.5) * view.zoom)
        nearer = 1 + NEARER * (1 - share if self.scene.camera == "pull_out" else share)
        if self.scene.number == 1:
            nearer *= 1 - SMALLER * (1 - eased_out(at / ENTRANCE))
        self.product.draw(frame, (x, y), scale=view.zoom * nearer / CLOSEST)

    def _draw_words(self, frame: Raster, at: float) -> None:
        for number, (layer, (x, y)) in enumerate(self.words.layers):
            since = at - self.lead_in * WORDS_AFTER - 0.1 - number * STAGGER
            opacity = eased(since / WORDS_IN)
            if not self.is_last:
                opacity *= eased((self.scene.seconds - at) / WORDS_OUT)
            rise = (1 - eased_out(since / WORDS_IN)) * RISE * self.board.size.height
            layer.draw(frame, (x, y + rise), opacity=opacity)


def eased(share: float) -> float:
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)


def eased_out(share: float) -> float:
    return 1 - (1 - min(1.0, max(0.0, share))) ** 3


class Filming:
    """Makes the frames of a board in their order; at most two shots are held at a time."""

    def __init__(self, board: Board, plates: Sequence[bytes], product: bytes | None) -> None:
        if len(plates) != len(board.scenes):
            raise ValueError(f"plates: there must be {len(board.scenes)}, one a scene")
        self._board = board
        self._plates = plates
        self._cut_out = opened(product) if product is not None else None
        self._shots: dict[int, Shot] = {}

    def frames(self) -> Iterator[Raster]:
        board = self._board
        for number in range(board.frame_count):
            yield self.frame_at(board.start + number / board.fps)

    def frame_at(self, seconds: float) -> Raster:
        """The picture at a time of the uncut film."""
        starts = self._board.starts
        index = max(number for number, start in enumerate(starts) if start <= seconds + 1e-9)
        at = seconds - starts[index]
        shot = self._shot(index)
        if index == 0 or at >= shot.lead_in:
            return shot.frame(at)
        before = self._shot(index - 1)
        old, new = before.frame(before.scene.seconds + at), shot.frame(at)
        return _TRANSITIONS[shot.scene.transition](old, new, at / shot.lead_in)

    def _shot(self, index: int) -> Shot:
        if index not in self._shots:
            for other in [number for number in self._shots if number < index - 1]:
                del self._shots[other]
            self._shots[index] = self._made(index)
        return self._shots[index]

    def _made(self, index: int) -> Shot:
        board = self._board
        scene = board.scenes[index]
        lengths = [each.seconds for each in board.scenes[max(0, index - 1) : index + 1]]
        lead_in = min(TRANSITION, TRANSITION_SHARE * min(lengths))
        plate = _fitted(self._plates[index], board, scene.number)
        product = product_layer(self._cut_out, board, scene) if self._cut_out else None
        has_lead_in = index > 0 and scene.transition != "cut"
        return Shot(board, scene, plate, product, lead_in if has_lead_in else 0.0)


def _fitted(data: bytes, board: Board, number: int) -> Raster:
    """A plate of any size, cut to the film's shape and made no larger than it is."""
    size = plate_size(board.size)
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MOST_PLATE_PIXELS:
                raise ValueError(f"plates: that of scene {number} has too many pixels")
            picture.draft("RGB", (size.width, size.height))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(f"plates: that of scene {number} cannot be read") from error
    share = min(1.0, upright.width / size.width, upright.height / size.height)
    fitting = max(2, round(size.width * share)), max(2, round(size.height * share))
    if upright.size == fitting:
        return upright
    return ImageOps.fit(upright, fitting, Image.Resampling.LANCZOS)


def _pushed(old: Raster, new: Raster, share: float) -> Raster:
    way = eased(share)
    frame = Image.new("RGB", new.size)
    frame.paste(old, (-round(new.width * PUSHED * way), 0))
    frame.paste(new, (round(new.width * (1 - way)), 0))
    return frame


def _cross_faded(old: Raster, new: Raster, share: float) -> Raster:
    return Image.blend(old, new, eased(share))


def _zoom_faded(old: Raster, new: Raster, share: float) -> Raster:
    zoom = 1 + ZOOM * eased(share)
    aside = [(side - side / zoom) / 2 for side in old.size]
    box = (aside[0], aside[1], old.width - aside[0], old.height - aside[1])
    nearer = old.resize(old.size, Image.Resampling.BILINEAR, box=box)
    return Image.blend(nearer, new, eased(share))


_TRANSITIONS: Final = {
    "push": _pushed,
    "cross_fade": _cross_faded,
    "zoom_fade": _zoom_faded,
}
