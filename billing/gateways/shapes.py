"""Objects in Stripe's shape, made here: what the till answers, keeps and tells.

Each has every field that Stripe promises to send, and those that we read.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from billing.gateways.ports import API_VERSION, Shape
from billing.gateways.reading import product_of
from billing.plans import CURRENCY
from visiona.lib import clock

if TYPE_CHECKING:
    from billing.plans import Pack, Plan

PERIOD = timedelta(days=30)
SESSION_LASTS = timedelta(hours=24)
OURSELVES = {"type": "self"}


def new(prefix: str, kind: str, **fields: Any) -> Shape:
    """Return an object of its own, made now."""
    identity = {"id": f"{prefix}_{uuid4().hex}", "object": kind}
    return {**identity, "created": now(), "livemode": False, **fields}


def now() -> int:
    """Return the present moment as Stripe says it."""
    return int(clock.now().timestamp())


def customer(*, user_id: UUID, email: str) -> Shape:
    """Return a customer: one for each person, by the id."""
    made = new("cus", "customer", email=email, metadata={"user_id": str(user_id)})
    return made | {"id": f"cus_{user_id.hex}"}


def price(*, item: "Plan | Pack") -> Shape:
    """Return the price of an item."""
    recurring = {"interval": "month", "interval_count": 1, "usage_type": "licensed"}
    return {
        "id": f"price_{item.lookup_key}",
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "created": now(),
        "currency": CURRENCY,
        "livemode": False,
        "lookup_key": item.lookup_key,
        "metadata": {},
        "product": product_of(item.name),
        "recurring": recurring if item.recurring else None,
        "type": "recurring" if item.recurring else "one_time",
        "unit_amount": item.price_cents,
        "unit_amount_decimal": str(item.price_cents),
    }


def session(*, customer: str, item: "Plan | Pack", checkout_id: UUID, **addresses: str) -> Shape:
    """Return a checkout session that is open: one for each checkout, by the id."""
    made = new(
        "cs_test",
        "checkout.session",
        amount_total=item.price_cents,
        automatic_tax={"enabled": False, "liability": None, "status": None},
        client_reference_id=str(checkout_id),
        currency=CURRENCY,
        custom_fields=[],
        custom_text={},
        customer=customer,
        expires_at=now() + int(SESSION_LASTS.total_seconds()),
        invoice=None,
        metadata={"item": item.name},
        mode="subscription" if item.recurring else "payment",
        payment_intent=None,
        payment_method_types=["card"],
        payment_status="unpaid",
        shipping_options=[],
        status="open",
        subscription=None,
        **addresses,
    )
    return made | {"id": session_id(checkout_id)}


def session_id(checkout_id: UUID) -> str:
    """Return the id of a checkout's session."""
    return f"cs_test_{checkout_id.hex}"


def charge(*, customer: str, amount: int, failed: bool = False) -> Shape:
    """Return a charge of a card, which succeeded or failed."""
    return new(
        "ch",
        "charge",
        amount=amount,
        amount_captured=0 if failed else amount,
        amount_refunded=0,
        billing_details={},
        captured=not failed,
        currency=CURRENCY,
        customer=customer,
        disputed=False,
        metadata={},
        paid=not failed,
        refunded=False,
        status="failed" if failed else "succeeded",
    )


def intent(*, charge: Shape) -> Shape:
    """Return the payment intent that led to a charge."""
    has_failed = charge["status"] == "failed"
    return new(
        "pi",
        "payment_intent",
        amount=charge["amount"],
        currency=CURRENCY,
        customer=charge["customer"],
        latest_charge=charge["id"],
        metadata={},
        status="requires_payment_method" if has_failed else "succeeded",
    )


def subscription(*, customer: str, item: "Plan | Pack") -> Shape:
    """Return a subscription whose first period begins now."""
    made = new("sub", "subscription")
    start = made["created"]
    position = new(
        "si",
        "subscription_item",
        current_period_start=start,
        current_period_end=start + int(PERIOD.total_seconds()),
        discounts=[],
        metadata={},
        price=price(item=item),
        quantity=1,
        subscription=made["id"],
        tax_rates=[],
    )
    del position["livemode"]
    return made | {
        "automatic_tax": {"enabled": False, "disabled_reason": None, "liability": None},
        "billing_cycle_anchor": start,
        "billing_mode": {"type": "flexible"},
        "billing_schedules": [],
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "collection_method": "charge_automatically",
        "currency": CURRENCY,
        "customer": customer,
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {"issuer": OURSELVES},
        "items": listed([position], "/v1/subscription_items"),
        "latest_invoice": None,
        "metadata": {},
        "start_date": start,
        "status": "active",
    }


