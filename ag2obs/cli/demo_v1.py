"""What ``ag2obs demo --framework v1`` runs: a support agent that asks a warehouse and has a writer.

They are agents of AG2 v1 like a user's own: support and warehouse are in a network, in which one delegates to the
other; the writer is a sub-agent whose answer is streamed. Only the model behind them is the embedded server, whose
replies are ``REPLIES``; one of them refuses a request that the OpenAI client then sends again, and the first
tool call asks for an order that does not exist, so that the log shows what a retry and a failure look like.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ag2obs.cli.demo_key import encoded
from ag2obs.cli.demo_story import Story
from ag2obs.testing import Reply, Tokens, ToolCall

REPLIES = (
    Reply("too many requests", status=429),
    Reply(
        tool_calls=[ToolCall("delegate", '{"target": "warehouse", "prompt": "Where is order 1042?"}')],
        usage=Tokens(prompt=131, completion=21),
    ),
    Reply(tool_calls=[ToolCall("find_order", '{"number": "1024"}')], usage=Tokens(prompt=112, completion=17)),
    Reply(tool_calls=[ToolCall("find_order", '{"number": "1042"}')], usage=Tokens(prompt=148, completion=17)),
    Reply("Order 1042 left yesterday and arrives on Friday.", usage=Tokens(prompt=260, completion=11)),
    Reply(
        tool_calls=[ToolCall("write", '{"objective": "Say that order 1042 arrives on Friday."}')],
        usage=Tokens(prompt=183, completion=19, cached=128),
    ),
    Reply("Your order 1042 left the warehouse yesterday and arrives on Friday.", usage=Tokens(38, 14)),
    Reply(
        "Your order 1042 left the warehouse yesterday and arrives on Friday. "
        "Please replace the key you sent: others could read it on its way.",
        usage=Tokens(prompt=219, completion=29, cached=128),
    ),
)
"""In the order of the requests."""


def import_framework() -> None:
    """Import what the demo runs; raises ImportError where it is not installed, or too old to be AG2 v1."""
    import openai
    from ag2 import Agent
    from ag2.config.openai import OpenAIConfig

    del openai, Agent, OpenAIConfig


def run(base_url: str, key: str, only_model: str | None) -> None:
    """Run the agents against the model server at ``base_url``, on an event loop of their own.

    ``key`` is planted where keys turn up in real chats: it configures the clients, stands in the customer's
    question, and comes back from the tool, there also as base64. All agents use ``only_model`` where it is given.
    """
    asyncio.run(_run(base_url, key, only_model))


async def _run(base_url: str, key: str, only_model: str | None) -> None:
    from ag2 import Agent, tool
    from ag2.config import OpenAIConfig
    from ag2.knowledge import MemoryKnowledgeStore
    from ag2.network import Hub
    from openai import DefaultAsyncHttpxClient

    @tool
    def find_order(number: str) -> str:
        """Find an order by its number, four digits."""
        if number != "1042":
            raise LookupError(f"there is no order {number}")
        return f"order 1042: shipped; api_key={key}; attachment={encoded(key)}"

    async with DefaultAsyncHttpxClient() as http_client:

        def model(name: str, *, streaming: bool = False) -> OpenAIConfig:
            options: dict[str, Any] = {"api_key": key, "base_url": base_url, "streaming": streaming}
            return OpenAIConfig(only_model or name, http_client=http_client, **options)

        support = Agent("support", "You answer customers.", config=model("gpt-4o"))
        warehouse = Agent("warehouse", "You look up orders.", config=model("gpt-4o-mini"), tools=[find_order])
        writer = Agent("writer", "You write politely.", config=model("gpt-4o-mini", streaming=True))
        support.add_tool(writer.as_tool(name="write", description="Write to the customer."))
        hub = await Hub.open(MemoryKnowledgeStore())
        try:
            await hub.register(support)
            await hub.register(warehouse)
            await support.ask(f"Where is my order 1042? My key is {key}, should you need it.")
        finally:
            await hub.close()


STORY = Story(
    framework="AG2 v1",
    told="Agents of AG2 v1 ran: two in a network, and a sub-agent whose answer was streamed.",
    replies=REPLIES,
    import_framework=import_framework,
    run=run,
)
