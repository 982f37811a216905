"""Which arguments lead to failures: values and shapes that failing calls of a tool have more often than others.

Memory is bounded: of each tool the first 50 argument names, and of each argument 100 values. Where there are more,
values that never failed make room; a value that came back after that is marked as not exact, because calls with it
may have been forgotten. Shapes (missing, empty, its type) are always exact.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from ag2obs.analysis.texts import json_of

MOST_NAMES = 50
MOST_VALUES = 100
LONGEST_VALUE = 80
"""Characters of a value's JSON; of longer ones only the shape is compared."""

SHOWN = 5
_LEAST_FAILURES = 2
"""One failure alone has all its arguments in common with itself."""
_CHANCE = 0.1
"""A pattern is told where chance would make any as strong in fewer cases than this: Fisher's exact test, corrected as
Bonferroni does for the values and shapes with calls enough to make one (R. E. Tarone, "A modified Bonferroni method
for discrete data", Biometrics 1990)."""


class ArgumentPattern(msgspec.Struct, frozen=True):
    """Something that calls of a tool have in common which fail more often than its other calls."""

    argument: str | None
    """None where it is about the arguments as a whole."""
    shape: str
    """``value``, ``missing``, ``empty text``, ``null``, ``list``, ``text instead of arguments``, ..."""
    value: str | None
    """The value as JSON, where ``shape`` is ``value``."""
    failures: int
    calls: int
    other_failures: int
    other_calls: int
    exact: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the pattern as data."""
        return msgspec.structs.asdict(self)


class _Feature(NamedTuple):
    argument: str | None
    shape: str
    value: str | None = None


class _Count:
    __slots__ = ("calls", "exact", "failures")

    def __init__(self, *, exact: bool = True) -> None:
        self.calls = self.failures = 0
        self.exact = exact

    def add(self, *, failed: bool) -> None:
        self.calls += 1
        self.failures += failed


class ArgumentPatterns:
    """Counts the arguments of one tool's calls, and of those that failed."""

    __slots__ = ("_calls", "_names", "_objects", "_shapes", "_values")

    def __init__(self) -> None:
        self._calls = _Count()
        self._objects = _Count()
        self._names: dict[str, _Count] = {}
        self._shapes: dict[_Feature, _Count] = {}
        self._values: dict[str, _Values] = {}

    def add(self, arguments: Any, *, failed: bool) -> None:
        """Count one call whose arguments are known whole."""
        self._calls.add(failed=failed)
        if not isinstance(arguments, dict):
            self._shape(_Feature(None, f"{_shape_of(arguments)} instead of arguments"), failed=failed)
            return
        self._objects.add(failed=failed)
        if not arguments:
            self._shape(_Feature(None, "no arguments"), failed=failed)
        for name, value in arguments.items():
            count = self._names.get(name)
            if count is None:
                if len(self._names) >= MOST_NAMES:
                    continue
                count = self._names[name] = _Count()
            count.add(failed=failed)
            self._shape(_Feature(name, _shape_of(value)), failed=failed)
            if isinstance(value, str | int | float | bool) and len(written := json_of(value)) <= LONGEST_VALUE:
                self._values.setdefault(name, _Values()).add(written, failed=failed)

    def _shape(self, feature: _Feature, *, failed: bool) -> None:
        count = self._shapes.get(feature)
        if count is None:
            count = self._shapes[feature] = _Count()
        count.add(failed=failed)

    def found(self) -> list[ArgumentPattern]:
        """Return the strongest patterns, strongest first."""
        everything = self._calls
        if everything.failures < _LEAST_FAILURES:
            return []
        tried = [each for each in self._features() if _LEAST_FAILURES <= each[1].calls < everything.calls]
        judged = []
        for feature, count in tried:
            chance = _chance(count.calls, count.failures, everything.calls, everything.failures)
            if chance is not None and chance * len(tried) < _CHANCE:
                judged.append((chance, _GENERALITY.get(feature.shape, 2), feature, count))
        judged.sort(key=lambda one: (one[0], one[1], one[2].argument or "", one[2].shape, one[2].value or ""))
        patterns: list[ArgumentPattern] = []
        told: set[tuple[str | None, int, int]] = set()
        for _, _, feature, count in judged:
            same = (feature.argument, count.calls, count.failures)
            if same in told:  # the value "" and being an empty text are one pattern
                continue
            told.add(same)
            patterns.append(
                ArgumentPattern(
                    feature.argument, feature.shape, feature.value, count.failures, count.calls,
                    everything.failures - count.failures, everything.calls - count.calls, count.exact,
                )
            )  # fmt: skip
        return patterns[:SHOWN]

    def _features(self) -> Iterator[tuple[_Feature, _Count]]:
        yield from self._shapes.items()
        for name, values in self._values.items():
            for value, count in values.counts.items():
                yield _Feature(name, "value", value), count
        for name, present in self._names.items():
            missing = _Count()
            missing.calls = self._objects.calls - present.calls
            missing.failures = self._objects.failures - present.failures
            yield _Feature(name, "missing"), missing


_GENERALITY = {"value": 0, "missing": 1}
"""Of two patterns that say the same, the one that says it more precisely is told."""


class _Values:
    """The values that one argument had."""

    __slots__ = ("_forgot", "counts")

    def __init__(self) -> None:
        self.counts: dict[str, _Count] = {}
        self._forgot = False

    def add(self, value: str, *, failed: bool) -> None:
        count = self.counts.get(value)
        if count is None:
            if len(self.counts) >= MOST_VALUES and not self._make_room():
                return
            count = self.counts[value] = _Count(exact=not self._forgot)
        count.add(failed=failed)

    def _make_room(self) -> bool:
        """Forget values that never failed, the half of them that came first; say whether there were any."""
        harmless = [value for value, count in self.counts.items() if not count.failures]
        for value in harmless[: max(1, len(harmless) // 2)]:
            del self.counts[value]
        self._forgot = True
        return bool(harmless)


def _shape_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "text" if value.strip() else "empty text"
    name = "list" if isinstance(value, list) else "object"
    return name if value else f"empty {name}"


def _chance(calls: int, failures: int, all_calls: int, all_failures: int) -> float | None:
    """Return how likely at least ``failures`` of ``calls`` were to fail if failures fell on calls at random.

    None where the calls are all calls, too few failed, or they do not fail more often than the others.
    """
    others = all_calls - calls
    if failures < _LEAST_FAILURES or others <= 0 or failures * others <= (all_failures - failures) * calls:
        return None
    whole = _log_choose(all_calls, all_failures)
    most = min(calls, all_failures)
    # The terms fall quickly behind the first ones.
    terms = range(failures, min(most, failures + 200) + 1)
    return math.fsum(
        math.exp(_log_choose(calls, k) + _log_choose(others, all_failures - k) - whole)
        for k in terms
        if all_failures - k <= others
    )


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
