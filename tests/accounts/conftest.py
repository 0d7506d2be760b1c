"""Clerk as the door, for the tests that are about it."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from accounts.clerk import backend, tokens
from tests.standins import clerk as clerks
from tests.standins.clerk import Clerk


@pytest.fixture
def by_clerk(settings: Settings) -> Settings:
    """The settings with which people come in by Clerk, whom nobody can ask about them."""
    settings.PUBLIC_URL = clerks.PARTY
    settings.CLERK_ISSUER = clerks.ISSUER
    settings.CLERK_JWT_KEY = clerks.pem()
    settings.CLERK_PUBLISHABLE_KEY = clerks.publishable_key()
    settings.CLERK_WEBHOOK_SECRET = [clerks.WEBHOOK_SECRET]
    return settings


@pytest.fixture(scope="session")
def one_clerk() -> Iterator[Clerk]:
    """Clerk, once: to start a server takes its time."""
    with Clerk.running() as standin:
        yield standin
        backend.close()


@pytest.fixture
def clerk(one_clerk: Clerk, by_clerk: Settings) -> Iterator[Clerk]:
    """Clerk on this machine, which can be asked."""
    one_clerk.reset()
    by_clerk.CLERK_SECRET_KEY = clerks.SECRET_KEY
    by_clerk.CLERK_API_BASE = one_clerk.address
    tokens.keys_at.cache_clear()
    yield one_clerk
    assert one_clerk.complaints == []
