"""The only way to people's rows."""

import hashlib
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import ApiToken, User
from visiona.lib.errors import NotFound


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
