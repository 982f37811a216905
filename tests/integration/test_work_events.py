"""Tools, code and people of Classic: what is recorded of their work, and that it goes on as without a session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from autogen import ConversableAgent, OpenAIWrapper, UserProxyAgent
from autogen.coding import LocalCommandLineCodeExecutor

from ag2obs.testing import ModelServer
from tests.integration.conftest import Log
from tests.integration.spans import ancestors, observed, parent
from tests.integration.workflows import async_tool, config, pair, sync_tool

SYNC_AND_ASYNC = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


def worker(kind: type[ConversableAgent] = UserProxyAgent, **options: Any) -> ConversableAgent:
    """Return an agent without a model."""
    return kind("worker", **{"human_input_mode": "NEVER", "code_execution_config": False, **options})


def answer(agent: ConversableAgent, message: dict[str, Any], *, asynchronous: bool = False) -> Any:
    """Return the agent's reply to one message."""
    if asynchronous:
        return asyncio.run(agent.a_generate_reply(messages=[message]))
    return agent.generate_reply(messages=[message])


def asking_for(tool: str, arguments: str) -> dict[str, Any]:
    """Return the message by which a model calls a tool."""
    function = {"name": tool, "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c7", "type": "function", "function": function}],
    }


def only(log: Log, kind: str) -> dict[str, Any]:
    """Return the one event of its kind, which happened inside the worker's reply."""
    (event,) = log.events(kind)
    reply = parent(log, event)
    assert (reply["kind"], reply["agent"], event["agent"]) == ("agent.reply", "worker", "worker")
    assert reply["ms"] >= event["ms"] > 0
    return event


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("tool", "name", "result"),
    [
        (sync_tool, "sync_tool", "twice 4 is 8"),
        (async_tool, "async_tool", "twice 4 is 8, in the end"),
        (sync_tool, "renamed", "twice 4 is 8"),
    ],
)
def test_a_tool(tool: Callable[..., Any], name: str, result: str, asynchronous: bool, log: Log) -> None:
    agent = worker()
    agent.register_for_execution(name=name)(tool)
    with observed(log) as session:
        reply = answer(agent, asking_for(name, '{"x": 4}'), asynchronous=asynchronous)
    told = only(log, "tool.call")
    assert reply["content"] == result
    assert (told["tool"], told["call_id"], told["arguments"], told["result"]) == (name, "c7", {"x": 4}, result)
    assert (told["status"], told["success"]) == ("ok", True)
    assert (session.summary().tool_calls, session.summary().tool_failures) == (1, 0)


def broken() -> str:
    raise LookupError("no such shelf")


async def broken_later() -> str:
    raise LookupError("no such shelf")


@SYNC_AND_ASYNC
@pytest.mark.parametrize(
    ("name", "arguments", "kind", "reason", "words"),
    [
        ("broken", "{}", "ToolError", "raised", "no such shelf"),
        ("broken_later", "{}", "ToolError", "raised", "no such shelf"),
        ("sync_tool", "{}", "ToolError", "raised", "Field required"),
        ("unheard_of", "{}", "ToolNotFound", "not_found", "unheard_of not found"),
        ("broken", '{"x": ', "ToolArgumentsError", "bad_arguments", "must be in JSON format"),
    ],
)
def test_a_tool_that_fails(
    name: str, arguments: str, kind: str, reason: str, words: str, asynchronous: bool, log: Log
) -> None:
    agent = worker()
    for tool in (broken, broken_later, sync_tool):
        agent.register_for_execution()(tool)
    with observed(log) as session:
        reply = answer(agent, asking_for(name, arguments), asynchronous=asynchronous)
    told = only(log, "tool.call")
    assert words in reply["content"]
    assert (told["tool"], told["status"], told["success"], told["reason"]) == (name, "error", False, reason)
    assert (told["error"]["type"], told["error"]["message"]) == (kind, reply["content"])
    summary = session.summary()
    assert (summary.tool_calls, summary.tool_failures, summary.errors) == (1, 1, 1)


