"""The till: takes no money, and otherwise answers and tells what Stripe would."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from uuid import UUID

from django.db import transaction
from django.utils.module_loading import import_string

from billing.errors import UnknownCustomer
from billing.gateways import shapes, signing
from billing.gateways.ports import Shape
from billing.gateways.reading import is_paid_once, moment, subscription_of
from billing.gateways.registry import till_secret
from billing.models import TillObject
from visiona.lib.db.actor import NOBODY, act_as
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from billing.plans import Pack, Plan

INBOX = "visiona.webhooks.services.receive"
"""Where its events go. Like Stripe it knows no more of us than an address."""

PAGE = "/billing/till/{}"
"""Where a checkout is paid: the page of ours that takes the place of Stripe's."""


class Till:
    """The gateway of a machine without keys."""

    livemode = False

    def create_customer(self, *, user_id: UUID, email: str, instead_of: str = "") -> str:
        """Make the person known; the till has one customer for each."""
        return keep(shapes.customer(user_id=user_id, email=email), user_id)

    def create_checkout(
        self,
        *,
        checkout_id: UUID,
        customer: str,
        item: "Plan | Pack",
        success_url: str,
        cancel_url: str,
    ) -> tuple[str, str]:
        """Open a page of our own, on the host that the person is on."""
        session = shapes.session(
            customer=customer,
            item=item,
            checkout_id=checkout_id,
            success_url=success_url,
            cancel_url=cancel_url,
            url=urljoin(success_url, PAGE.format(checkout_id)),
        )
        # Asked again, it answers as before, as Stripe does: the page may be closed by then.
        return keep(session, _known(customer).user_id), session["url"]

    def expire_session(self, session_id: str) -> Shape:
        """Let a checkout session be paid no more, unless it was."""
        with changing(session_id) as session:
            if session["status"] == "open":
                session |= {"status": "expired", "url": None}
                tell("checkout.session.expired", session)
        return self.session(session_id)

    def portal_url(self, *, customer: str, return_url: str) -> str:
        """Return to where one came from: what the portal would offer is on our own pages here."""
        _known(customer)
        return return_url

    def session(self, session_id: str) -> Shape:
        """Return a checkout session as it is now."""
        session = _found(session_id).data
        return {**session, "payment_intent": _whole(session["payment_intent"])}

    def subscription(self, subscription_id: str) -> Shape:
        """Return a subscription as it is now."""
        return _data(subscription_id)

    def invoice(self, invoice_id: str) -> Shape:
        """Return an invoice as it is now."""
        invoice = _data(invoice_id)
        for payment in invoice["payments"]["data"]:
            payment["payment"]["payment_intent"] = _whole(payment["payment"]["payment_intent"])
        return invoice

    def charge(self, charge_id: str) -> Shape:
        """Return a charge as it is now."""
        return _data(charge_id)

    def dispute(self, dispute_id: str) -> Shape:
        """Return a dispute as it is now."""
        return _data(dispute_id)

    def disputes_of(self, charge_id: str) -> list[Shape]:
        """Return every dispute of a charge as it is now."""
        return [one for one in _newest("dispute") if one["charge"] == charge_id]

    def refund_made(self, refund_id: str) -> Shape:
        """Return a refund as it is now."""
        return _data(refund_id)

    def paid_invoices(self, since: datetime) -> Iterator[Shape]:
        """Return what was paid for plans since then."""
        for invoice in _newest("invoice"):
            paid_at = invoice["status_transitions"]["paid_at"]
            if paid_at and moment(paid_at) >= since and subscription_of(invoice):
                yield invoice

    def paid_sessions(self, since: datetime) -> Iterator[Shape]:
        """Return what was paid for packs since then."""
        for session in _newest("checkout.session"):
            if is_paid_once(session) and moment(session["created"]) >= since:
                yield session

    def refunded_charges(self, since: datetime) -> Iterator[Shape]:
        """Return what something was given back of since then."""
        charges = {one["charge"] for one in _newest("refund") if moment(one["created"]) >= since}
        return map(_data, sorted(charges))

    def disputes(self, since: datetime) -> Iterator[Shape]:
        """Return every dispute: there are few."""
        return _newest("dispute")

    def going_subscriptions(self) -> Iterator[Shape]:
        """Return every subscription that has not ended."""
        return (one for one in _newest("subscription") if one["status"] != "canceled")

    def cancel_subscription(self, subscription_id: str) -> None:
        """End a subscription now."""
        with changing(subscription_id) as subscription:
            if subscription["status"] != "canceled":
                end(subscription)
                tell("customer.subscription.deleted", subscription)

    def refund(self, charge_id: str, cents: int) -> None:
        """Give so much of a charge back, and never more than it was."""
        with changing(charge_id) as charge:
            before = charge["amount_refunded"]
            if more := min(cents, charge["amount"] - before):
                keep(shapes.refund(charge=charge, amount=more), owner_of(charge_id))
                shapes.give_back(charge, before + more)
                tell("charge.refunded", charge)


@contextmanager
def changing(name: str) -> Iterator[Shape]:
    """Change an object in this block, alone, and keep it before its end. Raises NotFound."""
    with transaction.atomic():
        row = TillObject.objects.select_for_update().filter(pk=name).first()
        if row is None:
            raise _unknown(name)
        yield row.data
        row.save(update_fields=["data"])


def keep(made: Shape, user_id: UUID) -> str:
    """Keep an object that was made, unless it is there already; return its id."""
    row = TillObject(id=made["id"], kind=made["object"], user_id=user_id, data=made)
    TillObject.objects.bulk_create([row], ignore_conflicts=True)
    return row.pk


def owner_of(name: str) -> UUID:
    """Return whose object it is. Raises NotFound."""
    return _found(name).user_id


def end(subscription: Shape) -> None:
    """Let a subscription be over, as of now."""
    moment_of_end = shapes.now()
    subscription |= {
        "status": "canceled",
        "canceled_at": subscription["canceled_at"] or moment_of_end,
        "ended_at": moment_of_end,
    }


def tell(type_: str, about: Shape) -> None:
    """Send ourselves an event as Stripe would: signed, and by nobody in particular."""
    event = shapes.event(type=type_, about=about)
    body = json.dumps(event).encode()
    signed = signing.header(secret=till_secret(), moment=event["created"], body=body)
    with act_as(NOBODY):
        import_string(INBOX)(
            sender="stripe", body=body, headers={"Stripe-Signature": signed}, query=""
        )


def _found(name: str) -> TillObject:
    row = TillObject.objects.filter(pk=name).first()
    if row is None:
        raise _unknown(name)
    return row


def _known(customer: str) -> TillObject:
    try:
        return _found(customer)
    except NotFound as error:
        raise UnknownCustomer(error.detail) from None


def _data(name: str) -> Shape:
    found: Shape = _found(name).data
    return found


def _whole(intent: str | None) -> Shape | None:
    return _data(intent) if intent else None


def _newest(kind: str) -> Iterator[Shape]:
    for row in TillObject.objects.filter(kind=kind).order_by("-created_at").iterator():
        yield row.data


def _unknown(name: str) -> NotFound:
    return NotFound(f"The till knows nothing by the name {name}.")
