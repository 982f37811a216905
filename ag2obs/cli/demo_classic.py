"""What ``ag2obs demo --framework classic`` runs: a customer, a support agent with a tool, and a writer.

It is an AG2 Classic group chat like a user's own. Only the model behind it is the embedded server, whose
replies are ``REPLIES``; one of them refuses a request that the OpenAI client then sends again, and the first
tool call asks for an order that does not exist, so that the log shows what a retry and a failure look like.
"""

from __future__ import annotations

from typing import Annotated, Any

from ag2obs.cli.demo_key import encoded
from ag2obs.cli.demo_story import Story
from ag2obs.testing import Reply, Tokens, ToolCall

REPLIES = (
    Reply("support"),  # the group chat asks who speaks next
    Reply("too many requests", status=429),
    Reply(tool_calls=[ToolCall("find_order", '{"number": "1024"}')], usage=Tokens(prompt=131, completion=17)),
    Reply("support"),
    Reply(tool_calls=[ToolCall("find_order", '{"number": "1042"}')], usage=Tokens(169, 17, cached=128)),
    Reply("writer"),
    Reply(
        "Your order 1042 left the warehouse yesterday and arrives on Friday. "
        "Please replace the key you sent: others could read it on its way. TERMINATE",
        usage=Tokens(347, 33, cached=256),
    ),
)
"""In the order of the requests; tokens that are not told here are counted in words."""


def import_framework() -> None:
    """Import what the demo runs; raises ImportError where it is not installed."""
    import openai
    from autogen import GroupChatManager

    del openai, GroupChatManager


def run(base_url: str, key: str, only_model: str | None) -> None:
    """Run the chat against the model server at ``base_url``.

    ``key`` is planted where keys turn up in real chats: it configures the clients, stands in the customer's
    question, and comes back from the tool, there also as base64. All agents use ``only_model`` where it is given.
    """
    from autogen import AssistantAgent, GroupChat, GroupChatManager, UserProxyAgent

    def model(name: str) -> dict[str, Any]:
        entry = {"model": only_model or name, "api_key": key, "base_url": base_url}
        return {"config_list": [entry], "cache_seed": None}

    customer = UserProxyAgent("customer", human_input_mode="NEVER", code_execution_config=False)
    support = AssistantAgent("support", llm_config=model("gpt-4o"), system_message="You look up orders.")
    writer = AssistantAgent("writer", llm_config=model("gpt-4o"), system_message="You answer customers, politely.")

    @customer.register_for_execution()
    @support.register_for_llm(description="Find an order by its number.")
    def find_order(number: Annotated[str, "four digits"]) -> str:
        if number != "1042":
            raise LookupError(f"there is no order {number}")
        return f"order 1042: shipped; api_key={key}; attachment={encoded(key)}"

    group = GroupChat([customer, support, writer], messages=[], max_round=8)
    manager = GroupChatManager(
        group, llm_config=model("gpt-4o-mini"), is_termination_msg=lambda message: "TERMINATE" in str(message)
    )
    customer.initiate_chat(manager, message=f"Where is my order 1042? My key is {key}, should you need it.")


STORY = Story(
    framework="AG2 Classic",
    told="A group chat of AG2 Classic ran.",
    replies=REPLIES,
    import_framework=import_framework,
    run=run,
)
