"""Refuse to start in production with a key, a host or an address missing."""

import os
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

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
    return problems


def insist() -> None:
    """Stop a server that production cannot run on: unlike commands, servers run no checks."""
    problems = check_production()
    if problems:
        raise ImproperlyConfigured(" ".join(problem.msg for problem in problems))
