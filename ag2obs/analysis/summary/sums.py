"""What a session, or several, add up to: everything, by agent, by model and provider, and by tool."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ag2obs.analysis.histogram import LogHistogram
from ag2obs.analysis.summary.summary_types import AgentSummary, ModelSummary, ToolSummary
from ag2obs.analysis.summary.totals import Tally, tool_failed
from ag2obs.events import Accounting

_Key = TypeVar("_Key")


class Groups(dict[_Key, Tally]):
    """Tallies by agent or by model."""

    def merge(self, key: _Key, tally: Tally) -> None:
        """Add what one of them, or a part of it, added up."""
        known = self.get(key)
        if known is None:
            self[key] = tally.copy()
        else:
            known.merge(tally)


class ToolTally(msgspec.Struct, array_like=True, gc=False):
    """Calls, failures and durations of one tool."""

    calls: int = 0
    failures: int = 0
    ms: float = 0.0
    durations: LogHistogram = msgspec.field(default_factory=LogHistogram)

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
            self.agents.merge(agent, tally)
        for model, tally in other.models.items():
            self.models.merge(model, tally)
        for name, tool in other.tools.items():
            self.tools.setdefault(name, ToolTally()).merge(tool)


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
            seconds(tool.ms),
            *(_rounded(tool.durations.percentile(quantile)) for quantile in (0.5, 0.9, 0.99)),
        )
        for name, tool in sorted(tools.items())
    ]


def seconds(milliseconds: float) -> float:
    """Return milliseconds as seconds, to the microsecond."""
    return round(milliseconds / 1000, 6)


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 3)
