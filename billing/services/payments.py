"""One payment, one grant: whatever is told however often and in whatever order.

A grant is keyed by the invoice, checkout or attempt that was paid, and what is taken back by the
refund or the dispute; never by the event that told of it.
"""

import logging
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
from visiona.lib.db.locks import wait_for_turn

LotKind = type(credits_services.GIVEN.kind)

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
) -> Payment:
    """Note a payment and grant what it bought, once. Raises ValueError for an unknown item.

    The charge is empty where a coupon paid all of it.
    """
    bought = plans.item(item)
    wait_for_turn(f"payments:{user_id}")
    payment = _known(source, charge_id, reference)
    if payment and payment.paid_at:
        return payment
    payment = payment or Payment(user_id=user_id, source=source, reference=reference)
    payment.charge_id, payment.item, payment.credit_amount = charge_id, item, bought.credit_amount
    payment.amount_cents, payment.currency = amount_cents, currency
    payment.status, payment.paid_at = Payment.Status.PAID, paid_at
    payment.lot_key = f"payment:{source}:{reference}"
    payment.save()
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
        credit_amount=bought.credit_amount,
        amount_cents=amount_cents,
        currency=currency,
        status=Payment.Status.FAILED,
    )
    events.track("billing.payment.failed", user_id=user_id, item=item, cents=amount_cents)
    return payment


@transaction.atomic
def record_refund(*, source: str, charge_id: str, refunded_cents: int) -> Payment:
    """Note how much of a payment was given back until now, and take back as much of its credits.

    What was spent of them stays owed. Raises Later for a payment that is not known yet.
    """
    payment = _charged(source, charge_id)
    refunded_cents = min(refunded_cents, payment.amount_cents)
    if refunded_cents <= payment.refunded_cents:
        return payment
    payment.refunded_cents = refunded_cents
    _settle(payment, key=f"refund:{charge_id}:{refunded_cents}", reason="Refund")
    return payment


@transaction.atomic
def record_dispute(*, source: str, charge_id: str, dispute_id: str, status: str) -> Payment:
    """Take back what a disputed payment bought, and return it if the dispute is won.

    What was decided stays decided. Raises Later for a payment that is not known yet.
    """
    payment = _charged(source, charge_id)
    state, before = DISPUTE_STATES.get(status), payment.disputes.get(dispute_id)
    if state is None or before in {state, DISPUTE_WON, DISPUTE_LOST}:
        return payment
    payment.disputes[dispute_id] = state
    reason = "Dispute won" if state == DISPUTE_WON else "Disputed payment"
    _settle(payment, key=f"dispute:{dispute_id}:{state}", reason=reason)
    return payment


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
            kind=LotKind("plan" if is_plan else "purchased"),
            expires_at=payment.paid_at + PLAN_CREDITS_LAST if is_plan and payment.paid_at else None,
            paid_cents=payment.amount_cents,
        ),
    )


def _settle(payment: Payment, *, key: str, reason: str) -> None:
    """Have as many of its credits taken back as its refunds and disputes come to together."""
    user_id, owed = payment.user_id, _taken_back(payment)
    standing = list(
        credits_selectors.revocations_of(user=payment.user).filter(
            lot__key=payment.lot_key, reinstated_at=None
        )
    )
    if owed < sum(one.amount for one in standing):
        for one in standing:
            credits_services.reinstate(user_id=user_id, key=one.key, reason=reason)
        standing = []
    if more := owed - sum(one.amount for one in standing):
        lot_key = payment.lot_key
        credits_services.revoke(
            user_id=user_id, lot_key=lot_key, amount=more, key=key, reason=reason
        )
    payment.status = _status_of(payment)
    payment.save(update_fields=["status", "refunded_cents", "disputes"])
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
