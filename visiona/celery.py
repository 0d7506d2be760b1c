"""The Celery app: its settings are settings.CELERY, its tasks are in each app's tasks.py."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, worker_init

from visiona.lib import request_id, turns

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "visiona.settings")


class NamedTask(Task):  # type: ignore[type-arg] # generic in the stubs only
    """A task that runs under the id of the request that caused it.

    Its database connection is looked at before and afterwards, as a request's is, and kept.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        headers = self.request.headers or {}
        with (
            request_id.bound(headers.get("request_id") or str(request_id.uuid7())),
            nullcontext() if self.request.called_directly else _sound_connections(),
        ):
            return super().__call__(*args, **kwargs)


@contextmanager
def _sound_connections() -> Iterator[None]:
    from django.db import close_old_connections  # noqa: PLC0415 (not before Django is set up)

    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()


def _settings() -> dict[str, Any]:
    from django.conf import settings  # noqa: PLC0415 (not before Celery has named the module)

    return settings.CELERY


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Leave logging to settings.LOGGING: a receiver here stops Celery from replacing it."""


@worker_init.connect
def be_ready_to_answer(sender: Any, **_: Any) -> None:
    """Load what the chat needs where answers are written: who asks first waits no longer."""
    from generation.services import answering  # noqa: PLC0415 (other workers do without it)

    if "chat" in sender.app.amqp.queues.consume_from:
        turns.take_short_turns()
        answering.warm_up()


app = Celery("visiona", task_cls=NamedTask)
app.add_defaults(_settings)
app.autodiscover_tasks()
