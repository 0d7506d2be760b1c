"""Note what Stripe's objects say now: each is read again, whoever has told of it and when.

So it does no harm in which order news come, nor how often. Everything tells whether the object is
ours: others may sell things by the same account.
"""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from billing.gateways import reading
from billing.gateways.ports import Shape
from billing.gateways.registry import gateway
from billing.models import Checkout, Customer, Payment, Source, Subscription
from billing.services import checkouts, customers, payments, subscriptions
from visiona.lib import clock

STRIPE = Source.STRIPE.value


def note_session(*, session_id: str) -> bool:
    """Note what a checkout session has led to: a payment, or a subscription and its first invoice.

    Its checkout ends with it. Raises ValueError for an item that is not on sale, Unavailable and
    NotFound.
    """
    session = gateway().session(session_id)
    user_id = _buyer_of(session)
    if user_id is None:
        return False
    invoice = reading.id_of(session.get("invoice"))
    if paid := reading.paid_session(session):
        _record_paid(user_id, paid)
    elif invoice:
        note_invoice(invoice_id=invoice)
    elif subscription := reading.id_of(session["subscription"]):
        note_subscription(subscription_id=subscription)
    _close(session)
    return True


def note_invoice(*, invoice_id: str) -> bool:
    """Note that an invoice of a plan was paid, or that it was tried in vain.

    Raises ValueError for a plan that is not on sale, Unavailable and NotFound.
    """
    invoice = gateway().invoice(invoice_id)
    subscription_id = reading.subscription_of(invoice)
    user_id = _user_of(invoice["customer"], subscription_id)
    if user_id is None or not subscription_id:
        return False
    # All is read before anything is written: what others wait for is not held meanwhile.
    seen_at, subscription = clock.now(), gateway().subscription(subscription_id)
    if paid := reading.paid_invoice(invoice):
        _record_paid(user_id, paid)
    elif unpaid := reading.unpaid_invoice(invoice):
        _record_failed(user_id, unpaid)
    return _follow(subscription, seen_at)


def note_subscription(*, subscription_id: str) -> bool:
    """Note how a subscription stands. Raises ValueError, Unavailable and NotFound."""
    seen_at = clock.now()
    return _follow(gateway().subscription(subscription_id), seen_at)


def note_charge(*, charge_id: str) -> bool:
    """Note how much of a charge is given back. Raises Later, Unavailable and NotFound."""
    seen_at, charge = clock.now(), gateway().charge(charge_id)
    if not _is_ours(charge):
        return False
    refunded = charge["amount_refunded"]
    payments.record_refund(
        source=STRIPE, charge_id=charge_id, refunded_cents=refunded, seen_at=seen_at
    )
    return True


def note_refund(*, refund_id: str) -> bool:
    """Note what has become of a refund, by its charge. Raises Later, Unavailable and NotFound."""
    charge_id = reading.id_of(gateway().refund_made(refund_id).get("charge"))
    return note_charge(charge_id=charge_id) if charge_id else False


def note_dispute(*, dispute_id: str) -> bool:
    """Note what has become of the disputes of its charge. Raises Later, Unavailable, NotFound."""
    seen_at, dispute = clock.now(), gateway().dispute(dispute_id)
    charge_id = reading.id_of(dispute["charge"])
    if not _is_ours(gateway().charge(charge_id)):
        return False
    theirs = [dispute, *gateway().disputes_of(charge_id)]
    statuses = {one["id"]: one["status"] for one in theirs}
    payments.record_disputes(source=STRIPE, charge_id=charge_id, statuses=statuses, seen_at=seen_at)
    return True


def note_deletion(*, customer_id: str) -> bool:
    """Note that a customer was deleted at Stripe, which ends what they had subscribed to.

    Who it was is kept: what they paid before may still be refunded.
    """
    user_id = _user_of(customer_id)
    if user_id is None:
        return False
    for one in Subscription.objects.filter(user_id=user_id, source=STRIPE):
        if one.is_live:
            note_subscription(subscription_id=one.external_id)
    return True


def _follow(subscription: Shape, seen_at: datetime) -> bool:
    found = reading.standing(subscription)
    user_id = _user_of(found.customer, found.external_id) if found else None
    if found is None or user_id is None:
        return False
    facts = asdict(found)
    del facts["customer"]
    subscriptions.follow(user_id=user_id, source=STRIPE, seen_at=seen_at, **facts)
    return True


def _close(session: Shape) -> None:
    if session["status"] == "expired" or reading.has_failed(session) or _came_to_nothing(session):
        checkouts.expire(session_id=session["id"])
    elif session["status"] == "complete" and session["payment_status"] != "unpaid":
        checkouts.complete(session_id=session["id"])


def _came_to_nothing(session: Shape) -> bool:
    """Whether the plan of a session is over before its first payment came, as just noted."""
    theirs = Subscription.objects.filter(source=STRIPE, status__in=Subscription.ENDED)
    name = reading.id_of(session["subscription"])
    return session["payment_status"] == "unpaid" and theirs.filter(external_id=name).exists()


def _record_paid(user_id: UUID, paid: reading.Paid) -> None:
    payments.record_paid(
        user_id=user_id,
        source=STRIPE,
        charge_id=paid.charge_id,
        reference=paid.reference,
        item=paid.item,
        amount_cents=paid.amount_cents,
        currency=paid.currency,
        paid_at=paid.paid_at,
        brings_credits=paid.brings_credits,
    )


def _record_failed(user_id: UUID, unpaid: reading.Paid) -> None:
    payments.record_failed(
        user_id=user_id,
        source=STRIPE,
        charge_id=unpaid.charge_id,
        reference=unpaid.reference,
        item=unpaid.item,
        amount_cents=unpaid.amount_cents,
        currency=unpaid.currency,
        brings_credits=unpaid.brings_credits,
    )


def _buyer_of(session: Shape) -> UUID | None:
    """Return who had a session opened, whose customer is theirs then, whatever we know of it."""
    begun = Checkout.objects.filter(session_id=session["id"]).first()
    if begun is None:
        return _user_of(session["customer"])
    if customer := reading.id_of(session["customer"]):
        customers.remember(user_id=begun.user_id, customer=customer)
    return begun.user_id


def _user_of(customer: object, subscription_id: str = "") -> UUID | None:
    """Return whose customer it is or ever was, or who has the subscription."""
    known = Customer.objects.filter(stripe_id=reading.id_of(customer)).values_list("user_id")
    subscribed = Subscription.objects.filter(source=STRIPE, external_id=subscription_id)
    found = known.first() or subscribed.values_list("user_id").first()
    return found[0] if found else None


def _is_ours(charge: Shape) -> bool:
    paid = Payment.objects.filter(source=STRIPE, charge_id=charge["id"])
    return _user_of(charge["customer"]) is not None or paid.exists()
