"""Two runs, or two groups of runs, side by side: where they part ways, and what they cost, took and got wrong.

``RunsFold`` is one side; ``compare`` sets two of them beside each other. ``GroupsFold`` sets models, agents or
workflows beside each other. Failed runs are counted, and nothing is divided by nothing: it is None.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from ag2obs.analysis.compare.alignment import align, length_of_same
from ag2obs.analysis.compare.compare_types import Comparison, Divergence, Group, Groups, Runs, Spread
from ag2obs.analysis.compare.groups import divergence_of_groups
from ag2obs.analysis.compare.turns import Room, Turn, Turns
from ag2obs.analysis.cost.repricing import MONEY
from ag2obs.analysis.histogram import LogHistogram
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.analysis.summary.summary_types import SessionSummary
from ag2obs.analysis.summary.totals import UNKNOWN_MODEL, Tally
from ag2obs.events import Event

GROUPINGS = ("model", "agent", "workflow")

_GroupKey = tuple[str, str | None]
"""Name and provider."""

MOST_TURNS = 100_000
"""Of one side, some 100 MB; later ones count in its numbers only."""

MEASURES = (
    "llm_calls", "failed_calls", "input_tokens", "output_tokens", "cost_usd", "wall_seconds", "model_seconds",
    "tool_seconds", "tool_calls", "tool_failures", "errors",
)  # fmt: skip


class RunsFold:
    """One side of a comparison: adds events of one run or of several, and keeps their first ``MOST_TURNS`` turns."""

    def __init__(self) -> None:
        self._summary = SummaryFold()
        self._turns: dict[str, Turns] = {}
        self._room = Room(MOST_TURNS)
        self._errors: Counter[str] = Counter()
        self._models = GroupsFold("model")

    def add(self, event: Event) -> None:
        """Take one event in."""
        self._summary.add(event)
        self._models.add(event)
        turns = self._turns.get(event.session)
        if turns is None:
            turns = self._turns[event.session] = Turns(self._room)
        turns.add(event)
        if event.error is not None and not event.error.repeat and event.kind != "session.end":
            self._errors[event.error.type] += 1

    def result(self) -> Runs:
        """Return what the events so far say of this side."""
        summary = self._summary.result()
        sessions = summary.sessions
        return Runs(
            summary=summary,
            statuses=dict(sorted(Counter(session.status or "unknown" for session in sessions).items())),
            measures={name: _spread([measure(session, name) for session in sessions]) for name in MEASURES},
            error_types=dict(self._errors.most_common()),
            models=self._models.result().groups,
            turns={session.session_id: self._turns[session.session_id].turns() for session in sessions},
            left_out_turns=self._room.refused,
        )


class _Calls:
    """The calls of one group."""

    __slots__ = ("latencies", "sessions", "tally")

    def __init__(self) -> None:
        self.tally = Tally()
        self.latencies = LogHistogram()
        self.sessions: set[str] = set()

    def add(self, event: Event) -> None:
        self.tally.add_call(event)
        self.sessions.add(event.session)
        if event.ms is not None and not event.cached:
            self.latencies.add(event.ms)

    def merge(self, other: _Calls) -> None:
        self.tally.merge(other.tally)
        self.latencies.merge(other.latencies)
        self.sessions |= other.sessions

    def group(self, name: str, provider: str | None) -> Group:
        return Group(
            name=name,
            provider=provider,
            sessions=len(self.sessions),
            totals=self.tally.totals(),
            priced_calls=self.tally.priced_calls,
            p50_ms=self.latencies.percentile(0.5),
            p90_ms=self.latencies.percentile(0.9),
        )


class GroupsFold:
    """Sets the calls of models, agents or workflows side by side.

    A call that failed tells the model that was asked for, others the one that answered, often a dated version of it: it
    counts with the version that answered most of the other calls.
    """

    def __init__(self, by: str) -> None:
        self._by = by
        self._groups: dict[_GroupKey, _Calls] = {}
        self._unanswered: dict[_GroupKey, _Calls] = {}
        """Calls of which only the requested model is known."""
        self._answered_by: dict[_GroupKey, Counter[str]] = {}
        self._workflows: dict[str, str | None] = {}

    def add(self, event: Event) -> None:
        """Take one event in."""
        if event.workflow is not None:
            self._workflows.setdefault(event.session, event.workflow)
        if event.kind != "llm.call":
            return
        if self._by != "model":
            name = event.agent if self._by == "agent" else self._workflows.get(event.session)
            self._groups.setdefault((name or "unknown", None), _Calls()).add(event)
        elif event.model is None:
            self._unanswered.setdefault((event.request_model or UNKNOWN_MODEL, event.provider), _Calls()).add(event)
        else:
            self._groups.setdefault((event.model, event.provider), _Calls()).add(event)
            if event.request_model is not None:
                asked = event.request_model, event.provider
                self._answered_by.setdefault(asked, Counter())[event.model] += 1

    def result(self) -> Groups:
        """Return the groups by name."""
        groups = dict(self._groups)
        for (model, provider), calls in self._unanswered.items():
            answered = self._answered_by.get((model, provider))
            key = (answered.most_common(1)[0][0] if answered else model, provider)
            both = _Calls()
            for part in (groups.get(key), calls):
                if part is not None:
                    both.merge(part)
            groups[key] = both
        names = sorted(groups, key=lambda key: (key[0], key[1] or ""))
        return Groups(by=self._by, groups=[groups[key].group(*key) for key in names])


def compare(first: Runs, second: Runs) -> Comparison:
    """Set two sides beside each other. Turns are aligned where each side is one run."""
    if len(first.turns) != 1 or len(second.turns) != 1:
        parted = divergence_of_groups(list(first.turns.values()), list(second.turns.values()))
        return Comparison(a=first, b=second, same_turns=None, divergence=None, alignment=None, group_divergence=parted)
    ((a, b),) = zip(first.turns.values(), second.turns.values(), strict=True)
    same = length_of_same([turn.identity() for turn in a], [turn.identity() for turn in b])
    return Comparison(
        a=first,
        b=second,
        same_turns=same,
        divergence=_divergence(a, b, same),
        alignment=align(a, b),
        group_divergence=None,
    )


def _divergence(a: list[Turn], b: list[Turn], same: int) -> Divergence | None:
    if same >= max(len(a), len(b)):
        return None
    first, second = (run[same] if same < len(run) else None for run in (a, b))
    fields = first.differences(second) if first is not None and second is not None else ["missing"]
    return Divergence(turn=same + 1, fields=fields, before=a[max(0, same - 2) : same], a=first, b=second)


def measure(session: SessionSummary, name: str) -> Decimal | float | None:
    """Return one number of a run; None where it is not known, and for a cost that is not known whole."""
    totals = session.totals
    if name == "cost_usd":
        return totals.cost_usd if totals.cost_complete else None
    if name in ("input_tokens", "output_tokens"):
        number: float = getattr(totals.tokens, name.removesuffix("_tokens"))
        return number
    value: float | None = getattr(session if name.endswith("_seconds") else totals, name)
    return value


def _spread(values: list[Any]) -> Spread:
    known = [value for value in values if value is not None]
    if not known:
        return Spread(known=0, unknown=len(values))
    is_money = isinstance(known[0], Decimal)
    total = Decimal(0) if is_money else 0
    for value in known:
        total = MONEY.add(total, value) if is_money else total + value
    mean = MONEY.divide(total, len(known)) if is_money else total / len(known)
    unknown = len(values) - len(known)
    return Spread(known=len(known), unknown=unknown, total=total, mean=mean, least=min(known), most=max(known))
