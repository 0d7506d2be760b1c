"""The sound of a film: a synthetic voice that reads the narration, and music that makes room."""

import importlib
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from generation.engine.film.board import NO_MUSIC, Board
from generation.engine.film.captions import Cue
from generation.engine.film.clips import reading
from generation.engine.film.ffmpeg import Child
from generation.engine.film.languages import can_be_read_in_english
from generation.engine.seeds import random_of, seed_of

type Samples = NDArray[np.float32]

VOICE_NAME: Final = "Hibari, a synthetic voice"
MUSIC_ORIGIN: Final = "generated with ACE-Step 1.5"
NOT_ENGLISH: Final = "The voice only reads English, so this film has captions and music instead."
NO_VOICE: Final = "No voice is installed on this server, so nothing is read aloud."
NO_TRACKS: Final = "No music is installed on this server, so the film has none."
UNSAID: Final = "There was no time to say everything; the captions have all of it."

AFTER_CUT: Final = 0.30  # seconds from the start of a scene to its first word
PAUSE: Final = 0.16  # between one scene's words and the next
AT_THE_END: Final = 0.20
FASTEST: Final = 1.22
SEEDS: Final = 1 << 31
QUIET: Final = 1e-3
FADE: Final = 0.02  # seconds, where a trim cuts into a word

RATE: Final = 48_000
CHANNELS: Final = 2
LOUDEST: Final = 32_767
LISTENING, LISTEN_SECONDS = "reading the music", 30.0
UNDER_VOICE: Final = 0.62  # of the volume that music has by itself
MUSIC_FADE: Final = 1.4
DUCKED: Final = "threshold=0.03:ratio=8:attack=60:release=450"
LOUDNESS: Final = "loudnorm=I=-16:TP=-1.5:LRA=11"


