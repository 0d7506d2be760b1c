"""Say what the settings lack, and refuse to start in production without it."""

import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from accounts.clerk import setup
from billing.gateways import registry
from generation.services import provider_watch
from visiona.lib import antivirus
from visiona.webhooks import signatures

REQUIRED = {
    "SECRET_KEY": "Set SECRET_KEY to 50 random characters or more.",
    "PUBLIC_URL": "Set PUBLIC_URL to the address people use, with https.",
    "DATABASE_URL": "Set DATABASE_URL: production does not run on the embedded server.",
    "EMAIL_HOST": "Set EMAIL_HOST to the mail server that sends to people.",
    "REDIS_URL": "Set REDIS_URL: production does not run on the embedded server.",
}


def check_production(*_: Any, **__: Any) -> list[CheckMessage]:
    """List what ENVIRONMENT=production needs and does not have."""
    if not settings.PRODUCTION:
        return []
    missing = [name for name in REQUIRED if not os.environ.get(name)]
    problems: list[CheckMessage] = [
        Error(f"{name} is not set.", hint=REQUIRED[name], id="visiona.E010") for name in missing
    ]
    if not settings.PUBLIC_URL.startswith("https://"):
        problems.append(Error("PUBLIC_URL is not https.", id="visiona.E011"))
    return [*problems, *_bucket_problems(), *_scanner_problems()]


def _bucket_problems() -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    if settings.S3_BUCKET and not settings.S3_ENDPOINT_URL.startswith("https://"):
        hint = "Pages on https may neither show nor send files elsewhere."
        problems.append(Error("S3_ENDPOINT_URL is not https.", hint=hint, id="visiona.E012"))
    if settings.S3_ADDRESSING not in {"path", "virtual"}:
        problems.append(Error("S3_ADDRESSING is neither path nor virtual.", id="visiona.E013"))
    return problems


def _scanner_problems() -> list[CheckMessage]:
    try:
        if settings.CLAMD_ADDRESS:
            antivirus.place_of(settings.CLAMD_ADDRESS)
    except ImproperlyConfigured as error:
        return [Error(str(error), id="visiona.E014")]
    return []


TEST_KEYS = ("sk_test_", "rk_test_")


def check_providers(*_: Any, **__: Any) -> list[CheckMessage]:
    """List what keeps providers from being asked, and from telling us their news."""
    fault = provider_watch.find_fault()
    problems: list[CheckMessage] = [Error(fault, id="visiona.E020")] if fault else []
    if settings.REPLICATE_WEBHOOK_SECRET:
        problems += _webhook_problems()
    elif settings.REPLICATE_API_TOKEN and settings.PRODUCTION:
        hint = "Without it jobs end later: we ask Replicate every few seconds, and it never tells."
        problems.append(
            checks.Warning("REPLICATE_WEBHOOK_SECRET is not set.", hint=hint, id="visiona.W020")
        )
    return problems


def check_payments(*_: Any, **__: Any) -> list[CheckMessage]:
    """List what keeps payments from being taken, told of, or real."""
    problems: list[CheckMessage] = []
    if settings.STRIPE_SECRET_KEY and not settings.STRIPE_WEBHOOK_SECRET:
        hint = "Without it credits come an hour late: we compare the books, and Stripe never tells."
        problems.append(
            checks.Warning("STRIPE_WEBHOOK_SECRET is not set.", hint=hint, id="visiona.W030")
        )
    if settings.PRODUCTION and registry.is_till():
        hint = "Set STRIPE_SECRET_KEY, or unset TEST_TILL, unless everything is to be free."
        problems.append(
            checks.Warning("The till takes no money for anything.", hint=hint, id="visiona.W031")
        )
    if settings.PRODUCTION and settings.STRIPE_SECRET_KEY.startswith(TEST_KEYS):
        hint = "With it everybody gets what they like by a test card. Set the live one."
        problems.append(
            checks.Warning("STRIPE_SECRET_KEY is a test key.", hint=hint, id="visiona.W032")
        )
    if not all(secret.startswith("whsec_") for secret in settings.STRIPE_WEBHOOK_SECRET):
        hint = "Copy it from the endpoint's page at Stripe; it begins with whsec_."
        problems.append(
            Error("STRIPE_WEBHOOK_SECRET is no webhook secret.", hint=hint, id="visiona.E030")
        )
    return problems


def check_identity(*_: Any, **__: Any) -> list[CheckMessage]:
    """List what keeps people from coming in by Clerk, and Clerk from telling us its news."""
    fault = setup.find_fault()
    problems: list[CheckMessage] = [Error(fault, id="visiona.E040")] if fault else []
    if not all(map(signatures.is_usable, settings.CLERK_WEBHOOK_SECRET)):
        hint = "Copy it from the endpoint's page in Clerk: whsec_ and base64."
        problems.append(
            Error("CLERK_WEBHOOK_SECRET is no webhook secret.", hint=hint, id="visiona.E041")
        )
    return problems


def _webhook_problems() -> list[CheckMessage]:
    problems: list[CheckMessage] = []
    if not all(map(signatures.is_usable, settings.REPLICATE_WEBHOOK_SECRET)):
        hint = "Copy it from GET /v1/webhooks/default/secret: whsec_ and base64."
        problems.append(
            Error("REPLICATE_WEBHOOK_SECRET is no webhook secret.", hint=hint, id="visiona.E021")
        )
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme != "https" or _is_unreachable(address.hostname or ""):
        hint = "Set PUBLIC_URL to an https address that the internet reaches, or unset the secret."
        message = f"Replicate cannot send webhooks to PUBLIC_URL {settings.PUBLIC_URL}."
        problems.append(checks.Warning(message, hint=hint, id="visiona.W021"))
    return problems


def _is_unreachable(host: str) -> bool:
    """Whether nobody outside can reach such a host."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return False  # a name, whose address may change


EVERY_CHECK = (check_production, check_providers, check_payments, check_identity)


def insist() -> None:
    """Stop a server that production cannot run on: unlike commands, servers run no checks."""
    found = [check() for check in EVERY_CHECK] if settings.PRODUCTION else []
    problems = [problem for part in found for problem in part if problem.is_serious()]
    if problems:
        raise ImproperlyConfigured(" ".join(problem.msg for problem in problems))
