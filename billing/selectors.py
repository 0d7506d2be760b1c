"""What a person's plan allows, what they pay, and whether we let ourselves be charged."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet

from billing.models import GRACE, Checkout, Choice, Payment, SpendingDecision, Subscription
from billing.plans import FREE, PLANS, Plan
from visiona.lib import clock
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.models import User

BY_SIZE = list(PLANS)
CLOCKS_DIFFER = timedelta(minutes=1)
"""How much earlier than ours the clock of those who take the money may be, which says seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entitlements:
    """What a person may do beside paying for it."""

    plan: Plan
    chat_per_day: int | None
    concurrent_jobs: int
    video_qualities: tuple[str, ...]
    clones: int

    @property
    def chat_rate(self) -> str | None:
        """The limit on chat as `ratelimit.admit` takes it; none is the server's own."""
        return _rate(self.plan)


def _rate(plan: Plan) -> str | None:
    return f"{plan.chat_per_day}/day" if plan.chat_per_day else None


def plan_of(*, user: "User") -> Plan:
    """Return the person's plan: the biggest that is paid for now, or the free one."""
    subscription = subscription_of(user=user)
    return PLANS[subscription.plan] if subscription else FREE


def entitlements_of(*, user: "User") -> Entitlements:
    """Return what the person's plan allows."""
    return entitlements_with(plan=plan_of(user=user))


def entitlements_with(*, plan: Plan) -> Entitlements:
    """Return what a plan allows on this server."""
    return Entitlements(
        plan=plan,
        chat_per_day=plan.chat_per_day,
        # A server that lets everybody do more does not let those who pay do less.
        concurrent_jobs=max(plan.concurrent_jobs or 0, settings.CONCURRENT_JOBS),
        video_qualities=plan.video_qualities,
        clones=plan.clones,
    )


def chat_rate_of(*, user: "User") -> str | None:
    """Return the person's limit on chat, as `entitlements_of`; who has no plan needs no look."""
    if user.has_no_plan:
        return _rate(FREE)
    return entitlements_of(user=user).chat_rate


def subscription_of(*, user: "User") -> Subscription | None:
    """Return the subscription whose plan the person has now, if there is one."""
    live = [one for one in subscriptions_of(user=user) if one.is_live]
    return max(live, key=lambda one: BY_SIZE.index(one.plan), default=None)


def has_plan_to_pay(*, user: "User") -> bool:
    """Whether a plan of the person's goes on being charged, or will be tried to be."""
    return plans_to_pay().filter(user_id=user.pk).exists()


def plans_to_pay() -> QuerySet[Subscription]:
    """Return every subscription that goes on being charged, or will be tried to be."""
    now = clock.now()
    lasts = Q(period_end__gt=now) | Q(cancel_at_period_end=False, period_end__gt=now - GRACE)
    is_paid = Q(status__in=Subscription.PAID) & lasts
    return Subscription.objects.filter(is_paid | Q(status__in=Subscription.FAILING))


def subscriptions_of(*, user: "User") -> QuerySet[Subscription]:
    """Return every subscription that the person has or had, the newest first."""
    return Subscription.objects.filter(user_id=user.pk).order_by("-id")


def payments_of(*, user: "User") -> QuerySet[Payment]:
    """Return what the person paid, or failed to pay, the newest first."""
    return Payment.objects.filter(user_id=user.pk).order_by("-id")


def checkout_of(*, user: "User", checkout_id: UUID) -> Checkout:
    """Return what the person set out to buy. Raises NotFound."""
    found = Checkout.objects.filter(user_id=user.pk, pk=checkout_id).first()
    if found is None:
        raise NotFound("There is no such purchase, or it is not yours.")
    return found


def payment_for(*, checkout: Checkout) -> Payment | None:
    """Return the payment that this checkout came to, once it is there."""
    paid = Payment.objects.filter(user_id=checkout.user_id, item=checkout.item)
    paid = paid.exclude(status=Payment.Status.FAILED)
    if PLANS.get(checkout.item):  # its payment is known by the invoice, which came with it
        since = checkout.created_at - CLOCKS_DIFFER
        return paid.filter(paid_at__gte=since).order_by("-id").first()
    return paid.filter(reference=checkout.session_id).first()


def spending_choice() -> Choice:
    """Return what staff decided last about paid calls; going over the budget ends with its day."""
    last = SpendingDecision.objects.only("choice", "created_at").order_by("-created_at").first()
    if last is None:
        return Choice.ON
    has_passed = last.created_at.date() < clock.now().date()
    return Choice.ON if last.choice == Choice.OVER and has_passed else Choice(last.choice)


def spending_choices() -> list[tuple[str, str]]:
    """Return what staff may decide about paid calls, each with its words."""
    return list(Choice.choices)
