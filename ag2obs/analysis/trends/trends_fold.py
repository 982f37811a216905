"""How runs develop: what each day, workflow, model or agent did and cost, over thousands of sessions.

A session belongs to the day (UTC) on which it started. What is kept grows with days and names, not with sessions.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

import msgspec

from ag2obs.analysis.summary.session_tally import SessionTally
from ag2obs.analysis.summary.summary_fold import SummaryFold
from ag2obs.analysis.summary.totals import Tally, Totals, money_text
from ag2obs.analysis.trends.unusual import UnusualDay, unusual_days
from ag2obs.events import Event

By = Literal["day", "workflow", "model", "agent"]

UNKNOWN_DAY = "unknown"
"""Of sessions whose log tells no time."""

TRENDS_SCHEMA = 1


class TrendRow(msgspec.Struct, frozen=True, kw_only=True):
    """One day, workflow, model or agent."""

    name: str
    sessions: int
    """In which it occurred."""
    totals: Totals
    seconds: float
    """Spent in model and tool calls."""
    days: dict[str, Totals]
    """The days on which it occurred, in their order."""

    def to_dict(self) -> dict[str, Any]:
        """Return the row as the JSON document has it."""
        days = {day: {"llm_calls": on.llm_calls, "cost_usd": money_text(on.cost_usd)} for day, on in self.days.items()}
        return {
            "name": self.name,
            "sessions": self.sessions,
            "seconds": self.seconds,
            "totals": self.totals.to_dict(),
            "days": days,
        }


class Trends(msgspec.Struct, frozen=True, kw_only=True):
    """The rows by name, or by day; the unusual days are those of all sessions together."""

    by: By
    rows: list[TrendRow]
    unusual: list[UnusualDay]
    missing: dict[str, int]
    """Events that are not in the logs, by session; only of sessions that lack some."""

    def to_dict(self) -> dict[str, Any]:
        """Return the document that ``ag2obs trends --json`` prints."""
        return {
            "schema": TRENDS_SCHEMA,
            "by": self.by,
            "rows": [row.to_dict() for row in self.rows],
            "unusual": [day.to_dict() for day in self.unusual],
            "missing": sum(self.missing.values()),
        }


class TrendsFold:
    """Adds up sessions by day and by what ``by`` names."""

    def __init__(self, by: By = "day") -> None:
        self._by: By = by
        self._sessions = SummaryFold()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was added."""
        return self._sessions.is_empty

    def add(self, event: Event) -> None:
        """Take one event in."""
        self._sessions.add(event)

    def add_packed(self, packed: bytes) -> None:
        """Take in a packed session, or the part of one that stands in a later file than what was added before."""
        self._sessions.add_packed(packed)

    def add_bad_lines(self, count: int) -> None:
        """Leave lines out that hold no event: they have no day."""

    def result(self) -> Trends:
        """Return what each row did and cost."""
        groups: dict[str, _Group] = {}
        days: dict[str, Tally] = {}
        missing: dict[str, int] = {}
        for session in self._sessions.sessions():
            day = session.started[:10] or UNKNOWN_DAY
            sums = session.sums()
            days.setdefault(day, Tally()).merge(sums.whole)
            if count := session.missing(sums.whole):
                missing[session.id] = count
            for name, tally in self._named(session, day, sums.whole, sums.agents, sums.models):
                groups.setdefault(name, _Group()).add(day, session.id, tally)
        rows = [group.row(name) for name, group in groups.items()]
        rows.sort(key=(lambda row: row.name) if self._by == "day" else _dearest_first)
        return Trends(by=self._by, rows=rows, unusual=unusual_days(days), missing=missing)

    def _named(
        self,
        session: SessionTally,
        day: str,
        whole: Tally,
        agents: dict[str, Tally],
        models: dict[tuple[str, str], Tally],
    ) -> list[tuple[str, Tally]]:
        if self._by == "agent":
            return list(agents.items())
        if self._by == "model":
            return [
                (f"{model} ({provider})" if provider else model, tally) for (model, provider), tally in models.items()
            ]
        return [(day if self._by == "day" else session.workflow or "", whole)]


class _Group:
    """What one row adds up to, by day."""

    def __init__(self) -> None:
        self._days: dict[str, Tally] = {}
        self._sessions = 0
        self._last = ""

    def add(self, day: str, session_id: str, tally: Tally) -> None:
        self._days.setdefault(day, Tally()).merge(tally)
        if session_id != self._last:  # sessions come one after the other
            self._sessions, self._last = self._sessions + 1, session_id

    def row(self, name: str) -> TrendRow:
        whole = Tally()
        for tally in self._days.values():
            whole.merge(tally)
        return TrendRow(
            name=name,
            sessions=self._sessions,
            totals=whole.totals(),
            seconds=round((whole.model_ms + whole.tool_ms) / 1000, 3),
            days={day: self._days[day].totals() for day in sorted(self._days)},
        )


def _dearest_first(row: TrendRow) -> tuple[Decimal, int, str]:
    return -(row.totals.cost_usd or Decimal(0)), -row.totals.llm_calls, row.name
