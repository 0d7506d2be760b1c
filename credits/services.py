"""Grant, reserve, capture, release, refund, revoke, adjust: the only Python caller of the ledger.

Each is one call of a function in the database (credits/sql), which does all of it or nothing.
Calling again with the same key, or settling again in the same way, changes nothing.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from accounts import events
from credits import selectors
from credits.errors import (
    AdjustmentDecided,
    InsufficientCredits,
    KeyConflict,
    KeyLimitReached,
    LessAvailable,
    OwnWallet,
    ReservationClosed,
    SecondPersonNeeded,
    TooMuch,
)
from credits.models import (
    ALONE_UP_TO,
    LEAST_REASON,
    MOST_ADJUSTED,
    MOST_REASON,
    Adjustment,
    Lot,
)
from visiona.lib import live, proofs, spender
from visiona.lib.db import actor
from visiona.lib.errors import FieldError, InvalidInput, NotAllowed, NotFound
from visiona.lib.queue import enqueue

POST_ADJUSTMENTS = "credits.tasks.post_adjustments"
CHORES = "chores"
PROPOSE, APPROVE = "credits.adjustment.propose", "credits.adjustment.approve"

logger = logging.getLogger(__name__)
WHOSE = "(SELECT user_id FROM credits_reservation h WHERE h.id = reservation_id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How credits come: given, of a plan or bought; until when, and what was paid for them."""

    kind: Lot.Kind = Lot.Kind.PROMOTIONAL
    expires_at: datetime | None = None
    """Nothing for those that last, as all do that were bought."""
    paid_cents: int = 0


GIVEN = Terms()
LotKind = Lot.Kind


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


def propose_adjustment(
    *, adjustment_id: UUID, user_id: UUID, amount: int, reason: str
) -> Adjustment:
    """Have a wallet corrected as the acting staff: a little, or more once a second person approves.

    A worker posts it in a moment. The same id proposes once. Raises InvalidInput (LessAvailable for
    more than can be taken), OwnWallet, NotAllowed for who is not staff, KeyConflict for an id of
    another proposal, and NotFound.
    """
    said = reason.strip()
    _check_proposal(amount, said)
    asked = (adjustment_id, user_id, amount, said)
    who = _acting_id()
    alone = _proof(APPROVE, adjustment_id, who) if abs(amount) <= ALONE_UP_TO else None
    shown = (_proof(PROPOSE, *asked, who), alone)
    result = _ask("credits_propose_adjustment(%s, %s, %s, %s, %s, %s)", *asked, *shown)
    changed(user_id=user_id)  # what had expired has lapsed with it
    return _adjusted(result, adjustment_id)


def decide_adjustment(*, adjustment_id: UUID, is_approved: bool) -> Adjustment:
    """Have what waits for a second person posted, or refuse it, as the acting staff.

    Raises SecondPersonNeeded for who proposed it, OwnWallet, LessAvailable (it goes on waiting),
    AdjustmentDecided, NotAllowed for who is not staff, and NotFound.
    """
    proof = _proof(APPROVE, adjustment_id, _acting_id())
    asked = (adjustment_id, is_approved, proof)
    result = _ask("credits_decide_adjustment(%s, %s, %s)", *asked)
    if result.status not in {"not_found", "not_staff"}:
        changed(user_id=selectors.adjustment_of(adjustment_id=adjustment_id).wallet_id)
    return _adjusted(result, adjustment_id)


def post_adjustments() -> int:
    """Post what was approved, oldest first, as a worker; return how many were posted.

    What nobody of ours has asked for is told to the log, and fails.
    """
    return sum(_post(adjustment) for adjustment in selectors.approved_adjustments())


@transaction.atomic
def _post(adjustment: Adjustment) -> bool:
    is_proven = _is_proven(adjustment)
    if not is_proven:
        logger.error("credits.adjustment.forged", extra={"adjustment": str(adjustment.pk)})
    result = _ask("credits_post_adjustment(%s, %s)", adjustment.pk, is_proven)
    if result.is_replay:
        return False
    _moved(adjustment.wallet_id)
    adjustment.refresh_from_db(fields=["state"])
    _note(adjustment)
    return adjustment.state == Adjustment.State.POSTED


