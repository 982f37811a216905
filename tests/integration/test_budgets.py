"""Budgets against the model server: not one call more than is paid for, and no event loop that stands still."""

from __future__ import annotations

import asyncio
import logging
import threading
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from autogen import AssistantAgent, OpenAIWrapper
from autogen.cache import Cache

from ag2obs import Budget, Session, Settings, ag2_logging_session, get_ag2_runtime_logger
from ag2obs.errors import BudgetExceeded, SettingsError
from ag2obs.events import BudgetState
from ag2obs.process import PROCESS
from ag2obs.testing import ModelServer, Reply, Tokens
from tests.integration import workflows
from tests.integration.conftest import Log
from tests.integration.workflows import config, pair, quiet

TOKENS = Tokens(prompt=1000, completion=500)
COST = Decimal("0.00045")
"""Of such a call of gpt-4o-mini: 0.15 a million in, 0.60 out."""

LOGGING = pytest.mark.parametrize("enabled", [False, True], ids=["logging off", "logging on"])


@pytest.fixture
def server() -> Iterator[ModelServer]:
    """A model server whose calls all cost the same."""
    with ModelServer(tokens=TOKENS) as running:
        yield running


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the waits that were asked for; nobody waits."""
    asked: list[float] = []
    monkeypatch.setattr(PROCESS, "pause", lambda left, seconds: asked.append(seconds))
    return asked


def ask(wrapper: OpenAIWrapper, text: str = "hello", **options: Any) -> Any:
    return wrapper.create(messages=[{"role": "user", "content": text}], **options)


def state_of(session: Session) -> BudgetState:
    """Return the budget on a session's summary."""
    state = session.summary().budget
    assert state is not None
    return state


def asked_until_refused(wrapper: OpenAIWrapper, most: int = 9) -> int:
    """Ask until a budget refuses; returns how many calls were answered."""
    for answered in range(most):
        try:
            ask(wrapper)
        except BudgetExceeded:
            return answered
    raise AssertionError("nothing was refused")


@LOGGING
def test_stop_refuses_the_next_call_and_delivers_what_was_paid(
    enabled: bool, server: ModelServer, log: Log, caplog: pytest.LogCaptureFixture
) -> None:
    settings = log.settings() if enabled else Settings()
    budget = Budget(usd=2 * COST, on_exceed="stop")
    with ag2_logging_session("chat_1", "budgets", settings=settings, budget=budget) as session:
        wrapper = OpenAIWrapper(**config(server.base_url))
        assert session.enabled is enabled
        assert asked_until_refused(wrapper) == 2
        with pytest.raises(BudgetExceeded, match=r"0\.0009 US dollars is spent, 0\.0009 .*\(session chat_1\)"):
            ask(wrapper)
        live, state = session.summary(), state_of(session)
    assert server.totals().requests == 2
    totals = live.to_dict()["totals"]
    assert (totals["llm_calls"], totals["failed_calls"], totals["errors"]) == (2, 0, 0)
    assert (state.usd_limit, state.usd_spent) == (2 * COST, 2 * COST)
    assert (state.refused, state.reached, state.tokens_spent) == (2, 1.0, 3000)
    told = [record.getMessage() for record in caplog.records if record.name == "ag2obs"]
    assert [text.split(" is spent")[0].removeprefix("ag2obs: ") for text in told] == [
        f"{percent} % of the budget of 0.0009 US dollars" for percent in (50, 80, 100)
    ]
    assert log.path.exists() is enabled
    if enabled:
        events = log.events("budget")
        assert [event["reason"] for event in events] == ["threshold", "threshold", "threshold", "refused"]
        assert [event["budget"]["reached"] for event in events] == [0.5, 0.8, 1.0, 1.0]
        (end,) = log.events("session.end")
        assert (end["budget"]["refused"], end["budget"]["usd_spent"]) == (2, str(state.usd_spent))
        assert len(log.events("llm.call")) == 2
    else:
        assert not any(log.path.parent.iterdir())


