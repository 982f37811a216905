"""What agents were busy with: their events by kind, level and action."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec

from ag2obs.analysis.agents.correspondence import Correspondence, Letters
from ag2obs.analysis.summary.totals import Tally, Totals
from ag2obs.analysis.timeline.event_filter import agents_of
from ag2obs.events import Event

__all__ = ["ActivityFold", "AgentActivity"]

MOST_AGENTS = 10_000
_NAMES = 1_000
_OTHERS = "others"
_SEVERE = frozenset({"ERROR", "CRITICAL"})
_WITH_ROLE = frozenset({"action", "decision", "state.change", "state.snapshot", "interaction", "log"})
"""Kinds whose ``role`` is that of the agent."""


class AgentActivity(msgspec.Struct, frozen=True, kw_only=True):
    """One agent, over all its sessions."""

    agent: str
    role: str | None
    total_logs: int
    """Its own events; what others sent to it is in ``messages_received``."""
    action_counts: dict[str, int]
    decision_counts: dict[str, int]
    tool_counts: dict[str, int]
    kinds: dict[str, int]
    levels: dict[str, int]
    errors: int
    """Failures, each once, and lines logged as ERROR or CRITICAL."""
    warnings: int
    messages_received: int
    """Delivered to it, or shown to its model without a delivery; counted as in its journey."""
    messages_sent: int
    """Delivered by it, or an answer of its model that nobody delivered."""
    sessions: dict[str, int]
    first: str | None
    last: str | None
    totals: Totals

    def to_dict(self) -> dict[str, Any]:
        """Return the activity as data."""
        values = {key: getattr(self, key) for key in self.__struct_fields__}
        return {**values, "totals": self.totals.to_dict()}


class ActivityFold:
    """Counts the events of each agent; memory grows with agents (10,000 at most) and the names of what they did.

    Of actions, decisions, tools and sessions the first 1,000 names are counted apart, the rest as ``others``; of
    messages as much is remembered as ``Correspondence`` says.
    """

    def __init__(self) -> None:
        self._agents: dict[str, _Agent] = {}
        self._letters = Letters()

    def add(self, event: Event) -> None:
        """Count an event for the agents that take part in it."""
        self._letters.add(event)
        for name in agents_of(event):
            agent = self._agents.get(name)
            if agent is None:
                if len(self._agents) >= MOST_AGENTS:
                    continue
                agent = self._agents[name] = _Agent(name)
            agent.add(event, self._letters)

    def result(self) -> dict[str, AgentActivity]:
        """Return the agents by name."""
        return {name: self._agents[name].told() for name in sorted(self._agents)}


class _Agent:
    def __init__(self, name: str) -> None:
        self._name = name
        self._role: str | None = None
        self._logs = self._errors = self._warnings = 0
        self._messages = Correspondence(name)
        self._actions: Counter[str] = Counter()
        self._decisions: Counter[str] = Counter()
        self._tools: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._levels: Counter[str] = Counter()
        self._sessions: Counter[str] = Counter()
        self._tally = Tally()
        self._first: str | None = None
        self._last: str | None = None

    def add(self, event: Event, letters: Letters) -> None:
        self._messages.add(event, letters)
        count(self._sessions, event.session)
        self._first = event.ts if self._first is None else min(self._first, event.ts)
        self._last = event.ts if self._last is None else max(self._last, event.ts)
        if event.agent == self._name:
            self._add_own(event)

    def _add_own(self, event: Event) -> None:
        kind = event.kind
        self._logs += 1
        self._tally.events += 1
        count(self._kinds, kind)
        if event.level is not None:
            count(self._levels, event.level)
        if event.error is not None:
            self._errors += not event.error.repeat
            self._tally.errors += not event.error.repeat
        elif event.level in _SEVERE:
            self._errors += 1
        self._warnings += event.level == "WARNING"
        if event.role and kind in _WITH_ROLE:
            self._role = event.role
        if kind == "llm.call":
            self._tally.add_call(event)
        elif kind == "tool.call":
            self._tally.add_tool_call(event)
            count(self._tools, event.tool or event.name or "unknown")
        elif kind == "action":
            count(self._actions, event.name or "unknown")
        elif kind == "decision":
            count(self._decisions, event.name or "unknown")

    def told(self) -> AgentActivity:
        counters = {
            "action_counts": self._actions,
            "decision_counts": self._decisions,
            "tool_counts": self._tools,
            "kinds": self._kinds,
            "levels": self._levels,
            "sessions": self._sessions,
        }
        return AgentActivity(
            agent=self._name,
            role=self._role,
            total_logs=self._logs,
            errors=self._errors,
            warnings=self._warnings,
            messages_received=self._messages.received,
            messages_sent=self._messages.sent,
            first=self._first,
            last=self._last,
            totals=self._tally.totals(),
            **{name: dict(counter.most_common()) for name, counter in counters.items()},
        )


def count(counter: Counter[str], name: str, most: int = _NAMES) -> None:
    """Count a name; one too many counts among the others."""
    counter[name if name in counter or len(counter) < most else _OTHERS] += 1
