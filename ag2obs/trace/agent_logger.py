"""Records what one agent does: actions, decisions, changes of its state, what it learns and says."""

from __future__ import annotations

from typing import Any

from ag2obs.trace.levels import INFO, level_number
from ag2obs.trace.milestones import Phase, record_milestone
from ag2obs.trace.recording import emit_failure
from ag2obs.trace.state_changes import difference
from ag2obs.trace.trace_logger import TraceLogger
from ag2obs.trace.values import data, label, state_of


class AgentLogger(TraceLogger):
    """The logger of one agent: ``AgentLogger("creator_001", "creator")``.

    Everything that it records is an event of the session in whose context it is called. ``level`` is the least level
    that it records, by name or number.
    """

    def __init__(
        self, agent_id: object, agent_role: object = None, *, role: object = None, level: str | int | None = None
    ) -> None:
        self.agent_role = label(agent_role if agent_role is not None else role) or ""
        name = f"agent.{self.agent_role}" if self.agent_role else "agent"
        super().__init__(name, agent_id, role=self.agent_role, level=level)

    def log_action(
        self, action_type: str, action_data: object = None, decision_context: object = None, *, level: str | int = INFO
    ) -> None:
        """Record what the agent did, with what, and what it knew when it decided to."""
        detail = {"context": decision_context} if decision_context is not None else None
        self._emit("action", level_number(level), name=action_type, arguments=action_data, detail=detail)

    def log_decision(
        self, decision_type: str, decision_data: object = None, reasoning: object = None, *, level: str | int = INFO
    ) -> None:
        """Record what the agent decided, and why."""
        self._emit("decision", level_number(level), name=decision_type, arguments=decision_data, content=reasoning)

    def log_state_change(
        self, old_state: object, new_state: object, trigger: str | None = None, *, level: str | int = INFO
    ) -> None:
        """Record what differs between two states: changed, added and removed fields by their paths."""
        self._emit(
            "state.change",
            level_number(level),
            name=trigger,
            build=lambda: {"content": difference(data(state_of(old_state)), data(state_of(new_state)))},
        )

    def log_state_snapshot(self, state: object, name: str = "snapshot", *, level: str | int = INFO) -> None:
        """Record a whole state: a mapping, or an object, whose attributes are its state."""
        self._emit("state.snapshot", level_number(level), name=name, build=lambda: {"content": data(state_of(state))})

    def log_interaction(
        self,
        interaction_type: str,
        target_id: object = None,
        interaction_data: object = None,
        *,
        level: str | int = INFO,
    ) -> None:
        """Record what the agent did to another agent, or to what one made: ``like``, ``share``, ``reply``."""
        self._emit(
            "interaction", level_number(level), name=interaction_type, target=target_id, arguments=interaction_data
        )

    def log_learning_update(self, learning_stage: str, update_data: object = None, *, level: str | int = INFO) -> None:
        """Record that the agent learned something."""
        self._emit("learning", level_number(level), name=learning_stage, arguments=update_data)

    def log_content_generation(
        self, content_type: object, content_id: object = None, metadata: object = None, *, level: str | int = INFO
    ) -> None:
        """Record that the agent made something, as the action ``generate_content``."""
        told = {"content_type": content_type, "content_id": content_id, "metadata": metadata}
        arguments = {key: value for key, value in told.items() if value is not None}
        self._emit("action", level_number(level), name="generate_content", arguments=arguments)

    def log_error(self, error: BaseException, operation: str | None = None, context: object = None) -> None:
        """Record an exception with its stack; one that was recorded before is told as a repeat."""
        emit_failure(
            error,
            threshold=self.threshold,
            agent=self.agent_id,
            name=operation or self.name,
            role=self.agent_role,
            arguments=context,
        )

    def log_milestone(self, name: str, details: object = None, *, level: str | int = INFO) -> None:
        """Record that the agent got somewhere."""
        record_milestone(name, details, level_number(level), agent=self.agent_id, threshold=self.threshold)

    def phase(self, name: str, **attributes: Any) -> Phase:
        """Return a block that is recorded as a milestone with its duration and how it ended."""
        return Phase(name, attributes, agent=self.agent_id, threshold=self.threshold)
