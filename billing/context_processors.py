"""What every page says while the payments of somebody's plan fail."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from billing import selectors

if TYPE_CHECKING:
    from accounts.models import User
    from billing.models import Subscription


def payment_problem(request: HttpRequest) -> dict[str, Any]:
    """Give templates the subscription whose payments fail, read only when a page asks."""
    user = getattr(request, "user", None)  # absent when something failed before it was known
    if user is None or not user.is_authenticated or user.has_no_plan:
        return {}
    return {"payment_problem": SimpleLazyObject(lambda: _failing(user))}


def _failing(user: "User") -> "Subscription | None":
    subscription = selectors.subscription_of(user=user)
    return subscription if subscription and subscription.is_failing else None
