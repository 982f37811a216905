"""Model calls of Classic: what is recorded when they succeed, fail, repeat, stream or come from a cache."""

from __future__ import annotations

import socket
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from autogen import AssistantAgent, ConversableAgent, GroupChat, GroupChatManager, OpenAIWrapper
from autogen.cache import Cache

from ag2obs import ag2_logging_session
from ag2obs.testing import ModelServer, Reply, Tokens
from tests.integration.conftest import Log
from tests.integration.features import needs_clients_v2, needs_responses, needs_usage_of_streams
from tests.integration.workflows import config, pair, quiet


def ask(log: Log, text: str, *configurations: dict[str, Any], **options: Any) -> tuple[Any, Any]:
    """Ask once through an ``OpenAIWrapper`` in a session; returns the session and the response or exception."""
    with ag2_logging_session("chat", "calls", settings=log.settings()) as session:
        wrapper = OpenAIWrapper(config_list=list(configurations), cache_seed=None)
        try:
            return session, wrapper.create(messages=[{"role": "user", "content": text}], **options)
        except Exception as error:
            return session, error


def entry(url: str, **options: Any) -> dict[str, Any]:
    """Return one entry of a ``config_list``."""
    return config(url, **options)["config_list"][0]


def only_call(log: Log) -> dict[str, Any]:
    """Return the one model call on file."""
    (call,) = log.events("llm.call")
    return call


def test_a_plain_call(server: ModelServer, log: Log) -> None:
    server.script([Reply("four", usage=Tokens(prompt=1000, completion=500, cached=200, reasoning=64))])
    session, response = ask(log, "two and two?", entry(server.base_url))
    call = only_call(log)
    assert call["usage"] == {"input": 1000, "output": 500, "cache_read": 200, "reasoning": 64}
    # gpt-4o-mini: 0.15 a million in, 0.075 from the cache, 0.60 out.
    assert Decimal(call["cost_usd"]) == Decimal("0.000435")
    assert (call["status"], call["attempts"], call["cost_quality"]) == ("ok", 1, "exact")
    assert call["cost_source"].startswith("genai-prices@")
    assert (call["provider"], call["model"], call["tokens_source"]) == ("openai", "gpt-4o-mini", "provider")
    assert call["response_id"] == response.id
    assert [log.text_of(name) for name in (*call["input"], *call["output"])] == ["two and two?", "four"]
    assert session.summary().cost_usd == Decimal("0.000435")


@pytest.mark.parametrize(
    "asked", [pytest.param({}, marks=needs_usage_of_streams), {"stream_options": {"include_usage": True}}]
)
def test_a_streamed_call_keeps_the_details_that_ag2_drops(asked: dict[str, Any], server: ModelServer, log: Log) -> None:
    server.script([Reply("four and more", usage=Tokens(prompt=1000, completion=500, cached=200, reasoning=64))])
    with quiet():
        ask(log, "two and two?", entry(server.base_url, stream=True, **asked))
    call = only_call(log)
    assert call["stream"] is True
    assert call["usage"] == {"input": 1000, "output": 500, "cache_read": 200, "reasoning": 64}
    assert call["cost_quality"] == "exact"
    assert 0 < call["first_byte_ms"] <= call["ms"]
    assert log.text_of(call["output"][0]) == "four and more"


def test_a_stream_without_usage_is_counted_as_an_estimate(server: ModelServer, log: Log) -> None:
    server.script([Reply("four", usage=None)])
    with quiet():
        ask(log, "two and two?", entry(server.base_url, stream=True))
    call = only_call(log)
    assert call["tokens_source"] in ("estimate", "tiktoken", "bpe-openai")
    assert call["usage"]["input"] > 0
    assert call["cost_quality"] == "estimate"


def test_sdk_retries_are_one_call_with_its_attempts(server: ModelServer, log: Log) -> None:
    ask(log, "FAIL:500:2", entry(server.base_url, max_retries=3))
    call = only_call(log)
    assert (call["status"], call["attempts"]) == ("ok", 3)
    assert server.totals().requests == 3


