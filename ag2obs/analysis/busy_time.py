"""How long work was going on, where pieces of it overlap: the length of the union of time intervals."""

from __future__ import annotations

MOST_INTERVALS = 10_000


class BusyTime:
    """Adds up intervals that come about in the order of their ends, as events do.

    Exact as long as no interval reaches back behind 10,000 separate others: those are kept as their sum only, and
    what reaches behind them counts from there on.
    """

    __slots__ = ("_intervals", "_settled", "_settled_until")

    def __init__(self) -> None:
        self._intervals: list[tuple[float, float]] = []
        """Apart from each other, oldest first."""
        self._settled = 0.0
        self._settled_until = float("-inf")

    def add(self, start: float, end: float) -> None:
        """Count the time from ``start`` to ``end``."""
        start = max(start, self._settled_until)
        if end <= start:
            return
        after: list[tuple[float, float]] = []
        intervals = self._intervals
        while intervals and intervals[-1][1] >= start:
            other = intervals.pop()
            if other[0] > end:  # this one came late
                after.append(other)
                continue
            start, end = min(start, other[0]), max(end, other[1])
        intervals.append((start, end))
        intervals.extend(reversed(after))
        if len(intervals) > MOST_INTERVALS:
            self._settle(len(intervals) // 2)

    def settle(self) -> None:
        """Keep only the sum: little is expected to come."""
        self._settle(len(self._intervals))

    def _settle(self, count: int) -> None:
        if not count:
            return
        done = self._intervals[:count]
        self._settled += sum(end - start for start, end in done)
        self._settled_until = done[-1][1]
        del self._intervals[:count]

    @property
    def seconds(self) -> float:
        """The sum, what overlaps counted once."""
        return self._settled + sum(end - start for start, end in self._intervals)
