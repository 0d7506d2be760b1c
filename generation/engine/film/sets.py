"""The sets: a plate for each scene, painted in the product's own colors, larger than the frame."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from generation.engine.color import color_of, colored, from_oklab, ramp, to_oklab
from generation.engine.encode import plate_of
from generation.engine.film.board import Board, Scene, board_of
from generation.engine.film.staging import Staging, on_plate, plate_size, staging_of
from generation.engine.finish import grained, vignetted
from generation.engine.lexicon import Understanding
from generation.engine.metadata import DRAWN
from generation.engine.noise import Grain, noise
from generation.engine.pixels import (
    Pixels,
    Random,
    Size,
    blurred,
    floats,
    grid,
    over,
    resized,
    screen,
    smoothstep,
)
from generation.engine.scenes.scenery import PANORAMAS, painted_place
from generation.engine.schemes import SCHEMES
from generation.engine.seeds import random_of
from generation.engine.variety import Variety

WORK_SIDE: Final = 900  # sets are smooth: they are painted this large and enlarged
PLATE_SIDE: Final = 1400  # beyond that they gain nothing, and cost every frame
DITHER: Final = 0.011  # without it, soft ramps show steps once they are compressed
VIGNETTE: Final = 0.22
HOME_PLACES: Final = ("kitchen", "studio", "park")  # where no place was named
WARM_LIGHT: Final = color_of("#fff0da")
WOODS: Final = (
    ("#5d3b22", "#94673f", "#c59a6c"),
    ("#8d7257", "#bda384", "#e2d0b6"),
    ("#2f2620", "#4c3d33", "#6d5a4b"),
)
EXPOSURE: Final = 0.92  # windows keep a tone of their own
DEPTH: Final = 0.006  # of the longer side: how far a place is out of focus
MOST_CHROMA: Final = 0.14
LEAST_TURN, MOST_TURN, USUAL_TURN = 0.35, 1.4, 0.5
SCHEME_OF_PLACES: Final = "cream"


@dataclass(frozen=True, slots=True)
class _Set:
    """What a painter is told; shares are those of the plate."""

    size: Size
    accent: Pixels
    turn: float
    staging: Staging
    random: Random
    place: str

    @property
    def across(self) -> float:
        return on_plate(self.staging.across)

    @property
    def foot(self) -> float:
        return on_plate(self.staging.foot)

    def tone(self, lightness: float, chroma: float = 1.0, turn: float = 0.0) -> Pixels:
        """The product's hue at this lightness; chroma is a share of the product's own."""
        _, first, second = (float(part) for part in to_oklab(self.accent))
        own = float(np.hypot(first, second))
        strength = min(own, MOST_CHROMA) * chroma
        angle = float(np.arctan2(second, first)) + turn
        lab = [lightness, strength * np.cos(angle), strength * np.sin(angle)]
        return from_oklab(floats(lab))

    def away(self, x: float, y: float, flat: float = 1.0) -> Pixels:
        """How far each pixel is from a point, in heights; flat makes rows count more."""
        columns, rows = grid(self.size)
        return floats(np.hypot((columns - x) * self.size.aspect, (rows - y) * flat))


def keyframe(analysis: Mapping[str, Any], storyboard: Mapping[str, Any], number: int) -> bytes:
    """This function will paint the plate of one scene, as a JPEG without product and words.

    Raises ValueError when there is no such scene.
    """
    board = board_of(storyboard)
    if not 1 <= number <= len(board.scenes):
        raise ValueError(f"number: there is no scene {number}")
    scene = board.scenes[number - 1]
    whole = plate_size(board.size)
    scale = min(1.0, PLATE_SIDE / max(whole.width, whole.height))
    size = Size(round(whole.width * scale), round(whole.height * scale))
    return plate_of(_painted(board, scene, size, _turn_of(analysis, board)), DRAWN)


def _turn_of(analysis: Mapping[str, Any], board: Board) -> float:
    """How far around the hue circle a second color of the set lies: the product's own, if any."""
    first = _hue(color_of(board.accent))
    for color in analysis.get("colors", ()):
        turn = math.remainder(_hue(color_of(str(color["hex"]))) - first, math.tau)
        if LEAST_TURN <= abs(turn) <= MOST_TURN:
            return turn
    return USUAL_TURN


