"""What AG2 v1 sends over its streams and no middleware sees: usage, unknown tools, tasks, compaction, alerts.

A row of ``_OBSERVED`` is an event class of AG2; classes that derive from it are observed too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from ag2obs.adapters.v1 import tool_calls
from ag2obs.adapters.v1.messages import messages_of_response
from ag2obs.adapters.v1.streams import StreamState, agent_name_of, root_of, session_of, state_of
from ag2obs.adapters.v1.usage_events import tells_nothing_new, told_usage
from ag2obs.events import STATUS_CANCELLED, STATUS_ERROR, STATUS_OK, ErrorInfo, Event
from ag2obs.process import PROCESS
from ag2obs.session import Session
from ag2obs.session_texts import bounded

Observe = Callable[[Session, str | None, StreamState, Any], None]
"""Records an event, with its session, the agent at work and what is known of its stream."""


def observe_event(context: Any, event: Any) -> None:
    """Record an event that AG2 sends, where it tells what nothing else does; never raises."""
    observe = _observer_of(type(event))  # type: ignore[arg-type]  # a class is hashable
    if observe is None or not PROCESS.sessions:
        return
    with PROCESS.guard.protect("observing a stream"):
        state = state_of(root_of(context.stream))
        if state.observed_turns and tells_nothing_new(state, event):
            return
        session = session_of(context)
        if session is not None:
            observe(session, agent_name_of(context), state, event)


def _response(session: Session, agent: str | None, state: StreamState, response: Any) -> None:
    """Record what a response ends: tools of the provider, and a call of which only its usage told."""
    tool_calls.unanswered_server_tools(session, agent, state)
    if state.observed_turns == 0:
        for message in messages_of_response(response):
            session.record_delivery(Event(kind="agent.message", sender=agent), message, agent)


def _transcription(session: Session, agent: str | None, state: StreamState, heard: Any) -> None:
    event = Event(kind="agent.message", agent=agent, sender="user")
    session.record_delivery(event, {"role": "user", "content": heard.content}, None)


def _server_tool_call(session: Session, agent: str | None, state: StreamState, call: Any) -> None:
    state.keep_server_tool(call)


def _unknown_tool(session: Session, agent: str | None, state: StreamState, failure: Any) -> None:
    tool_calls.unknown_tool(session, agent, failure)


def _task(session: Session, agent: str | None, state: StreamState, task: Any) -> None:
    """Record how a task ended; what was done in it is told by its own turns."""
    event = Event(kind="task", agent=agent, name=task.agent_name, call_id=task.task_id)
    event.content = bounded(task.objective)
    event.status = _TASK_STATUS[type(task).__name__]
    error = getattr(task, "error", None)
    if isinstance(error, BaseException):
        event.error = session.failure(error)
    elif event.status == STATUS_OK:
        event.result = bounded(task.result)
    session.record(event)


def _maintenance(session: Session, agent: str | None, state: StreamState, told: Any) -> None:
    """Record a compaction of a history or an aggregation of memory."""
    kind = "compaction" if type(told).__name__.startswith("Compaction") else "aggregation"
    counts = {name: count for name in _COUNTS if isinstance(count := getattr(told, name, None), int)}
    event = Event(kind=kind, agent=told.agent, reason=told.strategy, detail=counts, status=STATUS_OK)
    if hasattr(told, "error_type"):
        event.status, event.error = STATUS_ERROR, _failure(session, told)
    session.record(event)


def _lost_event_log(session: Session, agent: str | None, state: StreamState, told: Any) -> None:
    event = Event(kind="error", agent=told.agent, reason="event_log", status=STATUS_ERROR)
    event.error = _failure(session, told)
    session.record(event)


def _alert(session: Session, agent: str | None, state: StreamState, alert: Any) -> None:
    severity = getattr(alert, "severity", "fatal")
    event = Event(kind="alert", agent=agent, reason=alert.source)
    event.detail = {"severity": str(getattr(severity, "value", severity))}
    event.content = bounded(getattr(alert, "message", None) or getattr(alert, "reason", None))
    session.record(event)


def _failure(session: Session, told: Any) -> ErrorInfo:
    return ErrorInfo(id=session.next_failure_id(), type=told.error_type, message=session.shortened(told.error))


_COUNTS = ("events_before", "events_after", "event_count", "llm_calls")
_TASK_STATUS = MappingProxyType(
    {
        "TaskCompleted": STATUS_OK,
        "TaskFailed": STATUS_ERROR,
        "TaskExpired": STATUS_ERROR,
        "TaskCancelled": STATUS_CANCELLED,
    }
)
_OBSERVED: Mapping[str, Observe] = MappingProxyType(
    {
        "UsageEvent": told_usage,
        "ModelResponse": _response,
        "ToolNotFoundEvent": _unknown_tool,
        "BuiltinToolCallEvent": _server_tool_call,
        "BuiltinToolResultEvent": tool_calls.server_tool,
        "TaskCompleted": _task,
        "TaskFailed": _task,
        "TaskExpired": _task,
        "TaskCancelled": _task,
        "CompactionCompleted": _maintenance,
        "CompactionFailed": _maintenance,
        "AggregationCompleted": _maintenance,
        "AggregationFailed": _maintenance,
        "EventLogFailed": _lost_event_log,
        "ObserverAlert": _alert,
        "HaltEvent": _alert,
        "TranscriptionCompletedEvent": _transcription,
    }
)
OBSERVED_EVENTS = tuple(_OBSERVED)
"""Names of the event classes that are observed."""


@lru_cache(maxsize=1024)
def _observer_of(kind: type) -> Observe | None:
    return next((_OBSERVED[base.__name__] for base in kind.__mro__ if base.__name__ in _OBSERVED), None)
