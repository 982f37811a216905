"""Which session an event of AG2 v1 belongs to: never guessed, and counted where it cannot be known."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter

import pytest
from ag2 import Agent, MemoryStream

from ag2obs import ag2_logging_session
from ag2obs.process import PROCESS
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import config, run


def chats(log: Log, kind: str = "llm.call") -> Counter[str]:
    return Counter(event["chat_id"] for event in log.events(kind))


def test_one_agent_serves_many_sessions_at_once(server: ModelServer, log: Log) -> None:
    async def one(agent: Agent, tag: str) -> None:
        async with ag2_logging_session(tag, "shared", settings=log.settings()):
            await asyncio.gather(*(agent.ask(f"question {number} of {tag}") for number in range(8)))

    async def main() -> None:
        agent = Agent("shared", config=config(server.base_url))
        await asyncio.gather(*(one(agent, f"chat-{number}") for number in range(4)))

    run(main())
    finish()
    assert chats(log) == {f"chat-{number}": 8 for number in range(4)}
    questions = [event for event in log.events("message") if event["role"] == "user"]
    assert all(event["content"].endswith(event["chat_id"]) for event in questions)


def test_a_thread_without_a_context_belongs_to_nobody_where_two_sessions_are_open(
    server: ModelServer, log: Log
) -> None:
    settings = log.settings(propagate_context=False)
    with ag2_logging_session("outer", "threads", settings=settings):
        other = ag2_logging_session("other", "threads", settings=settings)
        context = threading.Thread(target=lambda: run(Agent("lost", config=config(server.base_url)).ask("hello")))
        with other:
            context.start()
            context.join()
    finish()
    assert chats(log) == {}
    assert PROCESS.unattributed > 0
    PROCESS.unattributed = 0


def test_a_stream_is_known_where_the_context_is_lost(server: ModelServer, log: Log) -> None:
    agent_of_thread = Agent("known", config=config(server.base_url))
    stream = MemoryStream()
    settings = log.settings(propagate_context=False)

    async def first() -> None:
        await agent_of_thread.ask("hello", stream=stream)

    def second() -> None:
        run(Agent("known", config=config(server.base_url)).ask("again", stream=stream))

    with ag2_logging_session("owner", "streams", settings=settings):
        run(first())
        thread = threading.Thread(target=second)
        others = ag2_logging_session("other", "streams", settings=settings)
        with others:
            thread.start()
            thread.join()
    finish()
    assert chats(log) == {"owner": 2}


def test_work_after_the_block_is_late_work_of_its_session(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        agent = Agent("late", config=config(server.base_url))
        async with ag2_logging_session("first", "late", settings=log.settings()):
            asking = asyncio.create_task(agent.ask("TIMEOUT:0.3 SAY:late"))
            while not server.requests:
                await asyncio.sleep(0.01)
        async with ag2_logging_session("second", "late", settings=log.settings()):
            await asking

    run(main())
    finish()
    assert chats(log) == {"first": 1}
    assert log.events("llm.call")[0]["late"] is True


def test_a_turn_that_began_before_the_block_tells_its_tokens(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        agent = Agent("early", config=config(server.base_url))
        async with agent.run("hello") as turn:
            with ag2_logging_session("chat", "early", settings=log.settings()):
                await turn.result()

    run(main())
    finish()
    [call] = log.events("llm.call")
    assert call["usage"]["input"] == server.totals().prompt_tokens
    assert call["agent"] == "early"


def test_logging_switched_off_costs_no_patch(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = vars(Agent)["_turn_scope"]
    with ag2_logging_session("chat", "off") as session:
        assert vars(Agent)["_turn_scope"] is before
        assert run(Agent("plain", config=config(server.base_url)).ask("SAY:plain")).body == "plain"
    assert not session.enabled
