"""Load what a worker loads, draw with a photo, and tell the most memory that took."""

import resource
import sys
from pathlib import Path

import django

from visiona.celery import app

STATUS = Path("/proc/self/status")
"""Linux keeps the peak of this very program there; elsewhere it may be that of its parent."""


def most_megabytes() -> float:
    """Return the most memory that this process has held so far."""
    if STATUS.exists():
        lines = STATUS.read_text(encoding="ascii").splitlines()
        (peak,) = (line for line in lines if line.startswith("VmHWM:"))
        return int(peak.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main() -> None:
    django.setup()
    app.loader.import_default_modules()
    before = most_megabytes()
    from tests.bench import drawing  # noqa: PLC0415 (the engine comes with the first job)

    drawing.TO_WEIGH[sys.argv[1]]()
    sys.stdout.write(f"{before} {most_megabytes()}\n")


if __name__ == "__main__":
    main()
