"""Films as their callers see them: streams, length, words, sound, edits, and every way to fail."""

import errno
import io
import os
import re
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.engine import film
from generation.engine.film import board, ffmpeg, languages, rendering, sound, words
from generation.engine.film.captions import Cue, vtt_of
from generation.engine.film.layers import Layer
from generation.engine.icons import drawn
from tests.pictures import plain, saved

ANALYSIS = {"label": "lamp", "colors": [{"name": "Amber", "hex": "#d98a2b"}], "cut_edges": []}
DESCRIPTION = "Warm light that follows your day. Dims with one touch."
TINY: dict[str, Any] = {"size": [160, 90], "fps": 10}
TIMES = re.compile(r"^(\d\d):(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d):(\d\d\.\d{3})$", re.MULTILINE)
LONGEST_SILENCE = 15  # frames between two reports


class Stopped(Exception):
    """What a canceled job raises."""


def planned(**changes: Any) -> dict[str, Any]:
    order: dict[str, Any] = {
        "product_name": "Aurora Lamp",
        "description": DESCRIPTION,
        "prompt": "",
        "seconds": 4,
        "aspect_ratio": "16:9",
        "quality": "480p",
        "seed": 7,
        "captions": True,
        "music": "calm",
        "voice": True,
    }
    return film.plan(ANALYSIS, **order | changes)


@pytest.mark.parametrize(
    ("name", "description"),
    [("Aurora " * 9, "x" * 80 + " " + "y" * 80 + ". Dims."), ("灯" * 80, "柔和的光" * 30 + "。")],
)
def test_no_scene_has_more_text_than_its_editor_takes(name: str, description: str) -> None:
    storyboard = planned(product_name=name, description=description)

    texts = [scene["text"] for scene in storyboard["scenes"]]
    assert max(map(len, texts)) <= board.LONGEST_TEXT
    film.revised(storyboard, {"texts": dict(enumerate(texts, 1))})


def tiny(**changes: Any) -> dict[str, Any]:
    """A storyboard for a film so small that it takes no time: size and rate are plain data."""
    return planned(**changes) | TINY


def plates_of(storyboard: dict[str, Any]) -> list[bytes]:
    count = len(storyboard["scenes"])
    return [film.keyframe(ANALYSIS, storyboard, number) for number in range(1, count + 1)]


def gray_plates(storyboard: dict[str, Any]) -> list[bytes]:
    """Plates of a provider's, in a size of its own."""
    shades = range(60, 60 + 20 * len(storyboard["scenes"]), 20)
    return [saved(plain((300, 200), (shade, shade, shade)), "JPEG") for shade in shades]


def lamp() -> bytes:
    return saved(drawn("light-bulb", 200))


def quietly(stage: str, fraction: float) -> None:
    """A progress that nobody looks at."""


def filmed(storyboard: dict[str, Any], folder: Path, progress: Any = quietly) -> film.Film:
    return film.render(
        storyboard, gray_plates(storyboard), lamp(), folder=folder, progress=progress
    )


def times_of(vtt: str) -> list[tuple[float, float]]:
    found = [[float(part) for part in times] for times in TIMES.findall(vtt)]
    return [(a * 3600 + b * 60 + c, d * 3600 + e * 60 + f) for a, b, c, d, e, f in found]


def children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


def ffmpegs() -> set[int]:
    """The children of this process that are ffmpeg."""
    names = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children()}
    return {pid for pid, name in names.items() if b"ffmpeg" in name.split(b"\0")[0]}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """One film as it is delivered, of four seconds, with all that it can have."""
    folder = tmp_path_factory.mktemp("film")
    storyboard, told = planned(), list[tuple[str, float]]()
    result = film.render(
        storyboard,
        plates_of(storyboard),
        lamp(),
        folder=folder,
        progress=lambda stage, fraction: told.append((stage, fraction)),
    )
    return SimpleNamespace(film=result, storyboard=storyboard, told=told, folder=folder)


# --- The file -----------------------------------------------------------------------------------


