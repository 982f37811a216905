"""Times of events: as moments that can be compared, and as numbers that can be subtracted."""

from __future__ import annotations

from datetime import datetime


def moment_of(timestamp: str) -> datetime | None:
    """Return the moment an event's ``ts`` names; None where it names none that can be compared."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def seconds_of(timestamp: str) -> float | None:
    """Return the moment an event's ``ts`` names, in seconds since 1970; None where it names none."""
    moment = moment_of(timestamp)
    try:
        return None if moment is None else moment.timestamp()
    except OverflowError:
        return None


def rounded(seconds: float) -> float:
    """Return seconds to the microsecond, as events tell them."""
    return round(seconds, 6)
