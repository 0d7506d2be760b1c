"""Somebody who signed up and made pictures; says the cookie of their session."""

import sys

from django.conf import settings
from django.test import Client

from generation.services import running
from tests import factories

TITLES = (
    "I lived on Mars for 30 days",
    "The secret history of code",
    "Build an AI robot in 10 minutes",
    "Perfect espresso at home",
    "Crossing the frozen north",
    "5 easy cakes kids can bake",
)


def arrive() -> None:
    """Sign up, make pictures, and print the cookie."""
    user = factories.make_user(extra_credits=10 * len(TITLES))
    styles = ("bold", "editorial", "neon", "minimal", "cinematic", "playful")
    for title, style in zip(TITLES, styles, strict=True):
        job = factories.make_job(user, title=title, style=style)
        if not running.run_job(job_id=job.pk):
            raise RuntimeError(f"“{title}” was not made.")
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    sys.stdout.write(f"{name}={client.cookies[name].value}\n")
