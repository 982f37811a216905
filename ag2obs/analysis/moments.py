"""Times of events as numbers, so that they can be subtracted."""

from __future__ import annotations

from datetime import datetime


def seconds_of(timestamp: str) -> float | None:
    """Return the moment an event's ``ts`` names, in seconds since 1970; None where it names none."""
    try:
        moment = datetime.fromisoformat(timestamp)
        return moment.timestamp() if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def rounded(seconds: float) -> float:
    """Return seconds to the microsecond, as events tell them."""
    return round(seconds, 6)
