"""What happens at the till: somebody pays there, and time goes by, as at Stripe.

Each changes what the till keeps and tells of it by the events that Stripe would send. They act as
the person whose purchase it is.
"""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from billing import plans
from billing.gateways import shapes
from billing.gateways.ports import Shape
from billing.gateways.till_gateway import Till, changing, end, keep, owner_of, tell
from visiona.lib.errors import Conflict

if TYPE_CHECKING:
    from billing.plans import Pack, Plan

NOT_OPEN = "This checkout is {} already. Begin another one."
DISPUTE_ENDS = {"won", "lost"}


@transaction.atomic
def pay(*, checkout_id: UUID) -> None:
    """Pay a checkout that is open. Raises NotFound and Conflict."""
    with changing(shapes.session_id(checkout_id)) as session:
        _insist_open(session)
        session |= {"status": "complete", "payment_status": "paid", "url": None}
        item = plans.item(session["metadata"]["item"])
        if session["mode"] == "subscription":
            _subscribe(session, item)
        else:
            intent = _charged(session["customer"], session["amount_total"])
            session["payment_intent"] = intent["id"]
    tell("checkout.session.completed", session)


@transaction.atomic
def decline(*, checkout_id: UUID) -> None:
    """Try to pay with a card that is declined: the checkout stays open.

    Raises NotFound and Conflict.
    """
    with changing(shapes.session_id(checkout_id)) as session:
        _insist_open(session)
    intent = _charged(session["customer"], session["amount_total"], failed=True)
    tell("payment_intent.payment_failed", intent)


@transaction.atomic
def expire(*, checkout_id: UUID) -> None:
    """Let a checkout be over that nobody paid. Raises NotFound and Conflict."""
    with changing(shapes.session_id(checkout_id)) as session:
        _insist_open(session)
    Till().expire_session(session["id"])


@transaction.atomic
def renew(*, subscription_id: str) -> None:
    """Let a period end: the next one is paid, unless the subscription ends with this one.

    What failed before is paid late, for the period that has begun. Raises NotFound and Conflict.
    """
    with changing(subscription_id) as subscription:
        _insist_alive(subscription)
        if subscription["cancel_at_period_end"]:
            end(subscription)
        elif subscription["status"] == "past_due":
            _pay_late(subscription)
        else:
            _begin_period(subscription)
            _bill(subscription, "subscription_cycle")
    _tell_of(subscription)


@transaction.atomic
def fail_payment(*, subscription_id: str) -> None:
    """Let a period end, and the card of the next one be declined. Raises NotFound and Conflict."""
    with changing(subscription_id) as subscription:
        _insist_alive(subscription)
        _begin_period(subscription)
        subscription["status"] = "past_due"
        _bill(subscription, "subscription_cycle", failed=True)
    _tell_of(subscription)


def refund(*, charge_id: str, cents: int | None = None) -> None:
    """Give a charge back, all of it or so much. Raises NotFound."""
    Till().refund(charge_id, Till().charge(charge_id)["amount"] if cents is None else cents)


@transaction.atomic
def fail_refund(*, refund_id: str) -> None:
    """Let the bank send a refund back: the charge counts as not given back by as much.

    Raises NotFound and Conflict.
    """
    with changing(refund_id) as made:
        if made["status"] != "succeeded":
            raise Conflict("This refund has failed already.")
        made["status"] = "failed"
    with changing(made["charge"]) as charge:
        shapes.give_back(charge, charge["amount_refunded"] - made["amount"])
    tell("refund.failed", made)


@transaction.atomic
def cancel(*, subscription_id: str, at_once: bool = False) -> None:
    """Cancel a subscription: at the end of what is paid, or at once. Raises NotFound."""
    if at_once:
        Till().cancel_subscription(subscription_id)
        return
    _change(subscription_id, cancel_at_period_end=True, canceled_at=shapes.now())


