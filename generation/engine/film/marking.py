"""The mark in a film: what made it, as XMP in a box of its own and as the comment tag."""

import struct
import uuid
from pathlib import Path
from typing import Final

from generation.engine import NAME
from generation.engine.metadata import TERMS, source_type, xmp_packet

XMP_BOX: Final = uuid.UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
# Some of it was made by trained models: the voice, the music, or the clip itself.
WITH_TRAINED: Final = TERMS + "compositeWithTrainedAlgorithmicMedia"
TRAINED: Final = TERMS + "trainedAlgorithmicMedia"


def source_of(*, has_product: bool, has_trained: bool) -> str:
    return WITH_TRAINED if has_trained else source_type(has_photo=has_product)


def comment_of(parts: list[str]) -> str:
    """One line that says what made the film and which parts of it are synthetic."""
    return "; ".join([f"Made by a machine: {NAME}", *parts])


def mark(path: Path, source: str) -> None:
    """This function will append the XMP packet; a box at the end moves nothing in the file."""
    packet = xmp_packet(source)
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", 24 + len(packet), b"uuid") + XMP_BOX + packet)
