"""Look at a page: is it accessible, does it fit, what does it look like?"""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

ARTIFACTS = Path(__file__).resolve().parents[2] / "artifacts"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@cache
def _axe() -> str:
    return (Path(__file__).parent / "vendor" / "axe.min.js").read_text()


def barriers(page: Page) -> list[str]:
    """Return what axe finds on the page, one line for each rule and element."""
    page.evaluate(_axe())
    answer: dict[str, Any] = page.evaluate(
        "options => axe.run(document, options)", {"runOnly": RULES, "resultTypes": ["violations"]}
    )
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
        for rule in answer["violations"]
        for node in rule["nodes"]
    ]


def overhang(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page."""
    page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
