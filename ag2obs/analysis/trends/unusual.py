"""Which days are unusual, by a rule that can be said in one sentence: ``RULE``."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import msgspec

from ag2obs.analysis.summary.totals import Tally

WINDOW_DAYS = 28
LEAST_DAYS = 5
DEVIATIONS = 3.0
LEAST_FACTOR = 1.5

_SCALE = 1.4826
"""Makes the median absolute deviation of normally distributed values their standard deviation
(Rousseeuw and Croux, "Alternatives to the Median Absolute Deviation", JASA 1993)."""

RULE = (
    f"a day is unusual when its cost, calls, errors or cost per call exceed {LEAST_FACTOR:g} times the median of the "
    f"days with sessions in the {WINDOW_DAYS} days before it (at least {LEAST_DAYS}) and lie more than "
    f"{DEVIATIONS:g} scaled median absolute deviations above it"
)

_MEASURES: dict[str, Callable[[Tally], float | None]] = {
    "cost_usd": lambda tally: float(tally.cost),
    "llm_calls": lambda tally: float(tally.llm_calls),
    "errors": lambda tally: float(tally.errors),
    "cost_usd_per_call": lambda tally: float(tally.cost) / tally.priced_calls if tally.priced_calls else None,
}


class UnusualDay(msgspec.Struct, frozen=True):
    """A day on which something was far above what it had been before."""

    day: str
    what: str
    value: float
    median: float

    def to_dict(self) -> dict[str, Any]:
        """Return the day as the JSON document has it."""
        return msgspec.structs.asdict(self)


def unusual_days(days: Mapping[str, Tally]) -> list[UnusualDay]:
    """Return what was unusual on which day (``YYYY-MM-DD``), by ``RULE``; other keys are no days."""
    dated = {day: tally for day, tally in sorted(days.items()) if _window(day) is not None}
    found = []
    for day in dated:
        first = _window(day) or day
        before = [tally for other, tally in dated.items() if first <= other < day]
        for what, measure in _MEASURES.items():
            value = measure(dated[day])
            earlier = [each for each in map(measure, before) if each is not None]
            if value is not None and len(earlier) >= LEAST_DAYS and _is_far_above(value, earlier):
                found.append(UnusualDay(day, what, value, statistics.median(earlier)))
    return found


def _is_far_above(value: float, earlier: list[float]) -> bool:
    median = statistics.median(earlier)
    deviation = statistics.median(abs(each - median) for each in earlier) * _SCALE
    return value > LEAST_FACTOR * median and value > median + DEVIATIONS * deviation


def _window(day: str) -> str | None:
    """Return the first day that ``day`` is compared with; None for what is no day."""
    try:
        return (date.fromisoformat(day) - timedelta(days=WINDOW_DAYS)).isoformat()
    except (ValueError, OverflowError):
        return None