def test_each_of_parallel_tool_calls_is_told(server: ModelServer, log: Log) -> None:
    assistant, user = pair("t", server.base_url)
    text = 'CALLTOOL:sync_tool:{"x": 1} CALLTOOL:async_tool:{"x": 2} CALLTOOL:unheard_of:{"x": 3}'
    with observed(log) as session:
        user.initiate_chat(assistant, message=text, max_turns=2)
    told = [(event["tool"], event["arguments"], event["success"]) for event in log.events("tool.call")]
    assert told == [("sync_tool", {"x": 1}, True), ("async_tool", {"x": 2}, True), ("unheard_of", {"x": 3}, False)]
    assert session.summary().errors == 1


def test_a_tool_that_user_code_calls_itself(log: Log) -> None:
    agent = worker()
    agent.register_for_execution()(sync_tool)
    with observed(log):
        assert agent.function_map["sync_tool"](x=4) == "twice 4 is 8"
    (told,) = log.events("tool.call")
    assert (told["agent"], told["tool"], told["success"], told["result"]) == (
        "worker",
        "sync_tool",
        True,
        "twice 4 is 8",
    )
    assert parent(log, told)["kind"] == "session.start"


@SYNC_AND_ASYNC
@pytest.mark.parametrize("async_chat", [False, True], ids=["sync-chat", "async-chat"])
def test_the_model_call_of_a_tool_is_inside_it(
    asynchronous: bool, async_chat: bool, server: ModelServer, log: Log
) -> None:
    wrapper, agent = OpenAIWrapper(**config(server.base_url)), worker()

    def ask() -> str:
        return str(wrapper.create(messages=[{"role": "user", "content": "SAY:four"}]).choices[0].message.content)

    async def ask_later() -> str:
        return ask()

    agent.register_for_execution(name="ask")(ask_later if asynchronous else ask)
    with observed(log):
        reply = answer(agent, asking_for("ask", "{}"), asynchronous=async_chat)
    assert reply["content"] == "four"
    (called,) = log.events("llm.call")
    assert [event["kind"] for event in ancestors(log.events(), called)] == ["tool.call", "agent.reply", "session.start"]


@pytest.mark.parametrize("legacy", [True, False], ids=["legacy", "executor"])
@pytest.mark.parametrize(
    ("code", "exit_code", "output"), [("print(6 * 7)", 0, "42"), ("raise SystemExit('no luck')", 1, "no luck")]
)
def test_code(code: str, exit_code: int, output: str, legacy: bool, tmp_path: Path, log: Log) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    setting = (
        {"use_docker": False, "work_dir": str(folder)}
        if legacy
        else {"executor": LocalCommandLineCodeExecutor(work_dir=folder)}
    )
    agent = worker(code_execution_config=setting)
    with observed(log) as session:
        reply = answer(agent, {"role": "user", "content": f"```python\n{code}\n```"})
    assert f"exitcode: {exit_code}" in reply
    told = only(log, "code.execution")
    assert told["arguments"] == [{"language": "python", "code": code}]
    assert output in told["result"]
    assert (told["detail"], told["success"]) == ({"exit_code": exit_code}, exit_code == 0)
    assert told["status"] == ("error" if exit_code else "ok")
    assert session.summary().errors == exit_code


class OwnAnswers(UserProxyAgent):
    """Answers instead of the person."""

    def get_human_input(self, prompt: str, **_: Any) -> str:
        return "fine"

    async def a_get_human_input(self, prompt: str, **_: Any) -> str:
        return self.get_human_input(prompt)


class PoliteAnswers(UserProxyAgent):
    """Asks the person as its base class does, and says please."""

    def get_human_input(self, prompt: str, **options: Any) -> str:
        return super().get_human_input(f"please: {prompt}", **options)

    async def a_get_human_input(self, prompt: str, **options: Any) -> str:
        return await super().a_get_human_input(f"please: {prompt}", **options)


