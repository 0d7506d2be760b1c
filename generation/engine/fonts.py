"""The faces: one heavy display face per style, and a wide-ranging one to fall back on."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from PIL import ImageFont

from generation.engine.glyphs import covers
from generation.engine.vendored import path_of

MEASURED_AT: Final = 200  # pixels: widths are measured once and scaled


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

WIDE_RANGING: Final = Face(font="Inter_800ExtraBold", leading=1.06, cap=0.73, descent=0.2)


def face_for(style: str, text: str) -> Face:
    """The style's own face if it can draw all of the text, else the one that can draw most."""
    face = DISPLAY[style]
    fonts = [face.font, face.slanted] if face.slanted else [face.font]
    able = all(covers(font, face.shaped(text)) for font in fonts)
    return face if able else WIDE_RANGING


@lru_cache(maxsize=64)
def font_at(font: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path_of(f"fonts/{font}.ttf")), size)


@lru_cache(maxsize=1024)
def width_share(font: str, text: str) -> float:
    """How wide the text is, in sizes of the font."""
    return font_at(font, MEASURED_AT).getlength(text) / MEASURED_AT
