"""A set of thumbnails: the first is what was ordered, the others vary hook, crop and colors."""

from dataclasses import dataclass, replace
from typing import Any, Final

from generation.engine.hooks import AS_ORDERED, hooks_of
from generation.engine.layout import Layout
from generation.engine.pixels import Size
from generation.engine.titles import Title
from generation.engine.variety import Variety

RELATED: Final = {  # two others that look related, and yet not alike
    "sunset": ("royal", "red"),
    "ocean": ("royal", "lime"),
    "neon": ("ocean", "sunset"),
    "mono": ("cream", "red"),
    "lime": ("ocean", "mono"),
    "royal": ("neon", "sunset"),
    "red": ("sunset", "mono"),
    "cream": ("sky", "red"),
    "sky": ("ocean", "cream"),
}
FRAMINGS: Final = (None, 1.16, 0.80)  # how close the subject comes
THIRD: Final = 1 / 3


@dataclass(frozen=True, slots=True)
class Variant:
    """One of a set: what it says, in which colors, and what its hook is called, if it has one."""

    number: int
    title: str
    color_scheme: str
    hook: str | None

    def of(self, variety: Variety) -> Variety:
        """The seed's variety, as this variant needs it."""
        if self.number == 0:
            return variety
        turn = None if self.hook else self.number
        return replace(variety, lean=0, framing=FRAMINGS[self.number], turn=turn)

    def as_facts(self, layout: Layout, title: Title, size: Size) -> dict[str, Any]:
        return {
            "hook": self.hook or _emphasis_of(title),
            "crop": crop_of(layout, size),
            "scheme": self.color_scheme.capitalize(),
        }


def variant_of(number: int, title: str, color_scheme: str) -> Variant:
    """This function will vary the title and the colors for one of a set, by its number in it."""
    if number == 0:
        return Variant(0, title, color_scheme, AS_ORDERED)
    hooks = hooks_of(title)[number - 1 : number]
    scheme = RELATED[color_scheme][number - 1]
    if hooks:
        return Variant(number, hooks[0].text, scheme, hooks[0].name)
    return Variant(number, title, scheme, None)


def _emphasis_of(title: Title) -> str:
    stressed = " ".join(word.text for word in title.words if word.stressed)
    return f"Emphasis on \u201c{stressed}\u201d" if stressed else "Without emphasis"


def crop_of(layout: Layout, size: Size) -> str:
    """Where the subject stands and how much of the picture it is; else where the title stands."""
    covered = float(layout.taken.mean())
    if covered > 0:
        across, _ = layout.focus
        return f"Subject {_place(across)}, {covered:.0%} of the picture"
    if layout.block is None:
        return "No subject"
    box = layout.block.box
    return f"Title {_place((box.left + box.right) / 2 / size.width)}"


def _place(across: float) -> str:
    if across < THIRD + 0.1:
        return "on the left"
    return "on the right" if across > 1 - THIRD - 0.1 else "in the middle"
