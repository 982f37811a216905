"""Agents of AG2 v1 in a network: one delegates to others, and a turn that fails is told at once.

    AG2_RUNTIME_LOGGING=true python examples/v1_network.py

AG2 does not tell an agent that whom it waits for has failed: it waits for its own five minutes. The session warns on
the logger ag2obs and records an alert the moment it happens; here the agent is asked to wait for three seconds only.
Without AG2_RUNTIME_LOGGING the agents run unlogged. They need no key and no network: a model server on this machine
answers, unless OPENAI_API_KEY is set.
"""

from __future__ import annotations

import asyncio
import json
import logging

from ag2 import Agent
from ag2.knowledge import MemoryKnowledgeStore
from ag2.network import Hub
from example_model import model_server, openai_config

from ag2obs import Session, ag2_logging_session
from ag2obs.testing import ModelServer, Reply, Request, ToolCall

QUESTION = "Where is my order 1042, and what does it weigh?"
SUPPORT = "You ask the warehouse and the scales, then answer."
WAREHOUSE = "You know where orders are."
SCALES = "You know what orders weigh."
REPLIES_OF_SUPPORT: list[Reply | str] = [
    Reply(tool_calls=[ToolCall("delegate", '{"target": "warehouse", "prompt": "Where is order 1042?"}')]),
    Reply(tool_calls=[ToolCall("delegate", '{"target": "scales", "prompt": "What weighs 1042?", "timeout": 3}')]),
    "Your order left yesterday. What it weighs, nobody could tell me.",
]


def reply(request: Request) -> Reply | str:
    """Play the model of each agent; the support has one more answer of the others each time it is asked."""
    prompt = request.messages[0]["content"]
    if prompt == WAREHOUSE:
        return "Order 1042 left yesterday."
    if prompt == SCALES:
        return Reply("this model does not exist", status=404)
    return REPLIES_OF_SUPPORT[sum(message["role"] == "tool" for message in request.messages)]


async def run(server: ModelServer | None) -> str:
    """Bring three agents into a network and ask one of them."""
    config = openai_config(server)
    support = Agent("support", SUPPORT, config=config)
    hub = await Hub.open(MemoryKnowledgeStore())
    try:
        await hub.register(support)
        await hub.register(Agent("warehouse", WAREHOUSE, config=config))
        await hub.register(Agent("scales", SCALES, config=config))
        return str((await support.ask(QUESTION)).body)
    finally:
        await hub.close()


async def main() -> None:
    """Run the network and print what its log tells."""
    logging.getLogger("ag2").setLevel(logging.CRITICAL)  # AG2 logs the failed turn with a traceback
    with model_server(reply) as server:
        async with ag2_logging_session("order_1042", "network") as session:
            print(await run(server))
    if session.enabled:
        show(session)
    else:
        print("This network was not logged: run it again with AG2_RUNTIME_LOGGING=true.")


def show(session: Session) -> None:
    """Print the calls of each agent from the summary, and what was said and what failed from the log itself."""
    for agent in session.summary().agents:
        totals = agent.totals
        print(f"{agent.name:<10}{totals.llm_calls} calls ({totals.failed_calls} failed) {totals.cost_usd} US dollars")
    assert session.log_path is not None
    with open(session.log_path, encoding="utf-8") as log:
        for event in map(json.loads, log):
            if event["session"] != session.id:
                continue
            if event["kind"] == "agent.message":
                print(f"said: {event['sender']}")
            elif event["kind"] == "alert":
                print(f"alert: {event['reason']} of {event['agent']} ({event['error']['type']})")


if __name__ == "__main__":
    asyncio.run(main())
