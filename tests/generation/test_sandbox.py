"""The process that decodes: alone, with nothing to lose, and never believed."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from generation.media import photos, sandbox
from generation.media.photos import Refused
from generation.media.sandbox import LENGTH, READY, SandboxUnavailable
from tests import remembered
from tests.pictures import FORMATS, JPEG_MARK, plain, saved

PHOTO = saved(plain(), "JPEG")
NOBODY = 65534
AS_ROOT = os.geteuid() == 0

# Does what a picture that has taken over its decoder could do, and says how far it came.
TAKEN_OVER = """
import os, socket, sys
from pathlib import Path
from typing import Any
from generation.media import photos, sandbox
raw = sys.stdin.buffer.read()
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(65534), os.setuid(65534)
sandbox._give_up_everything(but_threads=False)
def tried(act):
    try:
        act()
    except BaseException as error:
        return type(error).__name__
    return "done"
report = {
    "open": tried(lambda: open("/etc/hostname")),
    "write": tried(lambda: open("/tmp/visiona-escape", "w")),
    "connect": tried(lambda: socket.socket()),
    "start": tried(os.fork),
    "memory": tried(lambda: bytearray(400 * 2**20)),
    "environment": sorted(os.environ),
    "descriptors": [fd for fd in range(64) if tried(lambda: os.fstat(fd)) == "done"],
    "folder": os.getcwd(),
}
import json
os.write(1, json.dumps(report).encode())
"""

ANSWERS = "import sys; sys.stdin.buffer.read(); sys.stdout.buffer.write({answer!r})"


@pytest.fixture(autouse=True)
def a_process_for_every_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Elsewhere the same bytes are cleaned once."""
    monkeypatch.setattr(sandbox, "clean", remembered.clean)


def let(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    """Have this program run where a picture would be decoded."""
    monkeypatch.setattr(sandbox, "COMMAND", (sys.executable, "-s", "-P", "-c", program))


def answer(header: object, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return READY + LENGTH.pack(len(text)) + text + body


# --- What it does -------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_it_gives_what_cleaning_gives(kind: str) -> None:
    data = saved(plain((700, 500)), kind)

    assert sandbox.clean(data) == photos.clean(data)


def test_it_refuses_by_the_same_codes() -> None:
    for data, reason in (
        (b"x", "not_a_picture"),
        (PHOTO[:-20], "damaged"),
        (saved(plain((200, 200))), "too_small"),
    ):
        with pytest.raises(Refused, match=reason):
            sandbox.clean(data)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("JPEG", (8160, 6120)),
        ("PNG", (8160, 6120)),
        ("WEBP", (4600, 3470)),
        ("AVIF", (5710, 4370)),
    ],
)
@pytest.mark.slow
def test_the_largest_picture_that_is_taken_fits_into_its_limits(
    kind: str, size: tuple[int, int]
) -> None:
    quickly: dict[str, Any] = {
        "PNG": {"compress_level": 1}, "WEBP": {"method": 0}, "AVIF": {"speed": 10},
    }  # fmt: skip
    clean = sandbox.clean(saved(plain(size), kind, **quickly.get(kind, {})))

    assert max(clean.width, clean.height) == photos.KEPT_SIDE


# --- What it cannot do --------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="other systems limit less")
def test_a_decoder_that_was_taken_over_reaches_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a secret of ours")
    let(monkeypatch, TAKEN_OVER)
    (tmp_path / "open").touch()
    with (tmp_path / "open").open() as ours:
        os.set_inheritable(ours.fileno(), False)  # noqa: FBT003
        said, status = sandbox._ask(PHOTO)

    assert status == 0
    report = json.loads(said)
    assert report == {
        "open": "OSError",
        "write": "OSError",
        "connect": "OSError",
        "start": "BlockingIOError",
        "memory": "MemoryError",
        "environment": ["LC_ALL", "MALLOC_ARENA_MAX", "PYTHONPATH"],
        "descriptors": [0, 1, 2],
        "folder": "/",
    }
    assert not Path("/tmp/visiona-escape").exists()  # noqa: S108


@pytest.mark.skipif(not AS_ROOT, reason="only root may become somebody else")
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_read_where_nobody_may_start_anything(kind: str, tmp_path: Path) -> None:
    program = (
        "import os, sys; from generation.media import photos, sandbox;"
        "raw = sys.stdin.buffer.read(); name = photos.format_of(raw); photos.load_decoder(name);"
        f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY});"
        "sandbox._give_up_everything(but_threads=name in photos.DECODED_IN_THREADS);"
        "sys.stdout.write(str(photos.clean(raw).width))"
    )
    done = subprocess.run(
        (sys.executable, "-s", "-P", "-c", program),
        input=saved(plain(), kind),
        capture_output=True,
        env=sandbox.ENVIRONMENT,
        check=True,
    )
    assert done.stdout == b"640"


