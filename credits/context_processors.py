"""The wallet in every page's frame."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from credits import selectors as credits_selectors


def wallet(request: HttpRequest) -> dict[str, Any]:
    """Give templates the signed-in person's wallet, read only when one shows it."""
    user = getattr(request, "user", None)  # absent when something failed before it was known
    if user is None or not user.is_authenticated:
        return {}
    return {"wallet": SimpleLazyObject(lambda: credits_selectors.wallet_of(user=user))}
