"""AG2's ``UsageEvent`` against the calls that were seen: each counts once, and one that was not made costs nothing.

``kind`` is ``model_call``, ``compaction`` or ``aggregation`` for a call, and ``subtask`` for the sum of what a
sub-agent spent, which its own calls have told where the sub-agent is observed.
"""

from __future__ import annotations

from typing import Any

from ag2obs.adapters.v1.model_calls import record_told
from ag2obs.adapters.v1.session_notes import notes_of
from ag2obs.adapters.v1.streams import StreamState
from ag2obs.session import Session

_TOLD = "_ag2obs_told"
"""Marks a usage event that was counted, for the sum of a sub-agent in which AG2 hands it on as a part."""


def tells_nothing_new(state: StreamState, event: Any) -> bool:
    """Whether an event in an observed turn only ends a model call that was seen where it was made."""
    kind = type(event).__name__
    if kind == "ModelResponse":
        state.begin_step()
        return not state.server_tools
    if kind == "UsageEvent" and event.kind == "model_call" and state.calls_to_tell:
        vars(event)[_TOLD] = True
        return True
    return False


def told_usage(session: Session, agent: str | None, state: StreamState, told: Any) -> None:
    """Record what nothing else has told: calls beside the turns, cached ones, and those of sub-agents out of sight."""
    vars(told)[_TOLD] = True
    if told.kind == "subtask":
        _sub_agent(session, told)
    elif told.kind == "model_call" and state.observed_turns:
        # After a failed call the answer came from elsewhere (a fallback); after none from a cache.
        record_told(session, agent, told, purpose=None, was_made=state.calls_made > 0)
    else:
        record_told(session, agent, told, purpose=None if told.kind == "model_call" else told.kind, was_made=True)


def _sub_agent(session: Session, told: Any) -> None:
    """Record the calls behind a sub-agent's sum that were not told when they were made."""
    parts = getattr(told, "parts", None)  # since ag2 1.1.2
    if not parts:
        parts = [] if told.label in notes_of(session).observed_agents else [told]
    for part in parts:
        if part is told or _TOLD not in vars(part):
            record_told(session, told.label, part, purpose="subtask", was_made=True)
