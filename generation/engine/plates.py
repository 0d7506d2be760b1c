"""The plate: a picture before its title is set, with all that another title needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from generation.engine.metadata import source_type
from generation.engine.pixels import Box, Pixels, Random
from generation.engine.schemes import SCHEMES, Scheme
from generation.engine.seeds import random_of
from generation.engine.variety import Variety
from generation.engine.zones import Zone, zone_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """`subject` is what ornaments keep off; `is_strewn` tells whether there are any."""

    pixels: Pixels
    style: str
    color_scheme: str
    variety: Variety
    zone: Zone
    subject: Box | None
    is_strewn: bool
    has_photo: bool
    seed: int

    @property
    def scheme(self) -> Scheme:
        return self.variety.tinted(SCHEMES[self.color_scheme])

    @property
    def source(self) -> str:
        return source_type(has_photo=self.has_photo)

    @property
    def random(self) -> Random:
        return ornaments_random(self.style, self.seed)

    def as_facts(self) -> dict[str, Any]:
        """All but the pixels, in values that JSON can hold."""
        return {
            "style": self.style,
            "color_scheme": self.color_scheme,
            "variety": [self.variety.number, self.variety.lean],
            "zone": self.zone.as_facts(),
            "subject": self.subject.as_list() if self.subject else None,
            "is_strewn": self.is_strewn,
            "has_photo": self.has_photo,
            "seed": self.seed,
        }

    @classmethod
    def of(cls, pixels: Pixels, facts: Mapping[str, Any]) -> Self:
        """The plate that these facts were made of."""
        return cls(
            pixels=pixels,
            style=facts["style"],
            color_scheme=facts["color_scheme"],
            variety=Variety(*facts["variety"]),
            zone=zone_of(facts["zone"]),
            subject=Box(*facts["subject"]) if facts["subject"] else None,
            is_strewn=facts["is_strewn"],
            has_photo=facts["has_photo"],
            seed=facts["seed"],
        )


def ornaments_random(style: str, seed: int) -> Random:
    """The same ornaments fall, whatever the title says."""
    return random_of("ornaments", style, seed)
