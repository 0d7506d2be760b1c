"""Our side of django-allauth: who acts while it works."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from accounts.errors import EmailTaken
from accounts.models import User
from visiona.lib.db.actor import act_as_user


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth is untyped
    """Signing in, confirming and resetting happen before anybody is known: act as the person."""

    def login(self, request: HttpRequest, user: User) -> None:
        with act_as_user(user.pk):
            super().login(request, user)

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        with act_as_user(user.pk):
            user.set_password(password)
            user.save(update_fields=["password"])

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> Any:
        if not email_address.can_set_verified():
            raise EmailTaken
        with act_as_user(email_address.user_id):
            return super().confirm_email(request, email_address)
