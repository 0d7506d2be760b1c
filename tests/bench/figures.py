"""A figure: what we measured beside a baseline of the same run, and what we promised."""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Promise(StrEnum):
    """What a limit is put on, and from which side."""

    RATIO_AT_MOST = "ratio ≤"
    RATIO_AT_LEAST = "ratio ≥"
    OURS_AT_MOST = "ours ≤"
    MORE_AT_MOST = "more ≤"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row of the table; `note` says what exactly was compared with what."""

    name: str
    ours: float
    baseline: float
    unit: str
    promise: Promise
    limit: float
    note: str

    @property
    def ratio(self) -> float:
        """How many times the baseline ours is."""
        return self.ours / self.baseline

    @property
    def more(self) -> float:
        """By how much ours is above the baseline."""
        return self.ours - self.baseline

    @property
    def is_kept(self) -> bool:
        """Whether it is as we promised."""
        match self.promise:
            case Promise.RATIO_AT_MOST:
                return self.ratio <= self.limit
            case Promise.RATIO_AT_LEAST:
                return self.ratio >= self.limit
            case Promise.OURS_AT_MOST:
                return self.ours <= self.limit
            case Promise.MORE_AT_MOST:
                return self.more <= self.limit


def timed(step: Callable[[], object]) -> Callable[[], float]:
    """Return a measurement of how many milliseconds a step takes."""

    def measure() -> float:
        gc.collect()
        gc.disable()  # as timeit does: whose turn it is to collect is chance
        started_at = time.perf_counter()
        step()
        took = time.perf_counter() - started_at
        gc.enable()
        return took * 1000

    return measure


def interleaved(
    ours: Callable[[], float],
    baseline: Callable[[], float],
    *,
    rounds: int,
    warm_up: int,
    of_all: Callable[[Sequence[float]], float] = statistics.median,
) -> tuple[float, float]:
    """Measure both by turns, so that what disturbs the machine disturbs both."""
    for _ in range(warm_up):
        ours()
        baseline()
    gc.freeze()  # what is loaded by now need not be looked through before each step
    pairs = [(ours(), baseline()) for _ in range(rounds)]
    return of_all([one for one, _ in pairs]), of_all([two for _, two in pairs])


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table for the terminal."""
    head = ("name", "ours", "baseline", "ratio", "limit", "ok")
    rows = [head, *(_cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [_line(row, widths) for row in rows]
    notes = [f"  {figure.name}: {figure.note}" for figure in figures]
    return "\n".join((lines[0], "-" * len(lines[0]), *lines[1:], "", *notes))


def _cells(figure: Figure) -> tuple[str, ...]:
    is_in_units = figure.promise in {Promise.OURS_AT_MOST, Promise.MORE_AT_MOST}
    unit = figure.unit if is_in_units else ""
    return (
        figure.name,
        f"{_number(figure.ours)} {figure.unit}",
        f"{_number(figure.baseline)} {figure.unit}",
        f"{figure.ratio:.2f}",
        f"{figure.promise} {figure.limit:g} {unit}".rstrip(),
        "yes" if figure.is_kept else "NO",
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *rest = row
    first, *others = widths
    cells = (cell.rjust(width) for cell, width in zip(rest, others, strict=True))
    return "  ".join((name.ljust(first), *cells))


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"
