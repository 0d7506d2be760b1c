"""What is done about each of Stripe's events."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from billing.gateways.registry import gateway
from billing.services import stripe_state

logger = logging.getLogger(__name__)


def handle(*, event: Mapping[str, Any]) -> bool:
    """Note what an event is about; tell whether it was for us.

    Raises what the inbox lets it come again for: Later for what needs another one first, ValueError
    for what is not on sale, Unavailable and NotFound.
    """
    note = NOTES.get(str(event.get("type")))
    name = _object_of(event).get("id")
    if note is None or not isinstance(name, str):
        return False
    if event.get("livemode") is not gateway().livemode:
        # Its objects are unknown to our key, and its money is not what it seems.
        logger.warning("billing.stripe.other_mode", extra={"event": event.get("id")})
        return False
    return note(name)


def _object_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    data = event.get("data")
    found = data.get("object") if isinstance(data, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _invoice(name: str) -> bool:
    return stripe_state.note_invoice(invoice_id=name)


def _subscription(name: str) -> bool:
    return stripe_state.note_subscription(subscription_id=name)


def _charge(name: str) -> bool:
    return stripe_state.note_charge(charge_id=name)


def _refund(name: str) -> bool:
    return stripe_state.note_refund(refund_id=name)


def _dispute(name: str) -> bool:
    return stripe_state.note_dispute(dispute_id=name)


def _customer(name: str) -> bool:
    return stripe_state.note_deletion(customer_id=name)


def _session(name: str) -> bool:
    return stripe_state.note_session(session_id=name)


NOTES: dict[str, Callable[[str], bool]] = {
    "checkout.session.completed": _session,
    "checkout.session.async_payment_succeeded": _session,
    "checkout.session.async_payment_failed": _session,
    "checkout.session.expired": _session,
    "invoice.paid": _invoice,
    "invoice.payment_failed": _invoice,
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "customer.subscription.paused": _subscription,
    "customer.subscription.resumed": _subscription,
    "charge.refunded": _charge,
    "charge.refund.updated": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "customer.deleted": _customer,
}
"""The events that we have a use for; Stripe's endpoint is to send these."""
