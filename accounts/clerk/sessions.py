"""Sessions at Clerk, and the browser sessions of ours that live by them and no longer."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts import services
from accounts.clerk.tokens import Claims, TokenRefused
from accounts.models import ClerkSession, User
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user
from visiona.lib.queue import enqueue

FRESH_FOR = timedelta(minutes=15)
"""How long a browser's session lasts after a token was last seen; the next one opens it anew."""


def claim(*, user: User, claims: Claims) -> ClerkSession:
    """Return the session of this token, for us alone until the transaction ends.

    Raises TokenRefused for one that has ended.
    """
    ours = ClerkSession.objects.select_for_update()
    session, _ = ours.get_or_create(pk=claims.session_id, defaults={"user": user})
    if session.ended_at is not None:
        raise TokenRefused
    return session


def bind(*, session: ClerkSession, session_key: str) -> None:
    """Let a browser's session live by one at Clerk; the browser's former one ends."""
    if session.session_key != session_key:
        _end_browser(session.session_key)
    session.session_key = session_key
    session.save(update_fields=["session_key"])


@transaction.atomic
def end(*, user: User, session_id: str) -> None:
    """Note that a session at Clerk is over, and sign out the browser that lived by it."""
    with act_as_user(user.pk):
        sessions = ClerkSession.objects.select_for_update()
        session, _ = sessions.get_or_create(pk=session_id, defaults={"user": user})
        _end_browser(session.session_key)
        session.ended_at = session.ended_at or clock.now()
        session.save(update_fields=["ended_at"])


@transaction.atomic
def sign_out(*, user: User, session_id: str) -> None:
    """End a session here and at Clerk."""
    end(user=user, session_id=session_id)
    enqueue(services.REVOKE_CLERK_SESSION, queue="chores", clerk_session_id=session_id)


def _end_browser(session_key: str) -> None:
    if session_key:
        UserSession.objects.filter(session_key=session_key).delete()
        Session.objects.filter(session_key=session_key).delete()
