"""What is wrong with the settings of Clerk, if anything is."""

from django.conf import settings

from accounts.clerk import browser, tokens

SETTINGS = (
    "CLERK_ISSUER",
    "CLERK_JWT_KEY",
    "CLERK_JWKS_URL",
    "CLERK_PUBLISHABLE_KEY",
    "CLERK_SECRET_KEY",
    "CLERK_WEBHOOK_SECRET",
)


def find_fault() -> str:
    """Return what keeps people from coming in by Clerk as the settings say, and the remedy."""
    given = [name for name in SETTINGS if getattr(settings, name)]
    if not tokens.is_on():
        remedy = "Set CLERK_ISSUER, and CLERK_JWT_KEY or CLERK_JWKS_URL."
        return f"{given[0]} is set, and nobody can come in by Clerk. {remedy}" if given else ""
    if settings.CLERK_JWT_KEY and not tokens.is_key(settings.CLERK_JWT_KEY):
        return "CLERK_JWT_KEY is no public RSA key. Copy the PEM from the API keys in Clerk."
    key = settings.CLERK_PUBLISHABLE_KEY
    if key and not browser.frontend_host(key):
        return "CLERK_PUBLISHABLE_KEY names no host. Copy it from the API keys in Clerk: pk_…"
    return ""
