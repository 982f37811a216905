"""Which turns of one run are those of another: runs that part may meet again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Literal

import msgspec

from ag2obs.analysis.compare.turns import Turn

MOST_ALIGNED = 2_000
MOST_ALIKE = 100_000
"""Turns of a stretch in which runs differ, and pairs of them that are alike, as in a loop. So many take half a second;
the time grows with the third power."""

How = Literal["changed", "only_a", "only_b"]

_Pair = tuple[int | None, int | None]
_Opcode = tuple[str, int, int, int, int]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A turn that the other run has otherwise, or not at all."""

    how: How
    a: int | None
    b: int | None
    """The number of the turn in each run, counted from 1; None where it has none."""
    fields: list[str]
    """In what the two turns differ; empty where one is missing."""


class Alignment(msgspec.Struct, frozen=True, kw_only=True):
    """How the turns of two runs fit together."""

    same: int
    differences: list[Difference]
    is_whole: bool
    """False where turns are set beside each other by their numbers alone, because to align them would take too long."""

    def count(self, how: How) -> int:
        """Return how many turns differ in this way."""
        return sum(difference.how == how for difference in self.differences)

    def to_dict(self) -> dict[str, Any]:
        """Return the alignment as JSON has it."""
        counts = {how: self.count(how) for how in ("changed", "only_a", "only_b")}
        differences = [msgspec.structs.asdict(difference) for difference in self.differences]
        return {"same": self.same, **counts, "whole": self.is_whole, "differences": differences}


def align(a: Sequence[Turn], b: Sequence[Turn]) -> Alignment:
    """Set the turns of two runs beside each other: first those that are the same, then those of one agent and tool."""
    aligner = _Aligner(a, b)
    found = [_difference(a, b, i, j) for i, j in aligner.pairs()]
    differences = [difference for difference in found if difference is not None]
    same = len(a) - sum(difference.a is not None for difference in differences)
    return Alignment(same=same, differences=differences, is_whole=aligner.is_whole)


def _difference(a: Sequence[Turn], b: Sequence[Turn], i: int | None, j: int | None) -> Difference | None:
    if i is None:
        return Difference(how="only_b", a=None, b=None if j is None else j + 1, fields=[])
    if j is None:
        return Difference(how="only_a", a=i + 1, b=None, fields=[])
    fields = a[i].differences(b[j])
    return Difference(how="changed", a=i + 1, b=j + 1, fields=fields) if fields else None


class _Aligner:
    """Finds the turns of two runs that belong together."""

    def __init__(self, a: Sequence[Turn], b: Sequence[Turn]) -> None:
        self._a, self._b = a, b
        self.is_whole = True

    def pairs(self) -> Iterator[_Pair]:
        """Yield what belongs together but is not the same, and what is in one run only, in order."""
        whole_a, whole_b = [turn.identity() for turn in self._a], [turn.identity() for turn in self._b]
        start = length_of_same(whole_a, whole_b)
        end = min(length_of_same(whole_a[::-1], whole_b[::-1]), min(len(whole_a), len(whole_b)) - start)
        first, second = range(start, len(whole_a) - end), range(start, len(whole_b) - end)
        same = self._opcodes(whole_a[start : first.stop], whole_b[start : second.stop])
        for how, i, to_i, j, to_j in same or [("replace", 0, len(first), 0, len(second))]:
            if how != "equal":
                yield from self._alike(first[i:to_i], second[j:to_j])

    def _alike(self, first: range, second: range) -> Iterator[_Pair]:
        """Yield the turns of two stretches, those of one agent and tool together."""
        opcodes = self._opcodes([self._a[i].shape() for i in first], [self._b[j].shape() for j in second])
        if opcodes is None:
            yield from zip_longest(first, second)
            return
        for how, i, to_i, j, to_j in opcodes:
            if how == "equal":
                yield from zip(first[i:to_i], second[j:to_j], strict=True)
            else:
                yield from ((index, None) for index in first[i:to_i])
                yield from ((None, index) for index in second[j:to_j])

    def _opcodes(self, a: Sequence[Hashable], b: Sequence[Hashable]) -> Sequence[_Opcode] | None:
        """Return how ``b`` is made of ``a``; None where that would take too long to find out."""
        counts = Counter(b)
        if max(len(a), len(b)) > MOST_ALIGNED or sum(counts[each] for each in a) > MOST_ALIKE:
            self.is_whole = False
            return None
        return SequenceMatcher(None, a, b, autojunk=False).get_opcodes()


def length_of_same(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Return how many elements two sequences begin with that are the same."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
