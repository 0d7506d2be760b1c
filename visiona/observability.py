"""Tell Sentry what nobody planned for, without anything private."""

from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.types import Event, Hint

from visiona.lib import request_id
from visiona.lib.errors import AppError
from visiona.lib.logging import without_rows

PRIVATE_PARTS = ("url", "data", "cookies", "headers", "env", "query_string")


def start() -> None:
    """Start reporting to SENTRY_DSN."""
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        environment=settings.ENVIRONMENT,
        include_local_variables=False,
        max_breadcrumbs=0,
        max_request_body_size="never",
        before_send=scrub,
    )


def scrub(event: Event, hint: Hint) -> Event | None:
    """Drop planned outcomes, take out what could be private, add the request id."""
    if isinstance(hint.get("exc_info", (None, None))[1], AppError):
        return None
    request: dict[str, Any] = event.get("request", {})
    for part in PRIVATE_PARTS:
        request.pop(part, None)
    for value in event.get("exception", {}).get("values", []):
        value["value"] = without_rows(value.get("value") or "")
    event.setdefault("tags", {})["request_id"] = request_id.current()
    return event
