"""Bind the signed-in person to the request and to row-level security."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from visiona.lib.db.actor import NOBODY, Actor, act_as, bind

# These are about whoever owns the address in the form or the mail, whoever's cookie came along.
ABOUT_AN_ADDRESS = {
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_from_key",
}


class ActorMiddleware:
    """Everything after this acts on the database as exactly this person, or as nobody.

    The session is resolved as nobody: that may look a person up, and nothing else.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with act_as(NOBODY):
            user_id = request.user.pk if request.user.is_authenticated else None
            with act_as(Actor(user_id=user_id)):
                return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Let a page that finds its person by an address act as nobody."""
        match = request.resolver_match
        if match is not None and match.url_name in ABOUT_AN_ADDRESS:
            bind(NOBODY)
