"""Two people who have something of everything, for the tests that only look at it."""

from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from tests import factories
from tests.factories import Household


@pytest.fixture(scope="module")
def households(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[Household, Household]]:
    """Alice's and Bob's, furnished once for a file; what a test does to them ends with the test.

    They are never committed: a test that needs a transaction of its own has to lie in another file.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield factories.furnish("alice@example.com"), factories.furnish("bob@example.com")
        transaction.set_rollback(True)
