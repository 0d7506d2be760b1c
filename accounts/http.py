"""Requests that are known to carry a person, and first answers that are given again."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from accounts.models import User


class UserRequest(HttpRequest):
    """A page's request behind `login_required`."""

    user: "User"  # type: ignore[assignment]
    request_id: str
    htmx: HtmxDetails
