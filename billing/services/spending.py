"""What staff decide about what we let ourselves be charged."""

import logging
from uuid import UUID

from billing.models import Choice, SpendingDecision
from visiona.lib.request_id import uuid7

logger = logging.getLogger(__name__)


def decide_spending(*, choice: str, staff_id: UUID) -> SpendingDecision:
    """Say whether paid calls go out from now on. Raises ValueError for an unknown choice."""
    decision = SpendingDecision(id=uuid7(), choice=Choice(choice), decided_by_id=staff_id)
    decision.save(force_insert=True)
    logger.warning("billing.spending.decided", extra={"choice": choice})
    return decision
