"""Tool calls of AG2 v1: those that run here, unknown ones, and those that the provider runs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ag2obs.adapters.tool_arguments import readable_arguments
from ag2obs.adapters.v1.messages import content_of
from ag2obs.adapters.v1.streams import StreamState
from ag2obs.adapters.work import Work
from ag2obs.events import STATUS_ERROR, STATUS_OK, ErrorInfo, Event
from ag2obs.session import Session
from ag2obs.session_texts import bounded

KIND = "tool.call"

_MCP_SOURCE = re.compile(r"mcp:(?P<server>.+):[^:]*", re.DOTALL)
"""The ``source`` that AG2's ``MCPToolkit`` gives a call: where the server is, without secrets, and the tool's name."""


def tool_call(session: Session | None, agent: str | None, call: Any) -> Work | None:
    """Observe a tool that AG2 executes, with its middleware."""
    return None if session is None else Work(session, _event(agent, call), _record_executed)


def unknown_tool(session: Session, agent: str | None, failure: Any) -> None:
    """Record that a model called a tool that does not exist: AG2 tells it by ``ToolNotFoundEvent`` alone."""
    event = Event(kind=KIND, agent=agent, tool=failure.name, call_id=failure.parent_id, reason="not_found")
    _fail(session, event, failure.error)
    session.record(event)


def server_tool(session: Session, agent: str | None, state: StreamState, result: Any) -> None:
    """Record a tool that the provider ran, with the arguments of its call where that was seen."""
    call = state.server_tools.pop(result.parent_id, None)
    event = _event(agent, call) if call is not None else Event(kind=KIND, agent=agent, tool=result.name or "")
    event.call_id, event.detail = result.parent_id, {"provider_side": True}
    told = getattr(result.result, "metadata", None)
    if isinstance(told, Mapping):
        _add_mcp_server(event, told)
        if told.get("error"):
            _fail_at_provider(session, event, told["error"])
            return
    _tell(session, event, result)


def unanswered_server_tools(session: Session, agent: str | None, state: StreamState) -> None:
    """Record the tools that the provider ran without telling what came of them."""
    while state.server_tools:
        _, call = state.server_tools.popitem()
        event = _event(agent, call)
        event.detail, event.status = {"provider_side": True}, STATUS_OK
        session.record(event)


def _event(agent: str | None, call: Any) -> Event:
    event = Event(kind=KIND, agent=agent, tool=call.name, call_id=call.id, arguments=readable_arguments(call.arguments))
    source = _MCP_SOURCE.fullmatch(getattr(call, "source", None) or "")  # AG2 before 1.2 tells no source
    if source is not None:
        event.detail = {"mcp_server": source["server"]}
    return event


def _add_mcp_server(event: Event, told: Mapping[str, Any]) -> None:
    """Tell which tool of which MCP server the provider called: AG2 calls all of them ``mcp_server``."""
    if isinstance(told.get("server_label"), str):
        event.detail = {"provider_side": True, "mcp_server": told["server_label"]}
    if isinstance(told.get("tool"), str):
        event.tool = told["tool"]


def _fail_at_provider(session: Session, event: Event, told: Any) -> None:
    """Record a call that failed where the provider made it, of which AG2 tells data, not an exception."""
    kind = told.get("type") if isinstance(told, Mapping) else None
    message = told.get("message") or told.get("content") if isinstance(told, Mapping) else told
    event.status, event.success = STATUS_ERROR, False
    event.error = ErrorInfo(
        id=session.next_failure_id(),
        type=str(kind or "ProviderToolError"),
        message=session.shortened(str(message or "")),
    )
    session.record(event)


def _record_executed(work: Work) -> None:
    if work.result is None:  # it raised or was cancelled, which ends the turn: the work knows
        work.event.success = False if work.event.status == STATUS_ERROR else None
        work.session.record(work.event)
        return
    _tell(work.session, work.event, work.result)


def _tell(session: Session, event: Event, outcome: Any) -> None:
    """Record what a tool came to: a result, an error, or nothing where the client of a server is to run it."""
    error = getattr(outcome, "error", None)
    if isinstance(error, BaseException):
        _fail(session, event, error)
        session.record(event)
        return
    event.status = STATUS_OK
    result = getattr(outcome, "result", None)
    if result is None:
        event.reason = "left_to_the_client"
        session.record(event)
        return
    event.success = True
    content = content_of(result.parts)
    event.result = bounded(content)
    session.record_carrying(event, content)


def _fail(session: Session, event: Event, error: BaseException) -> None:
    event.status, event.success, event.error = STATUS_ERROR, False, session.failure(error)
