"""Clips as files: what is in one, a picture out of one, its frames made to fit."""

import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image

from generation.engine.encode import encoded
from generation.engine.film.board import Board
from generation.engine.film.ffmpeg import Child, FilmFailed
from generation.engine.film.marking import TRAINED
from generation.engine.pixels import Raster, from_picture

LOOK_SECONDS: Final = 20.0
DURATION: Final = re.compile(r"Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
VIDEO: Final = re.compile(r"Stream #[^\n]*?: Video: (\w+)[^\n]*?, (\d{2,5})x(\d{2,5})")
AUDIO: Final = re.compile(r"Stream #[^\n]*?: Audio:")
MAGIC_BYTES: Final = 12
LONGEST_SECONDS: Final = 120.0
LARGEST_SIDE: Final = 4096
BEFORE_END: Final = 0.1
NOT_A_CLIP: Final = "clip: is not an MP4, MOV or WebM file that can be read"


@dataclass(frozen=True, slots=True)
class Clip:
    """What a file holds."""

    path: Path
    container: str
    width: int
    height: int
    seconds: float
    has_audio: bool
    codec: str


def clip_of(path: Path) -> Clip:
    """This function will look into a clip. Raises ValueError when it is none that we take."""
    container = _container_of(path)
    with tempfile.TemporaryDirectory() as folder:
        arguments = ("-loglevel", "info", *reading(path, container))
        with Child(arguments, folder=Path(folder), stage="probing", seconds=LOOK_SECONDS) as child:
            child.wait()  # it complains that there is nothing to write, and tells what there is
            told = child.complaints()
    video, duration = VIDEO.search(told), DURATION.search(told)
    if video is None or duration is None:
        raise ValueError(NOT_A_CLIP)
    hours, minutes, seconds = duration.groups()
    clip = Clip(
        path=path,
        container=container,
        width=int(video[2]),
        height=int(video[3]),
        seconds=int(hours) * 3600 + int(minutes) * 60 + float(seconds),
        has_audio=AUDIO.search(told) is not None,
        codec=video[1],
    )
    if max(clip.width, clip.height) > LARGEST_SIDE or not 0 < clip.seconds <= LONGEST_SECONDS:
        raise ValueError(f"clip: is larger than {LARGEST_SIDE} pixels or {LONGEST_SECONDS:g} s")
    return clip


def probe(path: Path) -> dict[str, Any]:
    """This function will tell a clip's width, height, seconds, has_audio and codec.

    Raises ValueError when the file is no clip.
    """
    clip = clip_of(path)
    return {
        "width": clip.width,
        "height": clip.height,
        "seconds": clip.seconds,
        "has_audio": clip.has_audio,
        "codec": clip.codec,
    }


def poster_of(path: Path, at: float) -> bytes:
    """This function will take the picture at a time out of a clip, as a marked JPEG.

    Raises ValueError when the file is no clip.
    """
    clip = clip_of(path)
    second = min(max(0.0, at), max(0.0, clip.seconds - BEFORE_END))
    arguments = (
        "-ss", f"{second:.3f}", *reading(path, clip.container),
        "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "pipe:1",
    )  # fmt: skip
    with (
        tempfile.TemporaryDirectory() as folder,
        Child(
            arguments, folder=Path(folder), stage="poster", seconds=LOOK_SECONDS, writes=True
        ) as child,
    ):
        data = child.take(-1)
        child.end()
    if not data:
        raise FilmFailed("poster", "the clip has no picture there")
    with Image.open(io.BytesIO(data)) as picture:
        return encoded(from_picture(picture.convert("RGB")), TRAINED).data


@contextmanager
def frames_of(clip: Clip, board: Board, folder: Path, seconds: float) -> Iterator[Iterator[Raster]]:
    """Yield the clip's frames within the trim, at the board's size and rate, cut to fill it."""
    width, height = board.size.width, board.size.height
    fit = (
        f"scale={width}:{height}:force_original_aspect_ratio=increase:flags=bicubic,"
        f"crop={width}:{height},setsar=1,fps={board.fps}"
    )
    arguments = (
        "-ss", f"{board.start:.3f}", "-threads", "1", *reading(clip.path, clip.container),
        "-t", f"{board.seconds:.3f}", "-map", "0:v:0", "-vf", fit, "-filter_threads", "1",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1",
    )  # fmt: skip
    with Child(arguments, folder=folder, stage="reading the clip", seconds=seconds, writes=True) as child:  # fmt: skip  # noqa: E501
        yield _decoded(child, board)


def _decoded(child: Child, board: Board) -> Iterator[Raster]:
    """As many frames as the board has; the last one again, where the clip ends a little early."""
    size = (board.size.width, board.size.height)
    length = size[0] * size[1] * 3
    last: Raster | None = None
    for _ in range(board.frame_count):
        data = child.take(length)
        if len(data) == length:
            last = Image.frombytes("RGB", size, data)
        elif last is None:
            child.end()
            raise FilmFailed("reading the clip", "it has no frames")
        yield last.copy()


def reading(path: Path, container: str) -> tuple[str, ...]:
    """Take a file for what its first bytes say, and let it name no others."""
    return ("-protocol_whitelist", "file,pipe", "-f", container, "-i", f"file:{path.resolve()}")


def _container_of(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(MAGIC_BYTES)
    if start[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free"}:
        return "mov"
    if start.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    raise ValueError(NOT_A_CLIP)
