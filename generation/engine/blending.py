"""Set actors into a place: its light on them, their shadow or reflection on what is below."""

from typing import Final

import numpy as np
from PIL import Image

from generation.engine.casting import HEADS, Actor
from generation.engine.color import colored, ramp
from generation.engine.noise import Grain, noise
from generation.engine.pixels import (
    Box,
    Pixels,
    Random,
    Size,
    blurred,
    empty,
    floats,
    from_picture,
    over,
    screen,
    shifted,
    size_of,
    smoothstep,
)
from generation.engine.scenes.setting import Setting

MARGIN: Final = 0.35  # of the thing's side: how far its shadow and glow reach
SHADOW: Final = 0.52
CONTACT: Final = 0.62
FILL: Final = 0.58  # what the subject keeps of its light in the dark
RIM: Final = 0.022  # of the thing's width
HAZE: Final = {
    "stands": 0.05, "flies": 0.12, "floats": 0.05, "swims": 0.06, "islet": 0.06, "cropped": 0.03,
}  # fmt: skip
DEEP_HAZE: Final = 0.24
CHIN: Final = 0.075
SEATED: Final = 0.020  # of the height: how much of the feet the ground swallows
WHOLE_REFLECTION: Final = 0.55
ISLET_WIDTH: Final = 0.82  # of the thing's width, to either side
ISLET_FRONT: Final = 0.085  # of that: how far the islet reaches toward us
SHORE: Final = ramp([(0, "#b8a070"), (0.5, "#e3cf9c"), (1, "#efe2b8")])
BANK: Final = ramp([(0, "#4a4238"), (0.35, "#6a6148"), (0.6, "#5f7a3c"), (1, "#7d964c")])
GLOSS: Final = {"stage": 0.20, "table": 0.26}


def blended(pixels: Pixels, actors: list[Actor], setting: Setting, random: Random) -> Pixels:
    for actor in actors:
        pixels = _placed(pixels, actor, setting, random)
    return pixels


def _placed(pixels: Pixels, actor: Actor, setting: Setting, random: Random) -> Pixels:
    """Work on the part of the canvas that the actor and its shadow can reach."""
    size = size_of(pixels)
    reach = int(max(actor.box.width, actor.box.height) * MARGIN * (1 + setting.light.reach))
    box = actor.box.grown(reach, size)
    window = (slice(box.top, box.bottom), slice(box.left, box.right))
    part = pixels[window]
    if not part.size:
        return pixels
    colors, alpha = _layer(actor, box)
    below = part
    if actor.stance == "islet":
        below = _islet(part, actor, box, setting, random)
    elif actor.stance == "stands":
        below = _shadowed(below, actor, box, setting)
        if setting.footing in GLOSS:
            below = _mirrored(below, actor, box, GLOSS[setting.footing])
    elif actor.stance == "swims":
        below = _reflected(below, (colors, alpha), (actor.box, actor.box.bottom - box.top), random)
        alpha = alpha * _above_water(actor, box, random)
    lit = _lit(colors, alpha, actor, setting, box)
    if actor.stance == "islet" or (
        actor.stance == "stands" and setting.footing in {"ground", "grass"}
    ):
        alpha = alpha * _seat(actor, box, random)
    result = pixels.copy()
    result[window] = over(below, lit, alpha)
    return result


def _layer(actor: Actor, box: Box) -> tuple[Pixels, Pixels]:
    canvas = Image.new("RGBA", (box.width, box.height))
    canvas.paste(actor.raster, (actor.box.left - box.left, actor.box.top - box.top))
    layer = from_picture(canvas)
    return floats(layer[..., :3]), floats(layer[..., 3])


def _shares(actor: Actor, box: Box) -> tuple[Pixels, Pixels]:
    """For each pixel of the part, where it is in the actor's own box: 0 to 1 inside."""
    across = (np.arange(box.width) + box.left - actor.box.left) / max(actor.box.width, 1)
    down = (np.arange(box.height) + box.top - actor.box.top) / max(actor.box.height, 1)
    return floats(across)[None], floats(down)[:, None]


