"""An exception is one error, at however many levels it is seen; what the program gets is the exception itself."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from typing import Any

import pytest

from ag2obs.trace import (
    AgentLogger,
    measure_performance,
    phase,
    trace_agent_action,
    trace_context,
    trace_errors,
    trace_performance,
)
from tests.trace.conftest import Log

agent = AgentLogger("a1")


def test_five_levels_are_one_error(log: Log) -> None:
    error = ValueError("no such thing")

    @trace_errors()
    def deepest(key: str) -> None:
        raise error

    @trace_agent_action("act")
    def act() -> None:
        deepest("k1")

    @trace_errors("outer")
    def outer() -> None:
        with measure_performance("measure"), trace_context(agent, "context"):
            act()

    session = log.session()
    with pytest.raises(ValueError, match="no such thing") as raised, session as opened, phase("phase"):
        outer()
    assert raised.value is error
    told = log.one("error")
    assert (told["name"], told["agent"], told["level"], told["arguments"]) == ("deepest", "a1", "ERROR", {"key": "k1"})
    assert "repeat" not in told["error"]
    assert told["error"]["frame"].endswith("test_errors:test_five_levels_are_one_error.<locals>.deepest")
    assert told["error"]["line"] == int(told["stack"][-1].rpartition(":")[2])
    others = [event for event in log.all() if "error" in event and event["kind"] != "error"]
    assert [event["kind"] for event in others] == ["action", "milestone", "metric", "milestone", "session.end"]
    assert all(event["error"]["repeat"] and event["error"]["id"] == "e1" for event in others)
    assert told["parent"] == log.one("action")["span"]
    assert opened.summary().errors == 1


def test_an_error_tells_no_path_no_source_text_and_no_locals(log: Log) -> None:
    @trace_errors
    def fail(n: int) -> None:
        secret_local = "only here"  # noqa: F841
        if n:
            fail.__wrapped__(n - 1)
        raise KeyError("k")

    with log.session(), pytest.raises(KeyError):
        fail(100)
    told = log.one("error")
    assert len(told["stack"]) == 50
    assert any(line.startswith("<cut: ") for line in told["stack"])
    text = str(told)
    assert "only here" not in text
    assert "secret_local" not in text
    assert str(__file__).rpartition("/")[0] not in text
    assert "ag2obs.trace" not in text


def test_what_is_stopped_is_no_error(log: Log) -> None:
    @trace_agent_action
    async def sleep() -> None:
        await asyncio.sleep(60)

    async def main() -> None:
        task = asyncio.create_task(sleep())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with log.session() as session:
        asyncio.run(main())
        with pytest.raises(KeyboardInterrupt), phase("interrupted"):
            raise KeyboardInterrupt
    assert [event["status"] for event in log.events()] == ["cancelled", "cancelled"]
    assert session.summary().errors == 0


def test_errors_that_are_reported(log: Log) -> None:
    with log.session() as session:
        try:
            raise LookupError("first")
        except LookupError as error:
            agent.log_error(error, "load", context={"path": "x"})
            agent.log_error(error, "load again")
            agent.exception("it failed")
        agent.error("given", exc_info=OSError("second"))
        agent.error("no exception", exc_info=True)
    first, again, failed, second, given, without = log.events()
    assert [event["kind"] for event in log.events()] == ["error", "log", "log", "error", "log", "log"]
    assert (first["name"], first["arguments"]) == ("load", {"path": "x"})
    assert (again["name"], again["error"]["repeat"], failed["error"]["repeat"]) == ("load again", True, True)
    assert failed["content"] == "it failed"
    assert (second["error"]["type"], given["error"]["id"]) == ("OSError", "e2")
    assert "error" not in without
    assert session.summary().errors == 2


def test_hostile_exceptions(log: Log) -> None:
    class Hostile(Exception):
        __slots__ = ()

        def __str__(self) -> str:
            raise RuntimeError("never")

        def __getattribute__(self, name: str) -> Any:
            if name in ("code", "status_code"):
                raise RuntimeError("never")
            return super().__getattribute__(name)

        def __setattr__(self, name: str, value: object) -> None:
            raise RuntimeError("never")

    error = Hostile()

    @trace_agent_action
    def fail() -> None:
        raise error

    with log.session(), pytest.raises(Hostile) as raised:
        fail()
    assert raised.value is error
    assert log.one("error")["error"]["message"] == "<no text>"


def test_an_error_of_another_session_is_told_there_too(log: Log) -> None:
    @trace_errors
    def fail() -> None:
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"), log.session("outer"), phase("outer"), log.session("inner"):
        fail()
    assert {event["chat_id"] for event in log.events("error")} == {"inner", "outer"}


def test_an_exception_that_takes_no_attributes_is_one_error(log: Log) -> None:
    @dataclasses.dataclass(frozen=True)
    class FrozenError(Exception):
        reason: str

    @trace_errors("outer")
    @trace_agent_action("middle")
    @trace_errors("inner")
    def fail() -> None:
        raise FrozenError("no")

    with log.session(), pytest.raises(FrozenError):
        fail()
    assert log.one("error")["name"] == "inner"


def test_what_was_raised_from_an_error_is_told_and_counts_once(log: Log) -> None:
    @trace_errors("inner")
    def look_up() -> None:
        raise KeyError("bill")

    @trace_errors("outer")
    def serve() -> None:
        try:
            look_up()
        except KeyError as error:
            raise LookupError("billing is down") from error

    with log.session() as session, pytest.raises(LookupError):
        serve()
    inner, outer = log.events("error")
    assert (inner["error"]["type"], "repeat" in inner["error"]) == ("KeyError", False)
    assert (outer["error"]["type"], outer["error"]["message"]) == ("LookupError", "billing is down")
    assert (outer["error"]["id"], outer["error"]["repeat"]) == (inner["error"]["id"], True)
    assert session.summary().errors == 1


def test_a_group_of_errors_that_were_told_is_no_further_one(log: Log) -> None:
    @trace_errors("child")
    async def child() -> None:
        raise ValueError("child")

    @trace_errors("group")
    async def work() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(child())

    with log.session() as session, pytest.raises(ExceptionGroup):
        asyncio.run(work())
    assert session.summary().errors == 1

    @trace_errors("unknown")
    def fail() -> None:
        raise ExceptionGroup("two", [ValueError("one"), ValueError("other")])

    with log.session() as session, pytest.raises(ExceptionGroup):
        fail()
    assert session.summary().errors == 1


@pytest.mark.parametrize("leaving", [SystemExit(0), SystemExit(), StopIteration(), StopAsyncIteration()])
def test_how_a_program_goes_on_or_ends_as_it_wants_to_is_no_error(log: Log, leaving: BaseException) -> None:
    @trace_errors()
    @trace_performance("work")
    def work() -> None:
        raise leaving

    with log.session(), contextlib.suppress(type(leaving)):
        work()
    assert log.events("error") == []
    assert log.one("metric")["status"] == "ok"


@pytest.mark.parametrize("code", [1, "no such file"])
def test_a_program_that_ends_with_an_error_is_one(log: Log, code: int | str) -> None:
    @trace_errors()
    def main() -> None:
        raise SystemExit(code)

    with log.session(), contextlib.suppress(SystemExit):
        main()
    assert log.one("error")["error"]["type"] == "SystemExit"


@pytest.mark.parametrize("level", ["debug", "warning", "error", "critical"])
def test_a_message_with_an_exception_keeps_its_level(log: Log, level: str) -> None:
    with log.session():
        try:
            raise ValueError("no")
        except ValueError:
            getattr(agent, level)("down", exc_info=True)
    assert log.one("log")["level"] == level.upper()
    assert log.one("error")["level"] == level.upper()


def test_an_exception_raised_from_its_own_group_is_one(log: Log) -> None:
    async def fail() -> None:
        raise ValueError("child")

    async def work() -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(fail())
        except ExceptionGroup as group:
            raise group.exceptions[0] from group

    with pytest.raises(ValueError, match="child"), log.session() as session, phase("work"):
        asyncio.run(work())
    assert log.one("session.end")["status"] == "error"
    assert session.summary().errors == 1


def test_groups_in_groups_are_looked_at_once(log: Log) -> None:
    group = ExceptionGroup("leaf", [ValueError("leaf")])
    for _ in range(60):
        group = ExceptionGroup("twice", [group, group])
    with pytest.raises(ExceptionGroup), log.session() as session, phase("work"):
        raise group
    assert session.summary().errors == 1


def test_a_cause_that_two_failures_share_is_known_to_both(log: Log) -> None:
    def raised(error: BaseException, cause: BaseException | None) -> BaseException:
        error.__cause__ = cause
        return error

    recorded = ValueError("recorded")
    shared = raised(KeyError("between"), recorded)
    both = [raised(TypeError("one"), shared), raised(TypeError("other"), shared)]
    many = [ValueError(str(number)) for number in range(120)]
    with log.session() as session:
        for error in (recorded, *many):
            with contextlib.suppress(ValueError), phase("recorded"):
                raise error
        known = session.summary().errors
        for group in (ExceptionGroup("two", both), ExceptionGroup("many", many)):
            with contextlib.suppress(ExceptionGroup), phase("group"):
                raise group
    assert (known, session.summary().errors) == (121, 121)
