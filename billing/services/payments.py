"""One payment, one grant: whatever is told however often and in whatever order.

A grant is keyed by the invoice, checkout or attempt that was paid, never by the event that told of
it. How much of it is taken back is computed from what was read last of its refunds and disputes.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from math import ceil
from uuid import UUID

from django.db import transaction

from accounts import events
from billing import plans
from billing.errors import Later
from billing.models import Payment
from billing.plans import PLAN_CREDITS_LAST, Pack, Plan
from credits import selectors as credits_selectors
from credits import services as credits_services
from visiona.lib import clock
from visiona.lib.db.locks import wait_for_turn

DISPUTE_OPEN, DISPUTE_WON, DISPUTE_LOST = "open", "won", "lost"
DISPUTE_STATES = {
    "needs_response": DISPUTE_OPEN,
    "under_review": DISPUTE_OPEN,
    "won": DISPUTE_WON,
    "prevented": DISPUTE_WON,
    "lost": DISPUTE_LOST,
}
"""Stripe's words; with the others, which begin with `warning`, no money has moved."""

logger = logging.getLogger(__name__)


@transaction.atomic
def record_paid(  # noqa: PLR0913 (what is known of one, by name)
    *,
    user_id: UUID,
    source: str,
    charge_id: str,
    reference: str,
    item: str,
    amount_cents: int,
    currency: str,
    paid_at: datetime,
    brings_credits: bool = True,
) -> Payment:
    """Note a payment and grant what it bought, once. Raises ValueError for an unknown item.

    The charge is empty where a coupon paid all of it. What evens out a change of plan brings none.
    """
    bought = plans.item(item)
    wait_for_turn(f"payments:{user_id}")
    payment = _known(source, charge_id, reference)
    if payment and payment.paid_at:
        return payment
    payment = payment or Payment(user_id=user_id, source=source, reference=reference)
    payment.charge_id, payment.item = charge_id, item
    payment.amount_cents, payment.currency = amount_cents, currency
    payment.status, payment.paid_at = Payment.Status.PAID, paid_at
    payment.credit_amount = bought.credit_amount if brings_credits else 0
    payment.lot_key = f"payment:{source}:{reference}" if brings_credits else ""
    payment.save()
    if brings_credits:
        _grant(payment, bought)
    events.track("billing.payment.received", user_id=user_id, item=item, cents=amount_cents)
    return payment


@transaction.atomic
def record_failed(  # noqa: PLR0913 (what is known of one, by name)
    *,
    user_id: UUID,
    source: str,
    charge_id: str = "",
    reference: str,
    item: str,
    amount_cents: int,
    currency: str,
    brings_credits: bool = True,
) -> Payment:
    """Note a payment that failed; once it is paid, nothing changes that. Raises ValueError."""
    bought = plans.item(item)
    wait_for_turn(f"payments:{user_id}")
    payment = _known(source, charge_id, reference)
    if payment:
        return payment
    payment = Payment.objects.create(
        user_id=user_id,
        source=source,
        charge_id=charge_id,
        reference=reference,
        item=item,
        credit_amount=bought.credit_amount if brings_credits else 0,
        amount_cents=amount_cents,
        currency=currency,
        status=Payment.Status.FAILED,
    )
    events.track("billing.payment.failed", user_id=user_id, item=item, cents=amount_cents)
    return payment


@transaction.atomic
def record_refund(
    *, source: str, charge_id: str, refunded_cents: int, seen_at: datetime | None = None
) -> Payment:
    """Note how much of a payment is given back, read at `seen_at` or now, and settle its credits.

    It may be less than before: a bank may send a refund back. What was spent of the credits stays
    owed. What was read earlier changes nothing. Raises Later for a payment that is not known yet.
    """
    payment, seen_at = _charged(source, charge_id), seen_at or clock.now()
    if payment.refunds_seen_at and seen_at < payment.refunds_seen_at:
        return payment
    before, payment.refunds_seen_at = payment.refunded_cents, seen_at
    payment.refunded_cents = min(refunded_cents, payment.amount_cents)
    if payment.refunded_cents != before:
        _settle(payment, undone="Refund failed")
    payment.save(update_fields=["refunded_cents", "refunds_seen_at"])
    return payment


