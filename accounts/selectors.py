"""The only way to people's rows."""

import hashlib
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import Count, Q, QuerySet

from accounts.models import ApiToken, User
from visiona.lib import clock
from visiona.lib.errors import NotFound
from visiona.lib.periods import Period


def user_by_email(*, email: str) -> User:
    """Return the person with this address, whatever its case, or raise NotFound."""
    user = User.objects.filter(email=email.strip().lower()).first()
    if user is None:
        raise NotFound("Nobody has this e-mail address.")
    return user


def user_by_id(*, user_id: UUID) -> User:
    """Return this person or raise NotFound."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None:
        raise NotFound
    return user


def user_by_clerk_id(*, clerk_id: str) -> User:
    """Return the person of this id at Clerk, here or gone, or raise NotFound."""
    user = User.objects.filter(clerk_id=clerk_id).first()
    if user is None:
        raise NotFound("Nobody here is known to Clerk by this id.")
    return user


def clerk_ids() -> list[str]:
    """Return the ids at Clerk of everybody who is here, in the order in which they came."""
    here = User.objects.filter(clerk_id__isnull=False, is_active=True).order_by("pk")
    return [str(one) for one in here.values_list("clerk_id", flat=True)]


def live_token(*, secret: str) -> ApiToken | None:
    """Return the token that this secret opens, with its person, if it is still good."""
    digest = hashlib.sha256(secret.encode()).digest()
    # Every call of the API asks this: one look-up by the unique digest, the rest is read off it.
    found: ApiToken | None
    found = next(iter(ApiToken.objects.select_related("user").filter(digest=digest)), None)
    return found if found and found.is_live and found.user.is_active else None


def api_keys_of(*, user: User) -> QuerySet[ApiToken]:
    """Return a person's live API keys, newest first."""
    keys: QuerySet[ApiToken] = (
        ApiToken.objects.live().filter(user=user, purpose=ApiToken.Purpose.KEY).order_by("-id")
    )
    return keys


def api_key_of(*, user: User, key_id: UUID) -> ApiToken:
    """Return the person's live API key or raise NotFound."""
    key = api_keys_of(user=user).filter(pk=key_id).first()
    if key is None:
        raise NotFound("There is no such API key, or it has been revoked.")
    return key


def sign_ins_of(*, user: User) -> QuerySet[ApiToken]:
    """Return the programs that are signed in as this person, newest first."""
    tokens: QuerySet[ApiToken] = ApiToken.objects.live().filter(
        user=user, purpose=ApiToken.Purpose.SIGN_IN
    )
    return tokens.order_by("-id")


def sessions_of(*, user: User) -> "QuerySet[Any]":
    """Return the browsers that are signed in as this person, last seen first."""
    alive = Session.objects.filter(expire_date__gt=clock.now()).values("session_key")
    mine: QuerySet[Any] = UserSession.objects.filter(user=user, session_key__in=alive)
    return mine.order_by("-last_seen_at", "-pk")


def has_confirmed(*, user: User) -> bool:
    """Return whether the person has confirmed the address that they sign in with."""
    address = EmailAddress.objects.filter(user=user, email=user.email, verified=True)
    return bool(address.exists())


def count_people(*, period: Period) -> tuple[int, int]:
    """Return how many people there were at the end of a time, and how many came in it."""
    there = User.objects.filter(created_at__lt=period.end)
    counted = there.aggregate(
        total=Count("id"), new=Count("id", filter=Q(created_at__gte=period.start))
    )
    return counted["total"], counted["new"]
