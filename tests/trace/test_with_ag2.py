"""What AG2 does inside a traced block is that block's, with its tags; importing the package stays cheap."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

import ag2obs.trace
from ag2obs.testing import ModelServer
from ag2obs.trace import AgentLogger, measure_performance, trace_agent_action, trace_context
from tests.trace.conftest import Log


def test_a_chat_inside_an_action(log: Log) -> None:
    autogen = pytest.importorskip("autogen")
    agent = AgentLogger("tool_user")

    def lookup(x: int) -> str:
        """Look something up."""
        with measure_performance("lookup"):
            agent.info("in the tool")
        return f"{x}"

    with ModelServer(["hello"]) as server, log.session():
        config = {"model": "gpt-4o-mini", "api_key": "not-a-real-key-123456", "base_url": server.base_url}

        @trace_agent_action("chat", agent_id="creator_001")
        def chat() -> None:
            assistant = autogen.ConversableAgent("assistant", llm_config={"config_list": [config], "cache_seed": None})
            assert assistant.generate_reply([{"role": "user", "content": "hi"}])

        with trace_context(request_id="r1"):
            chat()
    action, reply, call = log.one("action"), log.one("agent.reply"), log.one("llm.call")
    assert reply["parent"] == action["span"]
    assert call["parent"] == reply["span"]
    assert {event["tags"]["request_id"] for event in (action, reply, call, *log.events("message"))} == {"r1"}
    assert call["agent"] == "assistant"


def test_the_public_names(monkeypatch: pytest.MonkeyPatch) -> None:
    analyzer = types.ModuleType("ag2obs.log_analyzer")
    for name in ("LogAnalyzer", "analyze_session", "debug_issue"):
        setattr(analyzer, name, object())
    monkeypatch.setitem(sys.modules, "ag2obs.log_analyzer", analyzer)
    for name in ag2obs.trace.__all__:
        assert getattr(ag2obs.trace, name) is not None
    assert not hasattr(ag2obs.trace, "no_such_name")


def test_importing_is_cheap_and_does_nothing() -> None:
    code = """
import sys
import ag2obs
assert "msgspec" not in sys.modules
ag2obs.trace.AgentLogger("a1").log_action("x", {"y": 1})
heavy = {"autogen", "ag2", "genai_prices", "tiktoken", "rich", "click", "openai", "structlog", "loguru"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert "ag2obs.log_analyzer" not in sys.modules
import os
assert os.listdir(".") == []
"""
    subprocess.run([sys.executable, "-c", code], check=True)
