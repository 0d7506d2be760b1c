"""Requests that are known to carry a person, and who of them works for us."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

from visiona.lib.db.actor import Actor
from visiona.lib.errors import NotFound

if TYPE_CHECKING:
    from accounts.models import User

View = Callable[..., HttpResponseBase]


class UserRequest(HttpRequest):
    """A page's request behind `login_required`."""

    user: "User"
    request_id: str
    htmx: HtmxDetails


class ApiRequest(Request):
    """A program's request that was authenticated."""

    user: "User"


def private(view: View) -> View:
    """Show a page of a person's account or money to themselves; nothing may keep a copy of it."""
    kept_nowhere: View = never_cache(login_required(view))
    return kept_nowhere


def staff_of(request: HttpRequest) -> Actor:
    """Return who is asking, as staff. Raises NotFound for anybody else."""
    if not getattr(request.user, "is_admin", False):
        raise NotFound
    return Actor(role="staff", user_id=request.user.pk)
