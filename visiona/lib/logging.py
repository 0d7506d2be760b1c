"""JSON log lines with the request id, and nothing private."""

import logging
import logging.config
import re
from typing import Any

from django.http import HttpRequest
from pythonjsonlogger.json import JsonFormatter

from visiona.lib import request_id
from visiona.lib.db import actor

ROWS = re.compile(r"^(DETAIL|CONTEXT):.*\n?", re.MULTILINE)
"""Where PostgreSQL quotes what was to be written."""
LINE = "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s %(user)s"


def without_rows(text: str) -> str:
    """Return what went wrong without the rows that the database quotes: they are people's."""
    return ROWS.sub("", text)


class Lines(JsonFormatter):
    """Lines as JSON; what went wrong is told without anybody's words."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 (Python's name)
        return without_rows("".join(super().formatException(ei)))


class RequestFilter(logging.Filter):
    """Put the request's id and person on every line, its route for its address.

    An address may carry what is secret: a signature, or the key of a password reset.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        request = record.__dict__.pop("request", None)
        record.request_id = request_id.current() or getattr(request, "request_id", "")
        acting = actor.current()
        record.user = str(acting.user_id) if acting and acting.user_id else ""
        if isinstance(request, HttpRequest):
            route = request.resolver_match.route if request.resolver_match else "unknown"
            record.msg, record.args = f"http.answered.{getattr(record, 'status_code', 0)}", ()
            record.route = f"{request.method} /{route}"
        return True


def configure(options: dict[str, Any]) -> None:
    """Set up logging (settings.LOGGING_CONFIG calls this with settings.LOGGING)."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request": {"()": RequestFilter}},
            "formatters": {
                "json": {
                    "()": Lines,
                    "format": LINE,
                    "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
                }
            },
            "handlers": {
                "console": {
                    "class": "logging.StreamHandler",
                    "formatter": "json",
                    "filters": ["request"],
                }
            },
            "root": {"handlers": ["console"], "level": options["level"]},
            # SQL carries people's data, and uvicorn's access lines carry signed addresses.
            "loggers": {
                "django.db.backends": {"level": "WARNING"},
                "uvicorn.access": {"level": "WARNING"},
                # A line for every tick of the clock hides the lines that matter.
                "celery": {"level": "WARNING"},
                "stripe": {"level": "WARNING"},
            },
        }
    )
