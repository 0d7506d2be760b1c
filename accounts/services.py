"""Every write about people and their keys."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts import events, selectors
from accounts.errors import EmailTaken
from accounts.models import ApiToken, ClerkSession, IdempotencyKey, Role, User
from visiona.lib import clock
from visiona.lib.db.actor import act_as_user
from visiona.lib.errors import NotFound
from visiona.lib.queue import enqueue

TOKEN_MARK = "vis_"  # noqa: S105 (a mark that scanners can look for, not a secret)
SIGN_IN_DAYS = 30
MAX_KEY_NAME = 80
MAX_MONTHLY_LIMIT = 1_000_000
USED_RESOLUTION = timedelta(minutes=1)
CLERK_SESSIONS_KEPT_FOR = timedelta(days=90)
"""Longer than Clerk's sessions usually live: what was ended here must open nothing again."""
REVOKE_CLERK_SESSION = "accounts.tasks.revoke_clerk_session"
IDEMPOTENCY_HOURS = 24


@transaction.atomic
def sign_up(*, email: str, password: str) -> User:
    """Make a person; the ledger gives the welcome credits with the row.

    Raises EmailTaken.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password)
    except IntegrityError:
        raise EmailTaken from None
    note_sign_up(user=user, door="api")
    return user


def note_sign_up(*, user: User, door: str) -> None:
    """Note that a person has come, and by which door."""
    with act_as_user(user.pk):
        events.track("accounts.user.signed_up", user_id=user.pk, door=door)


@transaction.atomic
def issue_sign_in(*, user: User, client: str) -> str:
    """Open a session for a program and return its secret."""
    with act_as_user(user.pk):
        _, secret = _issue(
            user,
            purpose=ApiToken.Purpose.SIGN_IN,
            name=client[:MAX_KEY_NAME] or "Unknown client",
            expires_in=timedelta(days=SIGN_IN_DAYS),
        )
    return secret


@transaction.atomic
def create_api_key(
    *, user: User, name: str, monthly_limit: int | None = None
) -> tuple[ApiToken, str]:
    """Make an API key and return it with its secret, which is never shown again."""
    events.track("accounts.api_key.created", user_id=user.pk, monthly_limit=monthly_limit)
    return _issue(user, purpose=ApiToken.Purpose.KEY, name=name, monthly_limit=monthly_limit)


def _issue(
    user: User,
    *,
    purpose: ApiToken.Purpose,
    name: str,
    monthly_limit: int | None = None,
    expires_in: timedelta | None = None,
) -> tuple[ApiToken, str]:
    secret = TOKEN_MARK + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user,
        purpose=purpose,
        name=name,
        prefix=secret[:12],
        # 256 random bits cannot be guessed, so a slow hash would add nothing.
        digest=hashlib.sha256(secret.encode()).digest(),
        monthly_limit=monthly_limit,
        expires_at=clock.now() + expires_in if expires_in else None,
    )
    return token, secret


def change_api_key(*, user: User, key_id: UUID, **changes: str | int | None) -> ApiToken:
    """Change the name or the monthly limit of an API key. Raises NotFound as revoking does."""
    key = selectors.api_key_of(user=user, key_id=key_id)
    for field, value in changes.items():
        setattr(key, field, value)
    key.save(update_fields=list(changes))
    return key


def revoke_api_key(*, user: User, key_id: UUID) -> None:
    """End an API key at once. Raises NotFound for a key that is not mine or is dead."""
    found = ApiToken.objects.live().filter(user=user, pk=key_id, purpose=ApiToken.Purpose.KEY)
    if not found.update(revoked_at=clock.now()):
        raise NotFound("There is no such API key, or it has been revoked.")


def revoke_token(*, token: ApiToken) -> None:
    """End the token that a request came with."""
    ApiToken.objects.filter(pk=token.pk).update(revoked_at=clock.now())


def end_sign_in(*, user: User, token_id: UUID) -> None:
    """Sign one program out at once. Raises NotFound for a sign-in that is not mine or is over."""
    mine = selectors.sign_ins_of(user=user).filter(pk=token_id)
    if not mine.update(revoked_at=clock.now()):
        raise NotFound("This program is not signed in any more.")


@transaction.atomic
def end_session(*, user: User, session_id: int) -> None:
    """Sign one browser out at once. Raises NotFound for one that is not mine or is over."""
    ended = UserSession.objects.filter(user=user, pk=session_id)
    if not _end(ended):
        raise NotFound("This browser is not signed in any more.")


@transaction.atomic
def end_sessions(*, user: User, but: str | None = None) -> None:
    """Sign every browser and program out but the browser whose session key this is.

    API keys go on: they were made to outlive a session.
    """
    _end(UserSession.objects.filter(user=user).exclude(session_key=but or ""))
    selectors.sign_ins_of(user=user).update(revoked_at=clock.now())


def _end(sessions: "QuerySet[Any]") -> int:
    """Delete these sessions with the notes about them; return how many there were."""
    keys = list(sessions.values_list("session_key", flat=True))
    sessions.delete()
    end_at_clerk(session_keys=keys)
    return Session.objects.filter(session_key__in=keys).delete()[0]


@transaction.atomic
def end_at_clerk(*, session_keys: Iterable[str | None]) -> None:
    """End the sessions at Clerk by which these browsers are signed in, if they are by any."""
    bound = ClerkSession.objects.filter(session_key__in=list(session_keys), ended_at=None)
    for session in bound.select_for_update():
        session.ended_at = clock.now()
        session.save(update_fields=["ended_at"])
        enqueue(REVOKE_CLERK_SESSION, queue="chores", clerk_session_id=session.pk)


def forget_ended_sessions() -> int:
    """Delete the notes about sessions that have ended by themselves; return how many."""
    alive = Session.objects.filter(expire_date__gt=clock.now()).values("session_key")
    ended: int = UserSession.objects.exclude(session_key__in=alive).delete()[0]
    old = ClerkSession.objects.filter(created_at__lt=clock.now() - CLERK_SESSIONS_KEPT_FOR)
    old.exclude(session_key__in=alive).exclude(
        ended_at__gt=clock.now() - CLERK_SESSIONS_KEPT_FOR
    ).delete()
    return ended


def revoke_everything(*, user: User) -> None:
    """End whatever opens this person's account: browsers, programs, API keys and the password."""
    end_sessions(user=user)
    selectors.api_keys_of(user=user).update(revoked_at=clock.now())
    user.set_unusable_password()
    user.save(update_fields=["password"])


