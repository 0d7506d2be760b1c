"""What is done about an event: one function a sender, each a call of one service."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

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


Handler = Callable[[WebhookEvent], bool]
"""Does what has to be done, once or many times; tells whether the event was for us."""

HANDLERS: dict[str, Handler] = {"replicate": replicate}


def _document(event: WebhookEvent) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(event.body or b"{}"))
    return found


def _step_of(event: WebhookEvent) -> UUID | None:
    named = parse_qs(event.query).get("step", [""])[0]
    try:
        return UUID(named)
    except ValueError:
        return None
