"""What Clerk tells: of people, which accounts follows, and of what they pay by Clerk's billing."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from accounts import selectors as accounts_selectors
from accounts.clerk import events, people
from billing.errors import Later
from billing.models import Source, Subscription
from billing.services import payments, subscriptions
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.models import User

MONTH = timedelta(days=31)
"""How long a period is of which Clerk does not say when it ends."""

STATUSES = {
    "active": Subscription.Status.ACTIVE,
    "canceled": Subscription.Status.ACTIVE,  # it goes on until its period ends
    "past_due": Subscription.Status.PAST_DUE,
    "incomplete": Subscription.Status.INCOMPLETE,
    "ended": Subscription.Status.CANCELED,
    "expired": Subscription.Status.CANCELED,
    "abandoned": Subscription.Status.CANCELED,
}
"""Clerk's words in Stripe's. What is still to come has none: it is no subscription yet."""

Data = Mapping[str, Any]


def follow(*, kind: str, data: Data) -> bool:
    """Do what an event asks for; tell whether it was for us. As worker; once or many times.

    Raises Later for what a person pays of whom we have not heard, and ValueError for an item that
    we do not sell. An account is closed together with what it pays for, or not yet: Unavailable.
    """
    if kind == events.GONE:
        events.forget(data=data)  # what they pay for is ended by the clock, however long that takes
        return True
    if kind.startswith("subscriptionItem."):
        return _follow_item(data)
    handle = ATTEMPTS.get(str(data.get("status"))) if kind == "paymentAttempt.updated" else None
    return handle(data) if handle else events.follow(kind=kind, data=data)


def _record_paid(attempt: Data) -> bool:
    """Note what was paid. Its grant is keyed by the attempt, however many events tell of it."""
    if _is_of_an_organization(attempt):
        return False
    paid_at = _moment(attempt, "paid_at") or _moment(attempt, "updated_at")
    if paid_at is None:
        raise ValueError("This payment attempt of Clerk's does not say when it was paid.")
    payments.record_paid(**_facts(attempt), paid_at=paid_at)
    return True


def _record_failed(attempt: Data) -> bool:
    if _is_of_an_organization(attempt):
        return False
    payments.record_failed(**_facts(attempt))
    return True


ATTEMPTS: dict[str, Callable[[Data], bool]] = {"paid": _record_paid, "failed": _record_failed}
"""By what has become of an attempt; one that is under way is nothing yet."""


def _facts(attempt: Data) -> dict[str, Any]:
    total = attempt["totals"]["grand_total"]
    return {
        "user_id": _payer(attempt).pk,
        "source": Source.CLERK,
        "charge_id": attempt.get("gateway_external_id") or attempt["id"],
        "reference": attempt["id"],
        "item": _plan_paid(attempt),
        "amount_cents": total["amount"],
        "currency": total["currency"].lower(),
    }


def _plan_paid(attempt: Data) -> str:
    """Return the one plan of an attempt. Raises ValueError where there are several, or none."""
    paid = [item for item in attempt.get("subscription_items") or () if _is_paid(item)]
    slugs = {str(item["plan"]["slug"]) for item in paid}
    if len(slugs) != 1 or any(_is_annual(item) for item in paid):
        raise ValueError("This payment attempt of Clerk's is not for one month of one plan.")
    return slugs.pop()


def _follow_item(item: Data) -> bool:
    status = STATUSES.get(str(item.get("status")))
    if status is None or not _is_paid(item) or _is_of_an_organization(item):
        return False  # everybody has the free plan, and an organization none of ours
    started = _moment(item, "period_start")
    seen = _moment(item, "updated_at")
    if started is None or seen is None or _is_annual(item):
        raise ValueError("This subscription item of Clerk's is not for a month.")
    subscriptions.follow(
        user_id=_payer(item).pk,
        source=Source.CLERK,
        external_id=item["id"],
        plan=item["plan"]["slug"],
        status=Subscription.Status.TRIALING if _is_trial(item, status) else status,
        period_start=started,
        period_end=_moment(item, "period_end") or started + MONTH,
        cancel_at_period_end=item["status"] == "canceled",
        seen_at=seen,
    )
    return True


def _payer(thing: Data) -> "User":
    try:
        return accounts_selectors.user_by_clerk_id(clerk_id=str(thing["payer"].get("user_id")))
    except NotFound:
        raise Later("Clerk has not told of who pays this yet.") from None


def _is_of_an_organization(thing: Data) -> bool:
    return bool((thing.get("payer") or {}).get("organization_id"))


def _is_paid(item: Data) -> bool:
    return bool((item.get("plan") or {}).get("amount"))


def _is_annual(item: Data) -> bool:
    return "annual" in {item.get("interval"), item.get("plan_period")}


def _is_trial(item: Data, status: str) -> bool:
    return bool(item.get("is_free_trial")) and status == Subscription.Status.ACTIVE


def _moment(thing: Data, name: str) -> datetime | None:
    return people.moment_of(thing.get(name))
