"""Look after purchases whose news did not come: ask by ourselves what was paid."""

import logging
from datetime import timedelta

from django.db import IntegrityError, transaction

from billing import selectors
from billing.errors import Later
from billing.gateways.registry import gateway
from billing.models import Checkout
from billing.plans import PLANS
from billing.services import checkouts, stripe_state
from visiona.lib import clock
from visiona.lib.db.actor import act_as_worker
from visiona.lib.errors import AppError, NotFound

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


def close_needless() -> int:
    """Let nobody who has a plan pay for another: close the pages where they could; how many.

    What was paid there before is recorded.
    """
    closed = 0
    with act_as_worker():
        needless = Checkout.objects.filter(
            state=Checkout.State.OPEN,
            item__in=PLANS,
            session_id__isnull=False,
            user_id__in=selectors.plans_to_pay().values("user_id"),
        )
        # In no order: those that cannot be closed yet do not take the turn of the others.
        for checkout in needless.order_by("?")[:BATCH]:
            closed += _close(checkout)
    return closed


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
    _try_to_reconcile(checkout)
    return True


def _close(checkout: Checkout) -> bool:
    """Close a page at the gateway and note what had become of it."""
    try:
        gateway().expire_session(str(checkout.session_id))
    except NotFound:  # of the till or of another key: it cannot be paid here
        return checkouts.expire(session_id=str(checkout.session_id))
    except AppError as error:
        _warn_of(checkout, error)
        return False
    return _try_to_reconcile(checkout)


def _try_to_reconcile(checkout: Checkout) -> bool:
    try:
        return reconcile(checkout=checkout)
    except (AppError, Later, ValueError, LookupError, TypeError, IntegrityError) as error:
        _warn_of(checkout, error)
        return False


def _warn_of(checkout: Checkout, error: Exception) -> None:
    facts = {"checkout": str(checkout.pk), "error": type(error).__name__}
    logger.warning("billing.checkout.not_reconciled", extra=facts)
