"""Tell people how their jobs ended: by mail, from the outbox, and in the product."""

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.mail import EmailMessage
from django.db import DatabaseError, transaction

from accounts import selectors as accounts_selectors
from generation.models import Clone, Notice
from visiona.lib import clock, mails
from visiona.lib.db.actor import act_as_worker

if TYPE_CHECKING:
    from accounts.models import User

BATCH = 20
MAX_ATTEMPTS = 10
FIRST_PAUSE = timedelta(seconds=10)

logger = logging.getLogger(__name__)


def send_due() -> int:
    """Send what waits to be sent, at least once each; return how many were tried."""
    tried = 0
    with act_as_worker():
        while tried < BATCH and _send_next():
            tried += 1
    return tried


def mark_seen(*, user: "User") -> None:
    """Note that the person has seen all that they were told."""
    Notice.objects.filter(user_id=user.pk, seen_at=None).update(seen_at=clock.now())


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
        if not _is_over(notice):
            _mail(notice).send()
        notice.sent_at = clock.now()
    except DatabaseError:
        raise  # nothing can be noted now
    except OSError:  # every failure of a mail server is one
        _put_off(notice)
        logger.warning("generation.notice.failed", extra={"attempts": notice.attempts})
    except Exception:  # a notice that cannot be written must not keep the others waiting
        _put_off(notice)
        logger.exception("generation.notice.broken")
    notice.save(update_fields=["sent_at", "attempts", "next_at"])
    return True


def _is_over(notice: Notice) -> bool:
    """Whether there is nothing to tell any more: the clone that was ready is gone."""
    return notice.topic == "clone_ready" and _clone_of(notice) is None


def _put_off(notice: Notice) -> None:
    """Try again later, or give up for good."""
    notice.attempts += 1
    notice.next_at = clock.now() + FIRST_PAUSE * 2**notice.attempts
    if notice.attempts >= MAX_ATTEMPTS:
        notice.sent_at = clock.now()


def _mail(notice: Notice) -> EmailMessage:
    """Write the mail; its Message-ID lets a receiver drop the second copy of a crash."""
    user = accounts_selectors.user_by_id(user_id=notice.user_id)
    return mails.compose(
        f"emails/{notice.topic}",
        to=user.email,
        context={"job": notice.job, "clone": _clone_of(notice)},
        headers={"Message-ID": f"<{notice.pk}@visiona>"},
    )


def _clone_of(notice: Notice) -> Clone | None:
    """Return the clone that was trained, as long as it is there: pictures of it are told alone."""
    if notice.job.kind != "training" or notice.job.clone_id is None:
        return None
    clone: Clone | None = Clone.objects.filter(pk=notice.job.clone_id).kept().first()
    return clone
