"""The inbox: an event is stored once when it comes, and handled by a worker afterwards."""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from redis.exceptions import RedisError

from visiona.lib import clock, outage, proofs
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import Conflict, Malformed, NotFound, Unavailable
from visiona.lib.queue import enqueue
from visiona.lib.redis_client import client
from visiona.webhooks.handlers import HANDLERS
from visiona.webhooks.models import WebhookEvent
from visiona.webhooks.signatures import SENDERS

HANDLE_EVENTS = "visiona.webhooks.tasks.handle_events"
QUEUE = "chores"
WOKEN = "webhooks:woken"
"""There while a worker is woken that has not begun to look: it will see whatever is kept by now."""
WOKEN_SECONDS = 10
"""After which nobody counts on that worker any more."""
MOST_ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(hours=1)
OUTAGES_LAST_UP_TO = timedelta(days=3)
"""For so long an event comes again every hour where those whom it is asked about do not answer."""
PROOF = "visiona.webhooks.event"
BODIES_KEPT_FOR = timedelta(days=90)
LONGEST_QUERY = 200
NOT_AGAIN = "Only what is dead or was ignored can be handled again, while we know what it said."

logger = logging.getLogger(__name__)


def receive(*, sender: str, body: bytes, headers: Mapping[str, str], query: str) -> None:
    """Store an event that its sender has signed, and wake a worker for it.

    One that is there already is counted. Raises NotFound where no secret is set for the sender,
    and Malformed for what is forged, stale or not readable; then nothing is stored.
    """
    known = SENDERS[sender]
    if not known.secrets:
        raise NotFound
    event_id = known.verify(known.secrets, body, headers)
    document = _document(body)
    if event_id is None or len(query) > LONGEST_QUERY or document is None:
        raise Malformed
    kept = _kept(document, known.keeps) if known.keeps else body
    with connection.cursor() as cursor:
        proof = prove(sender=sender, event_id=event_id, query=query, body=kept)
        cursor.execute(
            "SELECT webhooks_receive(%s, %s, %s, %s, %s)", [sender, event_id, query, kept, proof]
        )
        (is_new,) = cursor.fetchone()
    if is_new:
        transaction.on_commit(_wake, robust=True)


def prove(*, sender: str, event_id: str, query: str, body: bytes) -> bytes:
    """Return what shows a worker that a process of ours has verified an event."""
    return proofs.prove(PROOF, _told(sender, event_id, query, body))


def handle_due() -> int:
    """Handle every event that waits, oldest first; return their number."""
    _note_woken()
    handled = 0
    while _handle_next():
        handled += 1
    return handled


def replay(*, event_id: UUID) -> None:
    """Let an event be handled again that is dead or was ignored; as staff or as worker.

    Raises Conflict where it is neither, or what it said is forgotten.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT webhooks_replay(%s)", [event_id])
        (is_waiting,) = cursor.fetchone()
    if not is_waiting:
        raise Conflict(NOT_AGAIN)
    logger.info("webhooks.event.replayed", extra={"event": str(event_id)})
    enqueue(HANDLE_EVENTS, queue=QUEUE)


def erase_old_bodies() -> int:
    """Forget what events said ninety days ago; that they came is kept. Return their number."""
    old = WebhookEvent.objects.filter(
        received_at__lt=clock.now() - BODIES_KEPT_FOR, body__isnull=False
    )
    return old.exclude(state=WebhookEvent.State.NEW).update(body=None, query="")


def replayable() -> QuerySet[WebhookEvent]:
    """Return the events that can be handled again."""
    over = (WebhookEvent.State.DEAD, WebhookEvent.State.IGNORED)
    return WebhookEvent.objects.filter(state__in=over, body__isnull=False)


def events_of_steps(*, step_ids: Sequence[UUID]) -> list[WebhookEvent]:
    """Return the events whose addresses name one of these steps, oldest first; for staff."""
    if not step_ids:
        return []
    named = reduce(or_, (Q(query__contains=f"step={step_id}") for step_id in step_ids))
    return list(WebhookEvent.objects.filter(named).defer("body").order_by("id"))


def _wake() -> None:
    """Wake a worker for what was kept, unless one is on its way; a burst needs no more."""
    if outage.is_on():
        return
    try:
        is_needed = client().set(WOKEN, b"", nx=True, ex=WOKEN_SECONDS)
    except RedisError:
        outage.note()
        return
    if is_needed:
        enqueue(HANDLE_EVENTS, queue=QUEUE)


def _note_woken() -> None:
    """Have another worker woken for whatever is kept from now on."""
    with suppress(RedisError):
        client().delete(WOKEN)


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _kept(document: Mapping[str, Any], names: Sequence[str]) -> bytes:
    return json.dumps(_part(document, names)).encode()


def _part(document: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the named fields of a document; those of a document within it by dots."""
    within: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        outer, _, inner = name.partition(".")
        within[outer].append(inner)
    part: dict[str, Any] = {}
    for outer, inners in within.items():
        found = document.get(outer)
        if "" not in inners and isinstance(found, dict):
            part[outer] = _part(found, inners)
        elif "" in inners and outer in document:
            part[outer] = found
    return part


