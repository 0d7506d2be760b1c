"""Run one scenario in a process of its own and write its figures as JSON lines."""

import json
import sys
from dataclasses import asdict
from importlib import import_module

import django

from tests.bench.figures import Figure


def main() -> None:
    name, quick = sys.argv[1], sys.argv[2] == "quick"
    django.setup()
    figures: list[Figure] = import_module(f"tests.bench.{name}").measure(quick=quick)
    for figure in figures:
        sys.stdout.write(f"{json.dumps(asdict(figure))}\n")


if __name__ == "__main__":
    main()
