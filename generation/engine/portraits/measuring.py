"""What a photo is like as a photo of somebody: measured, never judged, and no likeness kept.

Nothing here tells one person from another: the hash is of pixels, to find the same photo again.
"""

import io
import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from generation.engine.faces import Face, all_faces
from generation.engine.pixels import Box, Pixels, Raster, floats, from_picture

MOST_PIXELS: Final = 24_000_000
LONGEST_SIDE: Final = 2048
FACE_SIDE: Final = 160  # faces are looked at in this size, so that all are measured alike
WHOLE_SIDE: Final = 480
TILES: Final = 6  # a side: the sharpest tiles of a photo tell whether it is sharp
SHARPEST: Final = 90  # percentile of the tiles
SHARPNESS_SCALE: Final = 1e4
DIMMEST, MIDDLE = 0.05, 0.6  # brightness
MATTERS: Final = 0.5  # of the main face's height: a face this high is a second person
WHITE_FROM, BLACK_TO = 0.97, 0.03
BRIGHTEST_SKIN: Final = 90  # percentile of a face's pixels
NARROWER: Final = 0.12  # of a face's box on either side: hair and ground, not skin
EYE_REACH: Final = 0.22  # of the distance between the eyes
TOUCHES: Final = 0.04  # of a face's width: the edge of the photo so near has cut something off
LIT_LID: Final = 75  # percentile of the pixels around an eye
HASH_SIDE: Final = 32
HASH_WAVES: Final = 8
LUMA: Final = floats([0.299, 0.587, 0.114])


def measured(data: bytes) -> dict[str, Any]:
    """This function will measure a photo. Raises ValueError when it is none.

    Without a face, nothing that begins with it is said, and no pose.
    """
    return measures_of(opened(data))


