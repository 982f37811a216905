"""What a summary holds: the typed form of the summary contract."""

from __future__ import annotations

from typing import Any

import msgspec

from ag2obs.analysis.summary.totals import Totals, money_text
from ag2obs.events import BudgetState

SUMMARY_SCHEMA = 1
"""Version of the JSON document, written as ``schema``."""


class AgentSummary(msgspec.Struct, frozen=True):
    """The model and tool calls of one agent."""

    name: str
    totals: Totals

    def to_dict(self) -> dict[str, Any]:
        """Return the agent as the summary contract has it."""
        return {"name": self.name, "totals": self.totals.to_dict()}


class ModelSummary(msgspec.Struct, frozen=True):
    """The calls of one model at one provider (None where that is not known)."""

    name: str
    provider: str | None
    totals: Totals

    def to_dict(self) -> dict[str, Any]:
        """Return the model as the summary contract has it."""
        return {"name": self.name, "provider": self.provider, "totals": self.totals.to_dict()}


class ToolSummary(msgspec.Struct, frozen=True):
    """The calls of one tool. Percentiles are within 2 %; None where no call told its duration."""

    name: str
    calls: int
    failures: int
    seconds: float
    p50_ms: float | None
    p90_ms: float | None
    p99_ms: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return the tool as the summary contract has it."""
        return msgspec.structs.asdict(self)


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One session."""

    session_id: str
    chat_id: str | None
    workflow: str | None
    status: str | None
    """``ok``, ``error``, ``cancelled``, ``running``, ``incomplete``; None where a log does not tell."""
    started: str | None
    ended: str | None
    """When the block was left for the last time on file; None while that has not happened."""
    wall_seconds: float | None
    """From start to end, or to the last event of a session without an end."""
    model_seconds: float
    """Sum over all model calls, so more than ``wall_seconds`` where calls ran in parallel."""
    tool_seconds: float
    totals: Totals
    agents: list[AgentSummary]
    models: list[ModelSummary]
    tools: list[ToolSummary]
    budget: BudgetState | None = None
    """Of a session with a budget: what was spent of it when that was last told."""
    missing: int = 0
    """Events that were written, by the numbers of the others, and are not in the logs that were read."""
    question: str | None = None
    """What the first message of a user said, cut; kept on demand only and not part of the contract."""

    def to_dict(self) -> dict[str, Any]:
        """Return the session as the summary contract has it; ``budget`` and ``missing`` only where there are some."""
        optional: dict[str, Any] = {} if self.budget is None else {"budget": _budget_to_dict(self.budget)}
        if self.missing:
            optional["missing"] = self.missing
        return {
            "session_id": self.session_id,
            "chat_id": self.chat_id,
            "workflow": self.workflow,
            "status": self.status,
            "started": self.started,
            "ended": self.ended,
            "wall_seconds": self.wall_seconds,
            "model_seconds": self.model_seconds,
            "tool_seconds": self.tool_seconds,
            "totals": self.totals.to_dict(),
            "agents": [agent.to_dict() for agent in self.agents],
            "models": [model.to_dict() for model in self.models],
            "tools": [tool.to_dict() for tool in self.tools],
            **optional,
        }


def _budget_to_dict(budget: BudgetState) -> dict[str, Any]:
    values = msgspec.structs.asdict(budget)
    return values | {name: money_text(values[name]) for name in ("usd_limit", "usd_spent")}


class RuntimeSummary(Totals, frozen=True, kw_only=True):
    """Everything that was counted: the totals as attributes, and the sessions by start time.

    ``agents``, ``models`` and ``tools`` are over all sessions and not part of the contract.
    """

    sessions: list[SessionSummary]
    agents: list[AgentSummary]
    models: list[ModelSummary]
    tools: list[ToolSummary]

    @property
    def missing(self) -> int:
        """Events of all sessions that are not in the logs that were read, by the numbers of the others."""
        return sum(session.missing for session in self.sessions)

    @property
    def budget(self) -> BudgetState | None:
        """The budget of the session, where this is the summary of one session that has a budget."""
        return self.sessions[0].budget if len(self.sessions) == 1 else None

    def with_budget(self, budget: BudgetState) -> RuntimeSummary:
        """Return this summary of one live session with its budget as it is now, not as an event last told it."""
        sessions = [msgspec.structs.replace(session, budget=budget) for session in self.sessions]
        return msgspec.structs.replace(self, sessions=sessions)

    def to_dict(self) -> dict[str, Any]:
        """Return the document that ``ag2obs summary --json`` prints."""
        return {
            "schema": SUMMARY_SCHEMA,
            "sessions": [session.to_dict() for session in self.sessions],
            "totals": {"sessions": len(self.sessions), **self.totals_to_dict()},
        }

    def totals_to_dict(self) -> dict[str, Any]:
        """Return the totals over everything as the summary contract has them, without the number of sessions."""
        return super().to_dict()
