"""What changes from one seed to the next, so that no two variants of a job look alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from generation.engine.color import mixed
from generation.engine.schemes import Scheme
from generation.engine.seeds import seed_of

CYCLE: Final = 12  # numbers this far apart agree in all but the hue
MOTIFS: Final = 3
LEANS: Final = 3
CLOSENESS: Final = (1.0, 0.87, 1.09)  # how much closer than usual a subject comes
TOWARD_COMPANION: Final = 0.75
TOWARD_GROUND: Final = 0.45


@dataclass(frozen=True, slots=True)
class Variety:
    """A seed as choices: neighbors differ in side, motif and hue, and so do three in a row in
    the last two."""

    number: int
    lean: int = 0
    framing: float | None = None  # how close a subject comes, where a variant says so
    turn: int | None = None  # which other words are stressed, where a variant says so

    @property
    def is_odd(self) -> bool:
        return self.number % 2 == 1

    @property
    def sign(self) -> int:
        return -1 if self.is_odd else 1

    @property
    def motif(self) -> int:
        return self.number % MOTIFS

    @property
    def closeness(self) -> float:
        return CLOSENESS[self.motif] if self.framing is None else self.framing

    def pick[T](self, choices: Sequence[T]) -> T:
        return choices[self.number % len(choices)]

    def tinted(self, scheme: Scheme) -> Scheme:
        """The scheme as it is, with its companion in the lead, or deeper."""
        if self.lean == 0:
            return scheme
        if scheme.is_light:
            return _light(scheme, has_companion_first=self.lean == 1)
        if self.lean == 1:
            return replace(scheme, main=mixed(scheme.main, scheme.companion, TOWARD_COMPANION))
        return replace(scheme, main=mixed(scheme.main, scheme.ground, TOWARD_GROUND))


def _light(scheme: Scheme, *, has_companion_first: bool) -> Scheme:
    if has_companion_first:
        return replace(scheme, accent=scheme.companion, companion=scheme.accent)
    ground = mixed(scheme.ground, scheme.main, 0.7)
    return replace(scheme, ground=ground, main=mixed(scheme.main, scheme.accent, 0.24))


def variety_of(seed: int, *facts: object) -> Variety:
    """Where the count starts is the request's own, so that one seed is not one look for all."""
    start = seed_of(*facts)
    return Variety((seed + start) % CYCLE, (seed + start // CYCLE) % LEANS)