def resume(*, subscription_id: str) -> None:
    """Take back a cancellation before the period has ended. Raises NotFound and Conflict."""
    _change(subscription_id, cancel_at_period_end=False, canceled_at=None)


@transaction.atomic
def change_plan(*, subscription_id: str, item: "Plan | Pack") -> None:
    """Go over to another plan at once; what it costs more is on the next invoice.

    Raises NotFound and Conflict.
    """
    with changing(subscription_id) as subscription:
        _insist_alive(subscription)
        (position,) = subscription["items"]["data"]
        position["price"] = shapes.price(item=item)
    _tell_of(subscription)


@transaction.atomic
def dispute(*, charge_id: str) -> str:
    """Let the owner of the card dispute a charge; return the dispute's id. Raises NotFound."""
    with changing(charge_id) as charge:
        charge["disputed"] = True
        made = shapes.dispute(charge=charge)
    keep(made, owner_of(charge_id))
    tell("charge.dispute.created", made)
    return str(made["id"])


@transaction.atomic
def close_dispute(*, dispute_id: str, status: str) -> None:
    """Let a dispute be won or lost. Raises NotFound, and ValueError for another end."""
    if status not in DISPUTE_ENDS:
        raise ValueError(f"status: write one of {', '.join(sorted(DISPUTE_ENDS))}.")
    with changing(dispute_id) as found:
        found["status"] = status
    tell("charge.dispute.closed", found)


def _insist_open(session: Shape) -> None:
    if session["status"] != "open":
        raise Conflict(NOT_OPEN.format(session["status"]), state=session["status"])


def _insist_alive(subscription: Shape) -> None:
    if subscription["status"] == "canceled":
        raise Conflict("This subscription has ended.")


def _subscribe(session: Shape, item: "Plan | Pack") -> None:
    made = shapes.subscription(customer=session["customer"], item=item)
    invoice = _bill(made, "subscription_create")
    keep(made, owner_of(session["customer"]))
    tell("customer.subscription.created", made)
    session |= {"subscription": made["id"], "invoice": invoice["id"]}


def _bill(subscription: Shape, reason: str, *, failed: bool = False) -> Shape:
    """Make the invoice of the present period, and tell whether it was paid."""
    (position,) = subscription["items"]["data"]
    customer = subscription["customer"]
    intent = _charged(customer, position["price"]["unit_amount"], failed=failed)
    invoice = shapes.invoice(subscription=subscription, intent=intent, reason=reason)
    keep(invoice, owner_of(customer))
    subscription["latest_invoice"] = invoice["id"]
    tell("invoice.payment_failed" if failed else "invoice.paid", invoice)
    return invoice


def _charged(customer: str, cents: int, *, failed: bool = False) -> Shape:
    """Charge the customer's card; return the payment intent."""
    charge = shapes.charge(customer=customer, amount=cents, failed=failed)
    intent = shapes.intent(charge=charge)
    charge["payment_intent"] = intent["id"]
    for made in (charge, intent):
        keep(made, owner_of(customer))
    return intent


def _pay_late(subscription: Shape) -> None:
    subscription["status"] = "active"
    with changing(subscription["latest_invoice"]) as invoice:
        intent = _charged(subscription["customer"], invoice["amount_due"])
        shapes.settle(invoice, intent=intent)
    tell("invoice.paid", invoice)


def _begin_period(subscription: Shape) -> None:
    (position,) = subscription["items"]["data"]
    length = position["current_period_end"] - position["current_period_start"]
    position["current_period_start"] = position["current_period_end"]
    position["current_period_end"] += length


def _change(subscription_id: str, **fields: Any) -> None:
    with changing(subscription_id) as subscription:
        _insist_alive(subscription)
        subscription.update(fields)
    _tell_of(subscription)


def _tell_of(subscription: Shape) -> None:
    has_ended = subscription["status"] == "canceled"
    tell(f"customer.subscription.{'deleted' if has_ended else 'updated'}", subscription)
