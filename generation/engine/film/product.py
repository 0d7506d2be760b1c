"""The product as a layer: its cut-out, its shadow and its reflection, which move as one."""

import io
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, UnidentifiedImageError

from generation.engine.film.board import Board, Scene
from generation.engine.film.layers import Layer
from generation.engine.film.staging import staging_of
from generation.engine.pixels import Pixels, Raster, blurred, floats, from_picture, to_picture

MOST_PIXELS: Final = 40_000_000
MARGIN: Final = 0.22  # of the longer side, around the cut-out: room for what it casts
FEATHER: Final = 0.07  # of the side: where a photo's edge cut the product off
CLOSEST: Final = 1.10  # a camera comes so near: drawn this large, it stays sharp
SOFT_FROM: Final = 1.25  # enlarged more than this, it is sharpened
REFLECTED: Final = 0.34
DIM: Final = 0.93  # of its light, in a dark room
SOLID: Final = 24
CORNER, FINE = 0.045, 2  # of a print's shorter side; how much larger its shape is drawn
OPAQUE: Final = 255
FAINT: Final = 3  # of 255: what is less is clear
SPREAD: Final = 3.0  # pixels that the product's colors run over its edge
GAP: Final = 2  # clear pixels around a layer, so that its edge is not cut


@dataclass(frozen=True, slots=True)
class Shadow:
    """How dark each part is: beside the foot, around it, cast to the side, behind."""

    contact: float = 0.0
    around: float = 0.0
    cast: float = 0.0
    behind: float = 0.0
    reflected: float = 0.0


STANDING: Final = {
    "studio": Shadow(contact=0.62, around=0.34, cast=0.26),
    "podium": Shadow(contact=0.60, around=0.30),
    "spotlight": Shadow(contact=0.75, around=0.55, reflected=REFLECTED),
    "gradient": Shadow(behind=0.30),
    "place": Shadow(contact=0.66, around=0.42),
}
FLOATING: Final = Shadow(behind=0.42)


def opened(product: bytes) -> Raster:
    """This function will open a cut-out, trimmed. Raises ValueError if it is none."""
    try:
        with Image.open(io.BytesIO(product)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError("product: has too many pixels")
            raster = picture.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError("product: is not a picture that can be read") from error
    box = raster.getchannel("A").point([0] * SOLID + [255] * (256 - SOLID)).getbbox()
    if box is None:
        raise ValueError("product: is a picture without anything on it")
    is_whole_photo = raster.getchannel("A").getextrema() == (OPAQUE, OPAQUE)
    return _as_card(raster) if is_whole_photo else raster.crop(box)


def _as_card(photo: Raster) -> Raster:
    """A photo out of which nothing was cut, as a print with round corners."""
    mask = Image.new("L", (photo.width * FINE, photo.height * FINE))
    corner = min(mask.size) * CORNER
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), corner, OPAQUE)
    photo.putalpha(mask.resize(photo.size, Image.Resampling.BOX))
    return photo


def product_layer(cut_out: Raster, board: Board, scene: Scene) -> Layer:
    """This function will make the layer of the product for one scene, anchored at its foot."""
    staging = staging_of(board, scene)
    room = staging.width * board.size.width, staging.height * board.size.height
    scale = min(room[0] / cut_out.width, room[1] / cut_out.height) * CLOSEST
    raster = _sized(_feathered(cut_out, board.cut_edges), scale)
    if scene.setting == "spotlight":
        raster = _dimmed(raster)
    shadow = STANDING[scene.setting] if staging.stands else FLOATING
    layer = _with_shadow(raster, shadow, to_the_left=staging.across > 0.5)
    if staging.stands or scene.framing == "close" or "bottom" in board.cut_edges:
        return layer
    spare = (room[1] * CLOSEST - raster.height) / 2  # what stands on nothing hangs in the middle
    return replace(layer, anchor=(layer.anchor[0], layer.anchor[1] + spare))


def _sized(raster: Raster, scale: float) -> Raster:
    size = max(1, round(raster.width * scale)), max(1, round(raster.height * scale))
    sized = raster.resize(size, Image.Resampling.LANCZOS)
    if scale < SOFT_FROM:
        return sized
    sharp = sized.convert("RGB").filter(ImageFilter.UnsharpMask(1.6 * scale, 60, 2))
    sharp.putalpha(sized.getchannel("A"))
    return sharp


def _feathered(raster: Raster, cut_edges: frozenset[str]) -> Raster:
    """Let what the photo cut off at a side run out softly; at the foot, the frame cuts it."""
    sides = cut_edges & {"left", "right", "top"}
    if not sides:
        return raster
    alpha = from_picture(raster.getchannel("A"))
    height, width = alpha.shape
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :] / FEATHER
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None] / FEATHER
    falls = {"left": across, "right": across[:, ::-1], "top": down}
    for side in sides:
        alpha = floats(alpha * np.clip(falls[side], 0, 1))
    feathered = raster.copy()
    feathered.putalpha(to_picture(alpha))
    return feathered


def _dimmed(raster: Raster) -> Raster:
    colors = raster.convert("RGB").point([round(value * DIM) for value in range(256)] * 3)
    colors.putalpha(raster.getchannel("A"))
    return colors


