"""Programs that send a session token of Clerk's where others send a key of ours."""

from contextlib import suppress

from django.http import HttpRequest

from accounts.clerk import people, tokens
from accounts.models import ApiToken
from visiona.lib import problem
from visiona.lib.errors import AppError


def is_clerks(secret: str) -> bool:
    """Whether this is for Clerk's keys to open."""
    return tokens.is_on() and tokens.is_token(secret)


def token_of(*, secret: str) -> ApiToken:
    """Return a sign-in that is kept nowhere, for as long as a request.

    Raises as `tokens.verify` and `people.enter` do.
    """
    claims = tokens.verify(token=secret)
    user = people.enter(claims=claims)
    token = ApiToken(user=user, purpose=ApiToken.Purpose.SIGN_IN)
    token.clerk_session_id = claims.session_id
    return token


def meet(*, request: HttpRequest) -> None:
    """Find out who sends a session token, before the transaction of a view begins.

    Clerk may have to be asked for keys or about a person, and no transaction is to wait for that.
    """
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not is_clerks(secret):
        return
    met: ApiToken | AppError
    with suppress(*problem.OUTAGES):  # the view finds out as well, and answers
        try:
            met = token_of(secret=secret)
        except AppError as error:
            met = error
        request.met_by_clerk = met  # type: ignore[attr-defined]


def met(*, request: HttpRequest) -> ApiToken | None:
    """Return the sign-in of whom `meet` has met; None where it was nobody's turn.

    Raises what spoke against them.
    """
    found: ApiToken | AppError | None = getattr(request, "met_by_clerk", None)
    if isinstance(found, AppError):
        raise found
    return found
