"""Which time somebody asks about: days or moments, in UTC."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

from visiona.lib import clock
from visiona.lib.errors import FieldError, InvalidInput
from visiona.lib.periods import Period

USUAL_DAYS = 30
MOST_DAYS = 400
"""So long product events are kept, and more at once would be read for too long."""
YEARS = range(2000, 3000)
HOW = "Send a day such as 2026-01-31, or a moment such as 2026-01-31T09:00:00Z."


def asked_period(query: Mapping[str, str]) -> Period:
    """Return the time between `from` and `to`, or the last 30 days; a day is meant as a whole.

    Raises InvalidInput.
    """
    end = _moment(query, "to", _midnight_after(clock.now()), ends=True)
    start = _moment(query, "from", end - timedelta(days=USUAL_DAYS))
    if start >= end:
        raise InvalidInput([FieldError("from", "invalid", "Send one that lies before `to`.")])
    if end - start > timedelta(days=MOST_DAYS):
        raise InvalidInput([FieldError("from", "invalid", f"Ask for at most {MOST_DAYS} days.")])
    return Period(start, end)


def last_days(days: int) -> Period:
    """Return so many days, of which today is the last."""
    end = _midnight_after(clock.now())
    return Period(end - timedelta(days=days), end)


def _moment(
    query: Mapping[str, str], name: str, otherwise: datetime, *, ends: bool = False
) -> datetime:
    text = query.get(name, "").strip()
    if not text:
        return otherwise
    try:
        moment = _read(text, ends=ends)
    except (ValueError, OverflowError):
        raise InvalidInput([FieldError(name, "invalid", HOW)]) from None
    if moment.year not in YEARS:
        raise InvalidInput([FieldError(name, "invalid", HOW)])
    return moment


def _read(text: str, *, ends: bool) -> datetime:
    if len(text) > len("2026-01-31"):
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    midnight = datetime.combine(date.fromisoformat(text), time.min, UTC)
    return midnight + timedelta(days=1) if ends else midnight


def _midnight_after(moment: datetime) -> datetime:
    return datetime.combine(moment.date() + timedelta(days=1), time.min, UTC)
