"""While the house is being looked after, everybody but staff is asked to come back later."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase

from visiona import handlers
from visiona.lib.errors import Unavailable

RETRY_AFTER_SECONDS = 300
STAYS_OPEN = ("/healthz", "/readyz", "/accounts/login/", "/theme/")


class MaintenanceMiddleware:
    """Answer 503 for as long as `MAINTENANCE` is on; static files are served before this."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        if not settings.MAINTENANCE:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(STAYS_OPEN) or getattr(request.user, "is_admin", False):
            return self.get_response(request)
        error = Unavailable(
            "Visiona is being looked after. Try again in a few minutes.",
            retry_after=RETRY_AFTER_SECONDS,
        )
        return handlers.answer(request, error)
