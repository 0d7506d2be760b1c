"""What is shown when no view answered: a document to programs, a page to people."""

import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from visiona import pages
from visiona.lib import errors, problem

WORDED_BY_THE_PAGE = {
    errors.AppError,
    errors.NotFound,
    errors.RateLimited,
    errors.Unavailable,
}
SIGN_IN_PAUSE_SECONDS = 300  # the longest window of django-allauth's limits on signing in


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 400."""
    del exception
    return answer(request, errors.Malformed())


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 403."""
    del exception
    return answer(request, errors.NotAllowed())


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Answer 404."""
    del exception
    return answer(request, errors.NotFound())


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer 429 for django-allauth, which does not say when its patience is back."""
    return answer(request, errors.RateLimited(retry_after=SIGN_IN_PAUSE_SECONDS))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500, or 503 when the database or Redis went away under a middleware."""
    exception = sys.exception()
    outage = problem.planned(exception) if isinstance(exception, problem.OUTAGES) else None
    return answer(request, outage or errors.AppError())


class PlannedErrorMiddleware:
    """Answer what a view raised and somebody planned for; the rest is a defect and stays one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        ours = isinstance(exception, (errors.AppError, *problem.OUTAGES))
        error = problem.planned(exception) if ours else None
        return answer(request, error) if error else None


def answer(request: HttpRequest, error: errors.AppError) -> HttpResponse:
    """Answer with an error in the form that the asker reads."""
    if problem.is_for_programs(request):
        return problem.http_answer(error)
    # The pages of these have words of their own, which say no more than they should.
    detail = "" if type(error) in WORDED_BY_THE_PAGE else error.detail
    headers = problem.headers_of(error)
    response = pages.error_page(
        request, error.status, detail=detail, retry_after=int(headers.get("Retry-After", 0))
    )
    for name, value in headers.items():
        response[name] = value
    return response
