"""Which characters a font can draw: its cmap table, read without a font library."""

import struct
from functools import cache

from generation.engine.vendored import path_of

TABLE_RECORD = ">4sIII"
SEGMENTS, GROUPS = 4, 12  # the two cmap formats that matter
WINDOWS, UNICODE = 3, 0


@cache
def characters_of(font: str) -> frozenset[int]:
    """The code points that the font has a glyph for."""
    data = path_of(f"fonts/{font}.ttf").read_bytes()
    start = _table_start(data, b"cmap")
    (count,) = struct.unpack_from(">H", data, start + 2)
    points: set[int] = set()
    for index in range(count):
        platform, _, offset = struct.unpack_from(">HHI", data, start + 4 + 8 * index)
        if platform in {WINDOWS, UNICODE}:
            points |= _points_of(data, start + offset)
    return frozenset(points)


def _table_start(data: bytes, tag: bytes) -> int:
    (count,) = struct.unpack_from(">H", data, 4)
    for index in range(count):
        name, _, start, _ = struct.unpack_from(TABLE_RECORD, data, 12 + 16 * index)
        if name == tag:
            return int(start)
    raise ValueError(f"the font has no table {tag!r}")


def _points_of(data: bytes, start: int) -> set[int]:
    (kind,) = struct.unpack_from(">H", data, start)
    if kind == SEGMENTS:
        return _points_of_segments(data, start)
    if kind == GROUPS:
        return _points_of_groups(data, start)
    return set()


def _points_of_segments(data: bytes, start: int) -> set[int]:
    (doubled,) = struct.unpack_from(">H", data, start + 6)
    count = doubled // 2
    ends = struct.unpack_from(f">{count}H", data, start + 14)
    begins = struct.unpack_from(f">{count}H", data, start + 16 + doubled)
    points: set[int] = set()
    for begin, end in zip(begins, ends, strict=True):
        points.update(range(begin, end + 1))
    return points - {0xFFFF}


def _points_of_groups(data: bytes, start: int) -> set[int]:
    (count,) = struct.unpack_from(">I", data, start + 12)
    points: set[int] = set()
    for index in range(count):
        begin, end, _ = struct.unpack_from(">III", data, start + 16 + 12 * index)
        points.update(range(begin, end + 1))
    return points


def covers(font: str, text: str) -> bool:
    return all(character.isspace() or ord(character) in characters_of(font) for character in text)
