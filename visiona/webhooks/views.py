"""Where other services tell us their news: verified and stored while they wait, no more."""

import logging
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from visiona.lib import ratelimit
from visiona.lib.errors import Malformed, TooLarge
from visiona.lib.problem import MethodNotAllowed
from visiona.lib.throttling import address_of
from visiona.webhooks import services

MOST_BYTES = 512 * 1024

logger = logging.getLogger(__name__)


@csrf_exempt
def receive(request: HttpRequest, sender: str) -> HttpResponse:
    """Take an event; a duplicate is welcome too.

    Only what is refused counts against the limit. Who is to be heard may send as much as they have,
    also from addresses by which others send: anybody can have Stripe or Svix send here.
    """
    if request.method != "POST":
        raise MethodNotAllowed
    try:
        _take(request, sender)
    except (Malformed, TooLarge):
        ratelimit.admit(rule="webhooks", key=f"{sender}:{address_of(request)}")
        logger.warning("webhooks.event.refused", extra={"sender": sender})
        raise
    return HttpResponse(status=HTTPStatus.OK, content_type="text/plain")


def _take(request: HttpRequest, sender: str) -> None:
    body = request.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise TooLarge(f"Send at most {MOST_BYTES // 1024} kB.")
    services.receive(
        sender=sender,
        body=body,
        headers=request.headers,
        query=request.META.get("QUERY_STRING", ""),
    )
