"""What Clerk tells about people and their sessions: late, twice and in any order."""

import logging
from collections.abc import Mapping
from typing import Any

from accounts import selectors
from accounts.clerk import people, sessions
from accounts.clerk.people import Outcome, Told
from accounts.errors import AddressUnproven
from accounts.models import User
from visiona.lib.errors import NotFound

OF_PEOPLE = {"user.created", "user.updated"}
GONE = "user.deleted"
ENDINGS = {"session.ended", "session.removed", "session.revoked"}

logger = logging.getLogger(__name__)


def follow(*, kind: str, data: Mapping[str, Any]) -> bool:
    """Do what an event asks for; tell whether it was for us. As worker.

    Raises ValueError for what is no object of Clerk's, and AddressTaken where its person's address
    is still somebody else's: that one may have left, and the news of it be on its way.
    """
    if kind in OF_PEOPLE:
        return _follow_person(data)
    if kind in ENDINGS:
        return _end_session(data)
    return False


def forget(*, data: Mapping[str, Any]) -> User:
    """Close the account of whom Clerk has deleted. Raises ValueError where it says of nobody."""
    return people.forget(clerk_id=people.id_of(data))


def _follow_person(data: Mapping[str, Any]) -> bool:
    try:
        return people.follow(told=Told.read(data)) is not Outcome.CLOSED
    except AddressUnproven:
        logger.warning("accounts.clerk.address_unproven")
        return False


def _end_session(data: Mapping[str, Any]) -> bool:
    session_id = data.get("id")
    try:
        user = selectors.user_by_clerk_id(clerk_id=str(data.get("user_id")))
    except NotFound:
        return False  # whom we never met cannot be signed in
    if not isinstance(session_id, str) or not session_id:
        raise ValueError("This session of Clerk's has no id.")
    sessions.end(user=user, session_id=session_id)
    return True