def invoice(*, subscription: Shape, intent: Shape, reason: str) -> Shape:
    """Return the invoice of a subscription's present period, as far as the intent went."""
    made = new("in", "invoice")
    cents, is_paid = intent["amount"], intent["status"] == "succeeded"
    left = 0 if is_paid else cents
    details = {"subscription": subscription["id"], "metadata": {}}
    return made | {
        "amount_due": cents,
        "amount_overpaid": 0,
        "amount_paid": cents - left,
        "amount_paid_off_stripe": 0,
        "amount_remaining": left,
        "amount_shipping": 0,
        "attempt_count": 1,
        "attempted": True,
        "auto_advance": not is_paid,
        "automatic_tax": {
            "enabled": False,
            "disabled_reason": None,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "currency": CURRENCY,
        "customer": subscription["customer"],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": OURSELVES,
        "lines": listed([_line(made, subscription, cents)], f"/v1/invoices/{made['id']}/lines"),
        "metadata": {},
        "parent": {
            "type": "subscription_details",
            "quote_details": None,
            "subscription_details": details,
        },
        "payment_settings": {},
        "payments": listed([_payment(made, intent)], "/v1/invoice_payments"),
        "period_start": made["created"],
        "period_end": made["created"],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "starting_balance": 0,
        "status": "paid" if is_paid else "open",
        "status_transitions": {
            "finalized_at": made["created"],
            "marked_uncollectible_at": None,
            "paid_at": made["created"] if is_paid else None,
            "voided_at": None,
        },
        "subtotal": cents,
        "total": cents,
    }


def settle(invoice: Shape, *, intent: Shape) -> None:
    """Let an invoice that was open be paid by an intent that succeeded."""
    invoice |= {
        "amount_paid": intent["amount"],
        "amount_remaining": 0,
        "attempt_count": invoice["attempt_count"] + 1,
        "auto_advance": False,
        "payments": listed([_payment(invoice, intent)], "/v1/invoice_payments"),
        "status": "paid",
        "status_transitions": {**invoice["status_transitions"], "paid_at": now()},
    }


def refund(*, charge: Shape, amount: int) -> Shape:
    """Return a refund of a part of a charge, which has gone out."""
    made = new(
        "re",
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        metadata={},
        payment_intent=charge.get("payment_intent"),
        status="succeeded",
    )
    del made["livemode"]
    return made


def give_back(charge: Shape, cents: int) -> None:
    """Let so much of a charge be given back in all."""
    charge |= {"amount_refunded": cents, "refunded": cents == charge["amount"]}


def dispute(*, charge: Shape) -> Shape:
    """Return a dispute about all of a charge, which waits for our answer."""
    details: Shape = {
        "due_by": None,
        "enhanced_eligibility": {},
        "has_evidence": False,
        "past_due": False,
        "submission_count": 0,
    }
    return new(
        "dp",
        "dispute",
        amount=charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=CURRENCY,
        enhanced_eligibility_types=[],
        evidence={"enhanced_evidence": {}},
        evidence_details=details,
        is_charge_refundable=False,
        metadata={},
        reason="fraudulent",
        status="needs_response",
    )


def event(*, type: str, about: Shape) -> Shape:  # noqa: A002 (Stripe's name)
    """Return what is told about an object."""
    return new(
        "evt",
        "event",
        api_version=API_VERSION,
        data={"object": about},
        pending_webhooks=1,
        request={"id": None, "idempotency_key": None},
        type=type,
    )


def listed(objects: list[Shape], url: str) -> Shape:
    """Return all of a list on one page."""
    return {"object": "list", "data": objects, "has_more": False, "url": url}


def _line(invoice: Shape, subscription: Shape, cents: int) -> Shape:
    (position,) = subscription["items"]["data"]
    sold = position["price"]
    details = {
        "invoice_item": None,
        "proration": False,
        "proration_details": None,
        "subscription": subscription["id"],
        "subscription_item": position["id"],
    }
    return {
        "id": f"il_{uuid4().hex}",
        "object": "line_item",
        "amount": cents,
        "currency": CURRENCY,
        "description": None,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": {},
        "parent": {
            "type": "subscription_item_details",
            "invoice_item_details": None,
            "subscription_item_details": details,
        },
        "period": {
            "start": position["current_period_start"],
            "end": position["current_period_end"],
        },
        "pricing": {
            "type": "price_details",
            "price_details": {"price": sold["id"], "product": sold["product"]},
            "unit_amount_decimal": sold["unit_amount_decimal"],
        },
        "quantity": 1,
        "subscription": subscription["id"],
        "subtotal": cents,
        "taxes": [],
    }


def _payment(invoice: Shape, intent: Shape) -> Shape:
    is_paid = intent["status"] == "succeeded"
    return new(
        "inpay",
        "invoice_payment",
        amount_paid=intent["amount"] if is_paid else None,
        amount_requested=intent["amount"],
        currency=CURRENCY,
        invoice=invoice["id"],
        is_default=True,
        payment={"type": "payment_intent", "payment_intent": intent["id"]},
        status="paid" if is_paid else "open",
        status_transitions={
            "canceled_at": None,
            "paid_at": invoice["created"] if is_paid else None,
        },
    )
