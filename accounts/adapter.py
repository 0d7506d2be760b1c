"""Our side of django-allauth: who acts while it works, what it says, what its mails look like."""

from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.urls import reverse

from accounts import services
from accounts.errors import EmailTaken, TooManyAttempts, WrongCredentials
from accounts.models import User
from visiona.lib import mails
from visiona.lib.db.actor import Actor, act_as_user, bind

IN_OUR_WORDS = {
    "cannot_remove_primary_email": "Make another address your primary one first.",
    "duplicate_email": "This address is in your list already.",
    "email_password_mismatch": WrongCredentials.default_detail,
    "email_taken": EmailTaken.default_detail,
    "enter_current_password": "This is not your current password.",
    "incorrect_password": "This is not your password.",
    "rate_limited": "That was a little fast. Wait three minutes, then try again.",
    "too_many_login_attempts": TooManyAttempts.default_detail,
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """Confirming and resetting happen before anybody is known: act as the person."""

    error_messages: ClassVar = DefaultAccountAdapter.error_messages | IN_OUR_WORDS

    def save_user(self, request: HttpRequest, user: User, form: Any, **options: Any) -> User:
        saved: User = super().save_user(request, user, form, **options)
        services.note_sign_up(user=saved, door="page")
        return saved

    def login(self, request: HttpRequest, user: User) -> None:
        bind(Actor(user_id=user.pk))  # from here on the request is theirs
        super().login(request, user)

    def logout(self, request: HttpRequest) -> None:
        key = request.session.session_key
        UserSession.objects.filter(session_key=key).delete()
        services.end_at_clerk(session_keys=[key])
        super().logout(request)

    def set_password(self, user: User, password: str) -> None:
        """Set it, and sign out whoever may have come in by the old one."""
        with act_as_user(user.pk):
            user.set_password(password)
            user.save(update_fields=["password"])
            services.end_sessions(user=user, but=self.request.session.session_key)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> Any:
        if not email_address.can_set_verified():
            raise EmailTaken
        with act_as_user(email_address.user_id):
            return super().confirm_email(request, email_address)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("accounts:security")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, context | _at_our_address(context))

    def render_mail(
        self,
        template_prefix: str,
        email: str,
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> EmailMessage:
        return mails.compose(template_prefix, to=email, context=context, headers=headers)


def _at_our_address(context: dict[str, Any]) -> dict[str, str]:
    """Return the links of a mail as they are at our public address, whatever host was asked."""
    return {
        name: urljoin(settings.PUBLIC_URL, urlsplit(value).path)
        for name, value in context.items()
        if name.endswith("_url")
    }
