"""Whether Redis is away, as far as this process knows.

Whoever waited for it in vain spares everybody else the wait for a few seconds: limits, memories,
news, counters and wake-ups would each find out by themselves, one timeout after the other.
"""

import time

REST_SECONDS = 10.0

_away_until = 0.0


def is_on() -> bool:
    """Whether Redis did not answer a moment ago, so that asking it again is not worth the wait."""
    return time.monotonic() < _away_until


def note() -> None:
    """Remember that Redis did not answer."""
    global _away_until  # noqa: PLW0603 (one circuit breaker per process)
    _away_until = time.monotonic() + REST_SECONDS


def forget() -> None:
    """Ask again at once."""
    global _away_until  # noqa: PLW0603 (one circuit breaker per process)
    _away_until = 0.0
