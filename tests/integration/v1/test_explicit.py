"""AG2 v1 observed without patches, by a plugin and a hub listener; and both forms together, which count once."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from typing import Any

import pytest
from ag2 import Agent, MemoryStream
from ag2.agent import Agent as AgentClass
from ag2.context import ConversationContext
from ag2.events import BaseEvent

from ag2obs import ag2_logging_session
from ag2obs.adapters.patches import replaced_names
from ag2obs.adapters.v1 import hub_listener, plugin
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import bad, calc, call, config, hub, run


def helper(url: str, name: str = "helper", **options: Any) -> Agent:
    return Agent(name, "You help.", config=config(url, **options), tools=[calc, bad], plugins=[plugin()])


async def work(agent: Agent) -> None:
    reply = await agent.ask(call("calc", x=1))
    await reply.ask(call("bad"))
    await agent.ask(call("nowhere"))


@pytest.mark.parametrize("patch", [False, True])
def test_each_form_and_both_together_tell_the_same(server: ModelServer, log: Log, patch: bool) -> None:
    async def main() -> None:
        with ag2_logging_session("chat", "explicit", settings=log.settings(patch=patch)) as session:
            assert bool(replaced_names(AgentClass)) is patch
            assert bool(replaced_names(ConversationContext)) is patch
            await work(helper(server.base_url))
        totals = session.summary().to_dict()["totals"]
        assert totals["tokens"]["input"] == server.totals().prompt_tokens

    run(main())
    finish()
    assert Counter(event["kind"] for event in log.events() if event["kind"] != "message") == {
        "session.start": 1, "agent.created": 1, "llm.call": 6, "tool.call": 3, "agent.reply": 3, "session.end": 1,
    }  # fmt: skip
    assert len(server.requests) == 6


def test_a_plugin_without_a_session_does_nothing(server: ModelServer) -> None:
    assert run(helper(server.base_url).ask("hello")).body == "reply 1"


@pytest.mark.skipif(
    "plugins" not in inspect.signature(Agent.ask).parameters, reason="ag2 1.0 takes no plugins for one invocation"
)
def test_a_plugin_for_one_invocation(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        agent = Agent("helper", "You help.", config=config(server.base_url))
        with ag2_logging_session("chat", "explicit", settings=log.settings(patch=False)):
            await agent.ask("hello", plugins=[plugin()])
            await agent.ask("not observed")

    run(main())
    finish()
    assert len(log.events("llm.call")) == 1


def test_a_sub_agent_without_a_plugin_is_told_by_what_it_spent(server: ModelServer, log: Log) -> None:
    async def main(has_plugin: bool) -> None:
        worker = Agent("worker", config=config(server.base_url), plugins=[plugin()] if has_plugin else [])
        boss = Agent("boss", config=config(server.base_url), plugins=[plugin()])
        boss.add_tool(worker.as_tool(description="work", name="work"))
        with ag2_logging_session(f"{has_plugin}", "explicit", settings=log.settings(patch=False)):
            await boss.ask(call("work", objective="do it"))

    run(main(False))
    run(main(True))
    finish()
    for chat in ("False", "True"):
        calls = [event for event in log.events("llm.call") if event["chat_id"] == chat]
        assert Counter(event["agent"] for event in calls) == {"boss": 2, "worker": 1}
    purposes = [event.get("purpose") for event in log.events("llm.call") if event["agent"] == "worker"]
    assert purposes == ["subtask", None]
    total = sum(event["usage"]["input"] for event in log.events("llm.call"))
    assert total == server.totals().prompt_tokens


def test_nothing_of_ours_is_on_the_users_stream(server: ModelServer, log: Log) -> None:
    """The events of a turn are the same without us, with patches, and with a plugin."""

    async def events(agent: Agent) -> list[str]:
        stream, seen = MemoryStream(), []

        async def see(event: BaseEvent) -> None:
            seen.append(type(event).__name__)

        stream.subscribe(see)
        await agent.ask(call("calc", x=1), stream=stream)
        return [*seen, *(type(event).__name__ for event in await stream.history.get_events())]

    async def main() -> None:
        plain = Agent("helper", "You help.", config=config(server.base_url), tools=[calc])
        alone = await events(plain)
        with ag2_logging_session("chat", "patched", settings=log.settings()):
            assert await events(plain) == alone
        with ag2_logging_session("chat", "explicit", settings=log.settings(patch=False)):
            assert await events(helper(server.base_url)) == alone

    run(main())


def test_a_hub_listener_brings_turns_into_their_sessions(server: ModelServer, log: Log) -> None:
    """A hub that one session registered agents in, used by another at the same time, without patches."""

    async def main() -> None:
        used = asyncio.Event()
        alice, bob = (helper(server.base_url, name) for name in ("alice", "bob"))

        async def registers(at: Any) -> None:
            with ag2_logging_session("registers", "hub", settings=log.settings(patch=False)):
                await at.register(alice)
                await at.register(bob)
                await used.wait()

        async def uses() -> None:
            await asyncio.sleep(0.05)
            with ag2_logging_session("uses", "hub", settings=log.settings(patch=False)):
                await alice.ask(call("delegate", target="bob", prompt="hello bob"))
            used.set()

        async with hub() as at:
            at.register_listener(hub_listener(at))
            await asyncio.gather(registers(at), uses())

    run(main())
    finish()
    calls = Counter((event["chat_id"], event["agent"]) for event in log.events("llm.call"))
    assert calls == {("uses", "alice"): 2, ("uses", "bob"): 1}
    assert [event["sender"] for event in log.events("agent.message")] == ["alice", "bob"]


def test_a_hub_listener_tells_of_failed_turns(server: ModelServer, log: Log, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with hub() as at:
            at.register_listener(hub_listener())
            alice = await at.register(helper(server.base_url, "alice"))
            await at.register(helper(server.base_url, "bob"))
            with ag2_logging_session("chat", "hub", settings=log.settings(patch=False)):
                channel = await alice.open(type="conversation", target="bob")
                await channel.send("FAIL:400")
                while not log.events("alert"):
                    await asyncio.sleep(0.01)

    run(main())
    finish()
    assert [(event["agent"], event["reason"]) for event in log.events("alert")] == [("bob", "turn_failed")]
    assert any("turn of bob failed" in record.getMessage() for record in caplog.records)


def test_our_failures_never_reach_a_run(server: ModelServer, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    from ag2obs.adapters.v1 import messages, model_calls, stream_events, turns
    from ag2obs.process import PROCESS

    def fails(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a fault of ours")

    monkeypatch.delenv("AG2OBS_RERAISE")
    for module, name in (
        (model_calls, "messages_sent"),
        (stream_events, "tells_nothing_new"),
        (turns, "record_first_sight"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, fails)
            with ag2_logging_session("chat", name, settings=log.settings()):
                assert run(helper(server.base_url).ask("SAY:unharmed")).body == "unharmed"
        assert PROCESS.guard.failures
        PROCESS.guard.failures.clear()
    assert messages is not None
