"""The pages of money: plan, payments, the way back from paying, and the till of a test."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.http import UserRequest, private
from billing import plans, selectors
from billing.errors import AlreadySubscribed, PaymentOnItsWay
from billing.gateways import registry, till
from billing.models import Checkout, Source, Subscription
from billing.services import checkouts
from visiona.lib import clock
from visiona.lib.errors import NotFound

PAGE_SIZE = 25
POLL_SECONDS = 2
STOP_POLLING = 286
SLOW = timedelta(seconds=60)
"""From then on we ask by ourselves what became of a purchase, and the page says so."""

TURNS: dict[str, Callable[..., None]] = {
    "cancel": till.cancel,
    "resume": till.resume,
    "renew": till.renew,
    "fail": till.fail_payment,
}
"""What can happen to a plan at the till, beside going over to another one."""


@private
@require_safe
def overview(request: UserRequest) -> HttpResponse:
    """Show my plan, what it allows and costs, and what I paid."""
    payments = selectors.payments_of(user=request.user)
    limits = selectors.entitlements_of(user=request.user)
    context = {
        "section": "billing",
        "plan": limits.plan,
        "limits": limits,
        "chat_rate": settings.RATE_LIMITS["chat"],
        "subscription": selectors.subscription_of(user=request.user),
        "payments": Paginator(payments, PAGE_SIZE).get_page(request.GET.get("page")),
        "is_test": registry.is_till(),
        "plans": [plan for plan in plans.PLANS.values() if plan.recurring],
    }
    return render(request, "billing/overview.html", context)


@private
@require_POST
@transaction.non_atomic_requests
def checkout(request: UserRequest) -> HttpResponse:
    """Go and pay for a plan or a pack."""
    name = request.POST.get("item", "")
    if name not in plans.ITEMS:
        raise NotFound
    try:
        begun = checkouts.begin(user=request.user, item=name)
    except PaymentOnItsWay:
        messages.info(request, "Your payment is on its way: your plan comes when it is confirmed.")
        return redirect("billing:overview")
    except AlreadySubscribed:
        messages.error(request, "You have a plan already. Change or cancel it here.")
        return redirect("billing:overview")
    # The till is on the host that one is on, whatever the product's public name is.
    return redirect("billing:till", begun.pk) if registry.is_till() else redirect(begun.url)


@private
@require_POST
@transaction.non_atomic_requests
def portal(request: UserRequest) -> HttpResponse:
    """Go to the customer portal: card, invoices and receipts, change and cancel."""
    address = checkouts.portal(user=request.user)
    return redirect("billing:overview") if registry.is_till() else redirect(address)


@private
@require_safe
def returned(request: UserRequest, checkout_id: UUID) -> HttpResponse:
    """Wait for the credits of a purchase, and show them; a poll is answered with that part."""
    bought = checkouts.note_return(user=request.user, checkout_id=checkout_id)
    payment = selectors.payment_for(checkout=bought)
    is_waiting = payment is None and bought.state != Checkout.State.EXPIRED
    context = {
        "section": "billing",
        "checkout": bought,
        "payment": payment,
        "is_waiting": is_waiting,
        "is_slow": bought.returned_at and clock.now() - bought.returned_at > SLOW,
        "is_test": registry.is_till(),
        "poll_seconds": POLL_SECONDS,
    }
    if not request.htmx:
        return render(request, "billing/return.html", context)
    status = HTTPStatus.OK if is_waiting else STOP_POLLING
    return render(request, "billing/_purchase_poll.html", context, status=status)


@private
@require_http_methods(["GET", "HEAD", "POST"])
def till_checkout(request: UserRequest, checkout_id: UUID) -> HttpResponse:
    """Stand in for Stripe's page: pay, or have the card declined."""
    bought = _at_the_till(request, checkout_id)
    decision = request.POST.get("decision")
    if decision == "pay" and bought.is_open:
        till.pay(checkout_id=bought.pk)
    if decision == "pay" or not bought.is_open:
        return redirect("billing:return", bought.pk)
    if decision == "decline":
        till.decline(checkout_id=bought.pk)
    context = {"item": plans.item(bought.item), "is_declined": decision == "decline"}
    return render(request, "billing/till.html", context)


@private
@require_POST
def till_subscription(request: UserRequest) -> HttpResponse:
    """Do to my plan at the till what Stripe's portal and time would do."""
    subscription = _subscription_at_the_till(request)
    decision = request.POST.get("decision", "")
    if decision in plans.PLANS and decision in plans.ITEMS:
        item = plans.item(decision)
        till.change_plan(subscription_id=subscription.external_id, item=item)
    elif decision in TURNS:
        TURNS[decision](subscription_id=subscription.external_id)
    else:
        raise NotFound
    messages.success(request, "Done. The news of it comes within seconds: reload.")
    return redirect("billing:overview")


@private
@require_POST
def till_refund(request: UserRequest, payment_id: UUID) -> HttpResponse:
    """Give one of my payments at the till back."""
    _insist_on_the_till()
    payment = selectors.payments_of(user=request.user).filter(pk=payment_id).first()
    if payment is None or not payment.charge_id:
        raise NotFound
    try:
        till.refund(charge_id=payment.charge_id)
    except NotFound:  # paid elsewhere, before this server had a till
        messages.error(request, "The till does not know this payment.")
    else:
        messages.success(request, "Refunded. The news of it comes within seconds: reload.")
    return redirect("billing:overview")


def _insist_on_the_till() -> None:
    if not registry.is_till():
        raise NotFound


def _at_the_till(request: UserRequest, checkout_id: UUID) -> Checkout:
    _insist_on_the_till()
    return selectors.checkout_of(user=request.user, checkout_id=checkout_id)


def _subscription_at_the_till(request: UserRequest) -> Subscription:
    _insist_on_the_till()
    subscription = selectors.subscription_of(user=request.user)
    if subscription is None or subscription.source != Source.STRIPE:
        raise NotFound
    return subscription
