"""Counters and histograms of all processes, summed up in Redis, where /metrics finds them.

Best effort, as the rows are the truth: without Redis a count is lost, and nobody waits for it.
"""

import json
import logging
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from typing import NamedTuple, cast

import redis
from django.db import transaction
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

from visiona.lib import outage
from visiona.lib.redis_client import client

OTHER = "other"
"""What a label says for a value that it does not know: so there is an end to them."""
SUM, BEYOND = "sum", "+Inf"

Labels = Mapping[str, Collection[str]]
"""The labels of a metric in their order, each with the values that it knows."""

logger = logging.getLogger(__name__)


class Change(NamedTuple):
    """By how much one number goes up."""

    key: str
    field: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """A number that only goes up, for each combination of its labels."""

    name: str
    words: str
    labels: Labels

    @property
    def key(self) -> str:
        """Where its numbers lie: a hash by the values of its labels."""
        return f"telemetry:{self.name}"

    def by(self, amount: float, **values: str) -> list[Change]:
        """Return what adds so much to it; nothing adds nothing."""
        field = json.dumps(_bounded(self.labels, values))
        return [Change(self.key, field, amount)] if amount else []

    def family(self, kept: Mapping[tuple[str, ...], float]) -> Metric:
        """Return what Prometheus is told of the numbers that are kept."""
        family = CounterMetricFamily(self.name, self.words, labels=list(self.labels))
        for values, number in kept.items():
            family.add_metric(values, number)
        return family


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """How often a measure was how large, for each combination of its labels."""

    name: str
    words: str
    labels: Labels
    buckets: tuple[float, ...]

    @property
    def key(self) -> str:
        """Where its numbers lie: a hash by the values of its labels and the bucket."""
        return f"telemetry:{self.name}"

    def observe(self, measure: float, **values: str) -> list[Change]:
        """Return what counts a measure: its own bucket alone, and the sum."""
        place = bisect_left(self.buckets, measure)
        bucket = str(self.buckets[place]) if place < len(self.buckets) else BEYOND
        labels = _bounded(self.labels, values)
        return [
            Change(self.key, json.dumps([*labels, bucket]), 1),
            Change(self.key, json.dumps([*labels, SUM]), measure),
        ]

    def family(self, kept: Mapping[tuple[str, ...], float]) -> Metric:
        """Return what Prometheus is told: for each bucket, how many were no larger."""
        family = HistogramMetricFamily(self.name, self.words, labels=list(self.labels))
        bounds = [*map(str, self.buckets), BEYOND]
        for values in {field[:-1]: None for field in kept}:
            counts = accumulate(kept.get((*values, bound), 0) for bound in bounds)
            buckets = list(zip(bounds, counts, strict=True))
            family.add_metric(values, buckets, sum_value=kept.get((*values, SUM), 0))
        return family


def count(changes: Iterable[Change]) -> None:
    """Add these once the open transaction has committed, in one round trip; it never fails."""
    transaction.on_commit(partial(_send, list(changes)), robust=True)


def collect(metrics: Iterable[Counter | Histogram]) -> Iterator[Metric]:
    """Yield what all processes have counted. Raises RedisError."""
    wanted = list(metrics)
    with client().pipeline(transaction=False) as pipeline:
        for metric in wanted:
            pipeline.hgetall(metric.key)
        answers = cast("list[dict[bytes, bytes]]", pipeline.execute())
    for metric, answer in zip(wanted, answers, strict=True):
        yield metric.family(
            {tuple(json.loads(field)): float(number) for field, number in sorted(answer.items())}
        )


def _bounded(labels: Labels, values: Mapping[str, str]) -> list[str]:
    return [values[name] if values[name] in known else OTHER for name, known in labels.items()]


def _send(changes: list[Change]) -> None:
    if not changes or outage.is_on():
        return
    try:
        with client().pipeline(transaction=False) as pipeline:
            for change in changes:
                pipeline.hincrbyfloat(*change)
            pipeline.execute()
    except redis.RedisError:
        outage.note()
        logger.warning("telemetry.unreachable")