STOPPED = {
    "initiate_chat": workflows.initiate_chat,
    "a_initiate_chat": workflows.a_initiate_chat,
    "generate_reply": workflows.generate_reply,
    "streaming_chat": workflows.streaming_chat,
    "group_chat_auto": workflows.group_chat_auto,
    "a_group_chat_auto": workflows.a_group_chat_auto,
    "auto_pattern": workflows.auto_pattern,
    "a_pattern": workflows.a_pattern,
    "run_two_agents": workflows.run_two_agents,
    "run_iterated": workflows.run_iterated,
    "a_run_two_agents": workflows.a_run_two_agents,
    "run_group_chat_pattern": workflows.run_group_chat_pattern,
    "nested_chat": workflows.nested_chat,
    "responses_api": workflows.responses_api,
    "completions_v2": workflows.completions_v2,
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=workflows.NEEDS.get(kind, ())) for name, kind in STOPPED.items()]
)
def test_stop_holds_in_every_kind_of_workflow(name: str, server: ModelServer) -> None:
    build = STOPPED[name]
    one_call = name in ("generate_reply", "nested_chat", "run_group_chat_pattern", "responses_api", "completions_v2")
    with ag2_logging_session(
        "chat", name, settings=Settings(), budget=Budget(tokens=1500, on_exceed="stop")
    ) as session:
        if one_call:
            run_all(build("first", server.base_url))
        refused = build("tag", server.base_url)
        with quiet(), pytest.raises(BudgetExceeded):
            run_all(refused)
    assert server.totals().requests == 1
    assert session.summary().llm_calls == 1


def run_all(run: Callable[[], Any]) -> None:
    if asyncio.iscoroutinefunction(run):
        asyncio.run(run())
    else:
        run()


def test_ag2_swallows_a_refused_summary_and_no_call_is_made(server: ModelServer) -> None:
    """AG2 warns and goes on with an empty summary, whatever is raised there."""
    with ag2_logging_session("chat", "s", settings=Settings(), budget=Budget(tokens=1500, on_exceed="stop")):
        assistant, user = pair("a", server.base_url)
        with quiet(), warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            result = user.initiate_chat(assistant, message="hi", max_turns=1, summary_method="reflection_with_llm")
    assert (result.summary, len(result.chat_history)) == ("", 2)
    assert any("refused before it was sent" in str(warning.message) for warning in warned)
    assert server.totals().requests == 1


def test_threads_finish_what_is_in_flight_and_start_nothing_more(server: ModelServer) -> None:
    together = threading.Barrier(4)

    def reply(_: Any) -> Reply:
        together.wait(10)
        return Reply("done")

    server.script(reply)
    answers: list[str] = []

    def work() -> None:
        wrapper = OpenAIWrapper(**config(server.base_url))
        try:
            for _ in range(3):
                answers.append(ask(wrapper).choices[0].message.content)
        except BudgetExceeded:
            answers.append("refused")

    with ag2_logging_session("c", "t", settings=Settings(), budget=Budget(usd=COST, on_exceed="stop")) as session:
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers) == ["done"] * 4 + ["refused"] * 4
    assert server.totals().requests == 4
    state = state_of(session)
    assert (state.usd_spent, state.refused) == (4 * COST, 4)


def test_a_cached_answer_is_free_and_never_refused(server: ModelServer) -> None:
    with (
        ag2_logging_session("c", "t", settings=Settings(), budget=Budget(usd=COST, on_exceed="stop")) as session,
        Cache.disk(cache_seed=7) as cache,
    ):
        wrapper = OpenAIWrapper(**config(server.base_url))
        for _ in range(3):
            ask(wrapper, cache=cache)
        with pytest.raises(BudgetExceeded):
            ask(wrapper, "something else", cache=cache)
    assert server.totals().requests == 1
    assert state_of(session).usd_spent == COST


def test_a_failed_call_costs_nothing(server: ModelServer) -> None:
    with ag2_logging_session("c", "t", settings=Settings(), budget=Budget(tokens=1, on_exceed="stop")) as session:
        wrapper = OpenAIWrapper(**config(server.base_url, max_retries=0))
        for _ in range(2):
            with pytest.raises(Exception, match="told to fail"):
                ask(wrapper, "FAIL:500")
    assert server.totals().requests == 2
    assert state_of(session).tokens_spent == 0


def test_an_estimate_counts(server: ModelServer) -> None:
    server.script([Reply("four", usage=None)])
    with quiet(), ag2_logging_session("c", "t", settings=Settings(), budget=Budget(tokens=1, on_exceed="stop")):
        assert asked_until_refused(OpenAIWrapper(**config(server.base_url, stream=True))) == 1
    assert server.totals().requests == 1


@LOGGING
def test_throttled_calls_wait_longer_each_time(
    enabled: bool, server: ModelServer, log: Log, waits: list[float]
) -> None:
    settings = log.settings() if enabled else Settings()
    budget = Budget(usd=2 * COST, on_exceed="throttle")
    with ag2_logging_session("c", "t", settings=settings, budget=budget) as session:
        wrapper = OpenAIWrapper(**config(server.base_url))
        for _ in range(5):
            ask(wrapper)
    assert waits == [1, 2, 4, 8]
    assert server.totals().requests == 5
    assert state_of(session).waited_seconds == 15
    if enabled:
        throttled = [event["ms"] for event in log.events("budget") if event["reason"] == "throttled"]
        assert throttled == [1000, 2000, 4000, 8000]


