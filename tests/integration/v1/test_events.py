"""What AG2 v1 tells only over its streams: tools that a provider runs, aggregation, alerts of observers, tasks."""

from __future__ import annotations

from typing import Any

import pytest
from ag2 import Agent, KnowledgeConfig, MemoryStream
from ag2.compact import CompactTrigger
from ag2.context import ConversationContext
from ag2.events import (
    BuiltinToolCallEvent,
    BuiltinToolResultEvent,
    HaltEvent,
    ModelMessage,
    ModelResponse,
    ObserverAlert,
    Severity,
    ToolResult,
    UsageEvent,
)
from ag2.knowledge import MemoryKnowledgeStore
from ag2.testing import TestConfig

from ag2obs import ag2_logging_session
from ag2obs.testing import ModelServer, Reply, ToolCall
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import calc, call, config, run


def test_tools_that_the_provider_runs(log: Log) -> None:
    searched = BuiltinToolCallEvent("web_search", id="s1", arguments='{"query": "ag2"}')
    found = BuiltinToolResultEvent(parent_id="s1", name="web_search", result=ToolResult("a page"))
    unanswered = BuiltinToolCallEvent("code_execution", id="s2", arguments="{}")

    async def main() -> None:
        context = ConversationContext(MemoryStream())
        for event in (searched, found, unanswered, ModelResponse(ModelMessage("it is a framework"))):
            await context.send(event)

    with ag2_logging_session("chat", "provider", settings=log.settings()) as session:
        run(main())
    finish()
    told = {event["tool"]: event for event in log.events("tool.call")}
    assert told["web_search"]["arguments"] == {"query": "ag2"}
    assert told["web_search"]["result"] == "a page"
    assert told["web_search"]["success"] is True
    assert "result" not in told["code_execution"]
    assert all(event["detail"] == {"provider_side": True} for event in told.values())
    assert session.summary().tool_calls == 2


def test_alerts_and_halts_of_observers(log: Log) -> None:
    async def main() -> None:
        context = ConversationContext(MemoryStream())
        await context.send(ObserverAlert(source="token-monitor", severity=Severity.WARNING, message="50,000 tokens"))
        await context.send(HaltEvent(reason="too many tokens", source="token-monitor"))

    with ag2_logging_session("chat", "alerts", settings=log.settings()):
        run(main())
    finish()
    told = [(event["reason"], event["detail"]["severity"], event["content"]) for event in log.events("alert")]
    assert told == [("token-monitor", "warning", "50,000 tokens"), ("token-monitor", "fatal", "too many tokens")]


def test_an_aggregation_is_a_call_with_a_purpose(log: Log) -> None:
    from ag2.events import Usage

    async def main() -> None:
        context = ConversationContext(MemoryStream())
        usage = Usage(prompt_tokens=30, completion_tokens=4, total_tokens=34)
        await context.send(UsageEvent(usage, kind="aggregation", model="gpt-4o-mini", provider="openai"))

    with ag2_logging_session("chat", "aggregation", settings=log.settings()):
        run(main())
    finish()
    [told] = log.events("llm.call")
    assert told["purpose"] == "aggregation"
    assert told["usage"] == {"input": 30, "output": 4}
    assert float(told["cost_usd"]) > 0


def test_a_compaction_that_fails(server: ModelServer, log: Log) -> None:
    class Broken:
        async def compact(self, events: Any, context: Any, store: Any) -> Any:
            raise OSError("the store is gone")

    async def main() -> None:
        knowledge = KnowledgeConfig(
            store=MemoryKnowledgeStore(), compact=Broken(), compact_trigger=CompactTrigger(max_events=1)
        )
        with ag2_logging_session("chat", "compaction", settings=log.settings()):
            reply = await Agent("helper", config=config(server.base_url), knowledge=knowledge).ask("hello")
            await reply.ask("again")

    run(main())
    finish()
    failed = log.events("compaction")
    assert failed
    assert all(event["status"] == "error" and event["error"]["type"] == "OSError" for event in failed)


def test_a_task_of_a_sub_agent_that_fails(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        boss = Agent("boss", config=config(server.base_url))
        boss.add_tool(Agent("worker", config=config(server.base_url)).as_tool(description="work", name="work"))
        with ag2_logging_session("chat", "task", settings=log.settings()) as session:
            work = ToolCall("work", '{"objective": "do it"}')
            server.script([Reply(tool_calls=[work]), Reply("no", status=400), "it failed"])
            await boss.ask("begin")
        assert session.summary().errors == 1  # the call, the worker's turn and the task tell of one failure

    run(main())
    finish()
    [task] = log.events("task")
    assert task["name"] == "worker"
    assert task["status"] == "error"
    assert task["error"]["repeat"] is True


def test_a_configuration_that_tells_nothing_of_itself(log: Log) -> None:
    """AG2's own test configuration raises where it is asked for its model."""
    with ag2_logging_session("chat", "custom", settings=log.settings()):
        run(Agent("helper", config=TestConfig("hello"), tools=[calc]).ask("hi"))
    finish()
    [told] = log.events("llm.call")
    assert told["tokens_source"] in ("estimate", "tiktoken", "bpe-openai")
    assert told["cost_reason"] == "unknown_model"


def test_the_public_methods_where_the_inner_one_has_changed(
    server: ModelServer, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ag2obs.adapters.v1 import framework

    monkeypatch.setattr(framework, "_ADDED", "a parameter that it does not have")
    scope = vars(Agent)["_turn_scope"]

    async def main() -> None:
        agent = Agent("helper", config=config(server.base_url), tools=[calc])
        with ag2_logging_session("chat", "fallback", settings=log.settings()):
            assert vars(Agent)["_turn_scope"] is scope
            reply = await agent.ask(call("calc", x=1))
            await reply.ask("and again")

    run(main())
    finish()
    assert [event["ms"] > 0 for event in log.events("llm.call")] == [True] * len(server.requests)
    assert len(log.events("tool.call")) == 1


def test_a_version_that_cannot_be_observed_gets_one_sentence(
    server: ModelServer, log: Log, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from ag2obs.process import PROCESS

    monkeypatch.setattr(PROCESS.guard, "_told", set())
    monkeypatch.setattr(ConversationContext, "send", _Callable(ConversationContext.send))
    for chat in ("first", "second"):
        with ag2_logging_session(chat, "refused", settings=log.settings()):
            pass
    told = [record.getMessage() for record in caplog.records if "cannot be observed" in record.getMessage()]
    assert len(told) == 1
    assert "versions 1.0.0 to 1.2.1 can" in told[0]


class _Callable:
    """Stands where a method was, and is none."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def __call__(self, *args: Any) -> Any:
        return self._original(*args)
