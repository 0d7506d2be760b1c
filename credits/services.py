"""Grant, reserve, capture, release, refund, adjust: the only Python caller of the ledger.

Each is one call of a function in the database (credits/sql/ledger.sql), which does all of it or
nothing. Calling again with the same key, or settling again in the same way, changes nothing.
"""

from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from credits.errors import InsufficientCredits, KeyConflict, ReservationClosed, TooMuch
from visiona.lib.errors import NotFound


class Result(NamedTuple):
    """What the ledger answered; balance and held are the wallet's after the call, in credits."""

    status: str
    reservation_id: UUID | None
    balance: int
    held: int

    @property
    def hold(self) -> UUID:
        """The reservation that was made or settled."""
        if self.reservation_id is None:
            raise TypeError("This was no change of a reservation.")
        return self.reservation_id

    @property
    def is_replay(self) -> bool:
        """Whether this had been done before and nothing changed now."""
        return self.status == "replay"


def grant(*, user_id: UUID, amount: int, key: str, reason: str) -> Result:
    """Give credits. The reason is shown on the person's statement.

    Raises KeyConflict.
    """
    return _call("credits_deposit(%s, 'grant', %s, %s, %s)", user_id, amount, key, reason)


def adjust(*, user_id: UUID, amount: int, key: str, reason: str) -> Result:
    """Correct a wallet by hand, up or down; never below what is held.

    Raises KeyConflict and InsufficientCredits.
    """
    result = _ask("credits_deposit(%s, 'adjust', %s, %s, %s)", user_id, amount, key, reason)
    return _checked(result, required=-amount)


def reserve(*, amount: int, key: str, purpose: str, reference: str) -> Result:
    """Hold credits of the acting person for the job that the reference names.

    Raises InsufficientCredits and KeyConflict.
    """
    result = _ask("credits_reserve(%s, %s, %s, %s)", amount, key, purpose, reference)
    return _checked(result, required=amount)


def capture(*, reservation_id: UUID, amount: int | None = None) -> Result:
    """Spend a hold, all of it or an amount; the rest returns.

    Raises ReservationClosed, TooMuch and NotFound.
    """
    return _call("credits_settle(%s, 'capture', %s)", reservation_id, amount)


def release(*, reservation_id: UUID) -> Result:
    """Return a hold in full. Raises ReservationClosed and NotFound."""
    return _call("credits_settle(%s, 'release')", reservation_id)


def refund(*, reservation_id: UUID, amount: int, key: str, reason: str) -> Result:
    """Give back what was captured. Raises TooMuch, KeyConflict and NotFound."""
    return _call("credits_refund(%s, %s, %s, %s)", reservation_id, amount, key, reason)


def expire_due(*, limit: int = 100) -> int:
    """Return holds whose time is over to their wallets; the number of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT credits_expire_due(%s::int)", [limit])
        return int(cursor.fetchone()[0])


def _call(function: str, *arguments: Any) -> Result:
    return _checked(_ask(function, *arguments), required=0)


def _ask(function: str, *arguments: Any) -> Result:
    with connection.cursor() as cursor:
        # The functions' names and the number of places are ours; only arguments come from outside.
        cursor.execute(
            f"SELECT status, reservation_id, balance, held FROM {function}",  # noqa: S608
            arguments,
        )
        return Result(*cursor.fetchone())


def _checked(result: Result, *, required: int) -> Result:
    match result.status:
        case "ok" | "replay":
            return result
        case "insufficient" | "no_wallet":
            available = result.balance - result.held
            raise InsufficientCredits(required=required, available=available)
        case "key_conflict":
            raise KeyConflict
        case "too_much":
            raise TooMuch
        case "not_found":
            raise NotFound("There is no such reservation.")
        case state:
            raise ReservationClosed(state)
