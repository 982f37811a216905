"""Where two groups of runs part ways: the first turn that less than half of their runs have in common.

Runs of a group say everything a little otherwise, so what counts is what was done, by whom and with what tool.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec

from ag2obs.analysis.compare.turns import Turn

COMMON_SHARE = 0.5

Shape = tuple[str, str | None, str | None]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What some runs of a side did at a turn; no ``kind`` where they were over."""

    runs: int
    kind: str | None
    agent: str | None
    tool: str | None


class GroupDivergence(msgspec.Struct, frozen=True, kw_only=True):
    """The first turn that less than half of the runs of two groups have in common."""

    turn: int
    """Counted from 1."""
    common_share: float
    """Of the runs of one side that did what as large a share of the other did, 0 to 1."""
    a: list[Choice]
    b: list[Choice]
    """What runs did, the most frequent first."""

    def to_dict(self) -> dict[str, Any]:
        """Return the turn as JSON has it."""
        sides = {name: [msgspec.structs.asdict(each) for each in getattr(self, name)] for name in ("a", "b")}
        return {"turn": self.turn, "common_share": round(self.common_share, 6), **sides}


def divergence_of_groups(a: Sequence[Sequence[Turn]], b: Sequence[Sequence[Turn]]) -> GroupDivergence | None:
    """Return where two groups of runs part; None where they never do."""
    for turn in range(max(map(len, (*a, *b)), default=0)):
        first, second = _choices(a, turn), _choices(b, turn)
        share = _common_share(first, second)
        if share < COMMON_SHARE:
            return GroupDivergence(turn=turn + 1, common_share=share, a=_told(first), b=_told(second))
    return None


def _choices(runs: Sequence[Sequence[Turn]], turn: int) -> Counter[Shape | None]:
    """Count what the runs of a side did at a turn; None counts those that were over."""
    return Counter(run[turn].shape() if turn < len(run) else None for run in runs)


def _common_share(first: Counter[Shape | None], second: Counter[Shape | None]) -> float:
    all_first, all_second = first.total(), second.total()
    if not all_first or not all_second:
        return 1.0
    return sum(min(first[shape] / all_first, second[shape] / all_second) for shape in first)


def _told(choices: Counter[Shape | None]) -> list[Choice]:
    return [
        Choice(runs=runs, kind=kind, agent=agent, tool=tool)
        for shape, runs in choices.most_common()
        for kind, agent, tool in (shape or (None, None, None),)
    ]
