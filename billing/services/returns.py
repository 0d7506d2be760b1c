"""Look after purchases whose news did not come: ask by ourselves what was paid."""

import logging
from datetime import timedelta

from django.db import transaction

from billing.errors import Later
from billing.models import Checkout
from billing.services import stripe_state
from visiona.lib import clock
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import AppError

PATIENCE = timedelta(seconds=60)
"""How long the news of a payment may take before we ask for it."""
BATCH = 20

logger = logging.getLogger(__name__)


def reconcile_due() -> int:
    """Ask what became of the checkouts whose people have waited for a minute; how many it were.

    Who goes on waiting has it asked again, a minute later.
    """
    asked = 0
    with act_as_worker():
        waited = Checkout.objects.filter(
            state=Checkout.State.OPEN, returned_at__lte=clock.now() - PATIENCE
        )
        for checkout in waited.order_by("returned_at")[:BATCH]:
            asked += _ask(checkout)
    return asked


@transaction.atomic
def reconcile(*, checkout: Checkout) -> bool:
    """Record what was paid for a checkout, as its session says now; whether it is ours.

    Raises Unavailable, NotFound, and ValueError for what is not on sale any more.
    """
    if checkout.session_id is None:
        return False
    return stripe_state.note_session(session_id=checkout.session_id)


def _ask(checkout: Checkout) -> bool:
    """Reconcile a checkout unless another process does; one that fails keeps nobody waiting."""
    waiting = Checkout.objects.filter(pk=checkout.pk, returned_at=checkout.returned_at)
    if not waiting.update(returned_at=None):
        return False
    try:
        reconcile(checkout=checkout)
    except (AppError, Later, ValueError) as error:
        facts = {"checkout": str(checkout.pk), "error": type(error).__name__}
        logger.warning("billing.checkout.not_reconciled", extra=facts)
    return True
