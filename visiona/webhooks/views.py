"""Where other services tell us their news: verified and stored while they wait, no more."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from visiona.lib import ratelimit
from visiona.lib.errors import TooLarge
from visiona.lib.problem import MethodNotAllowed
from visiona.lib.throttling import address_of
from visiona.webhooks import services

MOST_BYTES = 512 * 1024


@csrf_exempt
def receive(request: HttpRequest, sender: str) -> HttpResponse:
    """Take an event; a duplicate is welcome too."""
    if request.method != "POST":
        raise MethodNotAllowed
    ratelimit.admit(rule="webhooks", key=f"{sender}:{address_of(request)}")
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise TooLarge(f"Send at most {MOST_BYTES // 1024} kB.")
    services.receive(
        sender=sender,
        body=body,
        headers=request.headers,
        query=request.META.get("QUERY_STRING", ""),
    )
    return HttpResponse(status=HTTPStatus.OK, content_type="text/plain")