def test_an_error_of_the_provider_is_told_once(server: ModelServer, log: Log) -> None:
    session, error = ask(log, "FAIL:429", entry(server.base_url, max_retries=1))
    call = only_call(log)
    assert type(error).__name__ == "RateLimitError"
    assert (call["status"], call["attempts"], call["cost_reason"]) == ("error", 2, "failed")
    assert call["error"]["status_code"] == 429
    assert "cost_usd" not in call
    totals = session.summary().to_dict()["totals"]
    assert (totals["llm_calls"], totals["failed_calls"], totals["errors"]) == (1, 1, 1)
    assert totals["cost_complete"] is True


def test_a_timeout_which_runtime_logging_misses(server: ModelServer, log: Log) -> None:
    _, error = ask(log, "TIMEOUT:5", entry(server.base_url, timeout=0.2, max_retries=1))
    assert isinstance(error, TimeoutError)
    call = only_call(log)
    assert (call["status"], call["attempts"]) == ("error", 2)
    assert call["error"]["type"].endswith("APITimeoutError")


def test_a_refused_connection(log: Log) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        ask(log, "hello", entry(url, max_retries=0))
    call = only_call(log)
    assert (call["status"], call["attempts"]) == ("error", 1)
    assert call["error"]["type"].endswith("APIConnectionError")


@pytest.mark.parametrize("steering", ["BADJSON", "DROP"])
def test_a_broken_answer(steering: str, server: ModelServer, log: Log) -> None:
    _, error = ask(log, steering, entry(server.base_url, max_retries=0))
    assert isinstance(error, Exception)
    assert only_call(log)["status"] == "error"


def test_config_fallback_is_one_event_a_configuration(server: ModelServer, log: Log) -> None:
    server.script(lambda request: Reply("x", status=500) if request.model == "gpt-4o" else Reply("four"))
    _, response = ask(log, "hello", entry(server.base_url, model="gpt-4o", max_retries=0), entry(server.base_url))
    first, second = log.events("llm.call")
    assert (first["status"], second["status"]) == ("error", "ok")
    assert (first["request_model"], second["request_model"]) == ("gpt-4o", "gpt-4o-mini")
    assert first["invocation"] == second["invocation"]
    assert second["detail"] == {"config": 1}
    assert response.choices[0].message.content == "four"


def test_a_timeout_before_a_fallback_is_not_lost(server: ModelServer, log: Log) -> None:
    server.script(lambda request: Reply("late", delay=5) if request.model == "gpt-4o" else Reply("four"))
    ask(log, "hello", entry(server.base_url, model="gpt-4o", timeout=0.2, max_retries=0), entry(server.base_url))
    first, second = log.events("llm.call")
    assert (first["status"], second["status"]) == ("error", "ok")
    assert first["error"]["type"].endswith("APITimeoutError")


def test_a_cache_hit_costs_nothing_and_says_what_it_saved(server: ModelServer, log: Log) -> None:
    server.script([Reply("four", usage=Tokens(prompt=1000, completion=500))])
    with ag2_logging_session("chat", "calls", settings=log.settings()) as session, Cache.disk(cache_seed=7) as cache:
        wrapper = OpenAIWrapper(config_list=[entry(server.base_url)])
        for _ in range(2):
            wrapper.create(messages=[{"role": "user", "content": "two and two?"}], cache=cache)
    first, second = log.events("llm.call")
    assert "cached" not in first
    assert (second["cached"], second["attempts"], second["cost_usd"]) == (True, 0, "0")
    assert second["saved_usd"] == first["cost_usd"]
    totals = session.summary().to_dict()["totals"]
    assert (totals["llm_calls"], totals["cached_calls"], totals["tokens"]["total"]) == (2, 1, 1500)
    assert server.totals().requests == 1


