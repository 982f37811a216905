"""Budgets with AG2 v1: the next call is refused before it is sent, or waits without blocking the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from decimal import Decimal

import pytest
from ag2 import Agent
from ag2.middleware import RetryMiddleware

from ag2obs import Budget, ag2_logging_session
from ag2obs.errors import BudgetExceeded
from ag2obs.process import PROCESS
from ag2obs.testing import ModelServer
from tests.integration.conftest import Log, finish
from tests.integration.v1.workflows import calc, call, config, run


@pytest.mark.parametrize("logged", [True, False])
def test_stop_refuses_the_next_call(server: ModelServer, log: Log, logged: bool) -> None:
    async def main() -> None:
        agent = Agent("spender", config=config(server.base_url), tools=[calc])
        settings = log.settings() if logged else None
        budget = Budget(tokens=1, on_exceed="stop")
        with ag2_logging_session("chat", "budget", settings=settings, budget=budget) as session:
            with pytest.raises(BudgetExceeded):
                await agent.ask(call("calc", x=1))
            with pytest.raises(BudgetExceeded):
                await agent.ask("once more")
            assert len(server.requests) == 1  # what was paid for was delivered: the tool ran
        assert session.summary().llm_calls == 1

    run(main())
    finish()
    if logged:
        assert [event["success"] for event in log.events("tool.call")] == [True]
        assert [event["reason"] for event in log.events("budget")][-1] == "refused"


def test_a_middleware_that_retries_gets_no_call_through(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        agent = Agent("stubborn", config=config(server.base_url), middleware=[RetryMiddleware(max_retries=3)])
        budget = Budget(usd=Decimal(0), on_exceed="stop")
        session = ag2_logging_session("chat", "budget", settings=log.settings(), budget=budget)
        with session, contextlib.suppress(BudgetExceeded):
            await agent.ask("hello")

    run(main())
    finish()
    assert len(server.requests) <= 1


def test_a_sub_agent_is_refused_too(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        boss = Agent("boss", config=config(server.base_url))
        boss.add_tool(Agent("worker", config=config(server.base_url)).as_tool(description="work", name="work"))
        budget = Budget(tokens=1, on_exceed="stop")
        session = ag2_logging_session("chat", "budget", settings=log.settings(), budget=budget)
        with session, pytest.raises(BudgetExceeded):
            await boss.ask(call("work", objective="do it"))

    run(main())
    finish()
    assert len(server.requests) == 1


@pytest.fixture
def short_waits() -> Iterator[list[float]]:
    """Waits that pass at once, and how long they would have been."""
    asked: list[float] = []
    original = PROCESS.pause_async

    async def pause(ended: threading.Event, seconds: float) -> None:
        asked.append(seconds)
        await asyncio.sleep(0)

    PROCESS.pause_async = pause
    yield asked
    PROCESS.pause_async = original


def test_throttle_makes_calls_wait(server: ModelServer, log: Log, short_waits: list[float]) -> None:
    async def main() -> None:
        agent = Agent("spender", config=config(server.base_url))
        budget = Budget(tokens=1, on_exceed="throttle")
        with ag2_logging_session("chat", "budget", settings=log.settings(), budget=budget):
            for _ in range(4):
                await agent.ask("hello")

    run(main())
    finish()
    assert len(server.requests) == 4
    assert short_waits == [1, 2, 4]
    assert [event["ms"] for event in log.events("budget") if event["reason"] == "throttled"] == [1000, 2000, 4000]


def test_a_wait_blocks_no_event_loop_and_ends_with_its_session(server: ModelServer, log: Log) -> None:
    async def main() -> None:
        agent = Agent("spender", config=config(server.base_url))
        budget = Budget(tokens=1, on_exceed="throttle")
        ticks = 0
        async with ag2_logging_session("chat", "budget", settings=log.settings(), budget=budget):
            await agent.ask("hello")
            waiting = asyncio.create_task(agent.ask("hello"))
            while not log.events("budget") or log.events("budget")[-1]["reason"] != "throttled":
                ticks += 1
                await asyncio.sleep(0.01)
            assert not waiting.done()
            ticks += 1
        await waiting
        assert ticks > 1

    run(main())
    assert len(server.requests) == 2