@LOGGING
def test_an_event_loop_stays_responsive_while_a_call_waits(
    enabled: bool, server: ModelServer, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call waits until the loop has turned; a wait on the loop itself would never end."""
    turned = threading.Event()
    waited: list[bool] = []
    monkeypatch.setattr(PROCESS, "pause", lambda left, seconds: waited.append(turned.wait(30)))

    async def run() -> None:
        assistant, user = pair("a", server.base_url)
        chat = asyncio.create_task(user.a_initiate_chat(assistant, message=workflows.ASYNC_TOOL, max_turns=2))
        while not chat.done():
            await asyncio.sleep(0.01)
            if state_of(session).waited_seconds:
                turned.set()
        await chat

    settings = log.settings() if enabled else Settings()
    budget = Budget(tokens=1000, on_exceed="throttle")
    with quiet(), ag2_logging_session("c", "t", settings=settings, budget=budget) as session:
        asyncio.run(run())
    assert waited == [True]
    assert server.totals().requests == 2


def test_a_call_made_on_the_loop_itself_does_not_wait(
    server: ModelServer, log: Log, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    PROCESS.guard._told.discard("budget:event-loop")

    async def run() -> None:
        wrapper = OpenAIWrapper(**config(server.base_url))
        for _ in range(3):
            ask(wrapper)

    budget = Budget(tokens=1, on_exceed="throttle")
    with ag2_logging_session("c", "t", settings=log.settings(), budget=budget):
        asyncio.run(run())
    assert waits == []
    assert [event["ms"] for event in log.events("budget") if event["reason"] == "throttled"] == [0, 0]
    assert sum("directly on an event loop" in record.getMessage() for record in caplog.records) == 1


def test_a_wait_ends_when_the_session_is_left(server: ModelServer) -> None:
    logger = get_ag2_runtime_logger()
    logger.start_session("c", "t", settings=Settings(late_seconds=5), budget=Budget(tokens=1, on_exceed="throttle"))
    (session,) = PROCESS.sessions.values()
    wrapper = OpenAIWrapper(**config(server.base_url))
    ask(wrapper)
    assert session.budget is not None
    for _ in range(6):
        session.budget._account.next_wait()  # the next one is a minute
    thread = threading.Thread(target=lambda: ask(wrapper))
    thread.start()
    while session.budget.state().waited_seconds < 63 + 60:
        threading.Event().wait(0.005)
    assert server.totals().requests == 1
    assert logger.stop_session()
    thread.join(30)
    assert not thread.is_alive()
    assert server.totals().requests == 2


def test_an_interrupt_passes_through_a_wait(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(left: threading.Event, seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PROCESS, "pause", interrupted)
    with ag2_logging_session("c", "t", settings=Settings(), budget=Budget(tokens=1, on_exceed="throttle")):
        wrapper = OpenAIWrapper(**config(server.base_url))
        ask(wrapper)
        with pytest.raises(KeyboardInterrupt):
            ask(wrapper)
    assert server.totals().requests == 1


@LOGGING
def test_sessions_share_a_budget_of_the_process(enabled: bool, server: ModelServer, log: Log) -> None:
    settings = log.settings() if enabled else Settings()
    shared = Budget(usd=3 * COST, on_exceed="stop", scope="process")
    with ag2_logging_session("first", "t", settings=settings, budget=shared) as first:
        ask(OpenAIWrapper(**config(server.base_url)))
        ask(OpenAIWrapper(**config(server.base_url)))
    with ag2_logging_session("second", "t", settings=settings, budget=shared) as second:
        assert asked_until_refused(OpenAIWrapper(**config(server.base_url))) == 1
    assert server.totals().requests == 3
    assert first.summary().llm_calls + second.summary().llm_calls == 3
    assert state_of(first) == state_of(second)
    with ag2_logging_session("third", "t", settings=settings, budget=Budget(usd=1, scope="process")) as third:
        ask(OpenAIWrapper(**config(server.base_url)))
    assert state_of(third).usd_spent == COST


def test_a_session_inside_another_is_charged_alone(server: ModelServer, log: Log) -> None:
    with ag2_logging_session("outer", "t", settings=log.settings(), budget=Budget(usd=COST, on_exceed="stop")) as outer:
        with ag2_logging_session("inner", "t", settings=log.settings(), budget=Budget(usd=1)) as inner:
            ask(OpenAIWrapper(**config(server.base_url)))
        assert asked_until_refused(OpenAIWrapper(**config(server.base_url))) == 1
    for session in (outer, inner):
        assert state_of(session).usd_spent == COST == session.summary().cost_usd


def test_a_model_without_a_price_is_told_and_then_refused(
    server: ModelServer, log: Log, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    prices = tmp_path / "prices.toml"
    prices.write_text('free = ["our-free-model"]\n', encoding="utf-8")
    settings = log.settings(prices=prices)
    with ag2_logging_session("c", "t", settings=settings, budget=Budget(usd=1, on_exceed="stop")) as session:
        unknown = OpenAIWrapper(**config(server.base_url, model="our-own-model"))
        free = OpenAIWrapper(**config(server.base_url, model="our-free-model"))
        priced = OpenAIWrapper(**config(server.base_url))
        ask(unknown)
        for _ in range(2):
            with pytest.raises(BudgetExceeded, match="our-own-model has no known price"):
                ask(unknown)
        for wrapper in (free, free, priced):
            ask(wrapper)
    assert server.totals().requests == 4
    assert sum("our-own-model has no known price" in record.getMessage() for record in caplog.records) == 1
    assert [event["reason"] for event in log.events("budget")] == ["unpriced", "refused"]
    state = state_of(session)
    assert (state.usd_spent, state.refused) == (COST, 2)


@pytest.mark.parametrize("on_exceed", ["warn", "throttle"])
def test_a_model_without_a_price_goes_on_where_nothing_stops(
    on_exceed: Any, server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    with ag2_logging_session("c", "t", settings=Settings(), budget=Budget(usd=1, on_exceed=on_exceed)):
        unknown = OpenAIWrapper(**config(server.base_url, model="our-own-model"))
        for _ in range(3):
            ask(unknown)
    assert server.totals().requests == 3
    assert sum(record.levelno >= logging.WARNING for record in caplog.records if record.name == "ag2obs") == 1


def test_the_environment_sets_a_budget_and_the_argument_wins(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AG2OBS_BUDGET_USD", str(COST))
    monkeypatch.setenv("AG2OBS_BUDGET_ON_EXCEED", "stop")
    with ag2_logging_session("c", "environment"):
        assert asked_until_refused(OpenAIWrapper(**config(server.base_url))) == 1
    with ag2_logging_session("c", "argument", budget=Budget(tokens=3000, on_exceed="stop")) as session:
        assert asked_until_refused(OpenAIWrapper(**config(server.base_url))) == 2
    assert state_of(session).usd_limit is None
    monkeypatch.setenv("AG2OBS_BUDGET_USD", "a lot")
    with pytest.raises(SettingsError, match="AG2OBS_BUDGET_USD"), ag2_logging_session("c", "wrong"):
        pass


def test_a_client_whose_create_cannot_be_observed_is_held_too(server: ModelServer) -> None:
    class Unseen:
        """A user's own model client whose ``create`` is no plain method."""

        def __init__(self, *_: Any, **__: Any) -> None:
            self.calls = 0

        @staticmethod
        def create(params: Any) -> Any:
            asked.append(params)
            return OpenAIWrapper(**config(server.base_url)).create(messages=params["messages"])

        message_retrieval = staticmethod(lambda response: [choice.message.content for choice in response.choices])
        cost = staticmethod(lambda response: 0)
        get_usage = staticmethod(lambda response: {})

    asked: list[Any] = []
    with ag2_logging_session("c", "t", settings=Settings(), budget=Budget(tokens=1, on_exceed="stop")):
        entry = {"model": "gpt-4o-mini", "model_client_cls": "Unseen"}
        agent = AssistantAgent("agent", llm_config={"config_list": [entry], "cache_seed": None})
        agent.register_model_client(model_client_cls=Unseen)
        message = [{"role": "user", "content": "hello"}]
        agent.generate_reply(messages=message)
        with pytest.raises(BudgetExceeded):
            agent.generate_reply(messages=message)
    assert len(asked) == 1


def test_no_secret_in_what_a_budget_says(server: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    key = "sk-" + "proj-" + "a1B2c3D4" * 6
    with ag2_logging_session(key, "t", settings=Settings(), budget=Budget(tokens=1, on_exceed="stop")):
        wrapper = OpenAIWrapper(**config(server.base_url))
        ask(wrapper)
        with pytest.raises(BudgetExceeded) as refused:
            ask(wrapper)
    assert "[REDACTED" in str(refused.value)
    assert key not in str(refused.value) + caplog.text


def test_without_a_budget_a_disabled_session_installs_nothing() -> None:
    create = OpenAIWrapper.create
    with ag2_logging_session("c", "t", settings=Settings()) as session:
        assert OpenAIWrapper.create is create
        assert PROCESS.sessions == {}
        assert session.summary().budget is None
    with ag2_logging_session("c", "t", settings=Settings(), budget=Budget(usd=1)):
        assert OpenAIWrapper.create is not create
