"""The ways in for programs; they share their limits and their rules with the pages."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.core.exceptions import ValidationError
from rest_framework.request import Request

from accounts import services
from accounts.errors import TooManyAttempts, WrongCredentials
from accounts.models import User
from visiona.lib.db.actor import NOBODY, act_as

RETRY_AFTER_SECONDS = 300


def sign_up(*, request: Request, email: str, password: str) -> User:
    """Make an account. Raises EmailTaken and TooManyAttempts."""
    if not _within_limit(request):
        raise TooManyAttempts(retry_after=60)
    with act_as(NOBODY):  # whoever's cookie came along, this is about somebody else
        user = services.sign_up(email=email, password=password)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    return user


def log_in(*, request: Request, email: str, password: str) -> User:
    """Check a password; guesses are counted together with those made on the page.

    Raises WrongCredentials and TooManyAttempts. Without Redis nobody could count, so that the door
    stays closed then: its error becomes 503.
    """
    try:
        with act_as(NOBODY):
            user = get_adapter().authenticate(request._request, email=email, password=password)  # noqa: SLF001 (allauth counts on Django's request)
    except ValidationError:
        raise TooManyAttempts(retry_after=RETRY_AFTER_SECONDS) from None
    if not isinstance(user, User) or not user.is_active:
        raise WrongCredentials
    return user


def _within_limit(request: Request) -> bool:
    return bool(ratelimit.consume(request._request, action="signup"))  # noqa: SLF001
