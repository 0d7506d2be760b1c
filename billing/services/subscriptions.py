"""What people pay for again and again: who has which plan, and until when."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from accounts import events
from accounts import services as accounts_services
from billing.gateways import registry
from billing.models import GRACE, Source, Subscription
from billing.plans import FREE, PLANS
from visiona.lib import clock
from visiona.lib.db.actor import act_as_worker
from visiona.lib.db.locks import wait_for_turn
from visiona.lib.errors import NotFound

logger = logging.getLogger(__name__)


@transaction.atomic
def follow(  # noqa: PLR0913 (what is known of one, by name)
    *,
    user_id: UUID,
    source: str,
    external_id: str,
    plan: str,
    status: str,
    period_start: datetime,
    period_end: datetime,
    cancel_at_period_end: bool,
    seen_at: datetime,
) -> Subscription:
    """Note a subscription as it was read at `seen_at`, and let the person's role follow.

    What was read before what is known already changes nothing. Raises ValueError for a plan or a
    status that we do not know, and for a subscription that is known as somebody else's.
    """
    if plan not in PLANS or plan == FREE.name:
        raise ValueError(f"There is no plan {plan!r} to subscribe to.")
    wait_for_turn(f"subscriptions:{user_id}")
    found = Subscription.objects.filter(source=source, external_id=external_id).first()
    one = found or Subscription(user_id=user_id, source=source, external_id=external_id)
    if one.user_id != user_id:
        raise ValueError("This subscription is known as somebody else's.")
    if found and seen_at < found.seen_at:
        return found
    one.plan, one.status = plan, str(Subscription.Status(status))
    one.period_start, one.period_end = period_start, period_end
    one.cancel_at_period_end, one.seen_at = cancel_at_period_end, seen_at
    _note_failure(one)
    one.save()
    _follow_role(user_id)
    events.track("billing.subscription.followed", user_id=user_id, plan=plan, status=status)
    return one


def end_grace() -> int:
    """Take back the role of everybody whose plan is over, unannounced ones too; how many."""
    with act_as_worker():
        people = _whose_plan_is_over()
        for user_id in people:
            with transaction.atomic():
                wait_for_turn(f"subscriptions:{user_id}")
                _follow_role(user_id)
    return len(people)


def cancel_for_the_gone() -> int:
    """End what people still pay for whose accounts are closed; how many there were.

    What becomes known later is ended then. Clerk ends its own with the person. Raises Unavailable
    where the gateway does not answer: the clock comes again.
    """
    with act_as_worker():
        theirs = Subscription.objects.filter(source=Source.STRIPE, user__is_active=False)
        going_on = list(theirs.exclude(status__in=Subscription.ENDED))
        for one in going_on:
            try:
                registry.gateway().cancel_subscription(one.external_id)
            except NotFound:
                logger.warning("billing.subscription.unknown", extra={"subscription": str(one.pk)})
            theirs.filter(pk=one.pk).update(status=Subscription.Status.CANCELED)
    return len(going_on)


def end_unknown(*, external_ids: Sequence[str]) -> list[str]:
    """End those of these plans that go on here, because Stripe does not know them; return which.

    They are of the till, or of another key: nobody is charged for them, and somebody has to say so,
    since with a wrong key every plan is unknown.
    """
    with act_as_worker():
        theirs = Subscription.objects.filter(source=Source.STRIPE, external_id__in=external_ids)
        going_on = list(theirs.exclude(status__in=Subscription.ENDED).order_by("id"))
        for one in going_on:
            with transaction.atomic():
                wait_for_turn(f"subscriptions:{one.user_id}")
                canceled = {"status": Subscription.Status.CANCELED, "seen_at": clock.now()}
                theirs.filter(pk=one.pk).update(**canceled)
                _follow_role(one.user_id)
    return [one.external_id for one in going_on]


def _note_failure(one: Subscription) -> None:
    """Begin the grace, and have the person told of it once; or forget that a payment failed."""
    if not one.is_failing:
        one.past_due_since = one.warn_at = None
    elif one.past_due_since is None:
        one.past_due_since = one.seen_at
        one.warn_at = clock.now()


def _follow_role(user_id: UUID) -> None:
    live = [one for one in Subscription.objects.filter(user_id=user_id) if one.is_live]
    if len(live) > 1:  # bought in two tabs, or by two ways: both are paid, so somebody should look
        logger.warning("billing.subscription.doubled", extra={"user": str(user_id)})
    accounts_services.follow_plan(user_id=user_id, is_subscriber=bool(live))


def _whose_plan_is_over() -> list[UUID]:
    """Return the subscribers one of whose plans has ended by the clock alone."""
    now = clock.now()
    is_over = (
        Q(status__in=Subscription.FAILING, past_due_since__lte=now - GRACE)
        | Q(cancel_at_period_end=True, period_end__lte=now)
        | Q(period_end__lte=now - GRACE)
    )
    there = Subscription.objects.filter(is_over, user__role="subscriber")
    ended = there.exclude(status__in=Subscription.ENDED).values_list("user_id", flat=True)
    return list(ended.order_by("user_id").distinct())
