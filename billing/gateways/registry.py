"""Who takes the money here: Stripe where its key is set, else the till of this machine."""

from functools import cache

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from billing.gateways.ports import Gateway
from visiona.lib.errors import Unavailable

NOT_SET_UP = "Nothing can be bought here yet: payments are not set up."


def gateway() -> Gateway:
    """Return whoever takes the money. Raises Unavailable where nobody does."""
    if settings.STRIPE_SECRET_KEY:
        return _stripe(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)
    if not settings.TEST_TILL:
        raise Unavailable(NOT_SET_UP)
    found: Gateway = import_string("billing.gateways.till_gateway.Till")()
    return found


def is_set_up() -> bool:
    """Whether anything can be bought here."""
    return bool(settings.STRIPE_SECRET_KEY or settings.TEST_TILL)


def is_till() -> bool:
    """Whether the till of this machine takes the money, which is none."""
    return bool(settings.TEST_TILL and not settings.STRIPE_SECRET_KEY)


def webhook_secrets() -> list[str]:
    """Return the secrets that events may be signed with; several while one follows another."""
    if settings.STRIPE_SECRET_KEY:
        found: list[str] = settings.STRIPE_WEBHOOK_SECRET
        return found
    return [till_secret()] if settings.TEST_TILL else []


def till_secret() -> str:
    """Return what the till signs with: known to this installation alone."""
    return f"whsec_{salted_hmac('billing.till', 'webhooks', algorithm='sha256').hexdigest()}"


@cache
def _stripe(key: str, base: str) -> Gateway:
    """Return the one client of this process; Stripe's SDK is read only where it is used."""
    found: Gateway = import_string("billing.gateways.stripe_gateway.StripeGateway")(key, base=base)
    return found
