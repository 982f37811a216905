"""Tool calls of Classic agents: success, failure, unknown tools and bad arguments, each with its time."""

from __future__ import annotations

from typing import Any

from ag2obs.adapters.classic.agents import name_of, record_first_sight
from ag2obs.adapters.tool_arguments import readable_arguments
from ag2obs.adapters.work import Work, is_nested
from ag2obs.events import STATUS_ERROR, ErrorInfo, Event
from ag2obs.process import PROCESS
from ag2obs.routing import CURRENT
from ag2obs.session_texts import bounded

KIND = "tool.call"

_MCP_CLIENT = "autogen.mcp.mcp_client"
"""Where AG2 makes functions of the tools of MCP servers."""


def tool_call(agent: Any, func_call: Any = None, call_id: Any = None, *_: Any, **__: Any) -> Work | None:
    """Observe ``execute_function`` and ``a_execute_function``, through which every tool call of AG2 goes."""
    if is_nested(KIND, agent):
        return None
    session = PROCESS.route(agent)
    if session is None:
        return None
    record_first_sight(session, agent)
    call = func_call if isinstance(func_call, dict) else {}
    name = call.get("name")
    event = Event(
        kind=KIND,
        agent=name_of(agent),
        tool=name if isinstance(name, str) else "",
        call_id=call_id if isinstance(call_id, str) else None,
        arguments=readable_arguments(call.get("arguments")),
        detail=_mcp_server(agent, name),
    )
    return Work(session, event, _record_call, subject=agent)


def _mcp_server(agent: Any, tool: object) -> dict[str, str] | None:
    """Tell a tool that AG2 made of one of an MCP server; which server that is nothing keeps."""
    functions = getattr(agent, "_function_map", None)
    function = functions.get(tool) if isinstance(functions, dict) and isinstance(tool, str) else None
    return {"mcp_server": "unknown"} if getattr(function, "__module__", None) == _MCP_CLIENT else None


def function_use(agent: object, function: Any, arguments: object, returned: object) -> None:
    """Record a registered function that user code called itself; AG2 tells only that it succeeded."""
    binding = CURRENT.get()
    if binding is not None and binding.doing is not None and binding.doing[0] == KIND:
        return  # told by the tool call around it
    session = PROCESS.route(agent)
    if session is None:
        return
    name = getattr(function, "_name", None) or getattr(function, "__name__", None)
    event = Event(
        kind=KIND,
        agent=name_of(agent),
        tool=name if isinstance(name, str) else type(function).__name__,
        status="ok",
        success=True,
        arguments=bounded(arguments),
        result=bounded(returned),
    )
    session.record_carrying(event, returned)


def _record_call(work: Work) -> None:
    event, result = work.event, work.result
    succeeded, answer = result if isinstance(result, tuple) and len(result) == 2 else (event.error is None, result)
    content = answer.get("content") if isinstance(answer, dict) else answer
    event.success = bool(succeeded) and event.error is None
    event.result = bounded(content)
    if not event.success and event.error is None:
        event.status = STATUS_ERROR
        kind, event.reason = _failure(work.subject, event)
        event.error = ErrorInfo(
            id=work.session.next_failure_id(),
            type=kind,
            message=work.session.shortened(content if isinstance(content, str) else ""),
        )
    work.session.record_carrying(event, content)


def _failure(agent: Any, event: Event) -> tuple[str, str]:
    """Tell why AG2 says that a tool failed: it keeps the text of the exception, not the exception."""
    if event.tool not in getattr(agent, "_function_map", {}):
        return "ToolNotFound", "not_found"
    if isinstance(event.result, str) and event.result.endswith("The argument must be in JSON format."):
        return "ToolArgumentsError", "bad_arguments"
    return "ToolError", "raised"
