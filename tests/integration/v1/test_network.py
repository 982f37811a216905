"""The network of AG2 v1: its channels, what is said in them, and turns that fail while somebody waits."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
from ag2 import Agent
from ag2.network import Hub, TransitionGraph

from ag2obs import ag2_logging_session
from ag2obs.process import PROCESS
from ag2obs.testing import ModelServer, Reply
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import config, hub, run


async def registered(at: Hub, url: str, *names: str) -> list[Any]:
    """Return clients of agents of these names."""
    return [await at.register(Agent(name, f"You are {name}.", config=config(url))) for name in names]


async def until(condition: Any) -> None:
    """Wait until something has happened elsewhere in the loop; at most ten seconds."""
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("kind", ["consulting", "conversation", "discussion"])
def test_what_is_said_in_a_channel_is_in_the_session_that_opened_it(server: ModelServer, log: Log, kind: str) -> None:
    async def main() -> None:
        async with hub() as at:
            alice, *_ = await registered(at, server.base_url, "alice", "bob")
            with ag2_logging_session("chat", kind, settings=log.settings()):
                channel = await alice.open(type=kind, target="bob")
                await channel.send("hello bob")
                await until(lambda: log.path.exists() and any(e["agent"] == "bob" for e in log.events("agent.reply")))
                await channel.close()

    run(main())
    finish()
    assert "bob" in {event["agent"] for event in log.events("llm.call")}
    said = log.events("agent.message")
    assert said[0]["sender"] == "alice"
    assert log.text_of(said[0]["message"]) == "hello bob"
    assert len({event["group"] for event in said}) == 1
    assert len(log.events("llm.call")) == server.totals().requests
    assert PROCESS.unattributed == 0


def test_a_turn_that_fails_while_its_caller_waits_is_told_at_once(
    server: ModelServer, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with hub() as at:
            await registered(at, server.base_url, "bob")
            alice = Agent("alice", "You delegate.", config=config(server.base_url))
            await at.register(alice)
            with ag2_logging_session("chat", "network", settings=log.settings()):
                server.script([Reply(tool_calls=[_delegate()]), Reply("no", status=400)])
                asking = asyncio.create_task(alice.ask("delegate it"))
                await until(lambda: log.path.exists() and log.events("alert"))
                assert not asking.done()  # AG2 lets the caller wait for five minutes
                assert any("turn of bob failed" in record.getMessage() for record in caplog.records)
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)

    logging.getLogger("ag2").setLevel(logging.CRITICAL)
    run(main())
    finish()
    [alert] = log.events("alert")
    assert alert["reason"] == "turn_failed"
    assert alert["agent"] == "bob"
    assert alert["error"]["type"] == "openai.BadRequestError"
    assert alert["error"]["repeat"] is True  # its call has told it: one failure counts once
    warnings = [record for record in caplog.records if "turn of bob failed" in record.getMessage()]
    assert [record.levelno for record in warnings] == [logging.WARNING]
    assert warnings[0].getMessage().startswith("ag2obs: ")


def _delegate() -> Any:
    from ag2obs.testing import ToolCall

    return ToolCall("delegate", '{"target": "bob", "prompt": "please help"}')


def test_a_workflow_channel_goes_from_agent_to_agent(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        async with hub() as at:
            first, second = await registered(at, server.base_url, "first", "second")
            graph = TransitionGraph.sequence([first.agent_id, second.agent_id])
            with ag2_logging_session("chat", "workflow", settings=log.settings()):
                channel = await first.open(type="workflow", target=["second"], knobs={"graph": graph.to_dict()})
                await channel.send("begin")
                await until(lambda: len(log.events("agent.message")) == 2)

    run(main())
    finish()
    assert [event["sender"] for event in log.events("agent.message")] == ["first", "second"]
    assert [event["agent"] for event in log.events("llm.call")] == ["second"]


def test_late_work_of_a_channel_is_not_taken_for_another_session(server: ModelServer, log: Log) -> None:
    """What a finished session's channel still does is counted, though another session is open alone."""

    async def main() -> None:
        async with hub() as at:
            alice, _ = await registered(at, server.base_url, "alice", "bob")
            with ag2_logging_session("first", "network", settings=log.settings(late_seconds=0)):
                channel = await alice.open(type="conversation", target="bob")
                await channel.send("hello bob")  # bob reads it when this task lets go
            with ag2_logging_session("second", "network", settings=log.settings(late_seconds=0)):
                await until(lambda: server.requests)
                await asyncio.sleep(0.1)

    run(main())
    finish()
    assert server.requests
    assert log.events("llm.call") == []
    assert PROCESS.unattributed > 0
    PROCESS.unattributed = 0


def test_a_delivery_that_user_code_makes_belongs_to_it(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        async with hub() as at:
            alice, bob = await registered(at, server.base_url, "alice", "bob")
            with ag2_logging_session("before", "network", settings=log.settings()):
                channel = await alice.open(type="consulting", target="bob")
                bob.on_envelope(_nothing)  # as if its process had been stopped
                await channel.send("hello bob")
            bob.on_envelope(bob._run_default_handler)
            with ag2_logging_session("after", "network", settings=log.settings()):
                assert await bob.resume_pending_turns() == 1

    run(main())
    finish()
    assert {event["chat_id"] for event in log.events("llm.call")} == {"after"}


async def _nothing(envelope: Any) -> None:
    """Take no notice."""
