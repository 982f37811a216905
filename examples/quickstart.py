"""One observed chat with a tool, and what it cost.

    AG2_RUNTIME_LOGGING=true python examples/quickstart.py
    ag2obs summary

The log is logs/logs/ag2_runtime.log in the working directory, or where AG2_RUNTIME_LOG_FILE says. Without
AG2_RUNTIME_LOGGING the chat runs unlogged. It needs no key and no network: a model server on this machine
answers, unless OPENAI_API_KEY is set.
"""

from __future__ import annotations

from typing import Annotated

from autogen import AssistantAgent, UserProxyAgent
from example_model import llm_config, model_server

from ag2obs import Session, ag2_logging_session
from ag2obs.testing import ModelServer, Reply, ToolCall

REPLIES: list[Reply | str] = [
    Reply(tool_calls=[ToolCall("to_dollars", '{"euros": 250}')]),
    "250 euros are 290.00 dollars. TERMINATE",
]


def to_dollars(euros: Annotated[float, "amount in euros"]) -> str:
    """Convert euros to US dollars."""
    return f"{euros * 1.16:.2f}"


def main() -> None:
    """Run the chat and print what was counted."""
    with model_server(REPLIES) as server:
        with ag2_logging_session("chat_123", "quickstart") as session:
            assistant = AssistantAgent("assistant", "You convert money.", llm_config(server))
            user = UserProxyAgent(
                "user",
                human_input_mode="NEVER",
                code_execution_config=False,
                is_termination_msg=lambda message: "TERMINATE" in (message.get("content") or ""),
            )
            assistant.register_for_llm(description="Convert euros to US dollars.")(to_dollars)
            user.register_for_execution()(to_dollars)
            result = user.initiate_chat(assistant, message="How many dollars are 250 euros?", silent=True, max_turns=4)
        print(result.chat_history[-1]["content"])
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
    main()
