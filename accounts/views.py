"""django-allauth's page of e-mail addresses, where row security hides other people's."""

from allauth.account import views
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponseBase

from accounts.errors import EmailTaken


def email(request: HttpRequest) -> HttpResponseBase:
    """Add, confirm, choose and remove my addresses.

    Whether an address is somebody else's shows only when the database refuses it. Raises
    EmailTaken.
    """
    try:
        response: HttpResponseBase = views.email(request)
    except IntegrityError:
        raise EmailTaken from None
    return response