def test_what_computes_for_ever_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "CPU_SECONDS", 1)
    let(
        monkeypatch,
        "import sys; from generation.media import sandbox; sandbox.CPU_SECONDS = 1;"
        "sandbox._give_up_everything(but_threads=False);"
        "sys.stdout.write('R'); sys.stdout.flush()\nwhile True: pass",
    )
    began = time.monotonic()

    with pytest.raises(Refused, match="too_costly"):
        sandbox.clean(PHOTO)

    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "program",
    [
        "import sys, time; sys.stdin.buffer.read(); print('R', flush=True); time.sleep(60)",
        "import os, time\nos.write(1, b'R'); os.close(0); os.close(1); time.sleep(60)",
        "import sys; sys.stdin.buffer.read()\nwhile True: sys.stdout.write('R' * 100_000)",
    ],
    ids=["says nothing", "hangs up and stays", "never stops talking"],
)
def test_what_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(sandbox, "WALL_SECONDS", 0.7)
    let(monkeypatch, program)
    began = time.monotonic()

    with pytest.raises(Refused, match="too_costly"):
        sandbox.clean(PHOTO + b"\0" * 2_000_000)

    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "program",
    ["import os; os.write(1, b'R'); os.abort()", "import os; os.write(1, b'R'); os._exit(3)"],
    ids=["crash", "exit"],
)
def test_what_crashes_is_refused(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    let(monkeypatch, program)

    with pytest.raises(Refused, match="damaged"):
        sandbox.clean(PHOTO)


# --- What it says is not believed ---------------------------------------------------------------

GOOD = {"width": 1, "height": 1, "issues": [], "widths": [1], "sizes": [3, 4]}


@pytest.mark.parametrize(
    "said",
    [
        READY,
        READY + b"\0",
        READY + LENGTH.pack(2**31) + b"{}",
        answer([]),
        answer({}),
        answer(GOOD),
        answer(GOOD, b"GIFRIFF"),
        answer(GOOD, JPEG_MARK + b"<htm"),
        answer(GOOD, JPEG_MARK + b"RIFF and more"),
        answer({**GOOD, "sizes": [-3, 10]}, JPEG_MARK + b"RIFF"),
        answer({**GOOD, "sizes": [7], "widths": []}, JPEG_MARK + b"RIFF"),
        answer({**GOOD, "issues": ["<script>"]}, JPEG_MARK + b"RIFF"),
        answer({**GOOD, "width": "wide"}, JPEG_MARK + b"RIFF"),
        answer({**GOOD, "width": 10**6}, JPEG_MARK + b"RIFF"),
        answer({**GOOD, "widths": ["../../x"]}, JPEG_MARK + b"RIFF"),
    ],
    ids=range(15),
)
def test_an_answer_that_we_would_not_write_is_no_picture(
    monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    let(monkeypatch, ANSWERS.format(answer=said))

    with pytest.raises(Refused, match="damaged"):
        sandbox.clean(PHOTO)


# --- When the fault is ours ---------------------------------------------------------------------


def test_a_process_that_cannot_start_says_nothing_about_the_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let(monkeypatch, "raise SystemExit(1)")
    with pytest.raises(SandboxUnavailable):
        sandbox.clean(PHOTO)

    monkeypatch.setattr(sandbox, "WALL_SECONDS", 0.5)
    let(monkeypatch, "import time; time.sleep(60)")
    with pytest.raises(SandboxUnavailable):
        sandbox.clean(PHOTO + b"\0" * 2_000_000)  # more than anybody takes who does not read

    monkeypatch.setattr(sandbox, "COMMAND", ("/nowhere/python",))
    with pytest.raises(SandboxUnavailable):
        sandbox.clean(PHOTO)


def test_so_many_at_once_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "PLACE_WAIT_SECONDS", 0.2)
    monkeypatch.setattr(sandbox, "WALL_SECONDS", 1.5)
    let(monkeypatch, "import sys, time; sys.stdout.write('R'); sys.stdout.flush(); time.sleep(60)")
    ended = threading.Barrier(sandbox.PLACES + 1, timeout=10)

    def occupy(_: int) -> None:
        with pytest.raises(Refused):
            sandbox.clean(PHOTO)
        ended.wait()

    with ThreadPoolExecutor(sandbox.PLACES) as others:
        occupied = [others.submit(occupy, number) for number in range(sandbox.PLACES)]
        time.sleep(0.5)
        with pytest.raises(SandboxUnavailable):
            sandbox.clean(PHOTO)
        ended.wait()
    assert [one.result() for one in occupied] == [None] * sandbox.PLACES
    monkeypatch.undo()
    assert sandbox.clean(PHOTO).width == 640
