"""Who is acting on the database; the backend reads this with each statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from typing import Any, Literal, NamedTuple
from uuid import UUID

Role = Literal["app", "staff", "worker", "owner"]


class Actor(NamedTuple):
    """A person acting through the product, or one of our own processes."""

    role: Role = "app"
    user_id: UUID | None = None


NOBODY = Actor()
WORKER = Actor(role="worker")
OWNER = Actor(role="owner")

_actor: ContextVar[Actor | None] = ContextVar("database_actor", default=None)


def current() -> Actor | None:
    """Return who is acting, or None where nobody said so: then the login decides."""
    return _actor.get()


def bind(actor: Actor) -> Token[Actor | None]:
    """Act as this actor from now on, in an open transaction too; `unbind` with the token."""
    return _actor.set(actor)


def unbind(token: Token[Actor | None]) -> None:
    """Act again as whoever acted before."""
    _actor.reset(token)


@contextmanager
def act_as(actor: Actor) -> Iterator[None]:
    """Run a block as this actor."""
    token = bind(actor)
    try:
        yield
    finally:
        unbind(token)


def act_as_user(user_id: UUID) -> Any:
    """Run a block with exactly the rights of this person."""
    return act_as(Actor(user_id=user_id))


def act_as_worker() -> Any:
    """Run a block as our own background process: every row, and the ledger's functions."""
    return act_as(WORKER)
