"""Tools that AG2 Classic makes of those of an MCP server."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
from autogen import ConversableAgent

from ag2obs import ag2_logging_session
from ag2obs.analysis.tools.tools_fold import ToolsFold
from ag2obs.readers import iter_events
from tests.integration.conftest import Log, finish

PROGRAM = Path(__file__).with_name("mcp_program.py")


def test_a_tool_of_an_mcp_server_is_told(log: Log) -> None:
    pytest.importorskip("mcp.server.fastmcp", reason="AG2 Classic works with mcp 1")
    from autogen.mcp import create_toolkit
    from autogen.mcp.mcp_client import MCPClientSessionManager, StdioConfig

    async def main() -> None:
        manager = MCPClientSessionManager()
        server = StdioConfig(server_name="warehouse", command=sys.executable, args=[str(PROGRAM)])
        async with manager.exit_stack, manager.open_session(server) as session:
            toolkit = await create_toolkit(session, use_mcp_resources=False)
            agent = ConversableAgent("clerk", llm_config=False)
            toolkit.register_for_execution(agent)
            for tool in ("stock", "order"):
                await agent.a_execute_function({"name": tool, "arguments": '{"item": "bolts"}'})

    with ag2_logging_session("chat", "mcp", settings=log.settings()):
        asyncio.run(main())
    finish()
    told = {event["tool"]: event for event in log.events("tool.call")}
    assert "7 bolts" in told["stock"]["result"]
    assert told["order"]["success"] is False
    fold = ToolsFold()
    for event in iter_events(log.path):
        fold.add(event)
    assert {(tool.name, tool.type, tool.server) for tool in fold.result().tools} == {
        ("stock", "mcp", "unknown"),
        ("order", "mcp", "unknown"),
    }
