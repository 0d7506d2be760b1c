"""The shapes ads come in, where people's apps cover them, and the styles they can have."""

from dataclasses import dataclass
from typing import Final

from generation.engine.pixels import Box, Size

CONTENT_TYPE: Final = "image/jpeg"
MARGIN: Final = 0.072  # of the shorter side


@dataclass(frozen=True, slots=True)
class Format:
    """`top` and `bottom` are shares of the height that no word may enter."""

    size: Size
    top: float
    bottom: float

    @property
    def safe(self) -> Box:
        """Where words may stand."""
        margin = round(self.size.unit * MARGIN)
        return Box(
            margin,
            max(margin, round(self.size.height * self.top)),
            self.size.width - margin,
            self.size.height - max(margin, round(self.size.height * self.bottom)),
        )


FORMATS: Final = {
    "1:1": Format(Size(1080, 1080), 0.0, 0.0),
    "4:5": Format(Size(1080, 1350), 0.0, 0.0),
    "9:16": Format(Size(1080, 1920), 0.09, 0.12),  # apps cover 8 % above and 11 % below
    "16:9": Format(Size(1920, 1080), 0.0, 0.0),
}
STYLES: Final = ("studio", "bold", "dark", "lifestyle", "fresh")
