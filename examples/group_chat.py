"""A group chat with a handoff: who was asked, what each agent cost, and why the speaker changed.

    AG2_RUNTIME_LOGGING=true python examples/group_chat.py

Without AG2_RUNTIME_LOGGING the chat runs unlogged. It needs no key and no network: a model server on this
machine answers, unless OPENAI_API_KEY is set.
"""

from __future__ import annotations

import json

from autogen import ConversableAgent
from autogen.agentchat import initiate_group_chat
from autogen.agentchat.group import AgentTarget, ReplyResult, TerminateTarget
from autogen.agentchat.group.patterns import DefaultPattern
from example_model import llm_config, model_server

from ag2obs import Session, ag2_logging_session
from ag2obs.testing import ModelServer, Reply, ToolCall

QUESTION = "I was charged twice for order 1042."
REPLIES: list[Reply | str] = [
    Reply(tool_calls=[ToolCall("hand_to_billing", '{"reason": "charged twice"}')]),
    "One of the two charges for order 1042 will be back on your card within three days.",
]


def build(server: ModelServer | None) -> DefaultPattern:
    """Return a triage agent that hands over to billing, which has the last word."""
    triage = ConversableAgent("triage", system_message="Hand over to who can help.", llm_config=llm_config(server))
    billing = ConversableAgent("billing", system_message="You know all charges.", llm_config=llm_config(server))

    @triage.register_for_llm(description="Hand over to billing.")
    @triage.register_for_execution()
    def hand_to_billing(reason: str) -> ReplyResult:
        return ReplyResult(message=f"to billing: {reason}", target=AgentTarget(billing))

    billing.handoffs.set_after_work(TerminateTarget())
    return DefaultPattern(initial_agent=triage, agents=[triage, billing])


def main() -> None:
    """Run the chat and print what its log tells."""
    with model_server(REPLIES) as server, ag2_logging_session("order_1042", "billing") as session:
        result, _, _ = initiate_group_chat(build(server), QUESTION, max_rounds=6)
    print(result.summary)
    if session.enabled:
        show(session)
    else:
        print("This chat was not logged: run it again with AG2_RUNTIME_LOGGING=true.")


def show(session: Session) -> None:
    """Print the calls of each agent from the summary, and handoffs from the log itself."""
    for agent in session.summary().agents:
        totals = agent.totals
        if not totals.llm_calls:
            continue  # it only ran tools
        print(f"{agent.name:<10}{totals.llm_calls} calls {totals.tokens.total:>5} tokens {totals.cost_usd} US dollars")
    assert session.log_path is not None
    with open(session.log_path, encoding="utf-8") as log:
        for event in map(json.loads, log):
            if event["session"] == session.id and event["kind"] == "handoff":
                print(f"handoff: {event['agent']} -> {event['target']} ({event['reason']})")


if __name__ == "__main__":
    main()
