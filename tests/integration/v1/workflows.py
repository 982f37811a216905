"""Workflows of AG2 v1 against the model server, whose answers the texts steer (see ``ag2obs.testing``)."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from ag2 import Agent, tool
from ag2.config import OpenAIConfig
from ag2.knowledge import MemoryKnowledgeStore
from ag2.network import Hub
from openai import DefaultAsyncHttpxClient

_OPENED = threading.local()
"""The HTTP clients of this thread's configurations. AG2 builds a client for every turn and closes none."""


def config(base_url: str, **options: Any) -> OpenAIConfig:
    """Return a configuration for the model server."""
    client = DefaultAsyncHttpxClient()
    vars(_OPENED).setdefault("clients", []).append(client)
    given = {"model": "gpt-4o-mini", "api_key": "not-a-real-key-123456", "max_retries": 0, "timeout": 600, **options}
    return OpenAIConfig(base_url=base_url, http_client=client, **given)


def run(main: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine on an event loop of its own, and close the connections of its agents."""

    async def whole() -> Any:
        try:
            return await main
        finally:
            for client in vars(_OPENED).pop("clients", ()):
                await client.aclose()

    return asyncio.run(whole())


@tool
def calc(x: int) -> str:
    """Double a number, in a worker thread."""
    return f"twice {x} is {2 * x}"


@tool
async def later(x: int) -> str:
    """Double a number on the event loop."""
    return f"twice {x} is {2 * x}, in the end"


@tool
async def bad() -> str:
    """Fail."""
    raise ValueError("the tool failed")


def call(name: str, **arguments: Any) -> str:
    """Return a message that makes the model call a tool."""
    return f"CALLTOOL:{name}:{json.dumps(arguments)}"


@contextlib.asynccontextmanager
async def hub() -> AsyncIterator[Hub]:
    """A hub without background sweepers."""
    opened = await Hub.open(MemoryKnowledgeStore(), expectation_sweep_interval=0, ttl_sweep_interval=0.0)
    try:
        yield opened
    finally:
        await opened.close()


class Scenario:
    """Every kind of work in one workflow: 13 model calls, one of which fails, and 5 tool calls, one of which fails.

    A sub-agent with a tool, a streaming agent that is asked again, a provider error, a failing tool, and a network in
    which one agent delegates to another. The agents are built before any session.
    """

    CALLS, FAILED_CALLS, TOOL_CALLS, FAILED_TOOLS, TURNS = 13, 1, 5, 1, 8

    def __init__(self, tag: str, base_url: str) -> None:
        self.tag = tag
        plain = config(base_url)
        researcher = Agent(f"researcher-{tag}", "You research.", config=plain, tools=[calc])
        self.boss = Agent(f"boss-{tag}", "You lead.", config=plain)
        self.boss.add_tool(researcher.as_tool(description="research", name="research"))
        self.streamer = Agent(f"streamer-{tag}", "You stream.", config=config(base_url, streaming=True))
        self.failer = Agent(f"failer-{tag}", "You fail.", config=plain)
        self.handyman = Agent(f"handyman-{tag}", "You use tools.", config=plain, tools=[bad])
        self.alice = Agent(f"alice-{tag}", "You delegate.", config=plain)
        self.bob = Agent(f"bob-{tag}", "You help.", config=plain, tools=[calc])

    async def register(self, at: Hub) -> None:
        """Bring alice and bob into a network."""
        await at.register(self.alice)
        await at.register(self.bob)

    async def run(self) -> None:
        """Run all of it."""
        await self.boss.ask(call("research", objective=call("calc", x=2)))
        reply = await self.streamer.ask(f"hello {self.tag}")
        await reply.ask("and again")
        with contextlib.suppress(Exception):
            await self.failer.ask("FAIL:400")
        await self.handyman.ask(call("bad"))
        await self.alice.ask(call("delegate", target=self.bob.name, prompt=call("calc", x=5)))
