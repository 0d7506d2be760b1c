"""Tell people by mail that a payment of their plan failed; the subscription's row is the outbox."""

import logging
from datetime import timedelta

from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction

from billing.models import Subscription
from billing.plans import PLANS
from visiona.lib import clock, mails
from visiona.lib.db.actor import act_as_worker

BATCH = 20
PAUSE = timedelta(minutes=10)

logger = logging.getLogger(__name__)


def warn_due() -> int:
    """Write to those whose payment failed, at least once each; return how many were tried."""
    tried = 0
    with act_as_worker():
        while tried < BATCH and _warn_next():
            tried += 1
    return tried


@transaction.atomic
def _warn_next() -> bool:
    waiting = Subscription.objects.filter(warn_at__lte=clock.now()).select_related("user")
    waiting = waiting.select_for_update(skip_locked=True, of=("self",)).order_by("warn_at")
    one = waiting.first()
    if one is None:
        return False
    one.warn_at = None
    try:
        if one.is_live and one.user.is_active:
            _mail(one).send()
    except DatabaseError:
        raise  # nothing can be noted now
    except OSError:  # every failure of a mail server is one
        one.warn_at = clock.now() + PAUSE
        logger.warning("billing.notice.failed")
    one.save(update_fields=["warn_at"])
    return True


def _mail(one: Subscription) -> EmailMessage:
    """Write the mail; its Message-ID lets a receiver drop the second copy of a crash."""
    since = one.past_due_since or one.seen_at
    return mails.compose(
        "emails/payment_failed",
        to=one.user.email,
        context={"plan": PLANS[one.plan], "until": one.holds_until},
        headers={"Message-ID": f"<{one.pk}.{since:%Y%m%d%H%M%S}@visiona>"},
    )
