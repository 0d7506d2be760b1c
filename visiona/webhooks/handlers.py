"""What is done about an event: one function a sender, each a call of one service."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from billing.services import clerk_events, stripe_events
from generation.services import steps
from visiona.webhooks.models import WebhookEvent

GOING_ON = {"starting", "processing"}


def replicate(event: WebhookEvent) -> bool:
    """Let the job go on whose prediction has ended; what has become of it is asked of Replicate.

    A prediction of which we have no id, because the answer was lost, is found by its step.
    """
    work = _document(event)
    name, status = work.get("id"), work.get("status")
    if not isinstance(name, str):
        return False
    has_ended, step_id = status not in GOING_ON, _step_of(event)
    if has_ended and steps.wake(provider="replicate", external_id=name):
        return True
    if step_id and steps.adopt(step_id=step_id, provider="replicate", external_id=name):
        return True
    # Its answer may have come and been noted in this very moment.
    return has_ended and steps.wake(provider="replicate", external_id=name)


def stripe(event: WebhookEvent) -> bool:
    """Note what a payment, a subscription or another object of Stripe's says now."""
    return stripe_events.handle(event=_document(event))


def clerk(event: WebhookEvent) -> bool:
    """Follow what has become of a person, their sessions or what they pay by Clerk.

    Raises ValueError for what is no event of Clerk's.
    """
    told = _document(event)
    kind, data = told.get("type"), told.get("data")
    if not isinstance(kind, str) or not isinstance(data, dict):
        raise ValueError("Clerk's event has no type or no data.")  # noqa: TRY004 (a sender's fault)
    return clerk_events.follow(kind=kind, data=data)


Handler = Callable[[WebhookEvent], bool]
"""Does what has to be done, once or many times; tells whether the event was for us."""

HANDLERS: dict[str, Handler] = {"clerk": clerk, "replicate": replicate, "stripe": stripe}


def _document(event: WebhookEvent) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(event.body or b"{}"))
    return found


def _step_of(event: WebhookEvent) -> UUID | None:
    named = parse_qs(event.query).get("step", [""])[0]
    try:
        return UUID(named)
    except ValueError:
        return None