def _lit(colors: Pixels, alpha: Pixels, actor: Actor, setting: Setting, box: Box) -> Pixels:
    light = setting.light
    across, down = _shares(actor, box)
    toward = np.clip(across if light.side > 0 else 1 - across, 0, 1)
    key = (0.36 + 0.64 * toward) * (1.14 - 0.40 * np.clip(down, 0, 1))
    shade = light.ambient * 0.46 + 0.26 + light.color * (0.56 * key)[..., None]
    colors = floats(
        np.clip(colors * shade * (FILL + (1 - FILL) * min(1.0, light.strength + 0.05)), 0, 1.3)
    )
    haze = DEEP_HAZE if setting.footing == "deep" else HAZE[actor.stance]
    colors = over(colors, light.fog, np.full(alpha.shape, haze, dtype=np.float32))
    width = max(2, int(actor.box.width * RIM))
    moved = shifted(alpha, right=-light.side * width, down=width // 2)
    edge = blurred(floats(np.clip(alpha - moved, 0, 1)), max(1.0, width * 0.5)) * alpha
    gain = 0.85 if light.is_behind else 0.35
    return screen(colors, light.color * floats(edge * gain)[..., None])


def _shadowed(part: Pixels, actor: Actor, box: Box, setting: Setting) -> Pixels:
    light = setting.light
    mask = _contact(actor, box) * CONTACT
    thrown = _thrown(actor, box, setting)
    if thrown is not None:
        mask = np.maximum(mask, thrown * SHADOW * (0.35 + 0.65 * min(1.0, light.strength)))
    tint = light.ambient * 0.16
    return over(part, tint, floats(np.clip(mask, 0, 0.85)))


def _contact(actor: Actor, box: Box) -> Pixels:
    """Dark where the thing touches: under the lowest part of its outline only."""
    alpha = from_picture(actor.raster.getchannel("A"))
    feet = alpha[int(alpha.shape[0] * 0.955) :].max(axis=0)
    line = empty(Size(box.width, box.height))
    left, row = actor.box.left - box.left, actor.box.bottom - box.top
    start, end = max(0, left), min(box.width, left + len(feet))
    thick = max(2, int(actor.box.height * 0.018))
    line[max(0, row - thick) : row + thick // 2, start:end] = feet[start - left : end - left]
    soft = blurred(line, actor.box.width * 0.035) * 1.5
    return floats(np.clip(soft + blurred(line, actor.box.width * 0.012), 0, 1))


def _thrown(actor: Actor, box: Box, setting: Setting) -> Pixels | None:
    """The outline laid down on the ground: toward us when the light is behind it."""
    light = setting.light
    tall = max(3, int(actor.box.height * (light.reach if light.is_behind else 0.16)))
    outline = actor.raster.getchannel("A")
    if light.is_behind:
        outline = outline.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    flat = outline.resize((actor.box.width, tall), Image.Resampling.BILINEAR)
    lean = -light.side * int(tall * (0.9 if light.is_behind else 1.6))
    sheared = _sheared(flat, lean, is_down=light.is_behind)
    canvas = Image.new("L", (box.width, box.height))
    row = actor.box.bottom - box.top - (2 if light.is_behind else tall - 2)
    canvas.paste(sheared, (actor.box.left - box.left - max(0, -lean), row))
    shadow = from_picture(canvas)
    away = np.abs(np.arange(box.height) + box.top - actor.box.bottom)[:, None] / tall
    fade = np.clip(1 - away * 0.75, 0, 1)
    softness = actor.box.width * (0.012 if light.is_behind else 0.03)
    return floats(blurred(shadow, max(1.0, softness)) * fade)


def _sheared(mask: Image.Image, lean: int, *, is_down: bool) -> Image.Image:
    """Slanted so that the edge at the feet stays and the other one moves by `lean`."""
    width, height = mask.size
    wide = width + abs(lean)
    per_row = lean / max(height, 1)
    offset = -max(0, -lean)
    start = offset if is_down else offset - lean  # the feet are above, or below
    slope = -per_row if is_down else per_row
    matrix = (1, slope, start, 0, 1, 0)
    return mask.transform((wide, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)


def _mirrored(part: Pixels, actor: Actor, box: Box, gloss: float) -> Pixels:
    """A weak mirror image in a polished top."""
    flipped = actor.raster.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    canvas = Image.new("RGBA", (box.width, box.height))
    canvas.paste(flipped, (actor.box.left - box.left, actor.box.bottom - box.top - 2))
    layer = from_picture(canvas)
    down = (np.arange(box.height) + box.top - actor.box.bottom) / max(actor.box.height, 1)
    fade = np.clip(1 - down / 0.16, 0, 1)[:, None]
    mask = blurred(floats(layer[..., 3]), 1.5) * fade * gloss
    return over(part, floats(layer[..., :3]), floats(mask))


def _reflected(
    part: Pixels, layer: tuple[Pixels, Pixels], stands: tuple[Box, int], random: Random
) -> Pixels:
    """A mirror image below the waterline, broken by ripples the more the nearer it is."""
    colors, alpha = layer
    box, line = stands
    height, width = alpha.shape
    ripple = noise(random, Size(width, height), Grain(cells=46, octaves=2, stretch=0.3)) - 0.5
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    away = rows - line
    source = np.clip(line - away * 1.05 + ripple * 14, 0, height - 1).astype(np.int32)
    across = columns + ripple * (box.width * 0.10) * np.clip(away / 40, 0, 1)
    beside = np.clip(across, 0, width - 1).astype(np.int32)
    fade = np.clip(1 - away / (box.height * 0.85), 0, 1) * (away > -2)
    mask = alpha[source, beside] * fade * WHOLE_REFLECTION
    return over(part, floats(colors[source, beside] * 0.72), floats(mask))


def _islet(part: Pixels, actor: Actor, box: Box, setting: Setting, random: Random) -> Pixels:
    """A piece of land in the water for what cannot swim, with both in the mirror of the water."""
    size = size_of(part)
    across, _ = _shares(actor, box)
    rows = np.arange(size.height)[:, None] + box.top - actor.box.bottom
    wide = actor.box.width * ISLET_WIDTH
    rough = noise(random, size, Grain(cells=9, octaves=5))
    aside = np.abs((across - 0.5) * actor.box.width / wide) + (rough[:1] - 0.5) * 0.25
    swell = np.sqrt(np.clip(1 - aside**2, 0, 1))
    bumps = (noise(random, size, Grain(cells=34, octaves=3)) - 0.5) * 0.03 * wide
    back, front = -swell * wide * 0.10 + bumps, swell * wide * ISLET_FRONT
    land = smoothstep(-1.5, 1.5, floats(rows - back)) * smoothstep(1.5, -1.5, floats(rows - front))
    land = land * (swell > 0.02)
    soils = SHORE if setting.label.startswith("island") else BANK
    height = 1 - (rows - back) / np.maximum(front - back, 1)
    soil = colored(soils, floats(height * 0.8 + (rough - 0.5) * 0.7))
    light = setting.light
    shade = light.ambient * 0.5 + light.color * floats(0.30 + 0.5 * rough)[..., None]
    soil = floats(soil * shade * (0.35 + 0.65 * min(1.0, light.strength)))
    soil = floats(soil * (1 - 0.55 * _contact(actor, box))[..., None])
    colors, alpha = _layer(actor, box)
    both = over(soil, _lit(colors, alpha, actor, setting, box), alpha)
    line = actor.box.bottom - box.top + int(wide * ISLET_FRONT)
    mirrored = _reflected(part, (both, np.maximum(alpha, land)), (actor.box, line), random)
    return over(mirrored, soil, land)


def _above_water(actor: Actor, box: Box, random: Random) -> Pixels:
    """The waterline is a little uneven."""
    wobble = noise(random, Size(box.width, 4), Grain(cells=26, octaves=2))[0] - 0.5
    line = actor.box.bottom - actor.box.height * 0.02 + wobble * actor.box.height * 0.018
    rows = (np.arange(box.height) + box.top)[:, None]
    return smoothstep(1.5, -1.5, floats(rows - line[None]))


def _seat(actor: Actor, box: Box, random: Random) -> Pixels:
    """Uneven ground hides the very edge of the feet, and more of a mere head."""
    is_head = actor.name in HEADS
    bumps = noise(random, Size(box.width, 4), Grain(cells=10 if is_head else 16, octaves=3))[0]
    line = actor.box.bottom - actor.box.height * (CHIN if is_head else SEATED) * bumps
    rows = (np.arange(box.height) + box.top)[:, None]
    return smoothstep(2.5, -2.5, floats(rows - line[None]))
