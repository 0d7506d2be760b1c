"""Who is asking: a bearer of ours or of Clerk's, or the session cookie with its CSRF token."""

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from accounts import selectors, services
from accounts.clerk import bearers
from accounts.models import ApiToken, User
from visiona.lib import ratelimit, spender
from visiona.lib.db.actor import NOBODY, Actor, act_as, bind
from visiona.lib.errors import NotAuthenticated
from visiona.lib.spender import Spender
from visiona.lib.throttling import address_of

BEARER = "bearer "


def bearer_of(header: str) -> ApiToken | None:
    """Return the token that an Authorization header carries; None without a bearer.

    A bearer that is not good raises NotAuthenticated: it never falls back to the cookie. Whom Clerk
    sends for the first time may be refused as `clerk.people.enter` says.
    """
    if not header:
        return None
    if header[: len(BEARER)].lower() != BEARER:
        raise NotAuthenticated("Send the key as: Authorization: Bearer vis_…")
    secret = header[len(BEARER) :].strip()
    if bearers.is_clerks(secret):
        return bearers.token_of(secret=secret)
    with act_as(NOBODY):  # the cookie that came along may be somebody else's
        token = selectors.live_token(secret=secret)
    if token is None:
        raise NotAuthenticated("This key is unknown, expired or revoked.")
    return token


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with `vis_…` or a session token of Clerk's."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        plain = request._request  # noqa: SLF001 (DRF's wraps Django's)
        try:
            token = bearers.met(request=plain) or bearer_of(
                request.headers.get("Authorization", "")
            )
        except NotAuthenticated:
            ratelimit.admit(rule="anonymous", key=address_of(plain))
            raise
        if token is None:
            return None
        # DRF authenticates inside the view's transaction; hand that over to the person.
        bind(Actor(user_id=token.user_id))
        if token.purpose == ApiToken.Purpose.KEY:
            spender.bind(Spender(token.pk, token.monthly_limit))
        services.note_use(token=token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CookieAuthentication(SessionAuthentication):
    """The browser's session; `ActorMiddleware` has bound its person already."""
