"""Do what waits for a worker without a broker: the loop that always runs beside Celery."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections

from accounts import tasks as accounts_tasks
from billing import tasks as billing_tasks
from credits import tasks as credits_tasks
from generation import catalog
from generation.services import answering, conversations, notices, removals, running, steps, uploads
from visiona.webhooks import services as webhooks

HEADSTART = timedelta(seconds=2)
PAUSE_SECONDS = 1.0
CHORES_EVERY_SECONDS = 15.0
POLL_EVERY_SECONDS = 5.0
RECONCILE_EVERY_SECONDS = 3600.0
CALLERS = 4
"""How many ask providers at a time: they wait for others most of the time, and draw nothing."""

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run jobs that have waited for two seconds, so that a lost broker never stops the work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--headstart", type=float, default=HEADSTART.total_seconds())
        parser.add_argument("--pause", type=float, default=PAUSE_SECONDS)

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
        headstart = timedelta(seconds=options["headstart"])
        pause = options["pause"]
        # A thread each: a slow kind cannot starve a quick one, nor a mail keep credits waiting.
        loops = [
            *((_runner(queue, headstart), pause) for queue in _queues()),
            *((lambda: answering.answer_due(waiting_for=headstart), pause),) * CALLERS,
            (_end_abandoned_answers, POLL_EVERY_SECONDS),
            (lambda: uploads.check_due(waiting_for=headstart), pause),
            (_poll_providers, POLL_EVERY_SECONDS),
            (_handle_events, POLL_EVERY_SECONDS),
            (_reconcile_payments, RECONCILE_EVERY_SECONDS),
            *((chore, CHORES_EVERY_SECONDS) for chore in CHORES),
        ]
        threads = [threading.Thread(target=_loop, args=(stop, *loop)) for loop in loops]
        for thread in threads:
            thread.start()
        stop.wait()
        for thread in threads:
            thread.join()


def _queues() -> Iterator[str]:
    for queue in catalog.QUEUES:
        yield from [queue] * (CALLERS if queue == catalog.CALLS else 1)


def _runner(queue: str, headstart: timedelta) -> Callable[[], bool]:
    return lambda: running.run_due(queue=queue, waiting_for=headstart)


def _send_notices() -> bool:
    notices.send_due()
    return False


def _release_expired() -> bool:
    credits_tasks.release_expired()
    return False


def _lapse_lots() -> bool:
    credits_tasks.lapse_lots()
    return False


def _post_adjustments() -> bool:
    credits_tasks.post_adjustments()
    return False


def _look_after_checkouts() -> bool:
    billing_tasks.look_after_checkouts()
    return False


def _cancel_for_the_gone() -> bool:
    billing_tasks.cancel_for_the_gone()
    return False


def _end_grace() -> bool:
    billing_tasks.end_grace()
    return False


def _warn_of_failures() -> bool:
    billing_tasks.warn_of_failures()
    return False


def _end_abandoned_uploads() -> bool:
    uploads.end_abandoned()
    return False


def _poll_providers() -> bool:
    steps.poll()
    return False


def _handle_events() -> bool:
    webhooks.handle_due()
    return False


def _reconcile_payments() -> bool:
    billing_tasks.reconcile_payments()
    return False


def _end_abandoned_answers() -> bool:
    answering.end_abandoned()
    return False


def _erase_conversations() -> bool:
    conversations.erase_due()
    return False


def _finish_removals() -> bool:
    removals.finish_due()
    return False


def _delete_old_photos() -> bool:
    removals.delete_old_photos()
    return False


def _put_away_leftovers() -> bool:
    steps.put_away_leftovers()
    return False


def _erase_old_events() -> bool:
    accounts_tasks.erase_old_events()
    return False


CHORES = (
    _send_notices,
    _release_expired,
    _lapse_lots,
    _post_adjustments,
    _look_after_checkouts,
    _end_grace,
    _cancel_for_the_gone,
    _warn_of_failures,
    _end_abandoned_uploads,
    _put_away_leftovers,
    _finish_removals,
    _delete_old_photos,
    _erase_old_events,
    _erase_conversations,
)


def _loop(stop: threading.Event, step: Callable[[], bool], pause: float) -> None:
    """Do steps, one after the other while there is work, else after a pause; outlive failures."""
    while not stop.is_set():
        busy = False
        try:
            busy = step()
        except DatabaseError:
            logger.warning("run_jobs.database_unavailable")
        except Exception:
            logger.exception("run_jobs.step_failed")
        finally:
            close_old_connections()
        if not busy:
            stop.wait(pause)
