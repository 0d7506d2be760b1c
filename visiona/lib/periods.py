"""A span of time, what lies in it, and the same span before it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

SLACK = timedelta(minutes=1)
"""So much earlier than its row says may an id have been made: a transaction is not longer."""


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment until just before another, both in UTC."""

    start: datetime
    end: datetime

    @classmethod
    def since(cls, moment: datetime) -> "Period":
        """Return all the time from a moment on."""
        return cls(moment, datetime.max.replace(tzinfo=UTC))

    @property
    def before(self) -> "Period":
        """The time as long as this one that ended when it began."""
        return Period(self.start - (self.end - self.start), self.start)

    @property
    def rows(self) -> Q:
        """The condition of rows that were made in it.

        Their ids are UUIDv7, so that the primary key leads there where no index by time does.
        """
        return self.moments & Q(id__gte=_earliest_id(self.start - SLACK))

    @property
    def moments(self) -> Q:
        """The condition of rows that were made in it, where `created_at` has an index."""
        return Q(created_at__gte=self.start, created_at__lt=self.end)

    def days(self) -> Iterator[date]:
        """Yield the days (UTC) that it touches."""
        day = self.start.astimezone(UTC).date()
        last = (self.end - timedelta(microseconds=1)).astimezone(UTC).date()
        while day <= last:
            yield day
            day += timedelta(days=1)


def _earliest_id(moment: datetime) -> UUID:
    milliseconds = max(0, int(moment.timestamp() * 1000))
    return UUID(int=milliseconds << 80)
