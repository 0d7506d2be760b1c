"""Any error becomes an RFC 9457 problem document; made in this one place."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import Http404, HttpRequest, JsonResponse
from redis.exceptions import RedisError
from rest_framework import exceptions as drf
from rest_framework.response import Response

from visiona.lib import errors, request_id

CONTENT_TYPE = "application/problem+json"
API_PREFIXES = ("/api/", "/stream/", "/webhooks/")
UPLOADS = "/files/"

logger = logging.getLogger(__name__)


class MethodNotAllowed(errors.AppError):
    status = 405
    code = "method_not_allowed"
    title = "Method not allowed"
    default_detail = "This address does not answer to this method."


class UnsupportedMediaType(errors.AppError):
    status = 415
    code = "unsupported_media_type"
    title = "Unsupported media type"
    default_detail = "Send the content type that the documentation names."


class CsrfFailed(errors.NotAllowed):
    code = "csrf_failed"
    title = "The form's protection token is missing or old"
    default_detail = "Reload the page and send the form again."


def document(error: errors.AppError) -> dict[str, Any]:
    """Return the problem document of an error."""
    body: dict[str, Any] = {
        "type": f"{settings.PUBLIC_URL}/problems/{error.code.replace('_', '-')}",
        "title": error.title,
        "status": error.status,
        "detail": _encodable(error.detail),
        "code": error.code,
        "request_id": request_id.current(),
        **error.facts,
    }
    if isinstance(error, errors.InvalidInput):
        body["errors"] = [
            {"field": _encodable(one.field), "code": one.code, "detail": _encodable(one.detail)}
            for one in error.errors
        ]
    return body


def _encodable(text: str) -> str:
    """Return the words with a question mark for each lone surrogate that was sent to us."""
    return text.encode(errors="replace").decode()


def http_answer(error: errors.AppError) -> JsonResponse:
    """Answer a request outside DRF with this error."""
    response = JsonResponse(document(error), status=error.status, content_type=CONTENT_TYPE)
    for name, value in headers_of(error).items():
        response[name] = value
    return response


def answer(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Answer DRF's exceptions; None for an unplanned one, which Django then reports."""
    error = planned(exception)
    if error is None:
        return None
    if connection.in_atomic_block:
        transaction.set_rollback(True)  # DRF turns the error into an answer: undo the request
    return Response(
        document(error), error.status, headers=headers_of(error), content_type=CONTENT_TYPE
    )


def planned(exception: BaseException) -> errors.AppError | None:
    """Translate an exception into our own words, or None if nobody planned for it."""
    if isinstance(exception, errors.AppError):
        return exception
    if isinstance(exception, drf.ValidationError):
        return errors.InvalidInput(_field_errors(exception.detail))
    if isinstance(exception, OUTAGES):
        logger.error("service.unavailable", exc_info=exception)
        return errors.Unavailable()
    for kind, translate in TRANSLATIONS:
        if isinstance(exception, kind):
            return translate(exception)
    return None


def _rate_limited(exception: Any) -> errors.AppError:
    return errors.RateLimited(retry_after=int(exception.wait or 60))


OUTAGES = (OperationalError, InterfaceError, RedisError)

TRANSLATIONS: tuple[tuple[type[Exception], Callable[[Any], errors.AppError]], ...] = (
    (drf.NotAuthenticated, lambda _: errors.NotAuthenticated()),
    (drf.AuthenticationFailed, lambda _: errors.NotAuthenticated()),
    (drf.PermissionDenied, lambda e: CsrfFailed() if "CSRF" in str(e) else errors.NotAllowed()),
    (PermissionDenied, lambda _: errors.NotAllowed()),
    (drf.NotFound, lambda _: errors.NotFound()),
    (Http404, lambda _: errors.NotFound()),
    (drf.MethodNotAllowed, lambda _: MethodNotAllowed()),
    (drf.ParseError, lambda _: errors.Malformed()),
    (drf.UnsupportedMediaType, lambda _: UnsupportedMediaType()),
    (drf.NotAcceptable, lambda _: UnsupportedMediaType("Ask for application/json.")),
    (drf.Throttled, _rate_limited),
    (RequestDataTooBig, lambda _: errors.TooLarge()),
    (SuspiciousOperation, lambda _: errors.Malformed()),
)


def headers_of(error: errors.AppError) -> dict[str, str]:
    """Return the headers that an answer with this error carries."""
    headers = {}
    if "retry_after" in error.facts:
        headers["Retry-After"] = str(error.facts["retry_after"])
    elif isinstance(error, errors.Unavailable):
        headers["Retry-After"] = "5"
    if isinstance(error, errors.NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _field_errors(detail: Any, path: str = "") -> Iterator[errors.FieldError]:
    """Flatten DRF's nested details into one list with dotted paths."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(inner, ".".join(filter(None, (path, step))))
    elif isinstance(detail, list):
        for position, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from _field_errors(inner, f"{path}.{position}" if nested else path)
    else:
        yield errors.FieldError(
            field=path, code=getattr(detail, "code", "invalid"), detail=str(detail)
        )


def is_for_programs(request: HttpRequest) -> bool:
    """Whether this address is answered with documents rather than pages."""
    path = request.path_info
    return path == UPLOADS or f"{path}/".startswith(API_PREFIXES)  # the slash may be dropped
