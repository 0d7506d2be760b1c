"""Whatever is done to a picture's bytes: it is refused by a code, or a clean picture comes of it.

60 mutants in the ordinary run; `VISIONA_FUZZ=5000` asks for more (`make fuzz`).
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from generation.media import sandbox
from generation.services.photos import REFUSALS

ROOT = Path(__file__).parents[2]
MUTANTS = int(os.environ.get("VISIONA_FUZZ", "60"))
PROCESSES = 2
MAX_CHILD_MB = 300
MAX_SECONDS = 3.0


def trial(part: int) -> dict[str, Any]:
    """Let one process try its part of the mutants; return its report."""
    bounds = [str(MUTANTS * edge // PROCESSES) for edge in (part, part + 1)]
    command = [sys.executable, "-m", "tests.property.mutants", *bounds]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.mark.slow
@pytest.mark.timeout(60 + MUTANTS)
def test_a_mutated_picture_is_refused_by_a_code_or_cleaned_in_little_time_and_memory() -> None:
    with ThreadPoolExecutor(PROCESSES) as together:
        reports = list(together.map(trial, range(PROCESSES)))

    promised = {"clean", "too_many_pixels", *REFUSALS}
    for report in reports:
        assert set(report["outcomes"]) <= promised, report
        assert report["peak_mb"] <= MAX_CHILD_MB, report
        assert report["slowest_cpu_seconds"] <= MAX_SECONDS, report
        assert report["slowest_seconds"] <= sandbox.WALL_SECONDS, report
    assert sum(sum(report["outcomes"].values()) for report in reports) == MUTANTS
    assert all(report["outcomes"]["clean"] for report in reports), "nothing survives: no test"
