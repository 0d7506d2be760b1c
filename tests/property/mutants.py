"""Mutate real pictures by a seed, have each cleaned in the sandbox, and count what comes of it.

    python -m tests.property.mutants 0 400

This runs in a process of its own that is smaller than any child may become: then the largest of
its children, killed ones too, is what the system says of all of them.
"""

import io
import json
import random
import resource
import struct
import sys
import time
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from generation.media import sandbox
from generation.media.photos import KEPT_SIDE, CleanPhoto, Refused
from tests.pictures import marked, saved

PHOTOS = Path(__file__).parents[1] / "photos"
MARKER = b"find-me-nowhere"
EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF)
HEADER_BYTES = 400

Mutate = Callable[[random.Random, bytes, list[bytes]], bytes]


def corpus() -> list[bytes]:
    """Small real pictures: every format, and within each the ways that decoders differ by."""
    with Image.open(PHOTOS / "astronaut.jpg") as photo:
        small = photo.convert("RGB").resize((320, 288))
    clear = small.copy()
    clear.putalpha(small.convert("L"))
    deep = small.convert("L").convert("I").point(lambda value: value * 256).convert("I;16")
    return [
        saved(small, "JPEG"),
        saved(small, "JPEG", progressive=True, quality=85),
        saved(small.convert("CMYK"), "JPEG"),
        saved(small.convert("L"), "JPEG"),
        saved(small),
        saved(small.quantize(64)),
        saved(clear),
        saved(deep),
        saved(small, "WEBP"),
        saved(clear, "WEBP", lossless=True),
        saved(small, "AVIF", speed=10),
        saved(clear, "AVIF", speed=10),
        saved(small, "HEIF", quality=50),
        saved(clear, "HEIF", quality=50),
        *(marked(kind, MARKER) for kind in ("JPEG", "MPO", "PNG", "WEBP", "AVIF", "HEIF")),
    ]


# --- How they are broken ------------------------------------------------------------------------


def flip_bits(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    broken = bytearray(data)
    for _turn in range(chance.choice((1, 1, 3, 20, 200))):
        broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
    return bytes(broken)


def cut_off(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    return data[: chance.randrange(len(data))]


def cut_out(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randrange(1, 2000) :]


def splice(chance: random.Random, data: bytes, all_of_them: list[bytes]) -> bytes:
    other = chance.choice(all_of_them)
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def repeat(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    start = chance.randrange(len(data))
    piece = data[start : start + chance.randrange(1, 500)]
    return data[:start] + piece * chance.choice((2, 10, 500)) + data[start:]


def lie_in_the_header(chance: random.Random, data: bytes, _: list[bytes]) -> bytes:
    broken = bytearray(data)
    for _turn in range(chance.choice((1, 1, 2, 4))):
        layout, mask = chance.choice(((">B", 0xFF), (">H", 0xFFFF), ("<H", 0xFFFF), (">I", ~0)))
        value = chance.choice((*EXTREMES, chance.getrandbits(32))) & mask & 0xFFFFFFFF
        place = chance.randrange(min(HEADER_BYTES, len(broken) - 4))
        struct.pack_into(layout, broken, place, value)
    return bytes(broken)


def insert_a_chunk(chance: random.Random, data: bytes, all_of_them: list[bytes]) -> bytes:
    """A well-formed piece of the format, with bytes of chance or of another picture in it."""
    body = chance.choice((chance.randbytes(chance.randrange(600)), chance.choice(all_of_them)))
    if data.startswith(b"\xff\xd8"):
        kind = bytes([0xFF, chance.randrange(0xC0, 0xFF)])
        return data[:2] + kind + struct.pack(">H", len(body[:65000]) + 2) + body[:65000] + data[2:]
    if data.startswith(b"\x89PNG"):
        kind = chance.choice(
            (b"iCCP", b"zTXt", b"iTXt", b"eXIf", b"tRNS", b"PLTE", b"acTL", b"IDAT")
        )
        body = chance.choice((body, b"x\0\0" + zlib.compress(b"\0" * 10_000_000)))
        piece = struct.pack(">I", len(body)) + kind + body
        return data[:33] + piece + struct.pack(">I", zlib.crc32(kind + body)) + data[33:]
    if data.startswith(b"RIFF"):
        kind = chance.choice((b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"VP8 ", b"VP8L", b"VP8X"))
        return data[:12] + kind + struct.pack("<I", len(body)) + body + data[12:]
    kind = chance.choice((b"meta", b"free", b"mdat", b"iloc", b"iprp", b"moov", b"uuid"))
    (first,) = struct.unpack_from(">I", data)
    return data[:first] + struct.pack(">I", len(body) + 8) + kind + body + data[first:]


MUTATIONS: tuple[Mutate, ...] = (
    flip_bits,
    cut_off,
    cut_out,
    splice,
    repeat,
    lie_in_the_header,
    lie_in_the_header,
    insert_a_chunk,
)


def mutant(number: int, whole: list[bytes]) -> bytes:
    """The picture of this number: the same in every run."""
    chance = random.Random(number)
    data = whole[number % len(whole)]
    for _ in range(chance.choice((1, 1, 1, 2))):
        data = chance.choice(MUTATIONS)(chance, data, whole) or b"\0"
    return data


# --- What comes of them -------------------------------------------------------------------------


def outcome_of(data: bytes) -> str:
    """The code of the refusal, or `clean`; anything else is something we never promised."""
    try:
        photo = sandbox.clean(data)
    except Refused as refused:
        return refused.reason
    except Exception as error:  # noqa: BLE001 (whatever it is, it is counted)
        return f"broke: {type(error).__name__}"
    return "clean" if is_harmless(photo) else "broke: not clean"


def is_harmless(photo: CleanPhoto) -> bool:
    """Whether it is only pictures, whole, of the size that it says, and with nothing beside."""
    with Image.open(io.BytesIO(photo.data), formats=["JPEG"]) as opened:
        opened.load()
        beside = set(opened.info) - {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        is_as_said = opened.size == (photo.width, photo.height) and max(opened.size) <= KEPT_SIDE
    for copy in photo.renditions.values():
        with Image.open(io.BytesIO(copy), formats=["WEBP"]) as opened:
            opened.load()
    files = b"".join((photo.data, *photo.renditions.values()))
    return is_as_said and not beside and MARKER not in files


def try_all(start: int, stop: int) -> dict[str, Any]:
    """Clean the mutants of these numbers one after the other; return what there is to say."""
    whole = corpus()
    outcomes: Counter[str] = Counter()
    numbers: dict[str, list[int]] = {}
    slowest = slowest_cpu = 0.0
    for number in range(start, stop):
        data = mutant(number, whole)
        began, cpu = time.monotonic(), _children().ru_utime + _children().ru_stime
        outcome = outcome_of(data)
        slowest = max(slowest, time.monotonic() - began)
        slowest_cpu = max(slowest_cpu, _children().ru_utime + _children().ru_stime - cpu)
        outcomes[outcome] += 1
        numbers.setdefault(outcome, []).append(number)
    return {
        "outcomes": outcomes,
        "slowest_seconds": round(slowest, 2),
        "slowest_cpu_seconds": round(slowest_cpu, 2),
        "peak_mb": _children().ru_maxrss // 1024,
        "own_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "examples": {outcome: found[:5] for outcome, found in numbers.items()},
    }


def _children() -> resource.struct_rusage:
    return resource.getrusage(resource.RUSAGE_CHILDREN)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(try_all(int(sys.argv[1]), int(sys.argv[2]))))
