"""Film a storyboard, or finish a clip that somebody else filmed: an MP4 with sound and captions."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.engine import NAME
from generation.engine.encode import encoded
from generation.engine.film.board import NO_MUSIC, Board, board_of
from generation.engine.film.captions import Subtitler, cues_of, vtt_of
from generation.engine.film.clips import Clip, clip_of, frames_of
from generation.engine.film.ffmpeg import Child, require_room
from generation.engine.film.frames import Filming
from generation.engine.film.marking import TRAINED, WITH_TRAINED, comment_of, mark, source_of
from generation.engine.film.sound import (
    MUSIC_ORIGIN,
    NO_TRACKS,
    RATE,
    VOICE_NAME,
    Narration,
    mix_of,
    music_of,
    narrated,
    track_of,
    voice_of,
    write_sound,
)
from generation.engine.metadata import xmp_packet
from generation.engine.pixels import Raster, from_picture

type Progress = Callable[[str, float], None]

NAME_OF_FILE, SOUND = "film.mp4", "sound.wav"
EVERY: Final = 10  # frames between two reports
SPEAKING, FILMING, ENDING = "recording the voice", "filming", "finishing"
PATIENCE, PATIENCE_A_FRAME = 60.0, 0.6  # seconds that a film may take
THREADS: Final = 2
CLIP_SOUND: Final = "the clip's own"


@dataclass(frozen=True, slots=True)
class Film:
    """What was made; `facts` says how, in values that JSON can hold; `mark` is its XMP packet."""

    path: Path
    width: int
    height: int
    seconds: float
    poster: bytes
    captions_vtt: str
    alt_text: str
    facts: dict[str, Any]
    mark: bytes
    content_type: str = "video/mp4"


@dataclass(slots=True)
class _Bed:
    """What is heard under the voice: the file, how it is read, and where it is from."""

    path: Path | None = None
    container: str = ""
    name: str | None = None
    warnings: list[str] = field(default_factory=list)


def render(
    storyboard: Mapping[str, Any],
    plates: Sequence[bytes],
    product: bytes | None,
    *,
    folder: Path,
    progress: Progress,
) -> Film:
    """This function will film a storyboard on its plates and write the MP4 into the folder.

    `progress` is told how many of the frames are written, at least every 15; what it raises ends
    everything at once and leaves no file. Raises ValueError naming what cannot be filmed,
    FilmFailed naming the stage that ffmpeg did not survive, and OSError when the disk is full.
    """
    board = board_of(storyboard)
    filming = Filming(board, plates, product)
    kind = {"kind": "film", "plates": len(plates), "has_product": product is not None}
    work = _Work(board, folder, progress, kind)
    with work.scratch() as scratch:
        narration = work.narrate()
        source = source_of(
            has_product=product is not None,
            has_trained=narration.samples is not None or work.bed.path is not None,
        )
        return work.film(filming.frames(), narration, scratch, source)


def finish(clip: Path, storyboard: Mapping[str, Any], *, folder: Path, progress: Progress) -> Film:
    """This function will make our MP4 of a clip of any size: captions, voice, music, and its mark.

    Progress, folder and errors are as with `render`.
    """
    found = clip_of(clip)
    board = _paced_as(board_of(storyboard), found)
    work = _Work(board, folder, progress, {"kind": "clip", "clip_codec": found.codec}, found)
    with work.scratch() as scratch:
        narration = work.narrate()
        has_more = narration.samples is not None or board.captions or work.bed.path is not None
        source = WITH_TRAINED if has_more else TRAINED
        with frames_of(found, board, scratch, work.patience) as frames:
            return work.film(frames, narration, scratch, source)


def _paced_as(board: Board, clip: Clip) -> Board:
    """The board with its scenes as long as the clip makes them."""
    total = board.starts[-1] + board.scenes[-1].seconds
    pace = clip.seconds / total
    scenes = tuple(replace(each, seconds=each.seconds * pace) for each in board.scenes)
    return replace(board, scenes=scenes, start=board.start * pace, end=board.end * pace)


class _Work:
    """One film as it is made."""

    def __init__(
        self,
        board: Board,
        folder: Path,
        progress: Progress,
        kind: dict[str, Any],
        clip: Clip | None = None,
    ) -> None:
        self.board = board
        self._folder = folder
        self._progress = progress
        self._kind = kind
        self.bed = _bed_of(board, clip)

    @property
    def patience(self) -> float:
        return PATIENCE + PATIENCE_A_FRAME * self.board.frame_count

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield a folder for what is not finished; whatever happens, it is gone afterward."""
        require_room(self._folder)
        with tempfile.TemporaryDirectory(dir=self._folder, prefix="filming-") as scratch:
            yield Path(scratch)

    def narrate(self) -> Narration:
        return narrated(self.board, lambda: self._progress(SPEAKING, 0.0))

    def film(
        self, frames: Iterator[Raster], narration: Narration, scratch: Path, source: str
    ) -> Film:
        board = self.board
        cues = cues_of(board, narration.cues)
        voice, music = voice_of(narration, board), self._music(scratch)
        has = {"has_voice": voice is not None, "has_music": music is not None}
        write_sound(scratch / SOUND, voice, music)
        made = scratch / NAME_OF_FILE
        arguments = self._encoding(**has)
        with Child(arguments, folder=scratch, stage=FILMING, seconds=self.patience, reads=True) as child:  # fmt: skip  # noqa: E501
            poster = self._expose(child, frames, Subtitler(board, cues))
            self._progress(ENDING, 1.0)
            child.end()
        mark(made, source)
        path = made.replace(self._folder / NAME_OF_FILE)
        return Film(
            path=path,
            width=board.size.width,
            height=board.size.height,
            seconds=round(board.frame_count / board.fps, 3),
            poster=encoded(from_picture(poster), source).data,
            captions_vtt=vtt_of(cues),
            alt_text=_alt_text_of(board),
            facts=self._facts(narration, **has),
            mark=xmp_packet(source),
        )

    def _expose(self, child: Child, frames: Iterator[Raster], subtitles: Subtitler) -> Raster:
        """Write every frame; give back the one for the poster, as it is without captions."""
        board = self.board
        shown, poster = _poster_frame(board), None
        for number, frame in enumerate(frames):
            if number % EVERY == 0:
                self._progress(FILMING, number / board.frame_count)
            if number == shown:
                poster = frame.copy()
            subtitles.lay_on(frame, number / board.fps)
            child.feed(frame.tobytes())
        assert poster is not None  # noqa: S101 - the poster is one of the frames
        return poster

    def _music(self, scratch: Path) -> NDArray[np.int16] | None:
        bed = self.bed
        if bed.path is None:
            return None
        loops = not self._is_clip
        return music_of(bed.path, bed.container, self.board, folder=scratch, loops=loops)

    def _encoding(self, *, has_voice: bool, has_music: bool) -> list[str]:
        board = self.board
        size = f"{board.size.width}x{board.size.height}"
        arguments = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", size, "-r", str(board.fps)]
        arguments += ["-i", "pipe:0"]
        sound = ["-map", "0:v"]
        if has_voice or has_music:
            arguments += ["-i", SOUND]
            mix = mix_of(board, has_voice=has_voice, has_music=has_music)
            sound += ["-filter_complex", mix, "-map", "[a]"]
            sound += ["-c:a", "aac", "-b:a", "128k", "-ar", str(RATE)]
        labels = self._labels(has_voice=has_voice, has_music=has_music)
        return [*arguments, *sound, *PICTURE, *labels, NAME_OF_FILE]

    @property
    def _is_clip(self) -> bool:
        return self.bed.name == CLIP_SOUND

    def _labels(self, *, has_voice: bool, has_music: bool) -> list[str]:
        parts = []
        if self._kind["kind"] == "clip":
            parts.append("moving pictures by an AI model")
        if has_voice:
            parts.append(f"voice: {VOICE_NAME}")
        if has_music and not self._is_clip:
            parts.append(f"music: {MUSIC_ORIGIN}")
        return ["-t", f"{self.board.seconds:.3f}", "-metadata", f"comment={comment_of(parts)}"]

    def _facts(self, narration: Narration, *, has_voice: bool, has_music: bool) -> dict[str, Any]:
        board, bed = self.board, self.bed
        music = None
        if has_music:
            origin = CLIP_SOUND if self._is_clip else MUSIC_ORIGIN
            music = {"mood": board.music, "track": bed.name, "origin": origin}
        return {
            "engine": NAME,
            **self._kind,
            "seconds": round(board.seconds, 2),
            "frames": board.frame_count,
            "fps": board.fps,
            "scenes": len(board.scenes),
            "language": board.language,
            "captions": board.captions,
            "voice": VOICE_NAME if has_voice else None,
            "music": music,
            "volume": board.volume,
            "warnings": [*narration.warnings, *bed.warnings],
        }