@pytest.mark.parametrize(
    "api_type",
    [
        pytest.param("responses", marks=needs_responses),
        pytest.param("openai_v2", marks=needs_clients_v2),
        pytest.param("responses_v2", marks=needs_clients_v2),
    ],
)
def test_other_shapes_of_responses(api_type: str, server: ModelServer, log: Log) -> None:
    server.script([Reply("four", usage=Tokens(prompt=1000, completion=500, cached=200, reasoning=64))])
    assistant, user = pair("x", server.base_url, api_type=api_type)
    with quiet(), ag2_logging_session("chat", "calls", settings=log.settings()):
        user.initiate_chat(assistant, message="two and two?", max_turns=1)
    call = only_call(log)
    assert call["usage"] == {"input": 1000, "output": 500, "cache_read": 200, "reasoning": 64}
    assert Decimal(call["cost_usd"]) == Decimal("0.000435")
    assert call["attempts"] == 1
    assert "four" in log.text_of(call["output"][0])


class OwnClient:
    """A model client as a user writes one; what it answers or raises is in its class."""

    usage: Any = None
    error: Exception | None = None

    def __init__(self, configuration: dict[str, Any], **_: Any) -> None:
        self.model = configuration["model"]

    def create(self, params: dict[str, Any]) -> Any:
        if self.error is not None:
            raise self.error
        message = SimpleNamespace(content="from my own model", function_call=None, tool_calls=None)
        choice = SimpleNamespace(message=message)
        return SimpleNamespace(choices=[choice], model=self.model, usage=self.usage, cost=0)

    def message_retrieval(self, response: Any) -> list[str]:
        return [choice.message.content for choice in response.choices]

    def cost(self, response: Any) -> float:
        return 0

    @staticmethod
    def get_usage(response: Any) -> dict[str, Any]:
        return {}


def ask_own_client(log: Log, **attributes: Any) -> tuple[Any, Any]:
    client = type("OwnClient", (OwnClient,), attributes)
    agent = ConversableAgent(
        "mine",
        llm_config={"config_list": [{"model": "my-model", "model_client_cls": "OwnClient"}], "cache_seed": None},
        human_input_mode="NEVER",
    )
    agent.register_model_client(model_client_cls=client)
    with ag2_logging_session("chat", "calls", settings=log.settings()) as session:
        try:
            return session, agent.generate_reply(messages=[{"role": "user", "content": "hello"}])
        except Exception as error:
            return session, error


def test_a_custom_client(log: Log) -> None:
    usage = SimpleNamespace(prompt_tokens=10, completion_tokens=5, total_tokens=15)
    session, reply = ask_own_client(log, usage=usage)
    call = only_call(log)
    assert reply == "from my own model"
    assert call["usage"] == {"input": 10, "output": 5}
    assert (call["agent"], call["cost_reason"]) == ("mine", "unknown_model")
    summary = session.summary()
    assert (summary.cost_usd, summary.cost_complete, summary.unpriced_models) == (None, False, ["my-model"])


def test_an_exception_of_a_custom_client_which_runtime_logging_misses(log: Log) -> None:
    _, error = ask_own_client(log, error=RuntimeError("the GPU is on fire"))
    assert str(error) == "the GPU is on fire"
    told = only_call(log)["error"]
    assert told.pop("line") > 0
    assert told == {
        "id": "e1",
        "type": "RuntimeError",
        "message": "the GPU is on fire",
        "frame": f"{__name__}:OwnClient.create",
    }


def test_the_config_own_price_comes_first(server: ModelServer, log: Log) -> None:
    server.script([Reply("four", usage=Tokens(prompt=1000, completion=500))])
    ask(log, "hello", entry(server.base_url, price=[0.01, 0.02]))
    call = only_call(log)
    assert (Decimal(call["cost_usd"]), call["cost_source"]) == (Decimal("0.02"), "config_price")


