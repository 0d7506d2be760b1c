"""People whom Clerk knows: each is one of ours, however we hear of them first."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import Exists

from accounts import selectors, services
from accounts.clerk import backend
from accounts.clerk.tokens import Claims, TokenRefused
from accounts.errors import AccountClosed, AddressTaken, AddressUnproven
from accounts.models import ClerkSession, User
from visiona.lib.db.actor import NOBODY, act_as, act_as_user
from visiona.lib.db.locks import wait_for_turn
from visiona.lib.errors import NotFound

NOWHERE = "clerk.invalid"
"""Where the addresses of people are whose own we do not know, or no more: no mail gets there."""
LONGEST_NAME, LONGEST_IMAGE_URL, LONGEST_ID = 120, 500, 64

logger = logging.getLogger(__name__)


class Outcome(StrEnum):
    """What has become of one piece of news about a person."""

    MADE = "made"
    CHANGED = "changed"
    KNOWN = "known"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What Clerk says of a person. Only an address that it has verified is theirs."""

    clerk_id: str
    address: str = ""
    claimed: str = ""
    name: str = ""
    image_url: str = ""
    updated_at: datetime | None = None
    is_banned: bool = False

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> "Told":
        """Return what a user object of Clerk's says. Raises ValueError for one that is none."""
        address, is_verified = _primary_address(document)
        names = (document.get("first_name"), document.get("last_name"))
        image_url = document.get("image_url") or ""
        return cls(
            clerk_id=id_of(document),
            address=address if is_verified else "",
            claimed="" if is_verified else address,
            name=" ".join(str(name) for name in names if name)[:LONGEST_NAME],
            image_url=image_url if _is_image_url(image_url) else "",
            updated_at=moment_of(document.get("updated_at")),
            is_banned=document.get("banned") is True,
        )


def id_of(document: Mapping[str, Any]) -> str:
    """Return the id of a user object of Clerk's. Raises ValueError where there is none."""
    found = document.get("id")
    if not isinstance(found, str) or not 0 < len(found) <= LONGEST_ID:
        raise ValueError("This user of Clerk's has no id.")
    return found


