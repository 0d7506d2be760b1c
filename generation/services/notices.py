"""Tell people by mail how their jobs ended: the outbox's reader."""

import logging
from datetime import timedelta

from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string

from accounts import selectors as accounts_selectors
from generation.models import Notice
from visiona.lib import clock
from visiona.lib.db.actor import act_as_worker

BATCH = 20
MAX_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=10)

logger = logging.getLogger(__name__)


def send_due() -> int:
    """Send what waits to be sent, at least once each; return how many went out."""
    sent = 0
    with act_as_worker():
        while sent < BATCH and _send_next():
            sent += 1
    return sent


@transaction.atomic
def _send_next() -> bool:
    waiting = Notice.objects.filter(sent_at=None, next_at__lte=clock.now())
    notice = (
        waiting.select_related("job")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("next_at")
        .first()
    )
    if notice is None:
        return False
    try:
        _mail(notice).send()
        notice.sent_at = clock.now()
    except OSError:  # every failure of a mail server is one
        notice.attempts += 1
        notice.next_at = clock.now() + FIRST_PAUSE * 2**notice.attempts
        if notice.attempts >= MAX_ATTEMPTS:
            notice.sent_at = clock.now()
        logger.warning("generation.notice.failed", extra={"attempts": notice.attempts})
    notice.save(update_fields=["sent_at", "attempts", "next_at"])
    return notice.sent_at is not None


def _mail(notice: Notice) -> EmailMessage:
    """Write the mail; its Message-ID lets a receiver drop the second copy of a crash."""
    user = accounts_selectors.user_by_id(user_id=notice.user_id)
    context = {"job": notice.job}
    return EmailMessage(
        subject=render_to_string(f"emails/{notice.topic}_subject.txt", context).strip(),
        body=render_to_string(f"emails/{notice.topic}_body.txt", context),
        to=[user.email],
        headers={"Message-ID": f"<{notice.pk}@visiona>"},
    )
