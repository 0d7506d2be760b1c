"""Requests that are known to carry a person, and first answers that are given again."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails
from rest_framework.request import Request

if TYPE_CHECKING:
    from accounts.models import User


class UserRequest(HttpRequest):
    """A page's request behind `login_required`."""

    user: "User"
    request_id: str
    htmx: HtmxDetails


class ApiRequest(Request):
    """A program's request that was authenticated."""

    user: "User"
