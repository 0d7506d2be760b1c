"""Where the vendored models, fonts, icons and backdrops lie."""

from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data"


def path_of(name: str) -> Path:
    return DATA / name
