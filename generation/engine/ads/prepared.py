"""A product made ready for its ads: its cut-out, its colors and what is known about it."""

import io
import json
import zipfile
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from PIL import Image

from generation.engine.ads.families import BY_NAME, Family
from generation.engine.ads.palette import Palette
from generation.engine.ads.silhouette import Stance
from generation.engine.color import code_of, color_of
from generation.engine.cutout import Cuts
from generation.engine.pixels import Raster

FACTS, PRODUCT = "facts.json", "product.png"
QUICK: Final = 1  # of PNG's nine efforts: a stage is read again within minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """`product` has alpha and is trimmed; without a cut-out it is the whole photo."""

    product: Raster
    stance: Stance
    cuts: Cuts
    palette: Palette
    analysis: dict[str, Any]

    @property
    def is_cut_out(self) -> bool:
        return bool(self.analysis["is_cut_out"])

    @property
    def family(self) -> Family:
        return BY_NAME[self.analysis["family"]]

    @property
    def aspect(self) -> float:
        return self.product.width / self.product.height

    def product_png(self) -> bytes:
        target = io.BytesIO()
        self.product.save(target, "PNG", compress_level=QUICK)
        return target.getvalue()

    def to_bytes(self) -> bytes:
        """All of it in one file, for storage."""
        facts = {
            "stance": self.stance,
            "cuts": asdict(self.cuts),
            "colors": [code_of(color) for color in self.palette.colors],
            "weights": list(self.palette.weights),
            "accent": code_of(self.palette.accent),
            "analysis": self.analysis,
        }
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(FACTS, json.dumps(facts))
            archive.writestr(PRODUCT, self.product_png())
        return target.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """What `to_bytes` kept. Raises ValueError when it is something else."""
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                facts = json.loads(archive.read(FACTS))
                with Image.open(io.BytesIO(archive.read(PRODUCT))) as opened:
                    product = opened.convert("RGBA")
        except (zipfile.BadZipFile, KeyError, OSError, json.JSONDecodeError) as error:
            raise ValueError("prepared: is not what was kept") from error
        colors = tuple(color_of(code) for code in facts["colors"])
        return cls(
            product=product,
            stance=facts["stance"],
            cuts=Cuts(**facts["cuts"]),
            palette=Palette(colors, tuple(facts["weights"]), color_of(facts["accent"])),
            analysis=facts["analysis"],
        )
