"""JSON log lines with the request id, and nothing private."""

import logging
import logging.config
from typing import Any

from visiona.lib import request_id


class RequestIdFilter(logging.Filter):
    """Put the id of the running request or task on every line."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.current()
        return True


def configure(options: dict[str, Any]) -> None:
    """Set up logging (settings.LOGGING_CONFIG calls this with settings.LOGGING)."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request_id": {"()": RequestIdFilter}},
            "formatters": {
                "json": {
                    "()": "pythonjsonlogger.json.JsonFormatter",
                    "format": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
                    "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
                }
            },
            "handlers": {
                "console": {
                    "class": "logging.StreamHandler",
                    "formatter": "json",
                    "filters": ["request_id"],
                }
            },
            "root": {"handlers": ["console"], "level": options["level"]},
            # SQL carries people's data, and uvicorn's access lines carry signed addresses.
            "loggers": {
                "django.db.backends": {"level": "WARNING"},
                "uvicorn.access": {"level": "WARNING"},
            },
        }
    )