def test_a_film_is_an_mp4_of_the_size_and_length_that_were_ordered(made: SimpleNamespace) -> None:
    facts = film.probe(made.film.path)

    assert (facts["width"], facts["height"]) == (made.film.width, made.film.height) == (854, 480)
    assert facts["seconds"] == pytest.approx(4.0, abs=0.05)
    assert (facts["codec"], facts["has_audio"]) == ("h264", True)
    assert made.film.facts["frames"] == 120
    assert list(made.folder.iterdir()) == [made.film.path]


def test_a_film_starts_before_it_is_loaded_and_says_that_a_machine_made_it(
    made: SimpleNamespace,
) -> None:
    data = made.film.path.read_bytes()

    assert data.index(b"moov") < data.index(b"mdat")
    assert b"compositeWithTrainedAlgorithmicMedia" in data
    assert data.endswith(made.film.mark)
    assert b"Made by a machine: Visiona local engine" in data
    assert b"voice: Hibari, a synthetic voice; music: generated with ACE-Step" in data


def test_the_poster_is_the_middle_of_the_first_scene(made: SimpleNamespace) -> None:
    poster = Image.open(io.BytesIO(made.film.poster))
    middle = made.storyboard["scenes"][0]["seconds"] / 2
    seen = Image.open(io.BytesIO(film.poster_of(made.film.path, middle)))
    upper = (0, 0, 854, 380)  # below lie the captions, which a poster has not

    difference = np.abs(
        np.asarray(poster.crop(upper), np.float32) - np.asarray(seen.crop(upper), np.float32)
    )
    assert poster.size == (854, 480)
    assert difference.mean() < 6
    assert b"compositeWithTrainedAlgorithmicMedia" in made.film.poster


def test_progress_is_the_share_of_frames_that_are_written(made: SimpleNamespace) -> None:
    fractions = [fraction for stage, fraction in made.told if stage == "filming"]

    assert made.told[0][0] == "recording the voice"
    assert fractions == sorted(fractions)
    assert max(np.diff(fractions)) * 120 <= LONGEST_SILENCE
    assert made.told[-1] == ("finishing", 1.0)


def test_captions_follow_the_voice(made: SimpleNamespace) -> None:
    times = times_of(made.film.captions_vtt)
    said = [scene["narration"] for scene in made.storyboard["scenes"] if scene["narration"]]

    assert made.film.captions_vtt.startswith("WEBVTT\n")
    assert made.film.facts["voice"] == "Hibari, a synthetic voice"
    assert 1 <= len(times) <= len(said)
    assert times[0][0] == pytest.approx(sound.AFTER_CUT, abs=0.001)
    assert all(start < end <= 4.0 for start, end in times)
    assert all(end <= start for (_, end), (start, _) in pairwise(times))


def test_captions_cannot_break_out_of_their_file() -> None:
    assert vtt_of([Cue(61.5, 3661.25, "a\n\n--> <b> & c")]) == (
        "WEBVTT\n\n1\n00:01:01.500 --> 01:01:01.250\na --&gt; &lt;b&gt; &amp; c\n"
    )


# --- The plan -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "count"), [(4, 4), (13, 5), (20, 6)])
def test_a_plan_has_four_to_six_scenes_that_last_as_long_as_was_asked(
    seconds: int, count: int
) -> None:
    storyboard = planned(seconds=seconds)
    scenes = storyboard["scenes"]

    assert [scene["number"] for scene in scenes] == list(range(1, count + 1))
    assert sum(scene["seconds"] for scene in scenes) == pytest.approx(seconds)
    assert min(scene["seconds"] for scene in scenes) > 0.5 * seconds / count
    assert scenes[0]["text"] == "Meet Aurora Lamp"
    assert scenes[1]["text"] == "Warm light"
    assert scenes[-1]["button"]
    assert all("nothing on the set yet" in scene["plate_prompt"] for scene in scenes)


