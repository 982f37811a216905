"""Every kind of work of AG2 v1 in sessions that run at the same time: all of it is captured, in its session."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import Any

import pytest

from ag2obs import ag2_logging_session
from ag2obs.process import PROCESS
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import Scenario, hub, run


def check(events: list[dict[str, Any]], tag: str, server: ModelServer) -> None:
    """See that the events of one session are all of a scenario, and nothing of another."""
    kinds = Counter(event["kind"] for event in events)
    calls = [event for event in events if event["kind"] == "llm.call"]
    tools = [event for event in events if event["kind"] == "tool.call"]
    assert len(calls) == Scenario.CALLS
    assert [call["status"] for call in calls].count("error") == Scenario.FAILED_CALLS
    assert len(tools) == Scenario.TOOL_CALLS
    assert [tool["status"] for tool in tools].count("error") == Scenario.FAILED_TOOLS
    assert kinds["agent.reply"] == Scenario.TURNS
    assert {event["agent"].rpartition("-")[2] for event in events if event.get("agent")} == {tag}

    reported = server.totals(tag)
    assert sum(call["usage"]["input"] for call in calls if "usage" in call) == reported.prompt_tokens
    assert sum(call["usage"]["output"] for call in calls if "usage" in call) == reported.completion_tokens
    assert reported.requests == len(calls)
    assert all(call["attempts"] == 1 for call in calls)
    assert events[-1]["totals"]["tokens"]["total"] == reported.prompt_tokens + reported.completion_tokens
    assert events[-1]["totals"]["cost_complete"] is True


def by_session(log: Log) -> dict[str, list[dict[str, Any]]]:
    """Return the events of a log by chat id."""
    found: dict[str, list[dict[str, Any]]] = {}
    for event in log.events():
        found.setdefault(event["chat_id"], []).append(event)
    return found


@pytest.mark.parametrize("registered", ["before", "inside"])
def test_two_sessions_on_one_event_loop(server: ModelServer, log: Log, registered: str) -> None:
    async def one(scenario: Scenario, at: Any) -> None:
        async with ag2_logging_session(scenario.tag, "scenario", settings=log.settings()):
            if registered == "inside":
                await scenario.register(at)
            await scenario.run()

    async def main() -> None:
        scenarios = [Scenario(tag, server.base_url_for(tag)) for tag in ("A", "B")]
        async with hub() as at:
            if registered == "before":
                for scenario in scenarios:
                    await scenario.register(at)
            await asyncio.gather(*(one(scenario, at) for scenario in scenarios))

    run(main())
    finish()
    found = by_session(log)
    assert set(found) == {"A", "B"}
    for tag, events in found.items():
        check(events, tag, server)
    assert PROCESS.unattributed == 0


def test_six_threads_with_an_event_loop_each(server: ModelServer, log: Log) -> None:
    tags = [f"T{number}" for number in range(6)]

    async def main(tag: str) -> None:
        scenario = Scenario(tag, server.base_url_for(tag))
        async with hub() as at:
            await scenario.register(at)
            with ag2_logging_session(tag, "scenario", settings=log.settings()):
                await scenario.run()

    threads = [threading.Thread(target=lambda tag=tag: run(main(tag))) for tag in tags]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    finish()
    found = by_session(log)
    assert set(found) == set(tags)
    for tag, events in found.items():
        check(events, tag, server)
    assert PROCESS.unattributed == 0


def test_one_hub_is_used_by_two_sessions(server: ModelServer, log: Log) -> None:
    """A hub and its agents that one session has registered serve the session that uses them."""

    async def main() -> None:
        scenario = Scenario("S", server.base_url)
        used = asyncio.Event()

        async def registers(at: Any) -> None:
            with ag2_logging_session("registers", "hub", settings=log.settings()):
                await scenario.register(at)
                await used.wait()

        async def uses() -> None:
            await asyncio.sleep(0.05)
            with ag2_logging_session("uses", "hub", settings=log.settings()):
                await scenario.alice.ask('CALLTOOL:delegate:{"target": "bob-S", "prompt": "hello bob"}')
            used.set()

        async with hub() as at:
            await asyncio.gather(registers(at), uses())

    run(main())
    finish()
    found = by_session(log)
    assert [event["kind"] for event in found["registers"]] == ["session.start", "session.end"]
    calls = [event["agent"] for event in found["uses"] if event["kind"] == "llm.call"]
    assert Counter(calls) == {"alice-S": 2, "bob-S": 1}


def test_the_turns_of_a_network_are_below_the_tool_that_caused_them(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        scenario = Scenario("N", server.base_url)
        async with hub() as at:
            await scenario.register(at)
            with ag2_logging_session("chat", "network", settings=log.settings()):
                await scenario.alice.ask('CALLTOOL:delegate:{"target": "bob-N", "prompt": "hello bob"}')

    run(main())
    finish()
    events = log.events()
    delegate = next(event for event in events if event["kind"] == "tool.call")
    turn = next(event for event in events if event["kind"] == "agent.reply" and event["agent"] == "bob-N")
    assert turn["parent"] == delegate["span"]
    said = [event["sender"] for event in events if event["kind"] == "agent.message"]
    assert said == ["alice-N", "bob-N"]
