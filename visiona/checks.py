"""Refuse to start in production with a key, a host or an address missing."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from visiona.lib import antivirus

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


def insist() -> None:
    """Stop a server that production cannot run on: unlike commands, servers run no checks."""
    problems = check_production()
    if problems:
        raise ImproperlyConfigured(" ".join(problem.msg for problem in problems))
