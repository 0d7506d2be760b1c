"""Every mail that we send, with sample words in it, for who writes them."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.csp import CSP
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from visiona.lib import mails
from visiona.lib.errors import NotFound

TO = "ada@example.com"
JOB = SimpleNamespace(
    pk="019f0000-0000-7000-8000-000000000001",
    kind="thumbnail",
    title="I lived on Mars for 30 days",
    captured=0,
    released=10,
    error_detail="This took too many attempts, so we stopped.",
)
FILM = SimpleNamespace(pk=JOB.pk, kind="video", title="Aurora desk lamp")
CLONE = SimpleNamespace(pk="019f0000-0000-7000-8000-000000000002", is_ready=False)
TRAINING = SimpleNamespace(pk=JOB.pk, kind="training", title="Ada", clone_id=CLONE.pk)
FAILED_TRAINING = SimpleNamespace(
    pk=JOB.pk,
    kind="training",
    status="failed",
    title="Ada",
    released=60,
    error_detail="Nothing in these photos stands out from its background.",
)
PLAN = SimpleNamespace(title="Pro", credit_amount=80)
LINK = f"{settings.PUBLIC_URL}/accounts/confirm-email/MQ:1vQxyz:sample/"
RESET_LINK = f"{settings.PUBLIC_URL}/accounts/password/reset/key/1-sample/"

SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "welcome": ("account/email/email_confirmation_signup", {"activate_url": LINK}),
    "confirm-address": ("account/email/email_confirmation", {"activate_url": LINK}),
    "new-password": ("account/email/password_reset_key", {"password_reset_url": RESET_LINK}),
    "account-exists": (
        "account/email/account_already_exists",
        {"password_reset_url": f"{settings.PUBLIC_URL}/accounts/password/reset/"},
    ),
    "account-unknown": (
        "account/email/unknown_account",
        {"signup_url": f"{settings.PUBLIC_URL}/accounts/signup/"},
    ),
    "job-failed": ("emails/job_failed", {"job": JOB}),
    "training-failed": ("emails/job_failed", {"job": FAILED_TRAINING, "clone": CLONE}),
    "clone-ready": ("emails/clone_ready", {"job": TRAINING}),
    "film-ready": ("emails/film_ready", {"job": FILM}),
    "payment-failed": (
        "emails/payment_failed",
        {"plan": PLAN, "until": datetime(2026, 12, 24, 9, tzinfo=UTC)},
    ),
}

# A mail's styles are its own, and it may do nothing else.
MAIL_CSP: dict[str, Any] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": True,
}


@require_safe
def previews(request: HttpRequest) -> HttpResponse:
    """Show every mail in both its parts."""
    _only_for_us(request)
    written = {name: _written(name) for name in SAMPLES}
    return render(request, "styleguide/mails.html", {"mails": written})


@require_safe
@xframe_options_sameorigin
@csp_override(MAIL_CSP)
def preview(request: HttpRequest) -> HttpResponse:
    """Show the mail of this name as a mail program would."""
    _only_for_us(request)
    name = request.GET.get("name", "")
    if name not in SAMPLES:
        raise NotFound
    return HttpResponse(_written(name).alternatives[0].content)


def _written(name: str) -> Any:
    template, context = SAMPLES[name]
    return mails.compose(template, to=TO, context={"email": TO, **context})


def _only_for_us(request: HttpRequest) -> None:
    if not (settings.DEBUG or getattr(request.user, "is_admin", False)):
        raise NotFound


urlpatterns = [
    path("styleguide/mails/", previews, name="mails"),
    path("styleguide/mail/", preview, name="mail"),
]
