"""Two agents that would talk for ever, and a budget that ends it.

    python examples/budget.py

The budget holds whether or not the chat is logged; with AG2_RUNTIME_LOGGING=true the log tells of it too. At half and
at four fifths of the budget a warning goes to the logger ag2obs. It needs no key and no network: a model server on
this machine answers, unless OPENAI_API_KEY is set.
"""

from __future__ import annotations

from autogen import AssistantAgent
from example_model import llm_config, model_server

from ag2obs import Budget, RuntimeSummary, ag2_logging_session
from ag2obs.errors import BudgetExceeded
from ag2obs.testing import Reply, Request, Tokens


def reply(request: Request) -> Reply:
    """Answer as a model that is never done: 0.00054 US dollars a call, at the prices of gpt-4o-mini."""
    return Reply(f"That is {request.number} things we know. What else?", usage=Tokens(prompt=2000, completion=400))


def main() -> None:
    """Run the chat until the budget is spent, and print what was spent of it."""
    budget = Budget(usd="0.002", on_exceed="stop")
    with model_server(reply) as server:
        with ag2_logging_session("chat_7", "budget", budget=budget) as session:
            pupil = AssistantAgent("pupil", "You ask.", llm_config=llm_config(server))
            teacher = AssistantAgent("teacher", "You answer with a question.", llm_config=llm_config(server))
            try:
                pupil.initiate_chat(teacher, message="Why is the sky blue?", max_turns=50, silent=True)
            except BudgetExceeded as refused:
                print(f"BudgetExceeded: {refused}")
        if server is not None:
            print(f"model server: {server.totals().calls} calls")
    show(session.summary())


def show(summary: RuntimeSummary) -> None:
    """Print what the session counted, and its budget."""
    state = summary.budget
    if state is not None:
        print(f"ag2obs:       {summary.llm_calls} calls, {state.usd_spent} of {state.usd_limit} US dollars, "
              f"{state.refused} call refused")  # fmt: skip


if __name__ == "__main__":
    main()
