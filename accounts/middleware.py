"""Bind the signed-in person to the request and to row-level security; note where they are."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.db import DEFAULT_DB_ALIAS
from django.http import HttpRequest, HttpResponseBase

from accounts.clerk import bearers
from visiona.lib import clock, spender
from visiona.lib.db.actor import NOBODY, Actor, act_as, bind

# These are about whoever owns the address in the form or the mail, whoever's cookie came along.
ABOUT_AN_ADDRESS = {
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_from_key",
}

SEEN_RESOLUTION = timedelta(minutes=5)


class ActorMiddleware:
    """Everything after this acts on the database as exactly this person, or as nobody.

    The session is resolved as nobody: that may look a person up, and nothing else. An API key that
    spends is known to the request that it came with, and to no other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with spender.kept_apart(), act_as(NOBODY):
            user_id = request.user.pk if request.user.is_authenticated else None
            with act_as(Actor(user_id=user_id)):
                return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> None:
        """Let a page that finds its person by an address act as nobody.

        Whom Clerk sends is met before a transaction of the view's, if it is to have one: a view of
        the API that is not in one begins its own.
        """
        match = request.resolver_match
        if match is not None and match.url_name in ABOUT_AN_ADDRESS:
            bind(NOBODY)
        is_atomic = DEFAULT_DB_ALIAS not in getattr(view, "_non_atomic_requests", ())
        if is_atomic or hasattr(view, "cls"):  # by which Django REST framework marks its views
            bearers.meet(request=request)


class PrivatePagesMiddleware:
    """What a person was shown stays theirs: no cache on the way keeps it, nor does their browser
    show it again to whoever presses Back after they have signed out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        was_known = request.user.is_authenticated
        response = self.get_response(request)
        if was_known:
            # Not `no-store`: the browser would forget what was typed when somebody comes back.
            response.headers.setdefault("Cache-Control", "private, no-cache")
            if not request.user.is_authenticated:
                response["Clear-Site-Data"] = '"cache"'
        return response


class SessionTrailMiddleware:
    """Keep note of where a person is signed in, and when that place was last seen."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and _is_unseen(request.session.session_key):
            UserSession.objects.create_from_request(request)
        return self.get_response(request)


def _is_unseen(session_key: str | None) -> bool:
    noted = UserSession.objects.filter(session_key=session_key)
    seen_at = noted.values_list("last_seen_at", flat=True).first()
    return seen_at is None or clock.now() - seen_at > SEEN_RESOLUTION
