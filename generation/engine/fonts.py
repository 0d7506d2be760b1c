"""The faces: a heavy display face per style, a wide-ranging one, and one for each other script."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from PIL import ImageFont, features

from generation.engine.glyphs import covers
from generation.engine.scripts import has_kana
from generation.engine.vendored import path_of

MEASURED_AT: Final = 200  # pixels: widths are measured once and scaled
LINE_GAP: Final = 0.08  # sizes, between the marks under one line and those over the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A font and how it is set; heights are shares of the size."""

    font: str
    slanted: str = ""  # the font for what is stressed, if the style stresses by slant
    leading: float
    cap: float
    descent: float
    uppercase: bool = False
    tracking: float = 0.0

    def shaped(self, text: str) -> str:
        return text.upper() if self.uppercase else text


DISPLAY: Final = {
    "bold": Face(
        font="Anton_400Regular", leading=1.06, cap=0.86, descent=0.04, uppercase=True
    ),
    "minimal": Face(
        font="BricolageGrotesque_800ExtraBold", leading=0.98, cap=0.66, descent=0.19,
        tracking=-0.012,
    ),
    "cinematic": Face(
        font="BebasNeue_400Regular", leading=0.88, cap=0.70, descent=0.03, uppercase=True,
        tracking=0.012,
    ),
    "neon": Face(
        font="Montserrat_800ExtraBold", leading=1.0, cap=0.70, descent=0.03, uppercase=True
    ),
    "editorial": Face(
        font="DMSerifDisplay_400Regular", slanted="DMSerifDisplay_400Regular_Italic",
        leading=0.98, cap=0.66, descent=0.23, tracking=-0.006,
    ),
    "playful": Face(
        font="PermanentMarker_400Regular", leading=1.06, cap=0.76, descent=0.06, uppercase=True
    ),
}  # fmt: skip

NARROW: Final = DISPLAY["bold"]
WIDE_RANGING: Final = Face(font="Inter_800ExtraBold", leading=1.06, cap=0.73, descent=0.2)


def _face(font: str) -> Face:
    """Its heights are those of the letters that are set."""
    return Face(font=font, leading=1.0, cap=0.7, descent=0.05)


JAPANESE: Final = _face("NotoSansJP_900Black")
CHINESE: Final = (_face("NotoSansSC_900Black"), _face("NotoSansTC_900Black"))
KOREAN: Final = _face("NotoSansKR_900Black")
# Letters that join, stack or run from right to left come out wrong without a shaping engine.
SHAPED: Final = (
    _face("Cairo_900Black"),
    _face("Heebo_900Black"),
    _face("NotoSansDevanagari_900Black"),
)
CAN_SHAPE: Final = bool(features.check("raqm"))
WORLD: Final[tuple[Face, ...]] = (*(SHAPED if CAN_SHAPE else ()), KOREAN, *CHINESE, JAPANESE)
ALL_FONTS: Final = (WIDE_RANGING.font, *(face.font for face in WORLD))


def face_for(style: str, text: str) -> Face:
    """The style's own face if it can draw all of the text, else the one that can draw most."""
    return able_face(DISPLAY[style], text)


def able_face(own: Face, text: str) -> Face:
    """This face if it can draw all of the text, else the one that can draw most."""
    faces = [own, WIDE_RANGING, *WORLD]
    if has_kana(text):  # Chinese fonts have kana too, and ideographs in other shapes
        faces.insert(2, JAPANESE)
    for face in faces:
        if covers_shaped(face, text):
            return face
    return max(faces[1:], key=lambda face: sum(covers(face.font, letter) for letter in text))


def covers_shaped(face: Face, text: str) -> bool:
    fonts = [face.font, face.slanted] if face.slanted else [face.font]
    return all(covers(font, face.shaped(text)) for font in fonts)


def is_drawable(letter: str) -> bool:
    return any(covers(font, letter) for font in ALL_FONTS)


@lru_cache(maxsize=1024)
def font_for(font: str, text: str) -> str:
    """This font if it has all the letters, else the first that has."""
    return next((able for able in (font, *ALL_FONTS) if covers(able, text)), font)


def grown_for(face: Face, texts: Sequence[str]) -> Face:
    """The face with room for marks above and below letters, where there are any."""
    if all(text.isascii() for text in texts):
        return face
    shaped = [face.shaped(text) for text in texts]
    extents = [extent(font_for(face.font, text), text) for text in shaped]
    cap = max(face.cap, *(rise for rise, _ in extents))
    descent = max(face.descent, *(drop for _, drop in extents))
    leading = max(face.leading, cap + descent + LINE_GAP)
    return replace(face, cap=cap, descent=descent, leading=leading)


@lru_cache(maxsize=64)
def font_at(font: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path_of(f"fonts/{font}.ttf")), size)


@lru_cache(maxsize=1024)
def width_share(font: str, text: str) -> float:
    """How wide the text is, in sizes of the font."""
    return font_at(font, MEASURED_AT).getlength(text) / MEASURED_AT


@lru_cache(maxsize=1024)
def extent(font: str, text: str) -> tuple[float, float]:
    """How far the text's ink goes above and below the baseline, in sizes of the font."""
    _, top, _, bottom = font_at(font, MEASURED_AT).getbbox(text, anchor="ls")
    return -top / MEASURED_AT, bottom / MEASURED_AT