@SYNC_AND_ASYNC
@pytest.mark.parametrize("kind", [UserProxyAgent, OwnAnswers, PoliteAnswers])
def test_a_question_to_a_person_is_told_once(
    kind: type[ConversableAgent], asynchronous: bool, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt="": "fine")
    with observed(log):
        reply = answer(worker(kind, human_input_mode="ALWAYS"), {"content": "all well?"}, asynchronous=asynchronous)
    assert reply["content"] == "fine"
    told = only(log, "human.input")
    assert (told["status"], told["content"]) == ("ok", "fine")
    assert told["detail"]["prompt"].startswith("Replying as worker")


def test_a_person_who_stops_the_program(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(prompt: str = "") -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    with pytest.raises(KeyboardInterrupt), observed(log):
        answer(worker(human_input_mode="ALWAYS"), {"content": "all well?"})
    assert [event["status"] for kind in ("human.input", "session.end") for event in log.events(kind)] == [
        "cancelled"
    ] * 2


def ask_a_mock() -> list[Any]:
    """Return what came of asking a mocked person, how it was asked, and whether it is still there."""
    with patch.object(UserProxyAgent, "get_human_input", side_effect=["fine"]) as person:
        agent = worker(human_input_mode="ALWAYS")
        reply = answer(agent, {"content": "all well?"})
    asked = [(one.args, list(one.kwargs)) for one in person.call_args_list]
    return [reply, asked, "get_human_input" in vars(UserProxyAgent)]


def test_a_mock_of_a_person_is_asked_as_without_a_session(log: Log) -> None:
    outside = ask_a_mock()
    assert outside[0]["content"] == "fine"
    with observed(log):
        assert ask_a_mock() == outside
        assert ask_a_mock() == outside
    assert ask_a_mock() == outside


def test_a_mock_that_was_there_before_the_session_and_stays(log: Log) -> None:
    with patch.object(UserProxyAgent, "get_human_input", side_effect=["fine", "well"]) as person:
        agent = worker(human_input_mode="ALWAYS")
        with observed(log):
            assert answer(agent, {"content": "all well?"})["content"] == "fine"
        assert UserProxyAgent.get_human_input is person
        assert answer(agent, {"content": "all well?"})["content"] == "well"
    assert "get_human_input" not in vars(UserProxyAgent)


class StaticClient:
    """A model client without state, as some write one."""

    def __init__(self, configuration: dict[str, Any], **_: Any) -> None:
        pass

    @staticmethod
    def create(params: dict[str, Any]) -> Any:
        message = SimpleNamespace(
            content=params["messages"][-1]["content"].upper(), function_call=None, tool_calls=None
        )
        return SimpleNamespace(choices=[SimpleNamespace(message=message)], model="my-model", usage=None, cost=0)

    @staticmethod
    def message_retrieval(response: Any) -> list[str]:
        return [choice.message.content for choice in response.choices]

    @staticmethod
    def cost(response: Any) -> float:
        return 0

    @staticmethod
    def get_usage(response: Any) -> dict[str, Any]:
        return {}


def test_a_client_whose_create_is_static(log: Log) -> None:
    entry = {"model": "my-model", "model_client_cls": "StaticClient"}
    agent = worker(ConversableAgent, llm_config={"config_list": [entry], "cache_seed": None})
    agent.register_model_client(model_client_cls=StaticClient)
    original = vars(StaticClient)["create"]
    with observed(log):
        assert answer(agent, {"role": "user", "content": "hello"}) == "HELLO"
    called = only(log, "llm.call")
    assert (called["status"], called["model"]) == ("ok", "my-model")
    assert log.text_of(called["output"][0]) == "HELLO"
    assert vars(StaticClient)["create"] is original
