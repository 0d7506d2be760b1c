"""Grant, reserve, capture, release, refund, revoke, adjust: the only Python caller of the ledger.

Each is one call of a function in the database (credits/sql), which does all of it or nothing.
Calling again with the same key, or settling again in the same way, changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from accounts import events
from credits import selectors
from credits.errors import (
    InsufficientCredits,
    KeyConflict,
    KeyLimitReached,
    ReservationClosed,
    TooMuch,
)
from credits.models import Lot
from visiona.lib import spender
from visiona.lib.db import actor
from visiona.lib.errors import NotFound

WHOSE = "(SELECT user_id FROM credits_reservation h WHERE h.id = reservation_id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How credits come: given, of a plan or bought; until when, and what was paid for them."""

    kind: Lot.Kind = Lot.Kind.PROMOTIONAL
    expires_at: datetime | None = None
    """Nothing for those that last, as all do that were bought."""
    paid_cents: int = 0


GIVEN = Terms()


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


def grant(
    *,
    user_id: UUID,
    amount: int,
    key: str,
    reason: str,
    terms: Terms = GIVEN,
) -> Result:
    """Give credits, as a lot that is named by the key. The reason is shown on the statement.

    Raises KeyConflict.
    """
    of_lot = (terms.kind.value, terms.expires_at, terms.paid_cents)
    result = _deposited(user_id, "grant", amount, key, reason, *of_lot)
    if not result.is_replay:
        events.track("credits.wallet.granted", user_id=user_id, amount=amount)
    return result


def adjust(*, user_id: UUID, amount: int, key: str, reason: str) -> Result:
    """Correct a wallet by hand, up or down; never below what is held.

    Raises KeyConflict and InsufficientCredits.
    """
    return _deposited(user_id, "adjust", amount, key, reason)


def reserve(*, amount: int, key: str, purpose: str, reference: str) -> Result:
    """Hold credits of the acting person for the job that the reference names.

    Where an API key orders, it counts against the key's monthly limit. Raises InsufficientCredits,
    KeyLimitReached and KeyConflict.
    """
    by = spender.current()
    asked = (amount, key, purpose, reference, *(by or (None, None)))
    result = _ask("credits_reserve(%s, %s, %s, %s, %s, %s)", *asked)
    if result.status == "over_limit":
        raise _key_limit(by, amount)
    who = actor.current()
    if who and who.user_id:
        changed(user_id=who.user_id)
    return _checked(result, required=amount)


def capture(*, reservation_id: UUID, amount: int | None = None) -> Result:
    """Spend a hold, all of it or an amount; the rest returns.

    Raises ReservationClosed, TooMuch and NotFound.
    """
    return _settled("credits_settle(%s, 'capture', %s)", reservation_id, amount)


def release(*, reservation_id: UUID) -> Result:
    """Return a hold in full. Raises ReservationClosed and NotFound."""
    return _settled("credits_settle(%s, 'release')", reservation_id)


def refund(*, reservation_id: UUID, amount: int, key: str, reason: str) -> Result:
    """Give back what was captured. Raises TooMuch, KeyConflict and NotFound."""
    return _settled("credits_refund(%s, %s, %s, %s)", reservation_id, amount, key, reason)


def revoke(*, user_id: UUID, lot_key: str, amount: int, key: str, reason: str) -> Result:
    """Take back so much of a lot whose money went back, and of no other.

    What of it is held is taken as soon as it returns; what was spent stays owed, and is seen on the
    statement. Raises TooMuch for more than the lot was, KeyConflict and NotFound.
    """
    arguments = (user_id, lot_key, amount, key, reason)
    result = _ask("credits_revoke(%s, %s, %s, %s, %s)", *arguments)
    changed(user_id=user_id)
    return _checked(result, required=amount)


def reinstate(*, user_id: UUID, key: str, reason: str) -> Result:
    """Undo the revocation of this key: what it took returns, and nothing is owed for it any more.

    Raises NotFound.
    """
    result = _ask("credits_reinstate(%s, %s, %s)", user_id, key, reason)
    changed(user_id=user_id)
    return _checked(result, required=0)


def expire_due(*, limit: int = 100) -> int:
    """Return holds whose time is over to their wallets; the number of them."""
    return len(_changed_by("credits_expire_due", limit))


def lapse_due(*, limit: int = 100) -> int:
    """Let the credits expire whose time is over; the number of wallets that had some."""
    return len(_changed_by("credits_lapse_due", limit))


def _changed_by(function: str, limit: int) -> list[UUID]:
    """Call a function of the database that answers whose wallets it has changed."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s::int)", [limit])
        owners: list[UUID] = [user_id for (user_id,) in cursor.fetchall()]
    for user_id in set(owners):
        changed(user_id=user_id)
    return owners


def changed(*, user_id: UUID) -> None:
    """Have the person's balance read anew once this is committed.

    Whoever lets the database move credits by another way than this module says so by this.
    """
    selectors.kept_balance(user_id=user_id).forget_on_commit()


def _deposited(user_id: UUID, kind: str, amount: int, key: str, reason: str, *terms: Any) -> Result:
    arguments = (user_id, kind, amount, key, reason, *terms)
    result = _ask(f"credits_deposit({', '.join(['%s'] * len(arguments))})", *arguments)
    changed(user_id=user_id)
    return _checked(result, required=-amount)


def _settled(function: str, *arguments: Any) -> Result:
    """Change a reservation, and have the balance of whose it is read anew."""
    *result, user_id = _row(function, f", {WHOSE}", arguments)
    if user_id:
        changed(user_id=user_id)
    return _checked(Result(*result), required=0)


def _ask(function: str, *arguments: Any) -> Result:
    return Result(*_row(function, "", arguments))


def _row(function: str, besides: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        # The functions' names and the number of places are ours; only arguments come from outside.
        cursor.execute(
            f"SELECT status, reservation_id, balance, held{besides} FROM {function}",  # noqa: S608
            arguments,
        )
        row: tuple[Any, ...] = cursor.fetchone()
        return row


def _key_limit(by: spender.Spender | None, amount: int) -> KeyLimitReached:
    if by is None or by.monthly_limit is None:
        raise TypeError("Only a key with a limit has reached it.")
    return KeyLimitReached(
        required=amount,
        spent=selectors.spent_this_month(spenders=[by.key_id])[by.key_id],
        limit=by.monthly_limit,
        resets_at=selectors.next_month_start(),
    )


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
            raise NotFound("The ledger knows nothing by that name.")
        case state:
            raise ReservationClosed(state)