def note_use(*, token: ApiToken) -> None:
    """Remember when a token was last used, to the minute; not of one that is kept nowhere."""
    if token.clerk_session_id:
        return
    now = clock.now()
    if token.last_used_at is None or now - token.last_used_at > USED_RESOLUTION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)


def forget_idempotency_keys() -> int:
    """Delete the answers that nobody may ask for again; return how many."""
    oldest = clock.now() - timedelta(hours=IDEMPOTENCY_HOURS)
    return IdempotencyKey.objects.filter(created_at__lt=oldest).delete()[0]


def describe(*, user: User, name: str | None = None) -> User:
    """Change what a person is called."""
    if name is not None:
        user.name = name
        user.save(update_fields=["name"])
    return user


def follow_plan(*, user_id: UUID, is_subscriber: bool) -> None:
    """Let the role follow what the person pays for; staff stay what they are."""
    role, other = Role.SUBSCRIBER, Role.USER
    if not is_subscriber:
        role, other = other, role
    User.objects.filter(pk=user_id, role=other).update(role=role)


def dismiss_checklist(*, user: User) -> None:
    """Put the first-run checklist away for good."""
    user.checklist_dismissed_at = clock.now()
    user.save(update_fields=["checklist_dismissed_at"])


def forget_answers(*, user_id: UUID, locations: Iterable[str]) -> None:
    """Forget the stored first answers that led to these addresses."""
    IdempotencyKey.objects.filter(user_id=user_id, location__in=list(locations)).delete()
