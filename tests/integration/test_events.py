"""Agents, messages, replies, group chats and nested chats of Classic: what is recorded, and inside what."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from autogen import AssistantAgent, ConversableAgent, GroupChat, GroupChatManager, UserProxyAgent
from autogen.agentchat import a_initiate_group_chat, initiate_group_chat
from autogen.agentchat.group import (
    AgentTarget,
    ContextVariables,
    OnCondition,
    OnContextCondition,
    ReplyResult,
    StringContextCondition,
    StringLLMCondition,
)
from autogen.agentchat.group.patterns import DefaultPattern

from ag2obs.testing import ModelServer
from tests.integration import workflows
from tests.integration.conftest import Log
from tests.integration.features import needs_handoff_events
from tests.integration.spans import ancestors, observed, parent
from tests.integration.workflows import config, pair

SYNC_AND_ASYNC = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def speaker(name: str, url: str, **options: Any) -> ConversableAgent:
    """Return an agent that answers by the model and asks nobody."""
    return ConversableAgent(name, llm_config=config(url), human_input_mode="NEVER", **options)


def of_kind(log: Log, kind: str, **fields: Any) -> list[dict[str, Any]]:
    """Return the events of one kind that have these fields."""
    return [event for event in log.events(kind) if fields.items() <= event.items()]


def a_group_manager(name: str, **options: Any) -> GroupChatManager:
    return GroupChatManager(GroupChat(agents=[], messages=[]), name=name, **options)


@pytest.mark.parametrize("build", [ConversableAgent, AssistantAgent, UserProxyAgent, a_group_manager])
def test_an_agent_is_told_once_however_many_constructors_report_it(
    build: Callable[..., ConversableAgent], server: ModelServer, log: Log
) -> None:
    with observed(log):
        agent = build("somebody", llm_config=config(server.base_url), system_message="Be kind.")
    (created,) = log.events("agent.created")
    assert (created["agent"], created["content"]) == ("somebody", "Be kind.")
    assert created["detail"]["class"] == f"{type(agent).__module__}.{type(agent).__qualname__}"
    assert created["detail"]["models"] == ["gpt-4o-mini"]


def test_an_agent_built_before_the_block_is_told_when_first_at_work(server: ModelServer, log: Log) -> None:
    assistant, user = pair("t", server.base_url)
    with observed(log):
        user.initiate_chat(assistant, message="hello", max_turns=2)
    order = [
        (event["kind"], event["agent"]) for event in log.events() if event["kind"] in ("agent.created", "llm.call")
    ]
    assert order == [
        ("agent.created", "assistant_t"),
        ("llm.call", "assistant_t"),
        ("agent.created", "user_t"),
        ("llm.call", "assistant_t"),
    ]
    created, _ = log.events("agent.created")
    assert (created["content"], created["detail"]["models"]) == ("tag t", ["gpt-4o-mini"])


@pytest.mark.parametrize("before", [False, True], ids=["built-inside", "built-before"])
def test_a_system_message_is_stored_once_and_no_key_with_it(before: bool, server: ModelServer, log: Log) -> None:
    instructions, key = "You answer questions about the weather. " * 5, "sk-" + "proj-" + "Zk3x" * 12

    def build() -> ConversableAgent:
        return ConversableAgent("weather", system_message=instructions, llm_config=config(server.base_url, api_key=key))

    early = build() if before else None
    with observed(log):
        agent = early or build()
        agent.generate_reply(messages=[{"role": "user", "content": "rain?"}])
    (created,) = log.events("agent.created")
    system = next(message for message in log.events("message") if message["role"] == "system")
    assert (system["content_of"], created["content"]) == (created["id"], instructions)
    assert log.path.read_text().count(instructions) == 1
    assert key not in log.path.read_text()


def test_every_delivered_message_with_its_text(server: ModelServer, log: Log) -> None:
    assistant, user = pair("t", server.base_url)
    server.script(["It rains."])
    with observed(log):
        user.initiate_chat(assistant, message="rain?", max_turns=1)
    told = [(event["sender"], event["agent"], log.text_of(event["message"])) for event in log.events("agent.message")]
    assert told == [("user_t", "assistant_t", "rain?"), ("assistant_t", "user_t", "It rains.")]


def test_a_message_that_is_none_is_told_as_an_error(log: Log) -> None:
    with observed(log):
        receiver, sender = (ConversableAgent(name, llm_config=False) for name in ("receiver", "sender"))
        with pytest.raises(ValueError, match="can't be converted"):
            receiver.receive({"no_content": 1}, sender)
    (event,) = log.events("agent.message")
    assert (event["agent"], event["sender"]) == ("receiver", "sender")
    assert (event["status"], event["reason"]) == ("error", "invalid_message")


@SYNC_AND_ASYNC
def test_calls_happen_inside_the_reply_of_their_agent(asynchronous: bool, server: ModelServer, log: Log) -> None:
    assistant, user = pair("t", server.base_url)
    with observed(log):
        if asynchronous:
            asyncio.run(user.a_initiate_chat(assistant, message=workflows.ASYNC_TOOL, max_turns=2))
        else:
            user.initiate_chat(assistant, message=workflows.TOOL, max_turns=2)
    replies = [(reply["agent"], reply["sender"], reply["status"]) for reply in log.events("agent.reply")]
    assert replies == [
        ("assistant_t", "user_t", "ok"),
        ("user_t", "assistant_t", "ok"),
        ("assistant_t", "user_t", "ok"),
    ]
    calls, (tool,) = log.events("llm.call"), log.events("tool.call")
    assert len(calls) == 2
    for event, agent in [*((call, "assistant_t") for call in calls), (tool, "user_t")]:
        reply = parent(log, event)
        assert (reply["kind"], reply["agent"], event["agent"]) == ("agent.reply", agent, agent)
        assert reply["ms"] >= event["ms"] > 0


def test_a_failed_call_fails_its_reply_and_is_one_error(server: ModelServer, log: Log) -> None:
    with pytest.raises(Exception, match="told to fail"), observed(log) as session:
        speaker("alpha", server.base_url).generate_reply(messages=[{"role": "user", "content": "FAIL:400"}])
    (call,), (reply,) = log.events("llm.call"), log.events("agent.reply")
    assert (call["parent"], reply["status"]) == (reply["span"], "error")
    assert (call["error"]["id"], reply["error"]["id"], reply["error"]["repeat"]) == ("e1", "e1", True)
    assert session.summary().errors == 1


def group_of(method: Any, url: str) -> tuple[UserProxyAgent, GroupChatManager]:
    user = UserProxyAgent("user", human_input_mode="NEVER", code_execution_config=False)
    agents = [user, speaker("alpha", url), speaker("beta", url)]
    group = GroupChat(agents=agents, messages=[], max_round=3, speaker_selection_method=method)
    return user, GroupChatManager(group, llm_config=config(url), name="manager")


def beta_after_everybody(last: Any, group: GroupChat) -> Any:
    return group.agent_by_name("alpha" if last.name == "beta" else "beta")


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("method", "reason", "chosen"),
    [
        ("auto", "auto", ["beta", "user"]),
        ("round_robin", "round_robin", ["alpha", "beta"]),
        ("manual", "manual", ["beta", "alpha"]),
        (beta_after_everybody, "function", ["beta", "alpha"]),
    ],
)
def test_who_was_chosen_to_speak(
    method: Any,
    reason: str,
    chosen: list[str],
    asynchronous: bool,
    server: ModelServer,
    log: Log,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numbers = iter(["3", "2"])  # of user, alpha and beta
    monkeypatch.setattr("builtins.input", lambda prompt="": next(numbers))
    user, manager = group_of(method, server.base_url)
    with observed(log):
        if asynchronous:
            asyncio.run(user.a_initiate_chat(manager, message="NEXT:beta"))
        else:
            user.initiate_chat(manager, message="NEXT:beta")
    selections = log.events("speaker.selected")
    assert [event["name"] for event in selections] == chosen
    assert [event["sender"] for event in selections] == ["user", chosen[0]]
    assert {(event["agent"], event["group"], event["reason"]) for event in selections} == {
        ("manager", "manager", reason)
    }
    assert {parent(log, event)["agent"] for event in selections} == {"manager"}


@SYNC_AND_ASYNC
def test_calls_that_select_a_speaker_count_for_their_group(asynchronous: bool, server: ModelServer, log: Log) -> None:
    user, manager = group_of("auto", server.base_url)
    with observed(log) as session:
        if asynchronous:
            asyncio.run(user.a_initiate_chat(manager, message="NEXT:beta"))
        else:
            user.initiate_chat(manager, message="NEXT:beta")
    selecting = of_kind(log, "llm.call", purpose="speaker_selection")
    assert [(call["agent"], call["group"]) for call in selecting] == [("manager", "manager")] * 2
    assert [parent(log, call)["kind"] for call in selecting] == ["speaker.selected"] * 2
    (speaking,) = [call for call in log.events("llm.call") if "purpose" not in call]
    assert speaking["agent"] == "beta"
    (told,) = session.summary().to_dict()["sessions"]
    calls = {agent["name"]: agent["totals"]["llm_calls"] for agent in told["agents"]}
    assert {name: count for name, count in calls.items() if count} == {"manager": 2, "beta": 1}
    assert not {"speaker_selection_agent", "checking_agent"} & {event.get("agent") for event in log.events()}


def on_context(alpha: ConversableAgent, target: AgentTarget) -> None:
    condition = StringContextCondition(variable_name="go")
    alpha.handoffs.add_context_condition(OnContextCondition(target=target, condition=condition))


def on_the_models_word(alpha: ConversableAgent, target: AgentTarget) -> None:
    condition = StringLLMCondition(prompt="when asked to")
    alpha.handoffs.add_llm_condition(OnCondition(target=target, condition=condition))


def on_a_tools_result(alpha: ConversableAgent, target: AgentTarget) -> None:
    def to_beta() -> ReplyResult:
        return ReplyResult(message="over to beta", target=target)

    alpha.register_for_llm(description="Go to beta.")(to_beta)


def after_work(alpha: ConversableAgent, target: AgentTarget) -> None:
    alpha.handoffs.set_after_work(target)


@needs_handoff_events
@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("arrange", "message", "reason"),
    [
        (on_context, "hello", "context_condition"),
        (on_the_models_word, "CALLTOOL:transfer_to_beta_1:{}", "llm_condition"),
        (on_a_tools_result, "CALLTOOL:to_beta:{}", "reply_result"),
        (after_work, "hello", "after_work"),
    ],
)
def test_a_handoff_and_its_reason(
    arrange: Callable[..., None], message: str, reason: str, asynchronous: bool, server: ModelServer, log: Log
) -> None:
    alpha, beta = (speaker(name, server.base_url) for name in ("alpha", "beta"))
    arrange(alpha, AgentTarget(beta))
    pattern = DefaultPattern(
        initial_agent=alpha, agents=[alpha, beta], context_variables=ContextVariables(data={"go": True})
    )
    with observed(log):
        if asynchronous:
            asyncio.run(a_initiate_group_chat(pattern, message, max_rounds=4))
        else:
            initiate_group_chat(pattern, message, max_rounds=4)
    (handoff,) = of_kind(log, "handoff", agent="alpha")
    assert (handoff["reason"], handoff["target"]) == (reason, "beta")
    assert "beta" in {call["agent"] for call in log.events("llm.call")}


def test_a_nested_chat_happens_inside_the_reply_it_makes(server: ModelServer, log: Log) -> None:
    run = workflows.nested_chat("t", server.base_url)
    with observed(log):
        run()
    (call,) = of_kind(log, "llm.call", agent="assistant_inner_t")
    outside = [(event["kind"], event.get("agent")) for event in ancestors(log.events(), call)]
    assert outside == [("agent.reply", "assistant_inner_t"), ("agent.reply", "assistant_t"), ("session.start", None)]


def test_the_call_of_a_summary_says_so(server: ModelServer, log: Log) -> None:
    run = workflows.summarised_chat("t", server.base_url)
    with observed(log):
        run()
    assert [call.get("purpose") for call in log.events("llm.call")] == [None, "summary"]
