"""Stripe on this machine, for the tests that speak to it by its own SDK."""

import gc
import warnings
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from billing.gateways import registry
from tests.standins.stripe import KEY, Stripe

WEBHOOK_SECRET = "whsec_test_secret"


@pytest.fixture(scope="session")
def one_stripe() -> Iterator[Stripe]:
    """Stripe, once: the SDK's client takes its time to be made."""
    with Stripe.running() as standin:
        yield standin
        # The product keeps its client, and the connections, for as long as it runs.
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            registry._stripe.cache_clear()
            gc.collect()


@pytest.fixture
def stripe(one_stripe: Stripe, settings: Settings) -> Iterator[Stripe]:
    """Stripe as it is when the catalogue was just synced, its key in the settings."""
    one_stripe.reset()
    one_stripe.sell()
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_WEBHOOK_SECRET = [WEBHOOK_SECRET]
    settings.STRIPE_API_BASE = one_stripe.base_url
    yield one_stripe
    assert one_stripe.complaints == []
