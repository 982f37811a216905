"""One observed agent of AG2 v1 with a tool, asked twice, and what it cost.

    AG2_RUNTIME_LOGGING=true python examples/v1_quickstart.py
    ag2obs summary

The log is logs/logs/ag2_runtime.log in the working directory, or where AG2_RUNTIME_LOG_FILE says. Without
AG2_RUNTIME_LOGGING the agent runs unlogged. It needs no key and no network: a model server on this machine
answers, unless OPENAI_API_KEY is set.
"""

from __future__ import annotations

import asyncio

from ag2 import Agent, tool
from example_model import model_server, openai_config

from ag2obs import Session, ag2_logging_session
from ag2obs.testing import ModelServer, Reply, ToolCall

REPLIES: list[Reply | str] = [
    Reply(tool_calls=[ToolCall("to_dollars", '{"euros": 250}')]),
    "250 euros are 290.00 dollars.",
    "You asked about 250 euros.",
]


@tool
def to_dollars(euros: float) -> str:
    """Convert euros to US dollars."""
    return f"{euros * 1.16:.2f}"


async def main() -> None:
    """Ask the agent and print what was counted."""
    with model_server(REPLIES) as server:
        async with ag2_logging_session("chat_123", "quickstart") as session:
            config = openai_config(server, streaming=True)
            assistant = Agent("assistant", "You convert money.", config=config, tools=[to_dollars])
            reply = await assistant.ask("How many dollars are 250 euros?")
            print(reply.body)
            reply = await reply.ask("What did I ask about?")
            print(reply.body)
        show(session, server)


def show(session: Session, server: ModelServer | None) -> None:
    """Print what the session counted, and what the model server did."""
    if server is not None:
        counted = server.totals()
        print(f"model server: {counted.calls} calls, {counted.prompt_tokens} prompt and "
              f"{counted.completion_tokens} completion tokens")  # fmt: skip
    if not session.enabled:
        print("This chat was not logged: run it again with AG2_RUNTIME_LOGGING=true.")
        return
    summary = session.summary()
    print(f"ag2obs:       {summary.llm_calls} calls, {summary.tokens.input} prompt and "
          f"{summary.tokens.output} completion tokens, {summary.cost_usd} US dollars")  # fmt: skip
    print(f"log:          {session.log_path}")


if __name__ == "__main__":
    asyncio.run(main())
