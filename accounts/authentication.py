"""Who is asking: a bearer of ours or of Clerk's, or the session cookie with its CSRF token."""

from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from accounts import selectors, services
from accounts.clerk import people, tokens
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
    if tokens.is_on() and tokens.is_token(secret):
        return _token_of_clerk(secret)
    with act_as(NOBODY):  # the cookie that came along may be somebody else's
        token = selectors.live_token(secret=secret)
    if token is None:
        raise NotAuthenticated("This key is unknown, expired or revoked.")
    return token


def _token_of_clerk(secret: str) -> ApiToken:
    """Return a sign-in that is kept nowhere, for as long as this request."""
    claims = tokens.verify(token=secret)
    user = people.enter(claims=claims)
    token = ApiToken(user=user, purpose=ApiToken.Purpose.SIGN_IN)
    token.clerk_session_id = claims.session_id
    return token


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with `vis_…` or a session token of Clerk's."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        try:
            token = bearer_of(request.headers.get("Authorization", ""))
        except NotAuthenticated:
            sender = address_of(request._request)  # noqa: SLF001 (DRF's wraps Django's)
            ratelimit.admit(rule="anonymous", key=sender)
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