def _is_proven(one: Adjustment) -> bool:
    """Whether who proposed it and who approved it did so through the product."""
    proposed = _told(one.pk, one.wallet_id, one.amount, one.reason, one.proposed_by_id)
    approved = _told(one.pk, one.decided_by_id)
    return proofs.is_proven(bytes(one.proposal_proof), PROPOSE, proposed) and proofs.is_proven(
        bytes(one.decision_proof or b""), APPROVE, approved
    )


def _proof(purpose: str, *said: object) -> bytes:
    return proofs.prove(purpose, _told(*said))


def _told(*said: object) -> bytes:
    return json.dumps([str(one) for one in said]).encode()


def _acting_id() -> UUID | None:
    who = actor.current()
    return who.user_id if who else None


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
    _moved(user_id)
    return _checked(result, required=amount)


def reinstate(*, user_id: UUID, key: str, reason: str) -> Result:
    """Undo the revocation of this key: what it took returns, and nothing is owed for it any more.

    Raises NotFound.
    """
    result = _ask("credits_reinstate(%s, %s, %s)", user_id, key, reason)
    _moved(user_id)
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
        _moved(user_id)
    return owners


def changed(*, user_id: UUID) -> None:
    """Have the person's balance read anew once this is committed.

    Whoever lets the database move credits by another way than this module says so by this.
    """
    selectors.kept_balance(user_id=user_id).forget_on_commit()


def _moved(user_id: UUID) -> None:
    """Have open pages read a balance anew that no job has changed; a job is news by itself."""
    changed(user_id=user_id)
    live.announce(user_id=user_id, event="wallet.updated")


def _deposited(user_id: UUID, kind: str, amount: int, key: str, reason: str, *terms: Any) -> Result:
    arguments = (user_id, kind, amount, key, reason, *terms)
    result = _ask(f"credits_deposit({', '.join(['%s'] * len(arguments))})", *arguments)
    _moved(user_id)
    return _checked(result, required=-amount)


def _check_proposal(amount: int, reason: str) -> None:
    """Raise InvalidInput for what no adjustment can be."""
    errors = []
    if not 0 < abs(amount) <= MOST_ADJUSTED:
        detail = f"Give a number of credits other than 0, up to {MOST_ADJUSTED}."
        errors.append(FieldError("amount", "invalid", detail))
    if not LEAST_REASON <= len(reason) <= MOST_REASON:
        detail = f"Give a reason of {LEAST_REASON} to {MOST_REASON} letters."
        errors.append(FieldError("reason", "invalid", detail))
    if errors:
        raise InvalidInput(errors)


def _adjusted(result: Result, adjustment_id: UUID) -> Adjustment:
    """Return the adjustment as it is now, and note what became of it the first time."""
    _check_adjusted(result)
    adjustment = selectors.adjustment_of(adjustment_id=adjustment_id)
    if not result.is_replay:
        _note(adjustment)
    if adjustment.state == Adjustment.State.APPROVED:
        enqueue(POST_ADJUSTMENTS, queue=CHORES)
    return adjustment


def _check_adjusted(result: Result) -> None:
    match result.status:
        case "not_staff":
            raise NotAllowed
        case "own_wallet":
            raise OwnWallet
        case "own_proposal":
            raise SecondPersonNeeded
        case "approved" | "posted" | "refused" | "failed" as state:
            raise AdjustmentDecided(state)
        case "insufficient":
            raise LessAvailable(available=result.balance - result.held)
        case _:
            _checked(result, required=0)


def _note(adjustment: Adjustment) -> None:
    """Note it with the person whose wallet it is; staff may read such notes, and write none."""
    with actor.act_as_user(adjustment.wallet_id):
        events.track(
            f"credits.adjustment.{adjustment.state}",
            user_id=adjustment.wallet_id,
            amount=adjustment.amount,
        )


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
