"""The stopwatch: steps that add up."""

import time

import pytest

from visiona.lib.timing import STEPS, Stopwatch


def test_a_moment_counts_for_the_innermost_step_alone() -> None:
    watch = Stopwatch()
    began = time.perf_counter()
    with watch.step("db_ms"):
        time.sleep(0.02)
        with watch.step("credit_ms"):
            time.sleep(0.03)
        time.sleep(0.01)
    took = (time.perf_counter() - began) * 1000
    steps = watch.steps
    assert 30 <= steps["credit_ms"] < steps["db_ms"] + 30
    assert steps["db_ms"] >= 30
    assert sum(steps.values()) == pytest.approx(took, abs=1)


def test_it_goes_on_in_another_process() -> None:
    first = Stopwatch({"db_ms": 5.0, "began": 1_700_000_000.0})
    with first.step("db_ms"):
        pass
    assert first.steps["db_ms"] == pytest.approx(5.0, abs=1)
    assert set(first.steps) == set(STEPS)


def test_a_step_that_fails_is_counted() -> None:
    watch = Stopwatch()
    with pytest.raises(TypeError), watch.step("ai_ms"):
        time.sleep("long")  # type: ignore[arg-type]
    time.sleep(0.02)
    assert 0 < watch.steps["ai_ms"] < 10
    with watch.step("db_ms"):
        pass
    assert watch.steps["ai_ms"] < 10
