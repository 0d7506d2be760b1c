"""Limits at the edge: the API's throttle, who an unknown sender is, and the headers that tell."""

import ipaddress
import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from visiona.lib import ratelimit
from visiona.lib.ratelimit import Verdict

if TYPE_CHECKING:  # views are made of their throttles, so these cannot be made of views
    from rest_framework.views import APIView

HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
IPV6_PREFIX = 64
"""What one household or one server is given: its addresses are one sender's."""


class RuleThrottle(BaseThrottle):
    """Every request of the API takes from "api", or from "anonymous" where nobody is known.

    A view that is about more names a rule of its own beside that: `throttle_rule = "uploads"`, or
    one for each method: `throttle_rule = {"POST": "uploads"}`.
    """

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Take the tokens. Raises LimitReached and Unavailable."""
        is_known = request.user.is_authenticated
        key = str(request.user.pk) if is_known else address_of(request._request)  # noqa: SLF001
        ratelimit.admit(rule="api" if is_known else "anonymous", key=key)
        own = _rule_of(view, request.method or "")
        if own:
            ratelimit.admit(rule=own, key=key)
        return True


def _rule_of(view: "APIView", method: str) -> str:
    named: Any = getattr(view, "throttle_rule", "")
    return str(named.get(method, "")) if isinstance(named, dict) else str(named)


def address_of(request: HttpRequest) -> str:
    """Return where a request came from, as far as our own proxies vouch for it."""
    hops = request.headers.get("X-Forwarded-For", "").split(",")
    trusted: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    is_vouched = 0 < trusted <= len(hops)
    told = hops[-trusted].strip() if is_vouched else ""
    return _sender(told or request.META.get("REMOTE_ADDR", ""))


def _sender(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        network = ipaddress.IPv6Network((parsed, IPV6_PREFIX), strict=False)
        return str(parsed.ipv4_mapped or network.network_address)
    return str(parsed)


class RateLimitHeadersMiddleware:
    """Tell on every answer how the bucket stands that it took from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with ratelimit.noting() as verdicts:
            response = self.get_response(request)
        tell(response, verdicts)
        return response


def tell(
    response: HttpResponseBase,
    verdicts: Iterable[Verdict],
    *,
    names: tuple[str, str, str] = HEADERS,
    unit: str = "",
) -> None:
    """Say in an answer's headers how the bucket stands that it took from; of several, the tightest.

    They name its limit, what remains, and when it is full again: in seconds, and in which unit.
    """
    tightest = min(verdicts, key=_room, default=None)
    if tightest is not None:
        full_in = f"{math.ceil(tightest.reset_seconds)}{unit}"
        values = (str(tightest.limit), str(tightest.remaining), full_in)
        for name, value in zip(names, values, strict=True):
            response[name] = value


def _room(verdict: Verdict) -> tuple[bool, float]:
    return verdict.allowed, verdict.remaining / verdict.limit
