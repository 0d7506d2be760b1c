"""Look at a page: is it accessible, does it fit, what does it look like?"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, ViewportSize

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts"
WIDTHS = (320, 390, 768, 1280)
HEIGHT = 860
# A layout of each kind. To look closely takes most of the time, so that each place is looked at in
# one scheme on a phone and in the other on a desk, by turns; VISIONA_FULL_SWEEP looks at all.
LAYOUTS = (390, 1280)
IS_FULL = "VISIONA_FULL_SWEEP" in os.environ
IS_SEEN = "CI" not in os.environ
"""Whether somebody will look at the pictures."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PLANNED = re.compile(r"the server responded with a status of (402|403|404|422|429)")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPTIONS = {
    "runOnly": RULES,
    "resultTypes": ["violations"],
    "iframes": False,
    "preload": False,  # for rules that are not run
}


@cache
def _axe() -> str:
    return (Path(__file__).parent / "vendor" / "axe.min.js").read_text()


def barriers(page: Page) -> list[str]:
    """Return what axe finds on the page, one line for each rule and element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    answer: dict[str, Any] = page.evaluate("options => axe.run(document, options)", OPTIONS)
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


def overhang(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@contextmanager
def visiting(browser: Browser, address: str) -> Iterator[Page]:
    """Open a page of its own; `page.context` takes a session."""
    context = browser.new_context(base_url=address, reduced_motion="reduce")
    complaints: list[str] = []
    page = context.new_page()
    watch(page, complaints)
    yield page
    page.goto("about:blank")  # its stream ends, and reads no table any more
    context.close()
    assert not complaints, complaints


def watch(page: Page, complaints: list[str]) -> None:
    """Keep every error of the console: a script's, or what the CSP forbade."""

    def keep(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not PLANNED.search(message.text):
            complaints.append(message.text)

    page.on("console", keep)
    page.on("pageerror", lambda error: complaints.append(str(error)))


def wrongs(page: Page, places: Mapping[str, str]) -> list[str]:
    """Return what is wrong with places in windows of every width, light and dark.

    They have to fit every width; one in each scheme is looked at closely. Pictures of these are
    kept by the names of the places.
    """
    wrong: list[str] = []
    each = product(enumerate(places.items()), enumerate(SCHEMES))
    for (number, (name, place)), (turn, scheme) in each:
        looked_at = WIDTHS if IS_FULL else (LAYOUTS[(number + turn) % 2],)
        widths = looked_at if turn else WIDTHS  # colors take no room
        page.emulate_media(color_scheme=scheme)
        resize(page, widths[0])
        page.goto(place)
        for width in widths:
            resize(page, width)
            look = f"{name}-{scheme}-{width}"
            if width in looked_at:
                shoot(page, look)
                wrong += [f"{look}: {barrier}" for barrier in barriers(page)]
            wide = overhang(page)
            wrong += [f"{look}: {wide} px too wide"] if wide > 0 else []
    return wrong


def resize(page: Page, width: int) -> None:
    """Give the window this width, unless it has it already."""
    size = ViewportSize(width=width, height=HEIGHT)
    if page.viewport_size != size:
        page.set_viewport_size(size)


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page, for whoever runs the tests by hand."""
    if IS_SEEN:
        picture = ARTIFACTS / f"{name}.jpg"
        page.screenshot(path=picture, type="jpeg", quality=80, full_page=True)
