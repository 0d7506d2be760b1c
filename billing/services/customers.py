"""Who people are to whoever takes the money."""

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING
from uuid import UUID

from billing import selectors
from billing.errors import UnknownCustomer
from billing.gateways import registry
from billing.models import Customer, Source
from visiona.lib.errors import Unavailable

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)


def ask[Answer](*, user: "User", question: Callable[[str], Answer]) -> Answer:
    """Ask the gateway what is about the person as its customer, made known if need be.

    They are the first that it knows of whom they ever were, so the one that their plan is paid by:
    they are made anew only where it knows none, as the till or another key does. Raises
    Unavailable, also for who pays for a plan by a customer that is unknown: the key is wrong then.
    """
    known = _known(user) or [_made(user)]
    for customer in known:
        with suppress(UnknownCustomer):
            return question(customer)
    return question(_made_anew(user, known[-1]))


def remember(*, user_id: UUID, customer: str) -> None:
    """Keep whom a person is at the gateway, unless that is known already."""
    row = Customer(stripe_id=customer, user_id=user_id)
    Customer.objects.bulk_create([row], ignore_conflicts=True)


def _known(user: "User") -> list[str]:
    """Return every customer that the person ever was, the first one first."""
    theirs = Customer.objects.filter(user_id=user.pk).order_by("created_at", "stripe_id")
    return list(theirs.values_list("stripe_id", flat=True))


def _made(user: "User", *, instead_of: str = "") -> str:
    made = registry.gateway().create_customer(
        user_id=user.pk, email=user.email, instead_of=instead_of
    )
    remember(user_id=user.pk, customer=made)
    return made


def _made_anew(user: "User", unknown: str) -> str:
    facts = {"user": str(user.pk)}
    if selectors.plans_to_pay().filter(user_id=user.pk, source=Source.STRIPE).exists():
        logger.error("billing.customer.unknown", extra=facts)
        raise Unavailable("Payments do not work at the moment. Try again later.")
    logger.warning("billing.customer.replaced", extra=facts)
    return _made(user, instead_of=unknown)