def test_a_source_that_is_a_string_and_none_at_all(server: ModelServer, log: Log) -> None:
    with ag2_logging_session("chat", "calls", settings=log.settings()):
        wrapper = OpenAIWrapper(config_list=[entry(server.base_url)], cache_seed=None)
        for agent in ("multimodal", None):
            wrapper.create(messages=[{"role": "user", "content": "hello"}], agent=agent)
    assert [call.get("agent") for call in log.events("llm.call")] == ["multimodal", None]


def test_a_resent_history_is_written_once_and_calls_stay_short(server: ModelServer, log: Log) -> None:
    assistant, user = pair("x", server.base_url)
    user._default_auto_reply = "go on, and tell me more about it; " * 10
    with quiet(), ag2_logging_session("chat", "calls", settings=log.settings()):
        user.initiate_chat(assistant, message="SAY:" + "a long story " * 20, max_turns=4)
    texts = [event["content"] for event in log.events("message") if len(event.get("content") or "") > 100]
    assert len(texts) == len(set(texts))
    assert max(len(call["input"]) for call in log.events("llm.call")) <= 5


def test_calls_of_a_group_chat_stay_short(server: ModelServer, log: Log) -> None:
    """Every agent sees the chat in its own roles, so that ids interleave; a call then continues an earlier one."""
    user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER", default_auto_reply="")
    agents = [ConversableAgent(name, llm_config=config(server.base_url), human_input_mode="NEVER") for name in "abc"]
    group = GroupChat(agents=agents, messages=[], max_round=25, speaker_selection_method="round_robin")
    manager = GroupChatManager(group, llm_config=config(server.base_url))
    sent: list[int] = []
    server.script(lambda request: sent.append(len(request.messages)))
    with quiet(), ag2_logging_session("chat", "calls", settings=log.settings()):
        user.initiate_chat(manager, message="hello", max_turns=1)
    inputs = {call["id"]: call["input"] for call in log.events("llm.call")}
    assert max(len(written) for written in inputs.values()) <= 5
    assert [len(resolved(inputs, call)) for call in inputs] == sent
    assert len(sent) == 24


def resolved(inputs: dict[str, list[str]], call: str) -> list[str]:
    """Return every message id that a call was sent."""
    found: list[str] = []
    for item in inputs[call]:
        first, _, last = item.partition("-")
        if first.startswith("c"):
            found += resolved(inputs, first)
        else:
            found += [f"m{number}" for number in range(int(first[1:]), int((last or first)[1:]) + 1)]
    return found


def test_a_message_edited_in_place_is_a_new_message(server: ModelServer, log: Log) -> None:
    message = {"role": "user", "content": "SAY:one"}
    with ag2_logging_session("chat", "calls", settings=log.settings()):
        wrapper = OpenAIWrapper(config_list=[entry(server.base_url)], cache_seed=None)
        wrapper.create(messages=[message])
        message["content"] = "SAY:two"
        wrapper.create(messages=[message])
    sent = [log.text_of(call["input"][0]) for call in log.events("llm.call")]
    assert sent == ["SAY:one", "SAY:two"]


def test_a_hostile_message_does_not_lose_the_record(server: ModelServer, log: Log) -> None:
    class Hostile:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError("no")

        def __hash__(self) -> int:
            raise RuntimeError("no")

        def __repr__(self) -> str:
            raise RuntimeError("no")

    with quiet(), ag2_logging_session("chat", "calls", settings=log.settings()):
        agent = AssistantAgent("asst", llm_config=config(server.base_url), code_execution_config=False)
        user = ConversableAgent("user", llm_config=False, human_input_mode="NEVER")
        loop: list[Any] = []
        loop.append(loop)
        for odd in (Hostile(), lambda: 1, float("nan"), b"\xff" * 10, {1: {2}}, loop, socket.socket, "\ud800"):
            user.receive({"content": "hello", "odd": odd}, agent, request_reply=False, silent=True)
    assert len(log.events("agent.message")) == 8
