"""Work that accounts does by the clock."""

from typing import Any

from celery import shared_task
from django.contrib.sessions.backends.db import SessionStore

from accounts import events, services
from accounts.clerk import backend
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import Unavailable


@shared_task
def forget_idempotency_keys(**_: Any) -> None:
    with act_as_worker():
        services.forget_idempotency_keys()


@shared_task
def clear_sessions(**_: Any) -> None:
    """Delete the sessions that have expired, and what was noted about them."""
    with act_as_worker():
        SessionStore.clear_expired()
        services.forget_ended_sessions()


@shared_task
def erase_old_events(**_: Any) -> None:
    """Delete the product events whose time is over."""
    with act_as_worker():
        events.erase_old()


@shared_task(autoretry_for=(Unavailable,), retry_backoff=5, max_retries=5)
def revoke_clerk_session(*, clerk_session_id: str, **_: Any) -> None:
    """End a session at Clerk whose browser has signed out here."""
    if backend.is_on():
        backend.revoke_session(session_id=clerk_session_id)
