"""What Django shows when no view did: a document to programs, a page to people."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from visiona import pages
from visiona.lib import errors, problem

Page = Callable[[HttpRequest], HttpResponse]


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return _answer(request, errors.Malformed(), pages.bad_request)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return _answer(request, errors.NotAllowed(), pages.permission_denied)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001
    return _answer(request, errors.NotFound(), pages.not_found)


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, errors.AppError(), pages.server_error)


def _answer(request: HttpRequest, error: errors.AppError, page: Page) -> HttpResponse:
    return problem.http_answer(error) if problem.is_for_programs(request) else page(request)
