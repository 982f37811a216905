"""Tools of MCP servers: which server a call went to, through AG2's own toolkit and at a provider."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from ag2 import Agent, MemoryStream
from ag2.context import ConversationContext
from ag2.events import BuiltinToolCallEvent, BuiltinToolResultEvent, ToolResult

from ag2obs import ag2_logging_session
from ag2obs.analysis.tools.tools_fold import ToolsFold
from ag2obs.readers import iter_events
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import call, config, run

PROGRAM = Path(__file__).parent.with_name("mcp_program.py")


def test_the_server_of_a_tool_is_told(server: ModelServer, log: Log) -> None:
    pytest.importorskip("mcp.client._probe", reason="AG2's toolkit needs mcp 2.2")
    toolkits = pytest.importorskip("ag2.tools.toolkits.mcp_server")

    async def main() -> None:
        toolkit = toolkits.MCPToolkit(
            toolkits.MCPStdioServerConfig(command=sys.executable, args=[str(PROGRAM)], server_label="warehouse")
        )
        agent = Agent("clerk", "You look things up.", config=config(server.base_url), tools=[toolkit])
        await agent.ask(call("stock", item="bolts"))
        await agent.ask(call("order", item="bolts"))

    with ag2_logging_session("chat", "mcp", settings=log.settings()):
        run(main())
    finish()
    told = {event["tool"]: event for event in log.events("tool.call")}
    assert told["stock"]["result"] == "7 bolts"
    assert told["stock"]["detail"]["mcp_server"].startswith(f"{sys.executable}#")
    assert str(PROGRAM) not in told["stock"]["detail"]["mcp_server"]
    assert (told["order"]["success"], told["order"]["detail"]) == (False, told["stock"]["detail"])
    stats = {tool.name: tool for tool in tools(log)}
    assert {tool.type for tool in stats.values()} == {"mcp"}
    assert stats["stock"].server == told["stock"]["detail"]["mcp_server"]
    assert stats["order"].failures == 1


def test_the_server_that_a_provider_called_is_told(log: Log) -> None:
    labelled = {"server_label": "deepwiki", "tool": "ask_question", "status": "completed"}
    failed = {**labelled, "tool": "read_wiki", "error": {"type": "http_error", "code": 503, "message": "busy"}}

    async def main() -> None:
        context = ConversationContext(MemoryStream())
        for number, metadata in enumerate((labelled, failed)):
            result = ToolResult("an answer" if number == 0 else "", metadata=metadata)
            await context.send(BuiltinToolCallEvent("mcp_server", id=f"m{number}", arguments='{"question": "why?"}'))
            await context.send(BuiltinToolResultEvent(parent_id=f"m{number}", name="mcp_server", result=result))

    with ag2_logging_session("chat", "mcp", settings=log.settings()) as session:
        run(main())
    finish()
    told = {event["tool"]: event for event in log.events("tool.call")}
    assert told["ask_question"]["detail"] == {"provider_side": True, "mcp_server": "deepwiki"}
    assert (told["ask_question"]["success"], told["ask_question"]["result"]) == (True, "an answer")
    assert (told["read_wiki"]["success"], told["read_wiki"]["error"]["type"]) == (False, "http_error")
    assert told["read_wiki"]["error"]["message"] == "busy"
    assert (session.summary().tool_calls, session.summary().tool_failures) == (2, 1)
    assert {(tool.type, tool.server) for tool in tools(log)} == {("mcp", "deepwiki")}


def tools(log: Log) -> list[Any]:
    fold = ToolsFold()
    for event in iter_events(log.path):
        fold.add(event)
    return fold.result().tools