def _hue(color: Pixels) -> float:
    _, first, second = to_oklab(color)
    return math.atan2(float(second), float(first))


def _painted(board: Board, scene: Scene, size: Size, turn: float) -> Pixels:
    scale = min(1.0, WORK_SIDE / max(size.width, size.height))
    small = Size(round(size.width * scale), round(size.height * scale))
    random = random_of("plate", board.product_name, board.seed, scene.number, scene.setting)
    staging = staging_of(board, scene)
    told = _Set(small, color_of(board.accent), turn, staging, random, board.place)
    painted = resized(np.clip(_PAINTERS[scene.setting](told), 0, 1), size)
    return floats(np.clip(grained(vignetted(painted, VIGNETTE), random, DITHER), 0, 1))


def _studio(told: _Set) -> Pixels:
    """A seamless paper roll: wall and floor run into each other; a window lights it."""
    _, rows = grid(told.size)
    seam = told.foot - 0.12 if told.staging.stands else 0.86
    wall = colored(
        ramp([(0, told.tone(0.95, 0.25)), (0.5, told.tone(0.88, 0.42)), (1, told.tone(0.76, 0.6))]),
        floats(told.away(told.across, 0.34) * 0.86),
    )
    floor = colored(
        ramp([(0, told.tone(0.78, 0.55)), (0.3, told.tone(0.87, 0.42)), (1, told.tone(0.93, 0.3))]),
        floats((rows - seam) / (1 - seam)),
    )
    pixels = over(wall, floor, smoothstep(seam - 0.08, seam + 0.05, rows))
    shade = 0.13 * _window_bars(told)
    return floats(pixels * (1 - shade[..., None]))


def _window_bars(told: _Set) -> Pixels:
    """Where the frame of a window keeps the light away, slanted across the wall."""
    columns, rows = grid(told.size)
    slant = 0.42 + 0.2 * float(told.random.random())
    u = (columns - 0.5) * told.size.aspect + rows * slant
    v = rows - (columns - 0.5) * 0.12
    start = told.across * 0.9 - 0.55
    panes = _stripes(floats((u - start) / 0.42), 0.84) * _stripes(floats((v + 0.06) / 0.44), 0.86)
    inside = smoothstep(start, start + 0.02, floats(u))
    inside = floats(inside * (1 - smoothstep(start + 1.26, start + 1.28, floats(u))))
    return floats(1 - blurred(floats(panes * inside), told.size.unit * 0.016))


def _stripes(values: Pixels, share: float) -> Pixels:
    """1 in the first share of every unit, 0 in the rest."""
    part = floats(values % 1)
    return floats(smoothstep(0, 0.01, part) * (1 - smoothstep(share, share + 0.01, part)))


def _podium(told: _Set) -> Pixels:
    """An arch on a wall and, where the product stands, a round plinth before it."""
    wall = colored(
        ramp([(0, told.tone(0.84, 0.75)), (1, told.tone(0.66, 0.95))]),
        floats(told.away(told.across, 0.3) * 0.75),
    )
    _, rows = grid(told.size)
    seam = told.foot + 0.015 if told.staging.stands else 1.2
    arch = _arch(told, floor=seam)
    companion = colored(
        ramp([(0, told.tone(0.70, 0.9, told.turn)), (1, told.tone(0.54, 1.0, told.turn * 0.8))]),
        floats((rows - 0.05) * 0.9),
    )
    pixels = over(wall, companion, arch)
    inner = blurred(floats(1 - arch), told.size.unit * 0.05)
    pixels = floats(pixels * (1 - (0.34 * inner * arch))[..., None])
    floor = colored(
        ramp([(0, told.tone(0.60, 0.8)), (0.25, told.tone(0.76, 0.75)), (1, told.tone(0.84, 0.6))]),
        floats((rows - seam) / max(1 - seam, 0.05)),
    )
    pixels = over(pixels, floor, smoothstep(seam - 0.003, seam + 0.003, rows))
    return _plinth(told, pixels) if told.staging.stands else pixels


