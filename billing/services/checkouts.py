"""What people set out to buy: send them to pay, and look what has come of it."""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from billing import plans, selectors
from billing.errors import AlreadySubscribed
from billing.gateways import registry
from billing.models import Checkout, Customer
from billing.plans import PLANS
from visiona.lib import clock
from visiona.lib.db.locks import wait_for_turn
from visiona.lib.errors import NotFound
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

REUSED_FOR = timedelta(minutes=60)
"""How long a checkout is taken up again: two browsers that buy the same pay once."""

RETURN_PATH = "/billing/return/{}/"
PRICING_PATH = "/pricing/"
BILLING_PATH = "/billing/"


def begin(*, user: "User", item: str) -> Checkout:
    """Return a checkout with the address where the person pays.

    What is on its way is committed before anybody is asked, so call it outside of a transaction:
    then nothing is locked meanwhile. Raises ValueError for what is not on sale, AlreadySubscribed
    for a second plan, and Unavailable where the gateway does not answer.
    """
    return open_page(user=user, checkout=choose(user=user, item=item))


def choose(*, user: "User", item: str) -> Checkout:
    """Return the person's open checkout of this item, or a new one; nobody else is asked yet.

    Raises ValueError and AlreadySubscribed.
    """
    plans.item(item)
    if item in PLANS and selectors.has_plan_to_pay(user=user):
        raise AlreadySubscribed(
            "You have a plan already. Change or cancel it in the customer portal, at "
            f"{settings.PUBLIC_URL}{BILLING_PATH}.",
            portal=f"{settings.PUBLIC_URL}{BILLING_PATH}",
        )
    return _open(user.pk, item)


def open_page(*, user: "User", checkout: Checkout) -> Checkout:
    """Have a page opened where the checkout is paid, unless there is one. Raises Unavailable."""
    if checkout.url:
        return checkout
    checkout.session_id, checkout.url = registry.gateway().create_checkout(
        checkout_id=checkout.pk,
        customer=customer_of(user=user),
        item=plans.item(checkout.item),
        success_url=settings.PUBLIC_URL + RETURN_PATH.format(checkout.pk),
        cancel_url=settings.PUBLIC_URL + PRICING_PATH,
    )
    checkout.save(update_fields=["session_id", "url"])
    return checkout


def customer_of(*, user: "User") -> str:
    """Return who the person is at the gateway, made known if need be. Raises Unavailable."""
    known = Customer.objects.filter(pk=user.pk).first()
    if known:
        return known.stripe_id
    stripe_id = registry.gateway().create_customer(user_id=user.pk, email=user.email)
    Customer.objects.bulk_create(
        [Customer(user_id=user.pk, stripe_id=stripe_id)], ignore_conflicts=True
    )
    return stripe_id


def portal(*, user: "User") -> str:
    """Return where the person changes plan and card, and finds invoices and receipts.

    Raises NotFound for who has never bought anything, and Unavailable.
    """
    known = Customer.objects.filter(pk=user.pk).first()
    if known is None:
        raise NotFound("There is nothing to look after yet: you have not bought anything.")
    address = settings.PUBLIC_URL + BILLING_PATH
    return registry.gateway().portal_url(customer=known.stripe_id, return_url=address)


def note_return(*, user: "User", checkout_id: UUID) -> Checkout:
    """Note that the person came back and waits; from a minute on it is looked after by itself.

    Raises NotFound.
    """
    checkout = selectors.checkout_of(user=user, checkout_id=checkout_id)
    if checkout.is_open and checkout.returned_at is None:
        checkout.returned_at = clock.now()
        checkout.save(update_fields=["returned_at"])
    return checkout


def complete(*, session_id: str) -> bool:
    """Note that a checkout came to its end; whether there was one that was open."""
    return _close(session_id, Checkout.State.DONE)


def expire(*, session_id: str) -> bool:
    """Note that a checkout can be paid no more; whether there was one that was open."""
    return _close(session_id, Checkout.State.EXPIRED)


def _close(session_id: str, state: Checkout.State) -> bool:
    theirs = Checkout.objects.filter(session_id=session_id, state=Checkout.State.OPEN)
    done_at = clock.now() if state == Checkout.State.DONE else None
    return bool(theirs.update(state=state, done_at=done_at))


@transaction.atomic
def _open(user_id: UUID, item: str) -> Checkout:
    """Return the person's open checkout of this item, or a new one; one looks at a time."""
    wait_for_turn(f"checkouts:{user_id}")
    recent = Checkout.objects.filter(
        user_id=user_id,
        item=item,
        state=Checkout.State.OPEN,
        created_at__gt=clock.now() - REUSED_FOR,
    )
    found = recent.order_by("-id").first()
    return found or Checkout.objects.create(id=uuid7(), user_id=user_id, item=item)
