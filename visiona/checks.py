"""Say what the settings lack, and refuse to start in production without it."""

import ipaddress
import os
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

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


def insist() -> None:
    """Stop a server that production cannot run on: unlike commands, servers run no checks."""
    problems = [*check_production(), *check_providers()] if settings.PRODUCTION else []
    problems = [problem for problem in problems if problem.is_serious()]
    if problems:
        raise ImproperlyConfigured(" ".join(problem.msg for problem in problems))