def _arch(told: _Set, floor: float) -> Pixels:
    radius = min(0.30, told.staging.width * told.size.aspect * 0.56)
    columns, rows = grid(told.size)
    center = max(radius + 0.10, told.foot - told.staging.height * 0.62)
    aside = np.abs(columns - told.across) * told.size.aspect
    round_top = np.hypot(aside, np.minimum(rows - center, 0))
    edge = smoothstep(radius + 0.002, radius - 0.002, floats(round_top))
    return floats(edge * smoothstep(floor + 0.002, floor - 0.002, rows))


def _plinth(told: _Set, pixels: Pixels) -> Pixels:
    radius = min(0.36, told.staging.width * told.size.aspect * 0.62)
    depth, columns = radius * 0.20, grid(told.size)[0]
    rows = grid(told.size)[1]
    aside = floats((columns - told.across) * told.size.aspect / radius)
    top = told.foot - depth * 0.42
    ground = floats(told.away(told.across, top + 0.10, radius * 1.2 / (depth * 1.6)) / radius)
    pixels = floats(pixels * (1 - 0.42 * smoothstep(1.5, 0.75, ground))[..., None])
    rim = floats(np.sqrt(np.clip(1 - aside**2, 0, 1)) * depth)
    side = smoothstep(1.004, 0.996, np.abs(aside)) * smoothstep(-0.002, 0.002, rows - top)
    body = colored(
        ramp([(0, told.tone(0.58, 0.9)), (0.35, told.tone(0.80, 0.7)), (1, told.tone(0.50, 0.95))]),
        floats(aside * 0.5 + 0.5),
    )
    under = smoothstep(0.0, 0.16, floats(rows - top - rim))
    pixels = over(pixels, floats(body * (1 - 0.12 * under)[..., None]), floats(side))
    disc = np.hypot(aside, (rows - top) / depth)
    lid = colored(
        ramp([(0, told.tone(0.93, 0.4)), (1, told.tone(0.84, 0.55))]), floats(aside * 0.4 + 0.4)
    )
    return over(pixels, lid, smoothstep(1.012, 0.988, floats(disc)))


def _spotlight(told: _Set) -> Pixels:
    """A dark room, a beam from above, a floor that shines."""
    _, rows = grid(told.size)
    seam = told.foot - 0.055 if told.staging.stands else 1.2
    dark = [told.tone(0.44, 0.55), told.tone(0.24, 0.4), told.tone(0.11, 0.25)]
    cloud = (noise(told.random, told.size, Grain(cells=3)) - 0.5) * 0.10
    wall = colored(
        ramp([(0, dark[0]), (0.5, dark[1]), (1, dark[2])]),
        floats(told.away(told.across, on_plate(0.45)) * 1.05 + cloud),
    )
    floor = colored(
        ramp([(0, told.tone(0.40, 0.5)), (0.6, dark[1]), (1, dark[2])]),
        floats(told.away(told.across, told.foot, 2.8) * 0.95 + cloud),
    )
    pixels = over(wall, floor, smoothstep(seam - 0.004, seam + 0.004, rows))
    columns = grid(told.size)[0]
    aside = np.abs(columns - told.across) * told.size.aspect
    beam = smoothstep(0.34, 0.02, floats(aside - rows * 0.20)) * smoothstep(1.0, 0.0, rows)
    return screen(pixels, floats(WARM_LIGHT * (0.17 * beam)[..., None]))


