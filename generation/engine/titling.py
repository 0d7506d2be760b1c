"""Set a title on a plate, save it, read the saved pixels, and mend what cannot be read."""

from dataclasses import dataclass, replace
from typing import Final

from generation.engine.backgrounds.playful import doodled
from generation.engine.color import code_of
from generation.engine.encode import Encoded, encoded
from generation.engine.fonts import NARROW, covers_shaped
from generation.engine.legibility import REMEDIES, Written, is_light, written
from generation.engine.ornaments import underlined
from generation.engine.pixels import Box, Pixels, size_of
from generation.engine.plates import Plate
from generation.engine.proof import LEAST_CONTRAST, LEAST_HEIGHT, Proof, height_in_feed, proofed
from generation.engine.text import Block
from generation.engine.titles import Title
from generation.engine.zones import set_in

STEP: Final = 2  # each try costs as much as setting the title: a half step up is not worth it
NARROW_GAIN: Final = 1.15  # a narrower face must make letters this much larger to be taken
SHORTENED: Final = "The title was too long for the picture, so its end was left out."
NARROWED: Final = "A narrower face makes the letters larger."
MOVED: Final = "The title was moved away from the corner where players print the length."
OUTLINED: Final = "The letters got an outline."
PANELLED: Final = "A panel was laid under the title."
TONED: Final = "The accent color was brought nearer to that of the other letters."


@dataclass(frozen=True, slots=True)
class Titled:
    """A picture with its title, as it was saved, and what was put right by itself."""

    file: Encoded
    pixels: Pixels
    block: Block
    result: Written
    ornaments: tuple[Box, ...]
    proof: Proof
    fixes: tuple[str, ...]

    @property
    def inks(self) -> list[str]:
        """The colors that the letters have."""
        found = {placed.word.stressed for placed in self.block.words}
        inks = {False: self.result.inks.plain, True: self.result.inks.stressed}
        return sorted({code_of(inks[is_stressed]) for is_stressed in found})


def titled(plate: Plate, title: Title) -> Titled:
    """This function will set the title so that it can be read in the finished file.

    Where the saved pixels say otherwise, stronger remedies are tried; there is an end to them.
    """
    block, fixes = _largest(plate, title)
    attempts: list[Titled] = []
    for first in range(0, len(REMEDIES), STEP):
        if attempts and first <= attempts[-1].result.number:
            continue
        result = written(plate.pixels, block, plate.style, plate.scheme, first=first)
        attempts.append(_saved(plate, title, (block, fixes), result))
        if attempts[-1].proof.contrast >= LEAST_CONTRAST:
            break
    return max(attempts, key=lambda attempt: attempt.proof.contrast)


def _largest(plate: Plate, title: Title) -> tuple[Block, tuple[str, ...]]:
    """The title as large as the zone lets it be, in a narrower face if it would be too small."""
    size = size_of(plate.pixels)
    fixes: list[str] = []
    block = set_in(plate.zone, title, plate.style, size)
    height = height_in_feed(block, size.width)
    if height < LEAST_HEIGHT and covers_shaped(NARROW, title.text):
        slim = set_in(plate.zone, replace(title, face=NARROW), plate.style, size)
        gain = height_in_feed(slim, size.width) / height
        if not slim.is_cut and (block.is_cut or gain > NARROW_GAIN):
            block = slim
            fixes.append(NARROWED)
    if block.is_moved:
        fixes.append(MOVED)
    if block.is_cut:
        fixes.append(SHORTENED)
    return block, tuple(fixes)


def _saved(
    plate: Plate, title: Title, setting: tuple[Block, tuple[str, ...]], result: Written
) -> Titled:
    block, fixes = setting
    look = (plate.style, result.inks.stressed)
    pixels = underlined(result.pixels, block, plate.zone, look)
    ornaments: tuple[Box, ...] = ()
    if plate.is_strewn:
        occupied = (block.box, plate.subject) if plate.subject else (block.box,)
        ornaments = doodled(plate.scheme, plate.random, pixels, occupied)
    file = encoded(pixels, plate.source)
    proof = proofed(file, size_of(pixels), (block, result.letters), title.text)
    return Titled(file, pixels, block, result, ornaments, proof, (*fixes, *_fixes_of(result, file)))


def _fixes_of(result: Written, file: Encoded) -> list[str]:
    remedy = result.remedy
    fixes: list[str] = []
    if remedy.scrim:
        way = "darkened" if is_light(result.inks) else "lightened"
        fixes.append(f"The ground under the title was {way}.")
    if remedy.has_outline:
        fixes.append(OUTLINED)
    if remedy.has_panel:
        fixes.append(PANELLED)
    if not result.is_accent_kept:
        fixes.append(TONED)
    if file.is_reduced:
        fixes.append(f"The file was saved at quality {file.quality} to stay within 2 MB.")
    return fixes