@dataclass(frozen=True, slots=True)
class Narration:
    """What the voice says, in the whole film's time, and what it did not say and why."""

    samples: Samples | None = None
    rate: int = RATE
    cues: tuple[Cue, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Track:
    """The voice as it is put together, line by line."""

    total: float
    rate: int
    samples: Samples = field(init=False)
    cues: list[Cue] = field(default_factory=list)
    free_from: float = 0.0
    is_complete: bool = True

    def __post_init__(self) -> None:
        self.samples = np.zeros(round(self.total * self.rate), np.float32)

    def add(self, text: str, audio: Samples, at: float) -> None:
        """Lay the words at this time, later if others are still being said."""
        start = max(at, self.free_from)
        seconds = len(audio) / self.rate
        if start + seconds > self.total - AT_THE_END:
            self.is_complete = False
            return
        first = round(start * self.rate)
        self.samples[first : first + len(audio)] += audio
        self.cues.append(Cue(start, start + seconds, text))
        self.free_from = start + seconds + PAUSE


def narrated(board: Board, report: Callable[[], None]) -> Narration:
    """This function will read the scenes aloud, calling `report` before each line."""
    texts = [scene.narration for scene in board.scenes]
    if not board.voice or not any(texts):
        return Narration()
    if not can_be_read_in_english(texts):
        return Narration(warnings=(NOT_ENGLISH,))
    voice = _voice()
    if voice is None:
        return Narration(warnings=(NO_VOICE,))
    total = board.starts[-1] + board.scenes[-1].seconds
    track = _Track(total, int(voice.sample_rate))
    for start, scene in zip(board.starts, board.scenes, strict=True):
        report()
        if scene.narration:
            seed = seed_of(board.seed, scene.narration) % SEEDS
            room = start + scene.seconds - max(start, track.free_from) - AFTER_CUT
            audio = _said(voice, scene.narration, room, seed)
            if len(audio):
                track.add(scene.narration, audio, start + AFTER_CUT)
    warnings = () if track.is_complete else (UNSAID,)
    return Narration(track.samples, track.rate, tuple(track.cues), warnings)


def _said(voice: Any, text: str, room: float, seed: int) -> Samples:
    """The text as sound; faster, where it would not fit otherwise."""
    audio = _trimmed(voice(text, seed=seed))
    seconds = len(audio) / voice.sample_rate
    if room <= 0 or seconds <= room:
        return audio
    return _trimmed(voice(text, seed=seed, speed=min(FASTEST, seconds / room)))


def _trimmed(audio: Samples) -> Samples:
    """Without the silence before and after."""
    loud = np.flatnonzero(np.abs(audio) > QUIET)
    return audio[loud[0] : loud[-1] + 1] if len(loud) else audio[:0]


@cache
def _voice() -> Any:
    """The voice that comes with the package; the others would be fetched, so they are not used."""
    try:
        return importlib.import_module("hibari").Hibari()
    except ImportError:
        return None


def voice_of(narration: Narration, board: Board) -> Samples | None:
    """What is said within the trim, at the film's own rate; None if that is nothing."""
    if narration.samples is None:
        return None
    rate = narration.rate
    kept = narration.samples[round(board.start * rate) : round(board.end * rate)].copy()
    if not len(kept) or float(np.abs(kept).max()) < QUIET:
        return None
    ramp = np.linspace(0, 1, max(2, round(FADE * rate)), dtype=np.float32)
    kept[: len(ramp)] *= ramp
    kept[-len(ramp) :] *= ramp[::-1]
    return _resampled(kept, round(board.seconds * RATE))


def _resampled(samples: Samples, length: int) -> Samples:
    """The same sound in another number of samples, by its spectrum."""
    spectrum = np.fft.rfft(samples)
    return np.fft.irfft(spectrum, length).astype(np.float32) * np.float32(length / len(samples))


def music_of(
    path: Path, container: str, board: Board, *, folder: Path, loops: bool
) -> NDArray[np.int16]:
    """This function will read as much music as the film is long, begun again if it loops."""
    where = ("-stream_loop", "-1") if loops else ("-ss", f"{board.start:.3f}")
    length = f"{board.seconds:.3f}"
    arguments = (
        *where, *reading(path, container), "-map", "0:a:0", "-t", length,
        "-ac", str(CHANNELS), "-ar", str(RATE), "-f", "s16le", "pipe:1",
    )  # fmt: skip
    wanted = round(board.seconds * RATE)
    with Child(
        arguments, folder=folder, stage=LISTENING, seconds=LISTEN_SECONDS, writes=True
    ) as child:
        data = child.take(wanted * CHANNELS * 2)
        child.end()
    heard = np.frombuffer(data[: len(data) // 4 * 4], "<i2").reshape(-1, CHANNELS)
    return np.pad(heard, ((0, wanted - len(heard)), (0, 0)))


def write_sound(path: Path, voice: Samples | None, music: NDArray[np.int16] | None) -> bool:
    """This function will write both side by side, music first; False if there is neither.

    One file: what two are mixed to depends on which of them is read faster.
    """
    parts = [music] if music is not None else []
    if voice is not None:
        parts.append((np.clip(voice, -1, 1) * LOUDEST).astype("<i2")[:, None])
    if not parts:
        return False
    channels = np.concatenate(parts, axis=1)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels.shape[1])
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(channels.tobytes())
    return True


def track_of(board: Board) -> Path | None:
    """The file of the music: one of its mood's, by the seed; None when there is none."""
    if board.music == NO_MUSIC or board.volume <= 0:
        return None
    try:
        package = importlib.import_module("immich_memories_music")
    except ImportError:
        return None
    tracks = sorted(Path(package.tracks_dir(), board.music).glob("*.opus"))
    if not tracks:
        return None
    return tracks[int(random_of("music", board.seed, board.music).integers(len(tracks)))]


def mix_of(board: Board, *, has_voice: bool, has_music: bool) -> str:
    """The filters that make the film's sound of that file; only numbers are put in."""
    total = board.seconds
    fade = min(MUSIC_FADE, total / 4)
    out = f"afade=t=out:st={total - fade:.3f}:d={fade:.3f}"
    end = f"aresample={RATE},atrim=0:{total:.3f}[a]"
    if not has_music:
        return f"[1:a]pan=stereo|c0=c0|c1=c0,{LOUDNESS},{end}"
    if not has_voice:
        return f"[1:a]{LOUDNESS},volume={board.volume:.3f},{out},{end}"
    return (
        "[1:a]asplit=3[one][two][three];"
        f"[one]pan=stereo|c0=c0|c1=c1,volume={board.volume * UNDER_VOICE:.3f},{out}[music];"
        "[two]pan=stereo|c0=c2|c1=c2[key];[three]pan=stereo|c0=c2|c1=c2[voice];"
        f"[music][key]sidechaincompress={DUCKED}[ducked];"
        f"[ducked][voice]amix=inputs=2:normalize=0:duration=first,{LOUDNESS},{end}"
    )
