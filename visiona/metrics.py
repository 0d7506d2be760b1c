"""/metrics: what all processes have counted and how things stand, for Prometheus."""

from collections.abc import Iterator
from contextlib import suppress

from django.conf import settings
from django.db import DatabaseError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from generation.services import metrics, numbers, provider_watch
from visiona.lib import telemetry
from visiona.lib.db.actor import Actor, act_as
from visiona.lib.errors import NotFound

LOOPBACK = {"127.0.0.1", "::1"}
PROXIED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_FORWARDED",
    "HTTP_X_REAL_IP",
    "HTTP_VIA",
)
"""What a proxy says of somebody else; who asks us themselves has no need to."""


class Counted(Collector):
    """What was counted, by everybody."""

    def collect(self) -> Iterator[Metric]:
        found: list[Metric] = []
        with suppress(RedisError):
            found = list(telemetry.collect(metrics.COUNTED))
        yield from found
        yield _gauge("visiona_redis_up", "Whether Redis answers", bool(found))


class Standing(Collector):
    """How things stand now; what cannot be known is left out."""

    def collect(self) -> Iterator[Metric]:
        found: list[Metric] = []
        with suppress(DatabaseError), act_as(Actor(role="staff")), transaction.atomic():
            found = list(_waiting())
        yield from found
        yield _gauge("visiona_database_up", "Whether the database answers", bool(found))
        with suppress(RedisError):
            yield _breakers()


@require_safe
@transaction.non_atomic_requests
def show(request: HttpRequest) -> HttpResponse:
    """Answer this machine, or whoever has the token. Raises NotFound for anybody else."""
    if not (_has_token(request) or _is_from_here(request)):
        raise NotFound
    registry = CollectorRegistry()
    registry.register(Counted())
    registry.register(Standing())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    return bool(token) and constant_time_compare(given, f"Bearer {token}")


def _is_from_here(request: HttpRequest) -> bool:
    """Whether a process of this machine asks: none behind a proxy, which is from here as well."""
    is_proxied = settings.ALLAUTH_TRUSTED_PROXY_COUNT > 0 or any(
        name in request.META for name in PROXIED
    )
    return not is_proxied and request.META.get("REMOTE_ADDR") in LOOPBACK


def _waiting() -> Iterator[Metric]:
    depth = GaugeMetricFamily("visiona_queue_depth", "What waits for a worker", labels=["queue"])
    age = GaugeMetricFamily(
        "visiona_queue_age_seconds", "For how long the first of it does", labels=["queue"]
    )
    for line in numbers.lines():
        depth.add_metric([line.queue], line.depth)
        age.add_metric([line.queue], line.age_seconds)
    yield from (depth, age)
    yield _gauge(
        "visiona_open_answers", "Answers of the chat under way", numbers.count_open_answers()
    )


def _breakers() -> Metric:
    family = GaugeMetricFamily(
        "visiona_breaker_open", "Whether a provider is let alone", labels=["provider", "capability"]
    )
    for one in provider_watch.watched():
        family.add_metric([one.provider, one.capability], one.state.is_open)
    return family


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)