def _with_shadow(raster: Raster, shadow: Shadow, *, to_the_left: bool) -> Layer:
    margin = round(max(raster.size) * MARGIN) + GAP
    alpha = np.pad(from_picture(raster.getchannel("A")), margin)
    foot = margin + raster.height
    dark = 1 - (
        (1 - shadow.contact * _contact(alpha, foot, raster))
        * (1 - shadow.around * _around(alpha, foot, raster))
        * (1 - shadow.cast * _cast(alpha, foot, raster, to_the_left=to_the_left))
        * (1 - shadow.behind * _behind(alpha, raster))
    )
    sheet = Image.new("RGBA", (alpha.shape[1], alpha.shape[0]))
    sheet.putalpha(to_picture(_with_clear_rim(floats(dark))))
    if shadow.reflected:
        sheet.alpha_composite(_reflection(raster, shadow.reflected), (margin, foot - 1))
    sheet.alpha_composite(raster, (margin, margin))
    colors = sheet.convert("RGB")
    clear = sheet.getchannel("A").point([OPAQUE] * FAINT + [0] * (OPAQUE + 1 - FAINT))
    colors.paste(_spread(raster), (margin, margin), clear.crop(_inside(margin, raster)))
    return _cropped(colors, sheet.getchannel("A"), (margin + raster.width / 2, float(foot)))


def _inside(margin: int, raster: Raster) -> tuple[int, int, int, int]:
    return margin, margin, margin + raster.width, margin + raster.height


def _spread(raster: Raster) -> Raster:
    """The product's colors, run out over its edge."""
    alpha = from_picture(raster.getchannel("A"))
    colors = from_picture(raster.convert("RGB"))
    near = blurred(floats(colors * alpha[..., None]), SPREAD)
    return to_picture(floats(near / np.maximum(blurred(alpha, SPREAD), 1e-3)[..., None]))


def _cropped(colors: Raster, alpha: Raster, anchor: tuple[float, float]) -> Layer:
    """Without what is clear all around: it would be resampled for every frame."""
    found = alpha.getbbox() or (0, 0, *alpha.size)
    box = (
        max(0, found[0] - GAP),
        max(0, found[1] - GAP),
        min(alpha.width, found[2] + GAP),
        min(alpha.height, found[3] + GAP),
    )
    return Layer(colors.crop(box), alpha.crop(box), (anchor[0] - box[0], anchor[1] - box[1]))


def _with_clear_rim(mask: Pixels) -> Pixels:
    mask[:GAP] = mask[-GAP:] = 0
    mask[:, :GAP] = mask[:, -GAP:] = 0
    return mask


def _squashed(alpha: Pixels, foot: int, raster: Raster, flat: float) -> Raster:
    """The silhouette as it lies on the floor, so flat."""
    height = max(2, round(raster.height * flat))
    margin = foot - raster.height
    silhouette = to_picture(alpha[margin:foot])
    return silhouette.resize((silhouette.width, height), Image.Resampling.BOX)


def _laid(alpha: Pixels, lying: Raster, top: int, left: int = 0) -> Pixels:
    sheet = Image.new("L", (alpha.shape[1], alpha.shape[0]))
    sheet.paste(lying, (left, top))
    return from_picture(sheet)


def _contact(alpha: Pixels, foot: int, raster: Raster) -> Pixels:
    """Dark and thin, right under what touches the ground."""
    lowest = alpha[foot - max(2, round(raster.height * 0.03)) : foot].max(axis=0)
    half = max(1, round(raster.height * 0.008))
    band = np.zeros_like(alpha)
    band[foot - half : foot + half] = lowest
    soft = blurred(band, max(1.0, raster.width * 0.012))
    return floats(np.clip(soft * 1.5, 0, 1))


def _around(alpha: Pixels, foot: int, raster: Raster) -> Pixels:
    lying = _squashed(alpha, foot, raster, 0.10)
    laid = _laid(alpha, lying, foot - round(lying.height * 0.62))
    flat = np.clip(blurred(laid, raster.width * 0.05) * 1.2, 0, 1)
    return floats(np.maximum(flat, _beneath(alpha, foot, raster)))


def _beneath(alpha: Pixels, foot: int, raster: Raster) -> Pixels:
    """Along the lower outline: what was taken from above lies on its ground, not on its rim."""
    moved = np.roll(alpha, round(raster.height * 0.022), 0)
    rows = np.arange(len(alpha), dtype=np.float32)[:, None]
    low = np.clip(1 - (foot - rows) / (raster.height * 0.5), 0, 1)
    return floats(blurred(floats(moved), raster.width * 0.022) * low)


def _cast(alpha: Pixels, foot: int, raster: Raster, *, to_the_left: bool) -> Pixels:
    """The shadow that a window throws to the side, softer the farther away it falls."""
    lying = _squashed(alpha, foot, raster, 0.24)
    lean = 1.3 if to_the_left else -1.3
    matrix = (1.0, -lean, lean * lying.height, 0.0, 1.0, 0.0)
    leaning = lying.transform(lying.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    laid = _laid(alpha, leaning, foot - leaning.height)
    return blurred(laid, raster.width * 0.03)


def _behind(alpha: Pixels, raster: Raster) -> Pixels:
    moved = np.roll(alpha, (round(raster.height * 0.02), 0), (0, 1))
    return blurred(floats(moved), max(raster.size) * 0.045)


def _reflection(raster: Raster, strength: float) -> Raster:
    """What a glossy floor shows of the foot."""
    shown = max(2, round(raster.height * min(0.4, MARGIN * 0.9)))
    flipped = raster.transpose(Image.Transpose.FLIP_TOP_BOTTOM).crop((0, 0, raster.width, shown))
    soft = flipped.filter(ImageFilter.GaussianBlur(max(1.0, raster.width * 0.004)))
    fall = np.linspace(1, 0, shown, dtype=np.float32)[:, None] ** 1.5 * strength
    soft.putalpha(to_picture(floats(from_picture(soft.getchannel("A")) * fall)))
    return soft
