"""The pages that belong to no app: the landing page, the API's reader, the theme, errors."""

import math
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import path
from django.utils.csp import CSP
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST, require_safe

from visiona.lib import clock, request_id

THEMES = ("paper", "darkroom")
FOLLOW_THE_SYSTEM = "system"
YEAR_SECONDS = 365 * 24 * 3600

# The reader draws itself with inline styles.
READER_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "form-action": [CSP.SELF],
}

SENTENCES = {
    HTTPStatus.BAD_REQUEST: (
        "We could not read that request",
        "Go back, reload the page and try once more.",
    ),
    HTTPStatus.FORBIDDEN: (
        "This is not open to you",
        "The form may have been left open too long. Reload the page and send it again.",
    ),
    HTTPStatus.NOT_FOUND: (
        "There is nothing here",
        "The address is wrong, the thing is gone, or it belongs to someone else.",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "This address takes no such request",
        "Go back and use the buttons of the page.",
    ),
    HTTPStatus.CONFLICT: (
        "Something changed in the meantime",
        "Go back, reload the page and look again.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "That was too large",
        "Photos may have up to 20 MB.",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: (
        "That was a little fast",
        "Wait a minute, then try again.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something broke on our side",
        "It has been written down. Credits held for unfinished work come back by themselves.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: (
        "Part of Visiona does not answer",
        "It usually comes back within a minute: reload the page then. Nothing is lost.",
    ),
}
MAINTENANCE = (
    "We are looking after Visiona",
    "It takes a few minutes. Load this page again then.",
)
WORTH_ANOTHER_TRY = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what Visiona is to those who are signed out; take the others to the studio."""
    if request.user.is_authenticated:
        return redirect("generation:studio")
    return render(request, "landing.html", {"address": f"{settings.PUBLIC_URL}/"})


@require_safe
@csp_override(READER_CSP)
def api_reader(request: HttpRequest) -> HttpResponse:
    """Show the OpenAPI document, and let people who are signed in try what it says."""
    return render(request, "api_reader.html")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Let search engines read what is open to everybody, and nothing else."""
    return render(request, "robots.txt", content_type="text/plain")


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember paper or darkroom in a cookie, for the server to render without a flash."""
    back = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = redirect(back if here else "home")
    chosen = request.POST.get("theme", "")
    if chosen == FOLLOW_THE_SYSTEM:
        response.delete_cookie("theme", samesite="Lax")
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=YEAR_SECONDS, samesite="Lax", secure=settings.PRODUCTION
        )
    return response


def theme(request: HttpRequest) -> dict[str, str]:
    """Give every template the theme that the person chose, or "" to follow their system."""
    chosen = request.COOKIES.get("theme", "")
    return {"theme": chosen if chosen in THEMES else ""}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or old."""
    return error_page(request, HTTPStatus.FORBIDDEN)


def error_page(
    request: HttpRequest, status: int, *, detail: str = "", retry_after: int = 0
) -> HttpResponse:
    """Render an error without touching the session, the database or a context processor."""
    title, advice = SENTENCES.get(
        HTTPStatus(status), (HTTPStatus(status).phrase.capitalize(), "Go back and try once more.")
    )
    closed = settings.MAINTENANCE and status == HTTPStatus.SERVICE_UNAVAILABLE
    if closed:
        title, advice = MAINTENANCE
    can_come_back = request.method == "GET" and status in WORTH_ANOTHER_TRY
    context: dict[str, Any] = {
        "status": int(status),
        "title": title,
        "advice": detail or advice,
        "wait": in_words(retry_after) if retry_after else "",
        "again_at": clock.now() + timedelta(seconds=retry_after),
        "again": request.get_full_path() if can_come_back else "",
        "stylesheet": _address_of("errors.css"),
        "request_id": request_id.current() or getattr(request, "request_id", ""),
        **theme(request),
    }
    template = "errors/maintenance.html" if closed else "errors/error.html"
    return HttpResponse(render_to_string(template, context), status=status)


def in_words(seconds: int) -> str:
    """Say how long that is, as people would: never less than it is."""
    if seconds < 90:
        return "1 second" if seconds == 1 else f"{seconds} seconds"
    if seconds < 90 * 60:
        return f"{math.ceil(seconds / 60)} minutes"
    return f"{math.ceil(seconds / 3600)} hours"


def _address_of(name: str) -> str:
    try:
        return static(name)
    except ValueError:  # the manifest does not know it; a plain page is still a page
        return f"/static/{name}"


urlpatterns = [
    path("", home, name="home"),
    path("theme/", choose_theme, name="theme"),
    path("robots.txt", robots, name="robots"),
    path("api/docs", api_reader, name="api_reader"),
]
