"""Agents of AG2 v1 that are observed without a patch: a plugin for each agent, a listener for the hub.

    AG2OBS_PATCH=false AG2_RUNTIME_LOGGING=true python examples/v1_plugin.py

AG2OBS_PATCH=false switches off that methods of AG2 are replaced while sessions are open; without it, everything is
seen twice and counted once. An agent without a plugin is not observed: here that is the clerk. It needs no key and no
network: a model server on this machine answers, unless OPENAI_API_KEY is set.
"""

from __future__ import annotations

import asyncio

from ag2 import Agent
from ag2.knowledge import MemoryKnowledgeStore
from ag2.network import Hub
from example_model import model_server, openai_config

from ag2obs import ag2_logging_session
from ag2obs.adapters.v1 import hub_listener, plugin
from ag2obs.testing import ModelServer, Reply, ToolCall

REPLIES: list[Reply | str] = [
    Reply(tool_calls=[ToolCall("delegate", '{"target": "warehouse", "prompt": "Where is order 1042?"}')]),
    "Order 1042 left yesterday.",
    "Your order left yesterday.",
    "Filed.",
]


async def run(server: ModelServer | None) -> None:
    """Ask an agent that delegates to another one, then one that nobody observes."""
    config = openai_config(server)
    observed = plugin()
    support = Agent("support", "You ask the warehouse.", config=config, plugins=[observed])
    warehouse = Agent("warehouse", "You know all orders.", config=config, plugins=[observed])
    clerk = Agent("clerk", "You file.", config=config)
    hub = await Hub.open(MemoryKnowledgeStore())
    hub.register_listener(hub_listener(hub))
    try:
        await hub.register(support)
        await hub.register(warehouse)
        print((await support.ask("Where is my order 1042?")).body)
        print((await clerk.ask("File it.")).body)
    finally:
        await hub.close()


async def main() -> None:
    """Run the agents and print who was seen."""
    with model_server(REPLIES) as server:
        async with ag2_logging_session("order_1042", "plugin") as session:
            await run(server)
        if server is not None:
            print(f"model server: {server.totals().calls} calls")
    for agent in session.summary().agents:
        print(f"{agent.name:<10}{agent.totals.llm_calls} calls {agent.totals.tokens.total:>4} tokens")


if __name__ == "__main__":
    asyncio.run(main())
