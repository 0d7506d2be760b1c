"""Which program spends: the API key that a request came with, for the ledger to count."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple
from uuid import UUID


class Spender(NamedTuple):
    """An API key, and how many credits it may spend in a month; without a number, any."""

    key_id: UUID
    monthly_limit: int | None


_current: ContextVar[Spender | None] = ContextVar("spender", default=None)


def current() -> Spender | None:
    """Return the key on whose behalf this runs; None where a person acts themselves."""
    return _current.get()


def bind(spender: Spender | None) -> None:
    """Let this key spend from now on, until the request that is `kept_apart` ends."""
    _current.set(spender)


@contextmanager
def kept_apart() -> Iterator[None]:
    """Run a block, a request for example, in which nobody spends until somebody is bound."""
    token = _current.set(None)
    try:
        yield
    finally:
        _current.reset(token)