def test_the_same_seed_makes_the_same_film_and_another_seed_another(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()

    first, second = (filmed(tiny(), folder).path.read_bytes() for folder in folders)

    assert first == second
    looks = [
        [(scene["setting"], scene["camera"]) for scene in planned(seed=seed)["scenes"]]
        for seed in range(6)
    ]
    assert len({str(look) for look in looks}) >= 4


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seconds": 3}, "seconds"),
        ({"seconds": 21}, "seconds"),
        ({"quality": "4k"}, "quality"),
        ({"aspect_ratio": "4:5"}, "aspect_ratio"),
        ({"music": "metal"}, "music"),
        ({"product_name": " "}, "product_name"),
    ],
)
def test_a_plan_that_cannot_be_filmed_is_refused_by_its_field(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        planned(**change)


@pytest.mark.parametrize("setting", board.SETTINGS)
def test_every_setting_makes_a_plate_in_every_shape(setting: str) -> None:
    for shape, sizes in board.SIZES.items():
        storyboard = planned(aspect_ratio=shape)
        storyboard["scenes"][0]["setting"] = setting

        plate = Image.open(io.BytesIO(film.keyframe(ANALYSIS, storyboard, 1)))

        width, height = sizes["480p"]
        assert plate.width / plate.height == pytest.approx(width / height, rel=0.01)
        assert plate.width > width
        assert np.asarray(plate.convert("L"), np.float32).std() > 3


# --- Free edits ---------------------------------------------------------------------------------


def test_a_trim_keeps_what_lies_within_it(tmp_path: Path) -> None:
    storyboard = tiny()

    shorter = film.revised(storyboard, {"trim_start": 1, "trim_end": 3})
    result = filmed(shorter, tmp_path)

    assert storyboard["trim"] == {"start": 0.0, "end": 4.0}
    assert film.probe(result.path)["seconds"] == pytest.approx(2.0, abs=0.05)
    assert result.facts["frames"] == 20
    assert all(0 <= start < end <= 2.0 for start, end in times_of(result.captions_vtt))


def test_texts_captions_music_and_voice_are_changed_without_a_new_plan(tmp_path: Path) -> None:
    changes = {
        "caption_texts": {"2": "It glows."}, "texts": {"2": "Glow"}, "captions": False,
        "music": "none", "volume": 0.25, "voice": False,
    }  # fmt: skip

    changed = film.revised(tiny(), changes)
    result = filmed(changed, tmp_path)

    assert "It glows." in result.captions_vtt
    assert "Glow" in result.alt_text
    assert (result.facts["voice"], result.facts["music"]) == (None, None)
    assert film.probe(result.path)["has_audio"] is False
    assert b"algorithmic" not in result.mark.lower()  # a product's photo, and nothing synthetic


@pytest.mark.parametrize(
    "change",
    [
        {"trim_start": -1},
        {"trim_end": 4.5},
        {"trim_start": 3.5},
        {"trim_end": float("nan")},
        {"captions": 1},
        {"volume": 1.5},
        {"music": "jazz"},
        {"texts": {"9": "no such scene"}},
        {"caption_texts": {"1": "x" * 201}},
        {"scenes": []},
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_by_its_field(change: dict[str, Any]) -> None:
    field = "trim_end" if change == {"trim_start": 3.5} else next(iter(change))

    with pytest.raises(ValueError, match=f"^{field}: "):
        film.revised(tiny(), change)


def test_captions_are_burned_in_only_when_they_are_asked_for(tmp_path: Path) -> None:
    seen = []
    for captions in (True, False):
        folder = tmp_path / str(captions)
        folder.mkdir()
        storyboard = planned(captions=captions, voice=False, music="none") | {"fps": 5}
        result = filmed(storyboard, folder)
        frame = Image.open(io.BytesIO(film.poster_of(result.path, 0.6))).convert("L")
        seen.append(np.asarray(frame.crop((200, 400, 500, 460)), np.float32))

    assert "Meet Aurora Lamp." in result.captions_vtt
    assert np.abs(seen[0] - seen[1]).mean() > 10


# --- Languages and what is not installed ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Aurora Lamp", "en"),
        ("Warm light for your day", "en"),
        ("Die Lampe für den Abend", "de"),
        ("La lampe pour vos soirées", "fr"),
        ("La lámpara para tus noches", "es"),
        ("一日中コーヒーを温かく", "ja"),
        ("保温杯", "zh"),
        ("ضوء دافئ", "ar"),
    ],
)
def test_a_language_is_told_by_its_letters_and_its_small_words(text: str, language: str) -> None:
    assert languages.language_of(text) == language


def test_a_voice_that_knows_only_english_stays_silent_in_other_languages(tmp_path: Path) -> None:
    storyboard = tiny(
        product_name="Morgenlicht", description="Warmes Licht für den Abend. Mit einer Berührung."
    )

    result = filmed(storyboard, tmp_path)

    assert storyboard["scenes"][-1]["button"] == "Jetzt entdecken"
    assert result.facts["voice"] is None
    assert result.facts["warnings"] == [sound.NOT_ENGLISH]
    assert film.probe(result.path)["has_audio"] is True
    assert "Das ist Morgenlicht." in result.captions_vtt


@pytest.fixture
def _bare_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither voice nor music is installed."""
    monkeypatch.setitem(sys.modules, "hibari", None)
    monkeypatch.setitem(sys.modules, "immich_memories_music", None)
    sound._voice.cache_clear()
    yield
    sound._voice.cache_clear()


@pytest.mark.usefixtures("_bare_server")
def test_a_film_without_voice_and_music_packages_is_silent_and_says_so(tmp_path: Path) -> None:
    result = filmed(tiny(), tmp_path)

    assert result.facts["warnings"] == [sound.NO_VOICE, sound.NO_TRACKS]
    assert film.probe(result.path)["has_audio"] is False


# --- What goes wrong ----------------------------------------------------------------------------


def test_the_same_frames_are_always_the_same_bytes(tmp_path: Path) -> None:
    width, height = 854, 480
    blocks = np.random.default_rng(1).integers(0, 255, (60, 107, 3), np.uint8)
    ground = blocks.repeat(8, axis=0).repeat(8, axis=1)[:, :width]
    frames = [np.roll(ground, 3 * number, axis=1).tobytes() for number in range(48)]
    read = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-i", "pipe:0")
    made = set()
    for number in range(5):
        path = tmp_path / f"{number}.h264"
        arguments = [*read, *rendering.PICTURE, path.name]
        with ffmpeg.Child(
            arguments, folder=tmp_path, stage="filming", seconds=30, reads=True
        ) as child:
            for frame in frames:
                child.feed(frame)
            child.end()
        made.add(path.read_bytes())
    assert len(made) == 1


def test_a_canceled_film_leaves_no_process_and_no_file(tmp_path: Path) -> None:
    running: set[int] = set()

    def cancel(stage: str, fraction: float) -> None:
        if stage == "filming" and fraction > 0.3:
            running.update(ffmpegs())
            raise Stopped

    with pytest.raises(Stopped):
        filmed(tiny(), tmp_path, cancel)

    assert len(running) == 1
    assert not any(Path(f"/proc/{pid}").exists() for pid in running)
    assert list(tmp_path.iterdir()) == []


def test_an_ffmpeg_that_dies_is_told_with_its_stage(tmp_path: Path) -> None:
    def kill(stage: str, fraction: float) -> None:
        if stage == "filming" and fraction > 0.3:
            for pid in ffmpegs():
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(film.FilmFailed, match=r"^filming: ffmpeg ended with -9"):
        filmed(tiny(), tmp_path, kill)

    assert list(tmp_path.iterdir()) == []


def test_an_ffmpeg_that_hangs_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = tmp_path / "ffmpeg"
    hanging.write_text(f"#!/bin/sh\nsleep 321 & echo $! > {tmp_path}/pid\nwait\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(ffmpeg, "program", lambda: str(hanging))
    monkeypatch.setattr(rendering, "PATIENCE", 1.0)
    monkeypatch.setattr(rendering, "PATIENCE_A_FRAME", 0.0)
    folder = tmp_path / "films"
    folder.mkdir()

    with pytest.raises(film.FilmFailed, match=r"^filming: ffmpeg took longer than 1 seconds"):
        filmed(planned(voice=False, music="none"), folder)

    # It is killed, which the kernel does when it gets round to it.
    state = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    until = time.monotonic() + 10
    while is_running(state) and time.monotonic() < until:
        time.sleep(0.02)
    assert not is_running(state)
    assert list(folder.iterdir()) == []


def is_running(state: Path) -> bool:
    """Whether a process is there and is no mere remainder of one."""
    try:
        return state.read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_film_is_not_begun_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2**20))

    with pytest.raises(OSError, match="too little room") as caught:
        filmed(tiny(), tmp_path)

    assert caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("plates", [[], [b"no picture"] * 4])
def test_plates_that_are_missing_or_no_pictures_are_refused(
    plates: list[bytes], tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"^plates: "):
        film.render(tiny(), plates, lamp(), folder=tmp_path, progress=quietly)

    assert list(tmp_path.iterdir()) == []


# --- A provider's clip --------------------------------------------------------------------------


def test_a_clip_of_another_shape_becomes_our_film(made: SimpleNamespace, tmp_path: Path) -> None:
    storyboard = tiny(aspect_ratio="9:16", music="none", voice=False) | {"size": [90, 160]}

    result = film.finish(made.film.path, storyboard, folder=tmp_path, progress=quietly)

    facts = film.probe(result.path)
    assert (facts["width"], facts["height"], facts["has_audio"]) == (90, 160, True)
    assert facts["seconds"] == pytest.approx(4.0, abs=0.06)
    assert result.facts["music"]["origin"] == "the clip's own"
    assert len(times_of(result.captions_vtt)) >= 2
    assert Image.open(io.BytesIO(result.poster)).size == (90, 160)
    assert b"compositeWithTrainedAlgorithmicMedia" in result.path.read_bytes()


@pytest.mark.parametrize("content", [b"", b"#EXTM3U\nfile:///etc/passwd", b"\0\0\0\x18ftypmp42"])
def test_what_is_no_clip_is_refused(content: bytes, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(content)
    folder = tmp_path / "films"
    folder.mkdir()

    with pytest.raises(ValueError, match=r"^clip: "):
        film.finish(clip, tiny(), folder=folder, progress=quietly)

    assert list(folder.iterdir()) == []


# --- Frames -------------------------------------------------------------------------------------


def test_layers_move_by_parts_of_a_pixel() -> None:
    layer = Layer.of(Image.new("RGBA", (24, 24), (255, 255, 255, 0)))
    layer.alpha.paste(255, (4, 4, 20, 20))
    centers = []
    for step in range(8):
        frame = Image.new("RGB", (64, 64))
        layer.draw(frame, (10 + step * 0.25, 10), scale=1.01)
        values = np.asarray(frame.convert("L"), np.float64)
        centers.append(float((values.sum(axis=0) * np.arange(64)).sum() / values.sum()))

    assert np.diff(centers) == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("shade", [0, 70, 128, 190, 255])
@pytest.mark.parametrize("name", ["Aurora Lamp", "وردة الصباح", "保温杯"])
def test_words_stand_out_from_any_ground(shade: int, name: str) -> None:
    storyboard = planned(product_name=name, description="")
    checked = board.board_of(storyboard)
    ground = plain((854, 480), (shade, shade, shade))

    frame = ground.copy()
    for layer, place in words.words_of(checked, checked.scenes[-1], ground).layers:
        layer.draw(frame, place)

    values = np.asarray(frame.convert("L"), np.float32)
    assert np.abs(values - shade).max() > 100
    assert (np.abs(values - shade) > 60).mean() > 0.008


@pytest.mark.parametrize("font", ["modern", "elegant", "clean"])
def test_letters_keep_their_dots(font: str) -> None:
    checked = board.board_of(planned() | {"font": font, "accent": "#000000"})
    scene = replace(checked.scenes[-1], text="iii", button="")
    ground = plain((854, 480), "black")

    layers = words.words_of(checked, scene, ground).layers
    rows = np.asarray(layers[-1][0].alpha).max(axis=1) > 128

    assert np.flatnonzero(np.diff(rows.astype(int)) == 1).size == 2  # the dots, then the stems