def opened(data: bytes, longest: int = LONGEST_SIDE) -> Raster:
    """This function will open a photo, upright. Raises ValueError when it is none."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise ValueError("photo: has too many pixels")
            photo = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError("photo: is not a picture that can be read") from error
    photo.thumbnail((longest, longest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return photo


def measures_of(photo: Raster) -> dict[str, Any]:
    faces = all_faces(photo)
    whole = _light(photo.resize((WHOLE_SIDE, WHOLE_SIDE), Image.Resampling.BOX))
    facts = {
        "width": photo.width,
        "height": photo.height,
        "faces": _how_many_matter(faces),
        "around": float(np.median(whole)),
        "sharpness": _sharpest(photo),
        **_lit(whole),
        "hash": _hash(photo),
    }
    if faces:
        facts |= _of_face(photo, faces[0])
    return {name: _rounded(value) for name, value in facts.items()}


def _how_many_matter(faces: list[Face]) -> int:
    if not faces:
        return 0
    return sum(face.box.height > MATTERS * faces[0].box.height for face in faces)


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def _light(picture: Raster) -> Pixels:
    return floats(from_picture(picture) @ LUMA)


def _lit(light: Pixels) -> dict[str, float]:
    """Bright is what the best lit skin has: the mean would call dark skin a dark photo."""
    return {
        "brightness": float(light.mean()),
        "highlights": float(np.percentile(light, BRIGHTEST_SKIN)),
        "overexposed": float((light > WHITE_FROM).mean()),
        "underexposed": float((light < BLACK_TO).mean()),
    }


def _unevenness(light: Pixels) -> float:
    """How much the brightness jumps from pixel to pixel."""
    middle = light[1:-1, 1:-1]
    around = light[:-2, 1:-1] + light[2:, 1:-1] + light[1:-1, :-2] + light[1:-1, 2:]
    return float((4 * middle - around).var()) * SHARPNESS_SCALE


def _exposure(light: Pixels) -> float:
    """What makes the unevenness of dark and bright photos comparable."""
    return (max(float(light.mean()), DIMMEST) / MIDDLE) ** 2


def _sharpest(photo: Raster) -> float:
    """A sharp thing before a plain ground is a sharp photo: ask its sharpest parts."""
    scale = min(1.0, 2 * WHOLE_SIDE / max(photo.size))
    size = (max(TILES * 4, int(photo.width * scale)), max(TILES * 4, int(photo.height * scale)))
    light = _light(photo.resize(size, Image.Resampling.BILINEAR))
    tiles = [
        _unevenness(tile)
        for row in np.array_split(light, TILES)
        for tile in np.array_split(row, TILES, axis=1)
    ]
    return float(np.percentile(tiles, SHARPEST)) / _exposure(light)


def _of_face(photo: Raster, face: Face) -> dict[str, Any]:
    box = face.box
    skin = _light(_cropped(photo, _narrower(box)).resize((FACE_SIDE, FACE_SIDE)))
    square = _light(_cropped(photo, box).resize((FACE_SIDE, FACE_SIDE), Image.Resampling.BILINEAR))
    left, right = np.array_split(skin, 2, axis=1)
    return {
        "face": box.as_list(),
        "face_height": box.height,
        "face_share": box.height / photo.height,
        "face_sharpness": _unevenness(square) / _exposure(square),
        **{f"face_{name}": value for name, value in _lit(skin).items()},
        "side_light": float(right.mean() - left.mean()),
        "warmth": _warmth(photo),
        **_pose(face),
        "eye_light": _eye_light(photo, face),
        "cut": _cut_sides(photo, box),
        "room_above": box.top / max(1, box.height),
    }


def _narrower(box: Box) -> Box:
    inset = int(box.width * NARROWER)
    return Box(box.left + inset, box.top, box.right - inset, box.bottom)


def _cropped(photo: Raster, box: Box) -> Raster:
    """The part of the box that is in the photo."""
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = max(left + 1, box.right), max(top + 1, box.bottom)
    return photo.crop((left, top, min(photo.width, right), min(photo.height, bottom)))


def _warmth(photo: Raster) -> float:
    red, _, blue = from_picture(photo.resize((8, 8), Image.Resampling.BOX)).mean(axis=(0, 1))
    return float(red - blue)


def _pose(face: Face) -> dict[str, float]:
    """Roll in degrees; yaw and pitch as shares of the face, positive to the right and downward."""
    eye, other, nose, mouth, corner = (np.array(mark) for mark in face.landmarks)
    along = other - eye
    apart = max(1.0, float(np.hypot(*along)))
    across = along / apart
    down = np.array((-across[1], across[0]))
    middle, lips = (eye + other) / 2, (mouth + corner) / 2
    length = max(1.0, float((lips - middle) @ down))
    return {
        "roll": math.degrees((_angle(along) + _angle(lips - middle) - math.pi / 2) / 2),
        "yaw": float((nose - middle) @ across) / apart,
        "pitch": float((nose - middle) @ down) / length - 0.5,
    }


def _angle(line: NDArray[np.float64]) -> float:
    return math.atan2(line[1], line[0])


def _eye_light(photo: Raster, face: Face) -> float:
    """How light it is around the eyes, as a share of the cheeks: dark glasses cover the lids."""
    eyes, mouth = face.landmarks[:2], face.landmarks[3:]
    apart = math.dist(*eyes)
    shares = []
    for eye, corner in zip(eyes, mouth, strict=True):
        cheek = ((eye[0] + corner[0]) / 2, (eye[1] + corner[1]) / 2)
        lid = np.percentile(_patch(photo, eye, apart * EYE_REACH), LIT_LID)
        shares.append(float(lid / max(float(np.median(_patch(photo, cheek, apart * 0.15))), 0.02)))
    return max(shares)


def _patch(photo: Raster, place: tuple[float, float], reach: float) -> Pixels:
    reach = max(1.0, reach)
    x, y = min(max(place[0], 0), photo.width - 1), min(max(place[1], 0), photo.height - 1)
    box = Box(int(x - reach), int(y - reach), int(x + reach) + 1, int(y + reach) + 1)
    return _light(_cropped(photo, box))


def _cut_sides(photo: Raster, box: Box) -> list[str]:
    """The photo's edges that cut into the face, or touch it."""
    near = TOUCHES * box.width
    beyond = {
        "left": box.left < near,
        "top": box.top < near,
        "right": box.right > photo.width - near,
        "bottom": box.bottom > photo.height - near,
    }
    return [side for side, is_cut in beyond.items() if is_cut]


def _hash(picture: Raster) -> str:
    """64 bits of how light waves through the picture: the same for the same photo, saved anew."""
    small = _light(picture.resize((HASH_SIDE, HASH_SIDE), Image.Resampling.BOX))
    places, waves = np.arange(HASH_SIDE) + 0.5, np.arange(HASH_WAVES + 1)
    table = np.cos(np.pi / HASH_SIDE * np.outer(waves, places))
    strengths = (table[:HASH_WAVES] @ small @ table[1:].T).ravel()
    bits = "".join("1" if strength > 0 else "0" for strength in strengths)
    return f"{int(bits, 2):016x}"
