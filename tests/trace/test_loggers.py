"""What each method records, levels and thresholds, hostile values, secrets, content levels."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from ag2obs import summarize_runtime_file
from ag2obs.errors import SettingsError
from ag2obs.trace import (
    AgentLogger,
    LearningLogger,
    PerformanceLogger,
    configure,
    measure_performance,
    resource_usage,
    trace_agent_action,
    trace_context,
)
from tests.trace.conftest import Log

agent = AgentLogger("a1", "tester")
KEY = "sk-proj-" + "Ab3dEf6hIj9k" * 4


class Hostile:
    """Raises whatever is asked of it."""

    def __repr__(self) -> str:
        raise RuntimeError("never")

    __str__ = __eq__ = __hash__ = __iter__ = __len__ = __float__ = __bool__ = __repr__  # type: ignore[assignment]


def test_methods_without_an_example(log: Log) -> None:
    learner = LearningLogger("bandit", "a1")
    with log.session():
        agent.log_interaction("share", "a2", {"content_id": "c1"})
        agent.log_state_snapshot({"followers": 5}, name="evening")
        agent.log_milestone("first_thousand", {"followers": 1000})
        learner.log_policy_update({"epsilon": 0.05}, policy="greedy")
        learner.log_convergence({"delta": 0.001}, converged=True)
    interaction, snapshot, milestone, policy, convergence = log.events()
    assert (interaction["name"], interaction["target"], interaction["arguments"]) == (
        "share", "a2", {"content_id": "c1"},
    )  # fmt: skip
    assert (snapshot["kind"], snapshot["name"], snapshot["content"]) == ("state.snapshot", "evening", {"followers": 5})
    assert (milestone["name"], milestone["content"]) == ("first_thousand", {"followers": 1000})
    assert policy["arguments"] == {"policy": "greedy", "update": {"epsilon": 0.05}}
    assert convergence["arguments"] == {"metrics": {"delta": 0.001}, "converged": True}


def test_messages_at_every_level(log: Log) -> None:
    with log.session():
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(agent, level)("at %s", level)
        agent.log("SUCCESS", "of loguru")
        agent.log("no such level", "told at INFO")
        agent.info("%d of %s", 1)
        agent.info("100%")
        agent.info("%(a)s", {"a": 1})
    told = log.events("log", role="tester", agent="a1", name="agent.tester")
    assert [event["level"] for event in told] == ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] + ["INFO"] * 5
    assert told[0]["content"] == "at debug"
    assert [event["content"] for event in told[7:]] == [
        {"message": "%d of %s", "arguments": [1]}, "100%", "1",
    ]  # fmt: skip
    assert told[0]["source"].endswith(" test_messages_at_every_level")


def test_thresholds(log: Log) -> None:
    quiet = AgentLogger("quiet", level="WARNING")

    class Quiet:
        logger = quiet

        @trace_agent_action
        def act(self, fails: bool = False) -> None:
            agent.info("inside")
            if fails:
                raise ValueError("x")

    with log.session():
        quiet.info("no")
        quiet.log_action("no")
        quiet.warning("yes")
        Quiet().act()
        with pytest.raises(ValueError, match="x"):
            Quiet().act(fails=True)
        configure(level="ERROR")
        agent.warning("no")
        quiet.warning("yes, by its own level")
        quiet.setLevel(None)
        quiet.warning("no")
        configure()
        quiet.debug("yes")
        LearningLogger("rl").log_training_step(1)
    assert [event.get("content", event.get("name")) for event in log.events()] == [
        "yes", "inside", "inside", "act", "yes, by its own level", "yes", "training_step",
    ]  # fmt: skip
    start = log.one("session.start")
    assert {event["parent"] for event in log.events("log", content="inside")} == {start["span"]}
    assert log.one("error")["arguments"] == {"fails": True}


@pytest.mark.parametrize("level", ["LOUD", 1.5, True])
def test_a_level_that_is_none_is_refused_where_it_is_configured(level: Any) -> None:
    with pytest.raises(SettingsError, match="not allowed"):
        AgentLogger("a1", level=level)
    with pytest.raises(SettingsError, match="not allowed"):
        configure(level=level)


def test_state_changes_are_told_by_path(log: Log) -> None:
    old = {"same": 1, "gone": 2, "deep": {"a": {"b": 1, "c": [1, 2, {"x": 1}]}}, "one": True}
    new = {"same": 1, "more": 3, "deep": {"a": {"b": 2, "c": [1, 5, {"x": 2}, "y"]}}, "one": 1}
    with log.session():
        agent.log_state_change(old, new, "step")
        agent.log_state_change(1, 2)
        agent.log_state_change({str(n): n for n in range(500)}, {str(n): -n for n in range(1, 501)})
    change, scalar, many = log.events("state.change")
    assert change["content"] == {
        "changed": {
            "deep.a.b": {"old": 1, "new": 2},
            "deep.a.c[1]": {"old": 2, "new": 5},
            "deep.a.c[2].x": {"old": 1, "new": 2},
            "one": {"old": True, "new": 1},
        },
        "added": {"deep.a.c[3]": "y", "more": 3},
        "removed": {"gone": 2},
    }
    assert scalar["content"]["changed"] == {"state": {"old": 1, "new": 2}}
    assert sum(len(many["content"][how]) for how in ("changed", "added", "removed")) == 200
    assert many["content"]["<cut>"] == "301 more"


def test_a_snapshot_of_an_object_tells_its_attributes(log: Log) -> None:
    class Plain:
        def __init__(self) -> None:
            self.followers, self.logger, self.me = 5, agent, self

    @dataclasses.dataclass
    class Data:
        followers: int = 6

    with log.session():
        agent.log_state_snapshot(Plain())
        agent.log_state_snapshot(Data())
        agent.log_state_snapshot(object())
    plain, data, nothing = log.events("state.snapshot")
    assert plain["content"]["followers"] == 5
    assert plain["content"]["logger"] == "<ag2obs.trace.agent_logger.AgentLogger>"
    assert data["content"] == {"followers": 6}
    assert nothing["content"] == "<object>"


def test_hostile_values_cost_nothing_but_themselves(log: Log) -> None:
    hostile = Hostile()
    cycle: dict[str, Any] = {"hostile": hostile}
    cycle["self"] = cycle

    @trace_agent_action
    def act(value: Any, huge: Any) -> Any:
        return value

    with log.session():
        assert act(hostile, "x" * 10_000_000) is hostile
        assert act(cycle, list(range(1_000_000))) is cycle
        agent.log_action(hostile, cycle, hostile)  # type: ignore[arg-type]
        agent.log_state_change(hostile, cycle)
        agent.info(hostile, hostile, extra={"hostile": hostile, 5: "five"})  # type: ignore[dict-item]
        agent.info("text", extra=hostile)  # type: ignore[arg-type]
        LearningLogger(hostile, hostile).log_reward(hostile, hostile)
        PerformanceLogger().log_throughput("x", hostile, hostile)  # type: ignore[arg-type]
        PerformanceLogger().log_metric("x", float("nan"))
        with (
            trace_context(agent, "block", hostile=hostile, request_id=hostile),
            measure_performance(hostile, items="many"),
        ):  # type: ignore[arg-type]
            pass
        AgentLogger(5, 7).info("numbers")
    assert len(log.events()) == 12
    assert log.path.stat().st_size < 100_000
    assert log.events()[-1]["agent"] == "5"


def test_secrets_are_masked_wherever_they_stand(log: Log) -> None:
    @trace_agent_action
    def login(user: str, password: str, token: str) -> str:
        raise PermissionError(f"refused {token}")

    with log.session(tags={"note": KEY}, user_id=KEY):
        with pytest.raises(PermissionError):
            login("me", "correct horse", token=KEY)
        agent.log_action("x", {"api_key": "plainsecretvalue1", "text": f"it is {KEY}"}, {"nested": [KEY]})
        agent.log_state_change({"password": "one-password"}, {"password": "two-password", "note": KEY}, KEY)
        agent.info(f"key {KEY}", extra={"password": "hunter2" * 2, KEY: 1})
        with trace_context(agent, f"with {KEY}", mission_id=KEY, secret="swordfish1"):
            agent.log_decision("d", reasoning=f"because of {KEY}")
    text = log.path.read_text(encoding="utf-8")
    for secret in (KEY, "correct horse", "plainsecretvalue1", "one-password", "two-password", "hunter2", "swordfish1"):
        assert secret not in text
    assert log.one("decision")["attributes"] == {"secret": "[REDACTED:field-name]"}


@pytest.mark.parametrize("level", ["preview", "off"])
def test_content_levels_hold_for_what_user_code_records(level: str, log: Log) -> None:
    words = "lorem ipsum " * 100
    call = {"name": "search", "arguments": words, "id": "c1"}

    @trace_agent_action
    def act(text: str) -> str:
        raise ValueError(words)

    settings = log.settings(content=level, content_tools="search=full")
    from ag2obs import ag2_logging_session

    with ag2_logging_session("chat", "w", settings=settings), trace_context(agent, "block", text=words, call=call):
        agent.log_action("x", {"text": words}, call)
        agent.log_decision("x", [call], reasoning=words)
        agent.log_state_change({}, {"text": words})
        agent.info(words)
        PerformanceLogger().log_metric("m", 5, "apples")
        with pytest.raises(ValueError, match="lorem"):
            act(words)
    for event in log.events():
        for field in ("arguments", "result", "content", "detail", "attributes", "error"):
            if field in event:
                assert str(event[field]).count("lorem") <= (20 if level == "preview" else 0), (field, event)
                assert field in event["full_length"]
    metric = log.one("metric")
    assert (metric["name"], metric["value"], metric["unit"]) == ("m", 5.0, "apples")


def test_performance(log: Log) -> None:
    performance = PerformanceLogger("a1")

    @performance.trace_performance("traced")
    def traced() -> None:
        pass

    with log.session():
        performance.log_latency("call", 12.5, model="m")
        performance.log_throughput("import", 500, 2.0)
        performance.log_throughput("at once", 1, 0)
        traced()
        with performance.measure_performance("batch") as batch:
            batch.items = 7
        usage = performance.log_resource_usage()
        assert resource_usage().cpu_seconds >= usage.cpu_seconds > 0
    latency, throughput, at_once, traced_event, batch_event = log.events("metric")[:5]
    assert (latency["ms"], latency["attributes"]) == (12.5, {"model": "m"})
    assert (throughput["value"], throughput["unit"], throughput["count"], throughput["ms"]) == (
        250.0, "items/s", 500, 2000.0,
    )  # fmt: skip
    assert "value" not in at_once
    assert (traced_event["name"], traced_event["agent"]) == ("traced", "a1")
    assert (batch_event["count"], batch_event["unit"]) == (7, "items/s")
    used = {event["name"]: (event["value"], event["unit"]) for event in log.events("metric", agent="a1")[5:]}
    assert used["process.cpu"] == (usage.cpu_seconds, "s")
    assert usage.memory_bytes is None or used["process.memory"] == (usage.memory_bytes, "bytes")
    assert usage.memory_bytes is None or usage.memory_bytes > 10_000_000


def test_numbers_that_no_event_could_hold_are_read_back(log: Log) -> None:
    performance = PerformanceLogger("a1")
    with log.session():
        performance.log_throughput("bytes", 2 * 10**12, 3600.0)
        performance.log_latency("long", 1e16)
        with measure_performance("measured", items=2 * 10**12):
            pass
    report = summarize_runtime_file(log.path)
    assert (report.bad_lines, report.missing) == (0, 0)
    read, long, measured = log.events("metric")
    assert (read["detail"], read["unit"], "count" in read) == ({"items": 2e12}, "items/s", False)
    assert "ms" not in long
    assert measured["detail"] == {"items": 2e12}


def test_messages_take_what_the_standard_logging_takes(log: Log) -> None:
    with log.session():
        agent.info("%s of %s", 1, 2, stacklevel=2, stack_info=True, extra={"a": 1})
    told = log.one("log")
    assert (told["content"], told["attributes"]) == ("1 of 2", {"a": 1})


def test_no_beginning_of_a_secret_is_left_in_a_long_name(log: Log) -> None:
    secret = "sk-" + "proj-" + "a1B2c3D4" * 6
    with log.session():
        agent.log_action("act", {f"{'word ' * 96}{secret}{'x' * 100}": 1})
    assert secret[:12] not in log.path.read_text()