def _gradient(told: _Set) -> Pixels:
    """What a long lens makes of a set: one color into another, and discs of light."""
    columns, rows = grid(told.size)
    turn = 0.55 if told.random.random() < 0.5 else -0.55
    cloud = (noise(told.random, told.size, Grain(cells=2, octaves=2)) - 0.5) * 0.5
    lean = told.staging.across >= 0.5
    along = (columns if lean else 1 - columns) * 0.7 + rows * 0.3 + cloud
    pixels = colored(
        ramp(
            [
                (0, told.tone(0.42, 0.85)),
                (0.55, told.tone(0.58, 1.0, turn * 0.4)),
                (1, told.tone(0.78, 0.8, turn)),
            ]
        ),
        floats(along),
    )
    for _ in range(9):
        x = told.across + float(told.random.normal(0, 0.22))
        y, radius = float(told.random.random()), 0.04 + 0.10 * float(told.random.random())
        disc = smoothstep(radius, radius * 0.92, told.away(x, y))
        strength = 0.05 + 0.06 * float(told.random.random())
        pixels = screen(pixels, floats(told.tone(0.9, 0.6) * (strength * disc)[..., None]))
    return pixels


def _place(told: _Set) -> Pixels:
    """A place out of focus, and a table before it for the product to stand on."""
    pixels = _view(told)
    if not told.staging.stands:
        return pixels
    _, rows = grid(told.size)
    edge = told.foot - 0.13
    depth = floats(np.clip((rows - edge) / (1 - edge), 0, 1))
    light = floats(pixels[: int(told.size.height * edge)].mean(axis=(0, 1)))
    light = floats(light * 0.35 + light.mean() * 0.65)  # wood keeps its color in colored light
    table = floats(_wood(told, depth) * (0.45 + 0.75 * light))
    glow = smoothstep(0.9, 0.0, told.away(told.across, told.foot, 2.2))
    table = floats(table * (0.72 + 0.42 * glow)[..., None])
    sheen = resized(pixels[::-1], told.size)
    table = floats(table * 0.88 + blurred(sheen, told.size.unit * 0.05) * 0.12)
    soft = blurred(table, told.size.unit * 0.006)
    table = over(soft, table, smoothstep(0.05, 0.35, depth))
    return over(pixels, table, smoothstep(edge - 0.006, edge + 0.006, rows))


def _view(told: _Set) -> Pixels:
    chance = int(told.random.integers(len(HOME_PLACES)))
    place = told.place or HOME_PLACES[chance]
    wanted = Understanding((), place, None, (), ())
    variety = Variety(int(told.random.integers(1 << 16)))
    look = (SCHEMES[SCHEME_OF_PLACES], (told.across, 0.5))
    pixels, _ = painted_place(told.size, wanted, look, (variety, told.random))
    pixels = floats(pixels * EXPOSURE)
    if place not in PANORAMAS:
        pixels = blurred(pixels, max(told.size.width, told.size.height) * DEPTH)
    return pixels


def _wood(told: _Set, depth: Pixels) -> Pixels:
    """Grain that runs across, finer toward the far edge."""
    wood = WOODS[int(told.random.integers(len(WOODS)))]
    flat = noise(told.random, told.size, Grain(cells=22, octaves=4, gain=0.6, stretch=0.05))
    columns, _ = grid(told.size)
    far = (np.sqrt(depth) * (told.size.height - 1)).astype(np.int32)
    across = (columns * (told.size.width - 1)).astype(np.int32)
    return colored(ramp([(0, wood[0]), (0.5, wood[1]), (1, wood[2])]), floats(flat[far, across]))


_PAINTERS: Final[dict[str, Callable[[_Set], Pixels]]] = {
    "studio": _studio,
    "podium": _podium,
    "spotlight": _spotlight,
    "gradient": _gradient,
    "place": _place,
}