def moment_of(value: Any) -> datetime | None:
    """Return a time of Clerk's, which are milliseconds; nothing for what is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return datetime.fromtimestamp(value / 1000, tz=UTC)


def person_of(*, claims: Claims) -> User | None:
    """Return the person of a session token, if we know them.

    Raises TokenRefused for a session that has ended and AccountClosed for somebody who has left.
    """
    ended = ClerkSession.objects.filter(pk=claims.session_id, ended_at__isnull=False)
    found = User.objects.filter(clerk_id=claims.user_id).annotate(has_ended=Exists(ended))
    user = next(iter(found), None)
    if user is None:
        return None
    if user.has_ended:
        raise TokenRefused
    if not user.is_active:
        raise AccountClosed
    return user


def enter(*, claims: Claims) -> User:
    """Return the person of a session token; whom we see first by it is made then, and once.

    Raises as `person_of` does, AddressUnproven and AddressTaken where the address is somebody
    else's here, and Unavailable where Clerk has to be asked and does not answer. A transaction that
    is open would wait for Clerk with all that it holds: have none.
    """
    with act_as(NOBODY):
        user = person_of(claims=claims)
        if user is not None:
            return user
        told = _asked(claims.user_id)
        if told.is_banned:
            raise AccountClosed
        with transaction.atomic():
            _wait_for_turn(told.clerk_id)
            return person_of(claims=claims) or _make_or_link(told)


@transaction.atomic
def follow(*, told: Told) -> Outcome:
    """Make what we know of a person what Clerk says, unless we heard something newer; as worker.

    Raises AddressUnproven and AddressTaken where the address is somebody else's here.
    """
    _wait_for_turn(told.clerk_id)
    user = User.objects.filter(clerk_id=told.clerk_id).first()
    if user is None:
        user, outcome = _make_or_link(told), Outcome.MADE
    elif not user.is_active:
        return Outcome.CLOSED
    elif _is_old(told, user):
        return Outcome.KNOWN
    else:
        outcome = Outcome.CHANGED if _adopt(user, told) else Outcome.KNOWN
    if told.is_banned:
        services.revoke_everything(user=user)
    User.objects.filter(pk=user.pk).update(clerk_updated_at=told.updated_at)
    return outcome


def outcome_for(*, user: User, told: Told) -> Outcome:
    """Return what would become of somebody whom we know by what Clerk says; it changes nothing."""
    if not user.is_active:
        return Outcome.CLOSED
    if _is_old(told, user) or not _news_of(user, told):
        return Outcome.KNOWN
    return Outcome.CHANGED


@transaction.atomic
def forget(*, clerk_id: str) -> User:
    """Close the account of somebody whom Clerk has deleted, and forget who they were; as worker.

    Somebody of whom we had not heard is remembered as gone, so that late news makes nobody.
    """
    _wait_for_turn(clerk_id)
    user = User.objects.filter(clerk_id=clerk_id).first()
    if user is None:
        return User.objects.create_user(_nowhere(clerk_id), clerk_id=clerk_id, is_active=False)
    services.revoke_everything(user=user)
    EmailAddress.objects.filter(user=user).delete()
    user.email, user.name, user.image_url, user.is_active = _nowhere(clerk_id), "", "", False
    user.save(update_fields=["email", "name", "image_url", "is_active"])
    return user


def _asked(clerk_id: str) -> Told:
    """Return what Clerk says of somebody; nothing but the id where it cannot be asked."""
    if not backend.is_on():
        return Told(clerk_id=clerk_id)
    try:
        return Told.read(backend.user(clerk_id=clerk_id))
    except NotFound:
        raise AccountClosed from None


def _wait_for_turn(clerk_id: str) -> None:
    """Let nobody else make, change or close the same person until the transaction ends."""
    wait_for_turn(f"clerk:{clerk_id}")


def _make_or_link(told: Told) -> User:
    holder = _holder_of(told.address or told.claimed)
    if holder is None:
        return _make(told)
    if not told.address:
        raise AddressUnproven
    if holder.clerk_id:
        raise AddressTaken
    if not holder.is_active:
        raise AccountClosed
    _link(holder, told)
    return holder


def _make(told: Told) -> User:
    user = User.objects.create_user(
        told.address or _nowhere(told.clerk_id),
        clerk_id=told.clerk_id,
        name=told.name,
        image_url=told.image_url,
    )
    with act_as_user(user.pk):
        _keep_address(user, told.address)
    services.note_sign_up(user=user, door="clerk")
    return user


def _link(user: User, told: Told) -> None:
    """Give an account of ours to whom Clerk says its address belongs.

    Who made it may have been somebody else if the address was never confirmed: then whatever opened
    it does so no more.
    """
    with act_as_user(user.pk):
        if not selectors.has_confirmed(user=user):
            services.revoke_everything(user=user)
        user.clerk_id = told.clerk_id
        user.save(update_fields=["clerk_id"])
    _adopt(user, told)
    logger.info("accounts.clerk.linked", extra={"user": str(user.pk)})


def _adopt(user: User, told: Told) -> bool:
    """Take over what Clerk says; tell whether anything is new. A taken address is left alone."""
    holder = _holder_of(told.address)
    is_taken = holder is not None and holder.pk != user.pk
    news = _news_of(user, told)
    if is_taken:
        logger.warning("accounts.clerk.address_taken", extra={"user": str(user.pk)})
        news.pop("email", "")
    for field, value in news.items():
        setattr(user, field, value)
    with act_as_user(user.pk):
        user.save(update_fields=list(news))
        _keep_address(user, "" if is_taken else told.address)
    return bool(news)


def _news_of(user: User, told: Told) -> dict[str, str]:
    """Return what Clerk says otherwise than we. What it does not say stays as it is."""
    said = {
        "email": told.address or user.email,
        "name": told.name or user.name,
        "image_url": told.image_url or user.image_url,
    }
    return {field: value for field, value in said.items() if getattr(user, field) != value}


def _keep_address(user: User, address: str) -> None:
    """Note that this is the one address of a person, verified by Clerk."""
    if not address:
        return
    EmailAddress.objects.filter(user=user).exclude(email=address).delete()
    EmailAddress.objects.update_or_create(
        user=user, email=address, defaults={"primary": True, "verified": True}
    )


def _holder_of(address: str) -> User | None:
    if not address:
        return None
    confirmed = EmailAddress.objects.filter(email=address, verified=True)
    by_address = User.objects.filter(email=address).first()
    return by_address or User.objects.filter(pk__in=confirmed.values("user_id")).first()


def _is_old(told: Told, user: User) -> bool:
    if user.clerk_updated_at is None:
        return False
    return told.updated_at is None or told.updated_at <= user.clerk_updated_at


def _nowhere(clerk_id: str) -> str:
    return f"{hashlib.sha256(clerk_id.encode()).hexdigest()[:32]}@{NOWHERE}"


def _primary_address(document: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the primary address of a user object, and whether Clerk has verified it."""
    wanted = document.get("primary_email_address_id")
    for one in document.get("email_addresses") or ():
        if wanted and one.get("id") == wanted:
            verification = one.get("verification") or {}
            address = str(one.get("email_address") or "").strip().lower()
            return address, verification.get("status") == "verified"
    return "", False


def _is_image_url(value: Any) -> bool:
    is_short = isinstance(value, str) and len(value) <= LONGEST_IMAGE_URL
    return is_short and value.startswith("https://")
