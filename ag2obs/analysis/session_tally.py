"""What the summary keeps of one session while events are added, and how that becomes its summary."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from ag2obs.analysis.histogram import LogHistogram
from ag2obs.analysis.liveness import still_running
from ag2obs.analysis.summary_types import AgentSummary, ModelSummary, SessionSummary, ToolSummary
from ag2obs.analysis.totals import UNKNOWN_MODEL, Tally, tool_failed
from ag2obs.events import Accounting, BudgetState

UNKNOWN_TOOL = "unknown"

_Key = TypeVar("_Key")


class Groups(dict[_Key, Tally]):
    """Tallies by agent or by model, made when first asked for."""

    def __missing__(self, key: _Key) -> Tally:
        tally = self[key] = Tally()
        return tally


class ToolTally:
    """Calls, failures and durations of one tool."""

    __slots__ = ("calls", "durations", "failures", "ms")

    def __init__(self) -> None:
        self.calls = self.failures = 0
        self.ms = 0.0
        self.durations = LogHistogram()

    def add(self, event: Accounting) -> None:
        self.calls += 1
        if tool_failed(event):
            self.failures += 1
        if event.ms is not None:
            self.ms += event.ms
            self.durations.add(event.ms)

    def merge(self, other: ToolTally) -> None:
        self.calls += other.calls
        self.failures += other.failures
        self.ms += other.ms
        self.durations.merge(other.durations)


class Sums:
    """What a session, or several, add up to: everything, by agent, by model and provider, and by tool."""

    __slots__ = ("agents", "models", "tools", "whole")

    def __init__(self) -> None:
        self.whole = Tally()
        self.agents = Groups[str]()
        self.models = Groups[tuple[str, str]]()
        self.tools: dict[str, ToolTally] = {}

    def merge(self, other: Sums) -> None:
        """Add everything that ``other`` added up."""
        self.whole.merge(other.whole)
        for agent, tally in other.agents.items():
            self.agents[agent].merge(tally)
        for model, tally in other.models.items():
            self.models[model].merge(tally)
        for name, tool in other.tools.items():
            self.tools.setdefault(name, ToolTally()).merge(tool)


class SessionTally:
    """What is kept of one session.

    Each event is added to one tally only, that of its agent and model (or of neither), because this runs in
    the user's chat; the sums of agents, models and the session are put together when they are asked for.
    """

    def __init__(self, first: Accounting) -> None:
        self.id = first.session
        self.chat_id: str | None = None
        self.workflow: str | None = None
        self.question: str | None = None
        self.budget: BudgetState | None = None
        self._start: str | None = None
        self._first = self._last = first.ts
        self._resource: dict[str, Any] = {}
        self._end: Accounting | None = None
        self._end_error_told = False
        self._tallies: dict[tuple[str | None, str | None, str | None], Tally] = {}
        self._rest = self._tallies[None, None, None] = Tally()
        self._tools: dict[str, ToolTally] = {}
        self._name(first)

    @property
    def started(self) -> str:
        """When ``session.start`` was written; the first event's time where that is missing."""
        return self._start if self._start is not None else self._first

    def add(self, event: Accounting) -> None:
        kind, ts = event.kind, event.ts
        if ts > self._last:
            self._last = ts
            self._first = self._first or ts
        elif ts and ts < self._first:
            self._first = ts
        if kind == "llm.call":
            model = event.model or event.request_model or UNKNOWN_MODEL
            tally = self._tally(event.agent, model, event.provider)
            tally.add_call(event)
        elif kind == "tool.call":
            tally = self._tally(event.agent, None, None)
            tally.add_tool_call(event)
            self._tool(event.tool or event.name or UNKNOWN_TOOL).add(event)
        else:
            tally = self._rest
            if kind == "session.start":
                self._add_start(event)
            elif kind == "session.end":
                self._add_end(event)
            elif kind == "drop":
                tally.dropped += 1 if event.count is None else event.count
        tally.events += 1
        if event.budget is not None:
            self.budget = event.budget
        if event.redactions:
            tally.redactions += event.redactions
        if event.error is not None and not event.error.repeat and kind != "session.end":
            tally.errors += 1

    def _tally(self, agent: str | None, model: str | None, provider: str | None) -> Tally:
        key = (agent, model, provider)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = Tally()
        return tally

    def _tool(self, name: str) -> ToolTally:
        tool = self._tools.get(name)
        if tool is None:
            tool = self._tools[name] = ToolTally()
        return tool

    def _name(self, event: Accounting) -> None:
        self.chat_id = self.chat_id or event.chat_id
        self.workflow = self.workflow or event.workflow

    def _add_start(self, event: Accounting) -> None:
        self._name(event)
        if not event.continued and (self._start is None or event.ts < self._start):
            self._start = event.ts
        if event.resource:
            self._resource = {key: event.resource.get(key) for key in ("host", "pid")}

    def _add_end(self, event: Accounting) -> None:
        """Take the newest end; the exception that every one of them repeats counts once."""
        if self._end is None or event.ts >= self._end.ts:
            self._end = event
        if event.error is not None and not event.error.repeat and not self._end_error_told:
            self._end_error_told = True
            self._rest.errors += 1

    def sums(self) -> Sums:
        """Return the sums of this session: everything, by agent, by model and provider, and by tool."""
        sums = Sums()
        for (agent, model, provider), tally in self._tallies.items():
            sums.whole.merge(tally)
            if agent is not None:
                sums.agents[agent].merge(tally)
            if model is not None:
                sums.models[model, provider or ""].merge(tally)
        sums.tools.update(self._tools)
        return sums

    def summary(self, sums: Sums) -> SessionSummary:
        """Return the summary of this session, whose ``sums()`` are given."""
        whole = sums.whole
        began = _moment(self.started)
        finished = _moment(self._end.ts if self._end is not None else self._last)
        if self._end is not None:
            status = self._end.status
        else:
            status = "running" if still_running(self._resource, began) else "incomplete"
        return SessionSummary(
            session_id=self.id,
            chat_id=self.chat_id,
            workflow=self.workflow,
            status=status,
            started=self.started or None,
            ended=self._end.ts or None if self._end is not None else None,
            wall_seconds=_seconds_between(began, finished),
            model_seconds=_seconds(whole.model_ms),
            tool_seconds=_seconds(whole.tool_ms),
            totals=whole.totals(),
            agents=agent_summaries(sums.agents),
            models=model_summaries(sums.models),
            tools=tool_summaries(sums.tools),
            budget=self.budget,
            question=self.question,
        )


def agent_summaries(agents: Groups[str]) -> list[AgentSummary]:
    return [AgentSummary(name, agents[name].totals()) for name in sorted(agents)]


def model_summaries(models: Groups[tuple[str, str]]) -> list[ModelSummary]:
    return [ModelSummary(name, provider or None, models[name, provider].totals()) for name, provider in sorted(models)]


def tool_summaries(tools: dict[str, ToolTally]) -> list[ToolSummary]:
    return [
        ToolSummary(
            name,
            tool.calls,
            tool.failures,
            _seconds(tool.ms),
            *(_rounded(tool.durations.percentile(quantile)) for quantile in (0.5, 0.9, 0.99)),
        )
        for name, tool in sorted(tools.items())
    ]


def _seconds(milliseconds: float) -> float:
    return round(milliseconds / 1000, 6)


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)


def _moment(timestamp: str) -> datetime | None:
    """Return the moment an event's ``ts`` names; None where it names none that can be compared."""
    try:
        moment = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _seconds_between(start: datetime | None, end: datetime | None) -> float | None:
    """Return the seconds from ``start`` to ``end``, 0 where the clock was set back in between."""
    if start is None or end is None:
        return None
    return max(0.0, round((end - start).total_seconds(), 6))
