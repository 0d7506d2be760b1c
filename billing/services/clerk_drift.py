"""Where our people and Clerk's have drifted apart, because news was lost: found and repaired."""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

from accounts import selectors as accounts_selectors
from accounts.clerk import backend, events, people
from accounts.clerk.people import Told
from accounts.errors import AddressTaken, AddressUnproven
from billing.services import clerk_events
from visiona.lib.errors import NotFound

CLOSED = "closed"
REFUSED = "refused"
MISSING = "missing"

logger = logging.getLogger(__name__)


def find(*, repairs: bool) -> Counter[str]:
    """Compare everybody at Clerk with everybody here, both ways; return what was how often.

    Without `repairs` nothing is changed: who is unknown here counts as missing. Raises Unavailable
    where Clerk does not answer; what was repaired by then stays so.
    """
    found: Counter[str] = Counter()
    there: set[str] = set()
    for document in backend.users():
        told = Told.read(document)
        there.add(told.clerk_id)
        found[_follow(told) if repairs else _compare(told)] += 1
    for clerk_id in accounts_selectors.clerk_ids():
        if clerk_id not in there and _is_gone(clerk_id):
            found[CLOSED] += 1
            if repairs:
                clerk_events.follow(kind=events.GONE, data={"id": clerk_id})
    return found


def _follow(told: Told) -> str:
    try:
        return people.follow(told=told).value
    except (AddressTaken, AddressUnproven) as error:
        logger.warning("billing.clerk.refused", extra={"reason": type(error).__name__})
        return REFUSED


def _compare(told: Told) -> str:
    try:
        user = accounts_selectors.user_by_clerk_id(clerk_id=told.clerk_id)
    except NotFound:
        return MISSING
    return people.outcome_for(user=user, told=told).value


def _is_gone(clerk_id: str) -> bool:
    """Whether Clerk knows nobody by this id; somebody may have come while everybody was read."""
    try:
        found: Mapping[str, Any] = backend.user(clerk_id=clerk_id)
    except NotFound:
        return True
    return not found
