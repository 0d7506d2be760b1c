"""Objects out of the icon pack, drawn from their vectors at the size that is needed."""

import io
import zipfile
from functools import cache, lru_cache

import resvg_py
from PIL import Image

from generation.engine.pixels import Raster
from generation.engine.vendored import path_of

VIEW_BOX = 32
REMEMBERED = 16


@cache
def names() -> frozenset[str]:
    with zipfile.ZipFile(path_of("icons.zip")) as pack:
        return frozenset(name.removesuffix(".svg") for name in pack.namelist())


@lru_cache(maxsize=REMEMBERED)
def drawn(name: str, side: int) -> Raster:
    """The icon on a clear ground, trimmed; its longer side is a little under `side` pixels."""
    with zipfile.ZipFile(path_of("icons.zip")) as pack:
        body = pack.read(f"{name}.svg").decode()
    return rendered(body, (VIEW_BOX, VIEW_BOX), (side, side))


def rendered(body: str, view: tuple[int, int], size: tuple[int, int]) -> Raster:
    """Vectors to pixels; only ever our own vectors."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {view[0]} {view[1]}" width="{size[0]}" height="{size[1]}">{body}</svg>'
    )
    png = resvg_py.svg_to_bytes(
        svg_string=svg, width=size[0], height=size[1], skip_system_fonts=True
    )
    raster = Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    return raster.crop(raster.getbbox())
