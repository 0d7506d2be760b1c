"""A stopwatch for the steps of a request: database, cache, credits, AI.

Steps may lie inside each other, as a hold does in its transaction; a moment counts for the
innermost one alone, so that the steps never add up to more than the whole.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

STEPS = ("db_ms", "cache_read_ms", "credit_ms", "ai_ms", "cache_write_ms")


class Stopwatch:
    """How long each step of one request took, in milliseconds; it may go on in another process."""

    def __init__(self, before: Mapping[str, float] | None = None) -> None:
        self._spent = dict.fromkeys(STEPS, 0.0)
        self.add(before or {})
        self._running: list[str] = []
        self._since = 0.0

    def add(self, before: Mapping[str, float]) -> None:
        """Count what was spent before, in another process."""
        for step in STEPS:
            self._spent[step] += before.get(step, 0.0)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Count a block for the step of this name; blocks around it wait."""
        self._note()
        self._running.append(name)
        try:
            yield
        finally:
            self._note()
            self._running.pop()

    def _note(self) -> None:
        now = time.perf_counter()
        if self._running:
            self._spent[self._running[-1]] += (now - self._since) * 1000
        self._since = now

    @property
    def steps(self) -> dict[str, float]:
        """What each step took until now, in milliseconds."""
        return {step: round(spent, 3) for step, spent in self._spent.items()}
