"""Percentiles in bounded memory: a histogram whose buckets grow by a constant factor.

The scheme is DDSketch's (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
relative-error guarantees", VLDB 2019): a value falls into bucket ``ceil(log(value) / log(growth))`` and every
value of a bucket is within the promised relative error of the bucket's estimate.
"""

from __future__ import annotations

import math

import msgspec

RELATIVE_ERROR = 0.02
_GROWTH = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GROWTH = math.log(_GROWTH)

_SMALLEST = 1e-3
_LARGEST = 1e10
"""Values outside are put into the outermost buckets, so that there are never more than about 750."""


class LogHistogram(msgspec.Struct, array_like=True, gc=False):
    """Counts positive values (milliseconds here) and tells their percentiles within 2 %."""

    buckets: dict[int, int] = msgspec.field(default_factory=dict)
    count: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf

    def add(self, value: float) -> None:
        """Count one value."""
        index = math.ceil(math.log(min(max(value, _SMALLEST), _LARGEST)) / _LOG_GROWTH)
        self.buckets[index] = self.buckets.get(index, 0) + 1
        self.count += 1
        if value < self.minimum:
            self.minimum = value
        if value > self.maximum:
            self.maximum = value

    def merge(self, other: LogHistogram) -> None:
        """Count everything that ``other`` counted."""
        for index, count in other.buckets.items():
            self.buckets[index] = self.buckets.get(index, 0) + count
        self.count += other.count
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)

    def percentile(self, quantile: float) -> float | None:
        """Return the value that ``quantile`` (0 to 1) of all values do not exceed; None without values."""
        if not self.count:
            return None
        rank = max(1, math.ceil(quantile * self.count))
        if rank == 1:
            return self.minimum
        if rank >= self.count:
            return self.maximum
        seen = 0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if seen >= rank:
                estimate = 2 * _GROWTH**index / (_GROWTH + 1)
                return min(max(estimate, self.minimum), self.maximum)
        return self.maximum