def _handle_next() -> bool:
    """Handle the oldest event that is due and that nobody else has; tell whether there was one."""
    with act_as_worker(), transaction.atomic():
        waiting = WebhookEvent.objects.filter(
            state=WebhookEvent.State.NEW, next_at__lte=clock.now()
        )
        event = waiting.order_by("id").select_for_update(skip_locked=True).first()
        if event is None:
            return False
        _handle(event)
        event.save(update_fields=["state", "attempts", "next_at", "error", "handled_at"])
        return True


def _handle(event: WebhookEvent) -> None:
    """Do what the event asks for and note it, both or neither."""
    event.attempts += 1
    if not _is_proven(event):
        _give_up(event, "Forged")
        logger.error("webhooks.event.forged", extra={"event": str(event.pk)})
        return
    try:
        with transaction.atomic():
            is_ours = HANDLERS[event.sender](event)
    except (OperationalError, InterfaceError):
        raise  # without the database nothing can be noted either: it stays as it was
    except Exception as error:  # noqa: BLE001 (whatever it was, the others are not kept waiting)
        _put_off(event, error)
    else:
        event.state = WebhookEvent.State.DONE if is_ours else WebhookEvent.State.IGNORED
        event.handled_at, event.error = clock.now(), ""


def _is_proven(event: WebhookEvent) -> bool:
    """Whether it was verified, and not only written into the table by whoever found a way there."""
    told = _told(event.sender, event.event_id, event.query, bytes(event.body or b""))
    return proofs.is_proven(bytes(event.proof), PROOF, told)


def _told(sender: str, event_id: str, query: str, body: bytes) -> bytes:
    return f"{sender}\0{event_id}\0{query}\0".encode() + body


def _may_still_pass(event: WebhookEvent, error: Exception) -> bool:
    """Whether it is only that somebody is away, and not for too long yet."""
    is_young = clock.now() - event.received_at < OUTAGES_LAST_UP_TO
    return isinstance(error, Unavailable) and is_young


def _give_up(event: WebhookEvent, error: str) -> None:
    event.error = error
    event.state, event.handled_at = WebhookEvent.State.DEAD, clock.now()


def _put_off(event: WebhookEvent, error: Exception) -> None:
    event.error = type(error).__name__
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(event.attempts - 1, MOST_ATTEMPTS))
    event.next_at = clock.now() + pause
    is_dead = event.attempts >= MOST_ATTEMPTS and not _may_still_pass(event, error)
    if is_dead:
        _give_up(event, type(error).__name__)
    facts = {"event": str(event.pk), "sender": event.sender, "attempts": event.attempts}
    level = logging.ERROR if is_dead else logging.WARNING
    logger.log(
        level,
        "webhooks.event.dead" if is_dead else "webhooks.event.failed",
        extra=facts,
        exc_info=error if is_dead else None,
    )
