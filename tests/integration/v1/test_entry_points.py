"""Every way to run agents of AG2 v1: each model call at the server is one event, with its tokens, in the session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ag2 import Agent, KnowledgeConfig, MemoryStream, TaskConfig
from ag2.compact import CompactTrigger, SummarizeCompact
from ag2.context import ConversationContext
from ag2.events import ModelRequest, TextInput
from ag2.knowledge import MemoryKnowledgeStore

from ag2obs import ag2_logging_session
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import bad, calc, call, config, later, run

Run = Callable[[str], Awaitable[None]]


def helper(url: str, **options: Any) -> Agent:
    """Return an agent with a tool of each kind."""
    return Agent("helper", "You help.", config=config(url, **options), tools=[calc, later, bad])


async def ask(url: str) -> None:
    await helper(url).ask(call("calc", x=1))


async def ask_again(url: str) -> None:
    reply = await helper(url).ask("hello")
    await reply.ask(call("later", x=1))


async def run_scope(url: str) -> None:
    async with helper(url).run(call("calc", x=1)) as handle:
        await handle.result()


async def started_run(url: str) -> None:
    async with helper(url).run("hello") as handle:
        handle.start()
        await handle.result()


async def resume(url: str) -> None:
    await helper(url).resume(ModelRequest([TextInput("hello")]))


async def streaming(url: str) -> None:
    await helper(url, streaming=True).ask(call("later", x=1))


async def on_a_stream_of_the_user(url: str) -> None:
    stream = MemoryStream()
    agent = helper(url)
    await agent.ask("hello", stream=stream)
    await agent.ask("again", stream=stream)


async def sub_agent(url: str) -> None:
    boss = Agent("boss", "You lead.", config=config(url))
    boss.add_tool(helper(url).as_tool(description="help", name="help_me"))
    await boss.ask(call("help_me", objective=call("calc", x=1)))


async def sub_tasks(url: str) -> None:
    boss = Agent("boss", "You lead.", config=config(url), tasks=TaskConfig())
    await boss.ask(call("run_subtasks", tasks=["first", "second"], parallel=True))


async def server_of_another_protocol(url: str) -> None:
    """Servers (A2A, ACP, NLIP) run a turn with a client and a context of their own."""
    agent = helper(url)
    context = ConversationContext(MemoryStream(), prompt=["You serve."])
    await agent._execute(ModelRequest([TextInput("hello")]), context=context, client=agent.config.create())


async def compaction(url: str) -> None:
    strategy = SummarizeCompact(target=2, config=config(url))
    knowledge = KnowledgeConfig(
        store=MemoryKnowledgeStore(), compact=strategy, compact_trigger=CompactTrigger(max_events=3)
    )
    agent = Agent("helper", "You help.", config=config(url), knowledge=knowledge)
    reply = await agent.ask("hello")
    await reply.ask("and again")


@pytest.mark.parametrize(
    "entry_point",
    [
        ask, ask_again, run_scope, started_run, resume, streaming, on_a_stream_of_the_user, sub_agent, sub_tasks,
        server_of_another_protocol, compaction,
    ],
)  # fmt: skip
def test_calls_on_file_are_the_calls_at_the_server(server: ModelServer, log: Log, entry_point: Run) -> None:
    async def main() -> None:
        async with ag2_logging_session("chat", entry_point.__name__, settings=log.settings()) as session:
            await entry_point(server.base_url)
        totals = session.summary().to_dict()["totals"]
        reported = server.totals()
        assert totals["llm_calls"] == reported.requests > 0
        assert totals["tokens"]["input"] == reported.prompt_tokens
        assert totals["tokens"]["output"] == reported.completion_tokens
        assert totals["cost_complete"] is True
        assert totals["dropped"] == totals["cached_calls"] == 0

    run(main())
    finish()
    calls = log.events("llm.call")
    assert all(event["agent"] for event in calls)
    assert all(event["cost_source"].startswith("genai-prices") for event in calls)


def test_a_compaction_is_a_call_of_its_own(server: ModelServer, log: Log) -> None:
    with ag2_logging_session("chat", "compaction", settings=log.settings()):
        run(compaction(server.base_url))
    finish()
    assert [event.get("purpose") for event in log.events("llm.call")].count("compaction") == 1
    told = log.events("compaction")
    assert told[0]["status"] == "ok"
    assert told[0]["detail"]["events_before"] > told[0]["detail"]["events_after"]


def test_tools_are_told_with_arguments_results_and_failures(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        agent = helper(server.base_url)
        with ag2_logging_session("chat", "tools", settings=log.settings()):
            await agent.ask(" ".join([call("calc", x=1), call("later", x=2), call("bad")]))
            await agent.ask(call("nowhere"))

    run(main())
    finish()
    told = {event["tool"]: event for event in log.events("tool.call")}
    assert told["calc"]["arguments"] == {"x": 1}
    assert told["calc"]["result"] == "twice 1 is 2"
    assert told["later"]["success"] is True
    assert told["bad"]["error"]["type"] == "ValueError"
    assert told["nowhere"]["reason"] == "not_found"
    assert log.events("session.end")[0]["totals"]["tool_failures"] == 2


def test_each_message_is_written_once(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        reply = await helper(server.base_url).ask("the first question")
        for number in range(5):
            reply = await reply.ask(f"question {number}")

    with ag2_logging_session("chat", "long", settings=log.settings()):
        run(main())
    finish()
    written = [event for event in log.events("message") if event.get("content") == "the first question"]
    assert len(written) == 1
    last = log.events("llm.call")[-1]
    assert last["input"] == ["m1-m12"]
