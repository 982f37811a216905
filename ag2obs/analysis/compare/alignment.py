"""Which turns of one run are those of another: runs that part may meet again."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Literal

import msgspec

from ag2obs.analysis.compare.turns import Turn

MOST_ALIGNED = 2_000
"""Turns of a run between its first and its last difference: to align more takes minutes where they repeat."""

How = Literal["changed", "only_a", "only_b"]

_Pair = tuple[int | None, int | None]


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
    """False where the runs differ over more than ``MOST_ALIGNED`` turns: these are set beside each other one by one."""

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
    whole_a, whole_b = [turn.identity() for turn in a], [turn.identity() for turn in b]
    start = length_of_same(whole_a, whole_b)
    end = min(length_of_same(whole_a[::-1], whole_b[::-1]), min(len(a), len(b)) - start)
    first, second = range(start, len(a) - end), range(start, len(b) - end)
    pairs = _pairs(a, b, whole_a, whole_b, first, second)
    is_whole = max(len(first), len(second)) <= MOST_ALIGNED
    found = [_difference(a, b, i, j) for i, j in (pairs if is_whole else zip_longest(first, second))]
    differences = [difference for difference in found if difference is not None]
    same = len(a) - sum(difference.a is not None for difference in differences)
    return Alignment(same=same, differences=differences, is_whole=is_whole)


def _difference(a: Sequence[Turn], b: Sequence[Turn], i: int | None, j: int | None) -> Difference | None:
    if i is None:
        return Difference(how="only_b", a=None, b=None if j is None else j + 1, fields=[])
    if j is None:
        return Difference(how="only_a", a=i + 1, b=None, fields=[])
    fields = a[i].differences(b[j])
    return Difference(how="changed", a=i + 1, b=j + 1, fields=fields) if fields else None


def _pairs(
    a: Sequence[Turn],
    b: Sequence[Turn],
    whole_a: Sequence[Hashable],
    whole_b: Sequence[Hashable],
    first: range,
    second: range,
) -> Iterator[_Pair]:
    """Yield the turns of two stretches that belong together; between turns that are the same, those of one shape."""
    for part_a, part_b in _unequal(whole_a, whole_b, first, second):
        shapes_a, shapes_b = ([run[i].shape() for i in part] for run, part in ((a, part_a), (b, part_b)))
        for how, i, to_i, j, to_j in SequenceMatcher(None, shapes_a, shapes_b, autojunk=False).get_opcodes():
            if how == "equal":
                yield from zip(part_a[i:to_i], part_b[j:to_j], strict=True)
            else:
                yield from ((index, None) for index in part_a[i:to_i])
                yield from ((None, index) for index in part_b[j:to_j])


def _unequal(
    a: Sequence[Hashable], b: Sequence[Hashable], first: range, second: range
) -> Iterator[tuple[range, range]]:
    """Yield the stretches between what is the same."""
    texts = a[first.start : first.stop], b[second.start : second.stop]
    for how, i, to_i, j, to_j in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
        if how != "equal":
            yield first[i:to_i], second[j:to_j]


def length_of_same(a: Sequence[Hashable], b: Sequence[Hashable]) -> int:
    """Return how many elements two sequences begin with that are the same."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
