"""Let Lighthouse judge the product as production serves it; exit with 1 where a budget is missed.

Lighthouse comes from npm, in the version below, into `.cache/lighthouse`; the browser is Chromium.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.bench.stage import BASE_DIR, environment_of, free_port, serving
from visiona.embedded.css import build_css
from visiona.embedded.throwaway import Servers, throwaway_servers

VERSION = "12.8.2"  # the last that runs on Node 20
HOME = BASE_DIR / ".cache" / "lighthouse"
REPORTS = BASE_DIR / "artifacts"
BUDGETS = {"performance": 90, "accessibility": 100, "best-practices": 95, "seo": 95}
WARM_UP = 5
SETTINGS = "tests.lighthouse.settings"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
VISITOR = (
    *("manage.py", "shell", "--verbosity", "0", "--command"),
    "from tests.lighthouse.visitor import arrive; arrive()",
)
FLAGS = ("--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that is judged; what needs signing in is nothing for search engines."""

    name: str
    path: str
    is_public: bool = False

    @property
    def budgets(self) -> dict[str, int]:
        """Return what is asked of it."""
        return {name: least for name, least in BUDGETS.items() if self.is_public or name != "seo"}


PAGES = (
    Page(name="landing", path="/", is_public=True),
    Page(name="studio", path="/studio/"),
    Page(name="library", path="/library/"),
)


def main() -> int:
    """Serve, judge every page, print the table, return the exit code."""
    lighthouse = _install()
    build_css()
    REPORTS.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="visiona-lighthouse-") as folder,
        throwaway_servers(Path(folder) / "data") as servers,
        _served(servers, Path(folder)) as site,
    ):
        scores = {page: _judge(lighthouse, site, page, Path(folder)) for page in PAGES}
    sys.stdout.write(_table(scores))
    return 0 if all(not _missed(page, found) for page, found in scores.items()) else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where the product answers, and the cookie of somebody who has made pictures there."""

    address: str
    cookie: str


def _install() -> Path:
    program = HOME / "node_modules" / ".bin" / "lighthouse"
    package = HOME / "node_modules" / "lighthouse" / "package.json"
    if not package.exists() or json.loads(package.read_text())["version"] != VERSION:
        HOME.mkdir(parents=True, exist_ok=True)
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        command = ("npm", "install", "--prefix", str(HOME), f"lighthouse@{VERSION}", *quiet)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return program


@contextmanager
def _served(servers: Servers, directory: Path) -> Iterator[Site]:
    port = free_port()
    address = f"http://localhost:{port}"
    production = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": "only-for-the-length-of-this-run-0123456789-abcdefghijk",
        "PUBLIC_URL": f"https://localhost:{port}",
        "EMAIL_HOST": "localhost",
        "STATIC_ROOT": str(directory / "static"),
    }

    def environment(database_url: str) -> dict[str, str]:
        ours = environment_of(
            servers, database_url=database_url, settings="tests.lighthouse.settings"
        )
        return ours | production

    _run(environment(servers.database_url), "manage.py", "migrate", "--verbosity", "0")
    _run(environment(servers.database_url), "manage.py", "collectstatic", "--verbosity", "0")
    cookie = _run(environment(servers.database_url), *VISITOR)
    command = ("-m", "uvicorn", "visiona.asgi:application", "--lifespan", "off")
    manners = ("--port", str(port), "--log-level", "error")
    web = environment(servers.web_url)
    with serving(*command, *manners, port=port, environment=web):
        yield Site(address=address, cookie=cookie.strip())


def _run(environment: Mapping[str, str], *command: str) -> str:
    answer = subprocess.run(
        (sys.executable, *command),
        check=True,
        cwd=BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    return answer.stdout


def _judge(lighthouse: Path, site: Site, page: Page, directory: Path) -> dict[str, float]:
    """Return the scores of a page on a phone, from 0 to 100, and keep the whole report."""
    sys.stderr.write(f"judging {page.name}\n")
    address = f"{site.address}{page.path}"
    report = REPORTS / f"lighthouse-{page.name}.json"
    with _browser(directory / page.name, site, page) as port:
        command = (
            *(str(lighthouse), address, "--quiet", f"--port={port}", "--disable-storage-reset"),
            *("--output=json", f"--output-path={report}"),
            f"--only-categories={','.join(page.budgets)}",
        )
        subprocess.run(command, check=True)
    found: dict[str, Any] = json.loads(report.read_text())
    if found["finalDisplayedUrl"] != address:
        raise RuntimeError(f"{address} led to {found['finalDisplayedUrl']}.")
    return {name: found["categories"][name]["score"] * 100 for name in page.budgets}


@contextmanager
def _browser(directory: Path, site: Site, page: Page) -> Iterator[int]:
    """Open a browser, signed in where the page asks for it; give the port that steers it."""
    port = free_port()
    name, _, value = site.cookie.partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            directory,
            executable_path=_chromium(),
            args=[*FLAGS, f"--remote-debugging-port={port}"],
            chromium_sandbox=os.geteuid() != 0,
        )
        if not page.is_public:
            browser.add_cookies([{"name": name, "value": value, "url": site.address}])
        # The first visit after a start pays for the templates; no person should be judged by it.
        for _ in range(WARM_UP):
            browser.request.get(f"{site.address}{page.path}")
        yield port
        browser.close()


def _chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        raise SystemExit("There is no Chromium: apt-get install chromium, or set CHROMIUM.")
    return found


def _missed(page: Page, scores: Mapping[str, float]) -> list[str]:
    return [name for name, least in page.budgets.items() if round(scores[name]) < least]


def _table(scores: Mapping[Page, Mapping[str, float]]) -> str:
    columns = (f"{name} (>={least})" for name, least in BUDGETS.items())
    head = f"{'page':<10}" + "".join(f"{column:>24}" for column in columns)
    rows = (
        f"{page.name:<10}" + "".join(f"{_cell(page, found, name):>24}" for name in BUDGETS)
        for page, found in scores.items()
    )
    return "\n".join((head, *rows)) + "\n"


def _cell(page: Page, scores: Mapping[str, float], name: str) -> str:
    if name not in scores:
        return "-"
    return f"{round(scores[name])}{' missed' if name in _missed(page, scores) else ''}"


if __name__ == "__main__":
    sys.exit(main())