@transaction.atomic
def record_disputes(
    *, source: str, charge_id: str, statuses: Mapping[str, str], seen_at: datetime
) -> Payment:
    """Take back what a disputed payment bought, and return it where its disputes are won.

    `statuses` are of all of its disputes by their ids, as they were read at `seen_at`; what was
    read earlier changes nothing. Raises Later for a payment that is not known yet.
    """
    payment = _charged(source, charge_id)
    if payment.disputes_seen_at and seen_at < payment.disputes_seen_at:
        return payment
    before, payment.disputes_seen_at = payment.disputes, seen_at
    others = {name: state for name, state in before.items() if name not in statuses}
    payment.disputes = others | states_of(statuses=statuses)
    if payment.disputes != before:
        _settle(payment, undone="Dispute won")
    payment.save(update_fields=["disputes", "disputes_seen_at"])
    return payment


def states_of(*, statuses: Mapping[str, str]) -> dict[str, str]:
    """Return what has become of disputes by their statuses at Stripe; of inquiries nothing has."""
    return {
        name: DISPUTE_STATES[status]
        for name, status in statuses.items()
        if status in DISPUTE_STATES
    }


def _known(source: str, charge_id: str, reference: str) -> Payment | None:
    """Return the payment of this reference, or of this charge: the same money by another name."""
    theirs = Payment.objects.filter(source=source)
    found = theirs.filter(reference=reference).first()
    return found or (theirs.filter(charge_id=charge_id).first() if charge_id else None)


def _charged(source: str, charge_id: str) -> Payment:
    """Return the payment of this charge, held until the transaction ends. Raises Later."""
    if not charge_id:
        raise ValueError("Name the charge.")
    paid = Payment.objects.select_for_update(of=("self",)).select_related("user")
    payment = paid.filter(source=source, charge_id=charge_id, paid_at__isnull=False).first()
    if payment is None:
        raise Later("The payment of this charge has not been told yet.")
    return payment


def _grant(payment: Payment, bought: Plan | Pack) -> None:
    is_plan = isinstance(bought, Plan)
    credits_services.grant(
        user_id=payment.user_id,
        amount=payment.credit_amount,
        key=payment.lot_key,
        reason=f"{bought.title} plan" if is_plan else bought.title,
        terms=credits_services.Terms(
            kind=credits_services.LotKind.PLAN if is_plan else credits_services.LotKind.PURCHASED,
            expires_at=payment.paid_at + PLAN_CREDITS_LAST if is_plan and payment.paid_at else None,
            paid_cents=payment.amount_cents,
        ),
    )


def _settle(payment: Payment, *, undone: str) -> None:
    """Have as many of its credits taken back as its refunds and disputes come to together.

    `undone` says why some return, where they do.
    """
    user_id, owed = payment.user_id, _taken_back(payment)
    of_lot = credits_selectors.revocations_of(user=payment.user).filter(lot__key=payment.lot_key)
    steps, standing = of_lot.count(), list(of_lot.filter(reinstated_at=None))
    if owed < sum(one.amount for one in standing):
        for one in standing:
            credits_services.reinstate(user_id=user_id, key=one.key, reason=undone)
        standing = []
    if more := owed - sum(one.amount for one in standing):
        credits_services.revoke(
            user_id=user_id,
            lot_key=payment.lot_key,
            amount=more,
            # The payment is held, so each step has its number, and what is told again is no step.
            key=f"back:{payment.pk}:{steps + 1}",
            reason="Disputed payment" if _is_disputed(payment) else "Refund",
        )
    payment.status = _status_of(payment)
    payment.save(update_fields=["status"])
    events.track("billing.payment.settled", user_id=user_id, status=payment.status, owed=owed)


def _taken_back(payment: Payment) -> int:
    """Return how many of its credits are to be taken back; a part of one counts as a whole one."""
    if _is_disputed(payment):
        return payment.credit_amount
    if not payment.refunded_cents:
        return 0
    return ceil(payment.credit_amount * payment.refunded_cents / payment.amount_cents)


def _is_disputed(payment: Payment) -> bool:
    return any(state != DISPUTE_WON for state in payment.disputes.values())


def _status_of(payment: Payment) -> Payment.Status:
    if _is_disputed(payment):
        return Payment.Status.DISPUTED
    if not payment.refunded_cents:
        return Payment.Status.PAID
    is_whole = payment.refunded_cents == payment.amount_cents
    return Payment.Status.REFUNDED if is_whole else Payment.Status.PARTLY_REFUNDED
