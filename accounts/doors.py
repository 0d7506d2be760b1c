"""The ways in: for programs, which share limits and rules with the pages; and by Clerk."""

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from rest_framework.request import Request

from accounts import services
from accounts.clerk import people, sessions, tokens
from accounts.errors import DoorClosed, TooManyAttempts, WrongCredentials
from accounts.models import User
from visiona.lib import clock
from visiona.lib.db.actor import NOBODY, act_as, act_as_user

RETRY_AFTER_SECONDS = 300


def sign_up(*, request: Request, email: str, password: str) -> User:
    """Make an account. Raises EmailTaken and TooManyAttempts, and DoorClosed where Clerk has it."""
    _insist_on_local_accounts()
    if not _within_limit(request):
        raise TooManyAttempts(retry_after=60)
    with act_as(NOBODY):  # whoever's cookie came along, this is about somebody else
        user = services.sign_up(email=email, password=password)
        EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    return user


def log_in(*, request: Request, email: str, password: str) -> User:
    """Check a password; guesses are counted together with those made on the page.

    Raises WrongCredentials and TooManyAttempts, and DoorClosed where Clerk has the door. Without
    Redis nobody could count, so that the door stays closed then: its error becomes 503.
    """
    _insist_on_local_accounts()
    try:
        with act_as(NOBODY):
            user = get_adapter().authenticate(request._request, email=email, password=password)  # noqa: SLF001 (allauth counts on Django's request)
    except ValidationError:
        raise TooManyAttempts(retry_after=RETRY_AFTER_SECONDS) from None
    if not isinstance(user, User) or not user.is_active:
        raise WrongCredentials
    return user


def enter_by_clerk(*, request: HttpRequest, token: str) -> User:
    """Open a browser's session for whom a session token of Clerk's names; it needs another soon.

    Raises as `tokens.verify` and `people.enter` do; then nobody is signed in. Clerk may have to be
    asked: it is called outside any transaction.
    """
    claims = tokens.verify(token=token)
    user = people.enter(claims=claims)
    with transaction.atomic(), act_as_user(user.pk):
        session = sessions.claim(user=user, claims=claims)
        get_adapter().login(request, user)
        request.session.set_expiry(clock.now() + sessions.FRESH_FOR)
        request.session.save()
        sessions.bind(session=session, session_key=str(request.session.session_key))
    return user


def _insist_on_local_accounts() -> None:
    if tokens.is_on():
        raise DoorClosed


def _within_limit(request: Request) -> bool:
    return bool(ratelimit.consume(request._request, action="signup"))  # noqa: SLF001
