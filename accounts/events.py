"""Product events: what happened, in short codes and numbers; written once, never changed."""

import math
import re
from datetime import timedelta
from uuid import UUID

from accounts.models import Event
from visiona.lib import clock
from visiona.lib.db.inserting import insert
from visiona.lib.request_id import uuid7

KEPT_FOR = timedelta(days=400)
NAME = re.compile(r"[a-z]+\.[a-z_]+\.[a-z_]+")
CODE = re.compile(r"[A-Za-z0-9_.:/-]{0,40}")
"""What a fact may say in letters: an id, a kind, the code of an error, and nobody's words."""

Fact = int | float | str | bool | None


def track(name: str, *, user_id: UUID, **facts: Fact) -> None:
    """Note that something happened to a person, in the caller's transaction and as who it acts.

    Raises ValueError for a name that is not `app.thing.happened`, and for a fact that is neither a
    number nor a short code.
    """
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an event. Write it as app.thing.happened.")
    for label, fact in facts.items():
        if not _is_plain(fact):
            raise ValueError(f"{label} of {name} is no number and no short code. Leave it out.")
    insert(Event(id=uuid7(), name=name, user_id=user_id, facts=facts))


def erase_old() -> int:
    """Delete the events that are older than 400 days; return how many."""
    return Event.objects.filter(created_at__lt=clock.now() - KEPT_FOR).delete()[0]


def _is_plain(fact: Fact) -> bool:
    if isinstance(fact, str):
        return CODE.fullmatch(fact) is not None
    return fact is None or math.isfinite(fact)
