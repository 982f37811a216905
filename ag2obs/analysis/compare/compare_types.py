"""What a comparison holds: the typed form of what ``ag2obs compare --json`` prints."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

import msgspec

from ag2obs.analysis.compare.alignment import Alignment
from ag2obs.analysis.compare.groups import GroupDivergence
from ag2obs.analysis.compare.turns import Turn
from ag2obs.analysis.summary.summary_types import RuntimeSummary
from ag2obs.analysis.summary.totals import Totals, money_text

COMPARE_SCHEMA = 1
"""Version of the JSON document, written as ``schema``."""

_TEN_DIGITS = Context(prec=10)


def plain_number(value: Decimal | float | None) -> str | float | None:
    """Return a number as JSON has it: money as text, at most ten digits of it where it was divided."""
    if isinstance(value, Decimal):
        return money_text(value)
    return round(value, 6) if isinstance(value, float) else value


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """One measure over the runs of a side; every number is None where it is known of no run."""

    known: int
    unknown: int
    """Runs of which it is not known; they are in no other number."""
    total: Decimal | float | None = None
    mean: Decimal | float | None = None
    least: Decimal | float | None = None
    most: Decimal | float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON has them."""
        mean = _TEN_DIGITS.plus(self.mean) if isinstance(self.mean, Decimal) else self.mean
        return {
            "known": self.known,
            "unknown": self.unknown,
            "total": plain_number(self.total),
            "mean": plain_number(mean),
            "min": plain_number(self.least),
            "max": plain_number(self.most),
        }


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The model calls of one model, agent or workflow."""

    name: str
    provider: str | None
    sessions: int
    totals: Totals
    priced_calls: int
    p50_ms: float | None
    p90_ms: float | None

    @property
    def calls_made(self) -> int:
        """Calls that were no cache hits."""
        return self.totals.llm_calls - self.totals.cached_calls

    @property
    def cost_per_call(self) -> Decimal | None:
        """Mean over the calls with a known cost; None without any."""
        if not self.priced_calls or self.totals.cost_usd is None:
            return None
        return _TEN_DIGITS.divide(self.totals.cost_usd, self.priced_calls)

    @property
    def tokens_per_call(self) -> float | None:
        """Mean over the calls that were made; None without any."""
        return self.totals.tokens.total / self.calls_made if self.calls_made else None

    @property
    def failure_rate(self) -> float | None:
        """Failed calls among those that were made; None without any."""
        return self.totals.failed_calls / self.calls_made if self.calls_made else None

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON has them."""
        totals = self.totals.to_dict()
        kept = ("llm_calls", "cached_calls", "failed_calls", "tokens", "cost_usd", "cost_complete", "unpriced_calls")
        return {
            "name": self.name,
            "provider": self.provider,
            "sessions": self.sessions,
            **{key: totals[key] for key in kept},
            "cost_per_call_usd": money_text(self.cost_per_call),
            "tokens_per_call": plain_number(self.tokens_per_call),
            "failure_rate": plain_number(self.failure_rate),
            "p50_ms": plain_number(self.p50_ms),
            "p90_ms": plain_number(self.p90_ms),
        }


class Groups(msgspec.Struct, frozen=True):
    """Models, agents or workflows side by side."""

    by: str
    groups: list[Group]

    def to_dict(self) -> dict[str, Any]:
        """Return the document that ``ag2obs compare --by ... --json`` prints, without ``missing``: what a log lacks."""
        return {"schema": COMPARE_SCHEMA, "by": self.by, "groups": [group.to_dict() for group in self.groups]}


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    """One side: one run or several."""

    summary: RuntimeSummary
    statuses: dict[str, int]
    measures: dict[str, Spread]
    error_types: dict[str, int]
    models: list[Group]
    turns: dict[str, list[Turn]]
    """By session."""
    left_out_turns: int = 0
    """That are not among them: a side keeps so many and no more."""

    def to_dict(self) -> dict[str, Any]:
        """Return the numbers as JSON has them."""
        return {
            "sessions": [session.session_id for session in self.summary.sessions],
            "statuses": self.statuses,
            "missing": self.summary.missing,
            "turns": sum(map(len, self.turns.values())) + self.left_out_turns,
            "left_out_turns": self.left_out_turns,
            "cost_usd": money_text(self.summary.cost_usd),
            "cost_complete": self.summary.cost_complete,
            "unpriced_calls": self.summary.unpriced_calls,
            "error_types": self.error_types,
            "measures": {name: spread.to_dict() for name, spread in self.measures.items()},
            "models": [group.to_dict() for group in self.models],
            "tools": [tool.to_dict() for tool in self.summary.tools],
        }


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """The first turn in which two runs differ."""

    turn: int
    """Counted from 1."""
    fields: list[str]
    """In what they differ; ``missing`` where one of them was over."""
    before: list[Turn]
    """The last turns that are the same."""
    a: Turn | None
    b: Turn | None

    def to_dict(self) -> dict[str, Any]:
        """Return the turns as JSON has them."""
        a, b = (None if turn is None else turn.to_dict() for turn in (self.a, self.b))
        return {"turn": self.turn, "fields": self.fields, "before": [t.to_dict() for t in self.before], "a": a, "b": b}


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two sides."""

    a: Runs
    b: Runs
    same_turns: int | None
    """How many turns are the same from the beginning on; None where a side has several runs."""
    divergence: Divergence | None
    """None where the turns are all the same, and where a side has several runs."""
    alignment: Alignment | None
    """None where a side has several runs."""
    group_divergence: GroupDivergence | None
    """None where both sides are one run, and where groups never part."""

    def differences(self) -> dict[str, Decimal | float | None]:
        """Return for each measure how much more a run of B has than one of A; None where one is not known."""
        found: dict[str, Decimal | float | None] = {}
        for name, first in self.a.measures.items():
            mine, other = first.mean, self.b.measures[name].mean
            if isinstance(mine, Decimal) and isinstance(other, Decimal):
                found[name] = _TEN_DIGITS.subtract(other, mine)
            elif mine is None or other is None:
                found[name] = None
            else:
                found[name] = float(other) - float(mine)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return the document that ``ag2obs compare --json`` prints."""
        return {
            "schema": COMPARE_SCHEMA,
            "a": self.a.to_dict(),
            "b": self.b.to_dict(),
            "same_turns": self.same_turns,
            "divergence": None if self.divergence is None else self.divergence.to_dict(),
            "alignment": None if self.alignment is None else self.alignment.to_dict(),
            "group_divergence": None if self.group_divergence is None else self.group_divergence.to_dict(),
            "differences": {name: plain_number(value) for name, value in self.differences().items()},
        }
