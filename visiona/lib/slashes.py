"""Under /api/ an address answers with and without a slash at its end, without a redirect."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


class ApiSlashMiddleware:
    """Drop the last slash before the address is looked up: a redirect would lose a POST's body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith("/api/"):
            request.path_info = request.path_info.rstrip("/")
        return self.get_response(request)
