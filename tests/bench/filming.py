"""A product film of 13 seconds by the local engine, and the memory that it takes with ffmpeg."""

import io
import os
import subprocess
import sys
import tempfile
import threading
from functools import cache
from pathlib import Path

from generation.engine import film
from generation.engine.cutout import cut_out, open_photo
from generation.engine.film.ffmpeg import program
from tests.bench.figures import Figure, Promise, interleaved, timed
from tests.bench.stage import BASE_DIR

PHOTO = BASE_DIR / "tests/photos/coffee.jpg"
SECONDS = 13
LIMITS_MS = {"480p": 10_000, "720p": 20_000, "1080p": 35_000}
MOST_MEGABYTES = 1024
ANALYSIS = {"colors": [{"name": "Red", "hex": "#a63a1e"}], "cut_edges": []}
LOOK_EVERY = 0.02  # seconds
KILOBYTES = 1024


def measure(*, quick: bool) -> list[Figure]:
    """Film in this process when it is warm; weigh a fresh one, at the largest size."""
    make("480p", seconds=4)
    qualities = ("480p",) if quick else film.QUALITIES
    return [*(_filmed(quality) for quality in qualities), _weighed(qualities[-1])]


def make(quality: str, *, seconds: float = SECONDS) -> None:
    """Make one film as a worker does: storyboard, plates, voice, music, frames."""
    storyboard = film.plan(
        ANALYSIS,
        product_name="Morning Cup",
        description="Keeps coffee hot for an hour. Fits every machine. Made in small batches.",
        prompt="warm kitchen",
        seconds=seconds,
        aspect_ratio="16:9",
        quality=quality,
        seed=3,
        captions=True,
        music="calm",
        voice=True,
    )
    plates = [film.keyframe(ANALYSIS, storyboard, each["number"]) for each in storyboard["scenes"]]
    with tempfile.TemporaryDirectory() as folder:
        made = film.render(
            storyboard,
            plates,
            _product(),
            folder=Path(folder),
            progress=lambda _stage, _share: None,
        )
        facts = film.probe(made.path)
    if abs(facts["seconds"] - seconds) > 0.1 or not facts["has_audio"]:
        raise RuntimeError("The film is not the one that was ordered.")


@cache
def _product() -> bytes:
    subject = cut_out(open_photo(PHOTO.read_bytes()))
    if subject is None:
        raise RuntimeError("The photo has lost its subject.")
    out = io.BytesIO()
    subject.raster.save(out, "PNG")
    return out.getvalue()


def _filmed(quality: str) -> Figure:
    ours, baseline = interleaved(
        timed(lambda: make(quality)), timed(lambda: _encode(quality)), rounds=1, warm_up=0
    )
    return Figure(
        name=f"film of {SECONDS} s, {quality}",
        ours=ours,
        baseline=baseline,
        unit="ms",
        promise=Promise.OURS_AT_MOST,
        limit=LIMITS_MS[quality],
        note="with voice, music and captions; ffmpeg encodes its own test picture as long",
    )


def _encode(quality: str) -> None:
    width, height = film.SIZES["16:9"][quality]
    source = f"testsrc2=size={width}x{height}:rate=30:duration={SECONDS}"
    subprocess.run(
        (program(), "-loglevel", "error", "-f", "lavfi", "-i", source, "-c:v", "libx264",
         "-preset", "veryfast", "-crf", "21", "-threads", "2", "-f", "null", "-"),
        check=True,
    )  # fmt: skip


# --- Memory -------------------------------------------------------------------------------------


def _weighed(quality: str) -> Figure:
    command = (sys.executable, "-m", "tests.bench.filming", quality)
    result = subprocess.run(command, check=True, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)
    before, most = map(float, result.stdout.split())
    return Figure(
        name=f"film, most memory, {quality}",
        ours=most,
        baseline=before,
        unit="MB",
        promise=Promise.OURS_AT_MOST,
        limit=MOST_MEGABYTES,
        note="a fresh process and its ffmpeg together at any moment, against before (Linux)",
    )


def megabytes_together() -> float:
    """Return what this process and its children hold at this moment."""
    tasks = Path("/proc/self/task").glob("*/children")
    children = [pid for task in tasks for pid in _text_of(task).split()]
    return sum(_resident(pid) for pid in (str(os.getpid()), *children)) / KILOBYTES


def _resident(pid: str) -> int:
    lines = _text_of(Path("/proc", pid, "status")).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:  # it has just ended
        return ""


def _watch(seen: list[float], is_over: threading.Event) -> None:
    while not is_over.wait(LOOK_EVERY):
        seen.append(megabytes_together())


def main() -> None:
    before = megabytes_together()
    seen: list[float] = [before]
    is_over = threading.Event()
    watcher = threading.Thread(target=_watch, args=(seen, is_over))
    watcher.start()
    try:
        make(sys.argv[1])
    finally:
        is_over.set()
        watcher.join()
    sys.stdout.write(f"{before} {max(seen)}\n")


if __name__ == "__main__":
    main()
