"""What people set out to buy: send them to pay, and look what has come of it."""

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

from billing import plans, selectors
from billing.errors import AlreadySubscribed, PaymentOnItsWay
from billing.gateways import reading, registry
from billing.gateways.ports import Shape
from billing.models import Checkout, Customer, Subscription
from billing.plans import PLANS
from billing.services import customers
from visiona.lib import clock
from visiona.lib.db.locks import wait_for_turn
from visiona.lib.errors import Conflict, NotFound
from visiona.lib.request_id import uuid7

if TYPE_CHECKING:
    from accounts.models import User

REUSED_FOR = timedelta(minutes=60)
"""How long a checkout is taken up again: two browsers that buy the same pay once."""

ON_ITS_WAY = timedelta(days=2)
"""How long a payment may be on its way without a plan: Stripe gives up on a first one in a day.
What could not be noted by then keeps nobody from buying another."""

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
        raise _already_subscribed()
    return _open(user.pk, item)


def open_page(*, user: "User", checkout: Checkout) -> Checkout:
    """Have a page opened where the checkout is paid, unless there is one.

    Of several plans' only the page of the last one can be paid. Raises Unavailable,
    AlreadySubscribed where another one was paid meanwhile, and Conflict where one was begun.
    """
    if checkout.item in PLANS:
        _close_older(user, checkout)
    if checkout.url:
        return checkout
    checkout.session_id, checkout.url = customers.ask(
        user=user,
        question=lambda customer: registry.gateway().create_checkout(
            checkout_id=checkout.pk,
            customer=customer,
            item=plans.item(checkout.item),
            success_url=settings.PUBLIC_URL + RETURN_PATH.format(checkout.pk),
            cancel_url=settings.PUBLIC_URL + PRICING_PATH,
        ),
    )
    still_open = Checkout.objects.filter(pk=checkout.pk, state=Checkout.State.OPEN)
    if not still_open.update(session_id=checkout.session_id, url=checkout.url):
        registry.gateway().expire_session(checkout.session_id)
        raise Conflict("You have begun to buy something else meanwhile. Begin again.")
    return checkout


def portal(*, user: "User") -> str:
    """Return where the person changes plan and card, and finds invoices and receipts.

    Raises NotFound for who has never bought anything, and Unavailable.
    """
    if not Customer.objects.filter(user_id=user.pk).exists():
        raise NotFound("There is nothing to look after yet: you have not bought anything.")
    address = _billing_address()
    return customers.ask(
        user=user,
        question=lambda customer: registry.gateway().portal_url(
            customer=customer, return_url=address
        ),
    )


def note_return(*, user: "User", checkout_id: UUID) -> Checkout:
    """Note that the person came back and waits; from a minute on it is looked after by itself.

    Raises NotFound.
    """
    checkout = selectors.checkout_of(user=user, checkout_id=checkout_id)
    if checkout.is_open and checkout.returned_at is None:
        _look_after(checkout)
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


def _look_after(checkout: Checkout) -> None:
    """Have a worker ask what became of a checkout, unless that is told within a minute."""
    checkout.returned_at = clock.now()
    still_open = Checkout.objects.filter(pk=checkout.pk, state=Checkout.State.OPEN)
    still_open.update(returned_at=checkout.returned_at)


@transaction.atomic
def _open(user_id: UUID, item: str) -> Checkout:
    """Return the person's open checkout of this item, or a new one; one looks at a time.

    A plan's is taken up again only while it is the last one of any plan: the others are closed.
    """
    wait_for_turn(f"checkouts:{user_id}")
    recent = Checkout.objects.filter(
        user_id=user_id,
        item__in=PLANS if item in PLANS else [item],
        state=Checkout.State.OPEN,
        created_at__gt=clock.now() - REUSED_FOR,
    )
    # By the database's clock, which is one: ids are made by those of several hosts.
    found = recent.order_by("-created_at").first()
    if found and found.item == item:
        return found
    return Checkout.objects.create(id=uuid7(), user_id=user_id, item=item)


def _close_older(user: "User", checkout: Checkout) -> None:
    """Let nobody pay the checkouts of plans that the person began before this one."""
    older = Checkout.objects.filter(
        user_id=checkout.user_id,
        item__in=PLANS,
        state=Checkout.State.OPEN,
        created_at__lt=checkout.created_at,
    )
    # One that has no page yet is being opened in this moment, and is told so by this.
    older.filter(session_id=None).update(state=Checkout.State.EXPIRED)
    for one in older.order_by("created_at"):
        _close_page(user, one)


def _close_page(user: "User", checkout: Checkout) -> None:
    """Close one that can be paid at the gateway. Raises AlreadySubscribed where that is a plan."""
    try:
        session = registry.gateway().expire_session(str(checkout.session_id))
    except NotFound:  # of the till or of another key: it cannot be paid here
        session = None
    if session and _is_on_its_way(checkout, session):
        _look_after(checkout)
        raise _already_subscribed() if selectors.has_plan_to_pay(user=user) else _on_its_way()
    still_open = Checkout.objects.filter(pk=checkout.pk, state=Checkout.State.OPEN)
    still_open.update(state=Checkout.State.EXPIRED)


def _is_on_its_way(checkout: Checkout, session: Shape) -> bool:
    """Whether what somebody paid on a page is a plan, or may still become one."""
    if session["status"] != "complete" or checkout.created_at < clock.now() - ON_ITS_WAY:
        return False
    subscription_id = reading.id_of(session["subscription"])
    return not reading.has_failed(session) and not _has_ended(subscription_id)


def _has_ended(subscription_id: str) -> bool:
    """Ask whether a subscription is over, as one is whose first payment never came."""
    if not subscription_id:
        return False
    try:
        found = registry.gateway().subscription(subscription_id)
    except NotFound:
        return True
    return found["status"] in Subscription.ENDED


def _billing_address() -> str:
    return f"{settings.PUBLIC_URL}{BILLING_PATH}"


def _already_subscribed() -> AlreadySubscribed:
    address = _billing_address()
    return AlreadySubscribed(
        f"You have a plan already. Change or cancel it in the customer portal, at {address}.",
        portal=address,
    )


def _on_its_way() -> PaymentOnItsWay:
    address = _billing_address()
    return PaymentOnItsWay(
        "Your payment is on its way. Your plan is there as soon as it is confirmed,"
        f" at {address}; if it fails, you can choose a plan again.",
        portal=address,
    )
