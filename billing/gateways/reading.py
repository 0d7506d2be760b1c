"""What billing reads out of Stripe's objects, wherever that version of the API has put it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from billing.gateways.ports import Shape

PRODUCT_PREFIX = "visiona_"
"""Our products bear the names of what they are, so that a price that has been replaced, and has
no lookup key any more, is still known by its product."""

SHORTEST_MONTH, LONGEST_MONTH = timedelta(days=27), timedelta(days=32)
"""Between these is what the catalogue sells: a year's price would bring a month's credits."""

WHOLLY_PAID = {"paid", "no_payment_required"}
"""A coupon may have paid all of it."""

FAILED_INTENTS = {"requires_payment_method", "canceled"}
OF_SUBSCRIPTION = "subscription_details"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What was paid for one thing: a period of a plan, a change within one, or a pack."""

    reference: str
    """The invoice or the session: what credits are given for, however often it is told."""
    charge_id: str
    """Empty where no card was charged."""
    customer: str
    item: str
    amount_cents: int
    currency: str
    paid_at: datetime
    brings_credits: bool = True
    """Not so for what evens out a change of plan within a period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a subscription stands."""

    external_id: str
    customer: str
    plan: str
    status: str
    period_start: datetime
    period_end: datetime
    cancel_at_period_end: bool


def product_of(name: str) -> str:
    """Return the product's id of an item of the catalogue."""
    return f"{PRODUCT_PREFIX}{name}"


def moment(seconds: int) -> datetime:
    """Return a moment that Stripe names."""
    return datetime.fromtimestamp(seconds, tz=UTC)


def id_of(named: Any) -> str:
    """Return the id of what is told by its id or as a whole; nothing is an empty one."""
    found: str = named["id"] if isinstance(named, dict) else named or ""
    return found


def subscription_of(invoice: Shape) -> str:
    """Return the subscription's id that an invoice is for; an empty one where it is for none."""
    parent = invoice.get("parent") or {}
    details = parent.get(OF_SUBSCRIPTION) if parent.get("type") == OF_SUBSCRIPTION else None
    return id_of((details or {}).get("subscription"))


def paid_invoice(invoice: Shape) -> Paid | None:
    """Return what an invoice was paid for: the period of a plan, or a change within one.

    Nothing for one that is not paid or is of no subscription, nor for a trial. Raises ValueError
    for a period that is no month.
    """
    if invoice["status"] != "paid":
        return None
    paid_at = invoice["status_transitions"]["paid_at"] or invoice["created"]
    return _of_invoice(invoice, cents=invoice["amount_paid"], at=paid_at)


def unpaid_invoice(invoice: Shape) -> Paid | None:
    """Return what an invoice was to be paid for and is not, with the charge that failed.

    Raises ValueError for a period that is no month.
    """
    if invoice["status"] == "paid" or not invoice["attempted"]:
        return None
    return _of_invoice(invoice, cents=invoice["amount_due"], at=invoice["created"])


def paid_session(session: Shape) -> Paid | None:
    """Return what a session was paid for once and for all: a pack.

    Nothing for one that is not paid, is not ours, or is of a plan, whose invoices tell.
    """
    item = (session.get("metadata") or {}).get("item", "")
    if not is_paid_once(session) or not item:
        return None
    return Paid(
        reference=session["id"],
        charge_id=_charge_of(session.get("payment_intent")),
        customer=id_of(session["customer"]),
        item=item,
        amount_cents=session["amount_total"],
        currency=session["currency"],
        paid_at=moment(session["created"]),
    )


def is_paid_once(session: Shape) -> bool:
    """Whether a session was paid once and for all, by money or by a coupon."""
    is_paid = session["status"] == "complete" and session["payment_status"] in WHOLLY_PAID
    return is_paid and session["mode"] == "payment"


def has_failed(session: Shape) -> bool:
    """Whether a session's payment, which took its time, has failed in the end."""
    intent = session.get("payment_intent")
    is_over = isinstance(intent, dict) and intent["status"] in FAILED_INTENTS
    return session["status"] == "complete" and session["payment_status"] == "unpaid" and is_over


def standing(subscription: Shape) -> Standing | None:
    """Return how a subscription stands; nothing for one of no plan of ours."""
    for position in subscription["items"]["data"]:
        plan = _item_of(position["price"]["product"])
        if plan:
            return Standing(
                external_id=subscription["id"],
                customer=id_of(subscription["customer"]),
                plan=plan,
                status=subscription["status"],
                period_start=moment(position["current_period_start"]),
                period_end=moment(position["current_period_end"]),
                cancel_at_period_end=_is_ending(subscription),
            )
    return None


def _of_invoice(invoice: Shape, *, cents: int, at: int) -> Paid | None:
    if not subscription_of(invoice):
        return None
    period = _plan_of_period(invoice)
    item = period or (_plan_of_change(invoice) if cents else "")
    if not item:
        return None
    return Paid(
        reference=invoice["id"],
        charge_id=_charge_of_invoice(invoice),
        customer=id_of(invoice["customer"]),
        item=item,
        amount_cents=cents,
        currency=invoice["currency"],
        paid_at=moment(at),
        brings_credits=bool(period),
    )


def _charge_of_invoice(invoice: Shape) -> str:
    payments = (invoice.get("payments") or {}).get("data", [])
    for payment in sorted(payments, key=lambda one: one["status"] != "paid"):
        paid = payment["payment"]
        charge = id_of(paid.get("charge")) or _charge_of(paid.get("payment_intent"))
        if charge:
            return charge
    return ""


def _is_ending(subscription: Shape) -> bool:
    """Whether it ends with its period; the portal may say so by a date."""
    return bool(subscription["cancel_at_period_end"] or subscription.get("cancel_at"))


def _charge_of(intent: Any) -> str:
    return id_of(intent.get("latest_charge")) if isinstance(intent, dict) else ""


def _plan_of_period(invoice: Shape) -> str:
    """Return the plan whose whole period is on an invoice, at its price; a trial has none.

    What a coupon takes off it does not count. Raises ValueError for what is no month.
    """
    for line in invoice["lines"]["data"]:
        plan = _item_of_line(line)
        if plan and line["amount"] > 0 and _is_of_period(line):
            length = moment(line["period"]["end"]) - moment(line["period"]["start"])
            if not SHORTEST_MONTH <= length <= LONGEST_MONTH:
                raise ValueError(f"This invoice is for {length.days} days of {plan!r}: no month.")
            return plan
    return ""


def _plan_of_change(invoice: Shape) -> str:
    """Return the plan that an invoice takes most for."""
    lines = [(line["amount"], _item_of_line(line)) for line in invoice["lines"]["data"]]
    return max((line for line in lines if line[1]), default=(0, ""))[1]


def _is_of_period(line: Shape) -> bool:
    details = (line.get("parent") or {}).get("subscription_item_details") or {}
    return details.get("proration") is False


def _item_of_line(line: Shape) -> str:
    return _item_of(((line.get("pricing") or {}).get("price_details") or {}).get("product"))


def _item_of(product: Any) -> str:
    """Return the name in the catalogue of one of our products."""
    name = id_of(product)
    return name.removeprefix(PRODUCT_PREFIX) if name.startswith(PRODUCT_PREFIX) else ""
