"""Measure what we promise against throwaway servers; exit with 1 where a promise is broken."""

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure, Promise, table
from tests.bench.stage import BASE_DIR, environment_of
from visiona.embedded.throwaway import Servers, throwaway_servers

PRODUCT = "visiona.settings"
WITH_BARE_VIEW = "tests.bench.settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A module of this package, the settings it runs under, the login that it works by."""

    name: str
    settings: str = PRODUCT
    is_worker: bool = False

    def login(self, servers: Servers) -> str:
        """Return the URL of its login."""
        return servers.jobs_url if self.is_worker else servers.web_url


SCENARIOS = (
    Scenario(name="ledger", is_worker=True),
    Scenario(name="ordering", settings=WITH_BARE_VIEW),
    Scenario(name="limiting"),
    Scenario(name="recognizing"),
    Scenario(name="cached", settings=WITH_BARE_VIEW),
    Scenario(name="first_word", is_worker=True),
    Scenario(name="crowd", is_worker=True),
    Scenario(name="watching", is_worker=True),
    Scenario(name="polling"),
    Scenario(name="library"),
    Scenario(name="drawing", is_worker=True),
    Scenario(name="filming", is_worker=True),
    Scenario(name="beside", is_worker=True),
    Scenario(name="flight", is_worker=True),
    Scenario(name="starting"),
    Scenario(name="receiving"),
)


def main() -> int:
    """Measure, print the table, return the exit code."""
    options = _options()
    chosen = [one for one in SCENARIOS if not options.only or one.name in options.only]
    figures: list[Figure] = []
    broken: list[str] = []
    with (
        tempfile.TemporaryDirectory(prefix="visiona-bench-") as folder,
        throwaway_servers(Path(folder), durable=True) as servers,
    ):
        _migrate(servers)
        for scenario in chosen:
            sys.stderr.write(f"measuring {scenario.name}\n")
            try:
                figures += _measure(scenario, servers, quick=options.quick)
            except subprocess.CalledProcessError:
                broken.append(scenario.name)
    sys.stdout.write(f"{table(figures)}\n")
    for name in broken:
        sys.stdout.write(f"NOT MEASURED: {name}\n")
    return 0 if not broken and all(figure.is_kept for figure in figures) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    names = [scenario.name for scenario in SCENARIOS]
    parser.add_argument("--only", action="append", choices=names, help="may be given repeatedly")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, a tenth of the rows")
    return parser.parse_args()


def _migrate(servers: Servers) -> None:
    environment = environment_of(servers, database_url=servers.database_url, settings=PRODUCT)
    command = (sys.executable, "manage.py", "migrate", "--verbosity", "0")
    subprocess.run(command, check=True, cwd=BASE_DIR, env=environment)


def _measure(scenario: Scenario, servers: Servers, *, quick: bool) -> list[Figure]:
    """Measure in a process of its own: what one scenario loads must not weigh on the next."""
    environment = environment_of(
        servers, database_url=scenario.login(servers), settings=scenario.settings
    )
    command = (sys.executable, "-m", "tests.bench.child", scenario.name, "quick" if quick else "")
    result = subprocess.run(
        command, check=True, cwd=BASE_DIR, env=environment, stdout=subprocess.PIPE
    )
    return [_figure(line) for line in result.stdout.splitlines()]


def _figure(line: bytes) -> Figure:
    facts = json.loads(line)
    return Figure(**{**facts, "promise": Promise(facts["promise"])})


if __name__ == "__main__":
    sys.exit(main())