def _bed_of(board: Board, clip: Clip | None) -> _Bed:
    """The music that was chosen; without any, the sound that a clip brings with it."""
    if clip is not None and clip.has_audio and board.music == NO_MUSIC and board.volume > 0:
        return _Bed(clip.path, clip.container, CLIP_SOUND)
    track = track_of(board)
    if track is not None:
        return _Bed(track, "ogg", track.stem)
    is_wanted = board.music != NO_MUSIC and board.volume > 0
    return _Bed(warnings=[NO_TRACKS] if is_wanted else [])


def _poster_frame(board: Board) -> int:
    """The middle of the first scene that is seen."""
    starts = [*board.starts, board.starts[-1] + board.scenes[-1].seconds]
    for start, end in pairwise(starts):
        if end > board.start:
            middle = (max(start, board.start) + min(end, board.end)) / 2
            return min(board.frame_count - 1, int((middle - board.start) * board.fps))
    return 0


def _alt_text_of(board: Board) -> str:
    shown = [scene.text for scene in board.scenes if scene.text]
    return f"Film of {board.product_name}: {'; '.join(dict.fromkeys(shown))}"


# x264's macroblock tree gives other bytes from run to run where a processor has AVX-512.
PICTURE: Final = (
    "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-filter_threads", "1",
    "-c:v", "libx264", "-preset", "veryfast", "-mbtree", "0", "-crf", "23",
    "-threads", str(THREADS),
    "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
    "-color_range", "tv", "-movflags", "+faststart", "-map_metadata", "-1",
    "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact",
)  # fmt: skip
