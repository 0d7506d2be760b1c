"""Refuse a body that is too large before a byte of it is read."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from visiona import handlers
from visiona.lib.errors import TooLarge

ROOM_FOR_FIELDS = 1024 * 1024


class BodyLimitMiddleware:
    """No body is larger than the largest photo with the fields around it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > settings.MAX_PHOTO_BYTES + ROOM_FOR_FIELDS:
            limit = settings.MAX_PHOTO_BYTES // 2**20
            return handlers.answer(request, TooLarge(f"Send at most {limit} MB."))
        return self.get_response(request)
