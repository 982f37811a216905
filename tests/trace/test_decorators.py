"""Decorators: every kind of function stays what it is, and each call is one event."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from ag2obs.trace import (
    AgentLogger,
    trace_agent_action,
    trace_context,
    trace_errors,
    trace_learning_update,
    trace_performance,
)
from tests.trace.conftest import Log

DECORATORS: list[Callable[[Any], Any]] = [
    trace_agent_action("named"),
    trace_learning_update("named"),
    trace_performance("named"),
    trace_errors("named"),
    trace_agent_action,
    trace_errors,
]


class Creator:
    agent_id, agent_role = "creator_001", "creator"

    @trace_agent_action("make")
    def make(self, what: str, *more: str, size: int = 1, **options: Any) -> str:
        """Make something."""
        return f"{what} of {size}"

    @trace_agent_action("of_class")
    @classmethod
    def of_class(cls, what: str) -> str:
        return f"{cls.__name__}:{what}"

    @classmethod
    @trace_agent_action("under_classmethod")
    def under_classmethod(cls, what: str) -> str:
        return f"{cls.__name__}:{what}"

    @trace_agent_action("static")
    @staticmethod
    def static(what: str) -> str:
        return what


@pytest.mark.parametrize("decorate", DECORATORS)
@pytest.mark.parametrize("observed", [True, False])
def test_every_kind_of_function_stays_what_it_is(decorate: Any, observed: bool, log: Log) -> None:
    @decorate
    def plain(x: int, y: int = 2) -> int:
        """Add."""
        return x + y

    @decorate
    async def coroutine(x: int) -> int:
        await asyncio.sleep(0)
        return x

    @decorate
    def generator(x: int) -> Iterator[int]:
        got = yield x
        yield got
        return "done"

    @decorate
    async def async_generator(x: int) -> AsyncIterator[int]:
        yield x
        await asyncio.sleep(0)
        yield x + 1

    assert str(inspect.signature(plain)) == "(x: 'int', y: 'int' = 2) -> 'int'"
    assert (plain.__name__, plain.__doc__, plain.__wrapped__.__name__) == ("plain", "Add.", "plain")
    assert inspect.iscoroutinefunction(coroutine)
    assert inspect.isgeneratorfunction(generator)
    assert inspect.isasyncgenfunction(async_generator)

    async def listed() -> list[int]:
        return [item async for item in async_generator(5)]

    def run() -> None:
        assert plain(1, y=3) == 4
        assert asyncio.run(coroutine(7)) == 7
        running = generator(1)
        assert (next(running), running.send("sent")) == (1, "sent")
        with pytest.raises(StopIteration) as stopped:
            next(running)
        assert stopped.value.value == "done"
        assert asyncio.run(listed()) == [5, 6]

    if not observed:
        run()
        return
    with log.session():
        run()
    silent = decorate is trace_errors or log.events() == []
    assert len(log.events()) == (0 if silent else 4)
    assert all(event["status"] == "ok" and event["ms"] >= 0 for event in log.events())


def test_methods_tell_their_agent_and_not_themselves(log: Log) -> None:
    creator = Creator()
    with log.session():
        assert creator.make("video", "extra", size=3, colour="red") == "video of 3"
        assert creator.of_class("a") == Creator.of_class("a") == "Creator:a"
        assert Creator.under_classmethod("b") == "Creator:b"
        assert creator.static("c") == Creator.static("c") == "c"
    made, *others = log.events("action")
    assert (made["agent"], made["role"], made["name"]) == ("creator_001", "creator", "make")
    assert made["arguments"] == {"what": "video", "args": ["extra"], "size": 3, "colour": "red"}
    assert made["result"] == "video of 3"
    assert made["source"].startswith("test_decorators.py:")
    assert made["source"].endswith(" make")
    assert [event["arguments"] for event in others] == [
        {"what": "a"}, {"what": "a"}, {"what": "b"}, {"what": "c"}, {"what": "c"},
    ]  # fmt: skip
    assert [event.get("agent") for event in others] == ["creator_001"] * 3 + [None, None]


def test_the_agent_is_that_of_the_logger_or_the_name(log: Log) -> None:
    class WithLogger:
        def __init__(self, logger: Any) -> None:
            self.logger = logger

        @trace_agent_action
        def act(self) -> None:
            pass

    class Named(WithLogger):
        name = "assistant"

    class Hostile:
        @property
        def agent_id(self) -> str:
            raise RuntimeError("not yet")

        @trace_agent_action
        def act(self) -> None:
            pass

    with log.session():
        WithLogger(AgentLogger("a1", "critic")).act()
        WithLogger("some other type").act()
        Named(None).act()
        Hostile().act()
    assert [(event.get("agent"), event.get("role")) for event in log.events("action")] == [
        ("a1", "critic"), (None, None), ("assistant", None), (None, None),
    ]  # fmt: skip


def test_a_generator_does_not_leak_into_its_consumer(log: Log) -> None:
    agent = AgentLogger("consumer")

    @trace_agent_action("produce", agent_id="producer")
    def produce() -> Iterator[int]:
        agent.info("inside")
        for number in range(2):
            with trace_context(number=number):
                yield number

    with log.session():
        for _ in produce():
            agent.info("between")
        agent.info("after")
    inside, *between, action, after = log.events()
    assert inside["parent"] == action["span"]
    assert [event["parent"] for event in (*between, after)] == [action["parent"]] * 3
    assert action["result"] == {"items": 2}
    assert "attributes" not in after


def test_an_async_generator_does_not_leak_into_its_consumer(log: Log) -> None:
    agent = AgentLogger("consumer")

    @trace_performance("produce")
    async def produce() -> AsyncIterator[int]:
        for number in range(3):
            agent.info("inside")
            await asyncio.sleep(0)
            yield number

    async def main() -> None:
        async for number in produce():
            agent.info("between")
            if number == 1:
                break
        first, second = produce(), produce()
        for running in (first, second, first, second):
            await anext(running)
            agent.info("between")
        await second.aclose()
        await first.aclose()
        agent.info("after")
        await asyncio.sleep(0)

    with log.session():
        asyncio.run(main())
    root = log.one("session.start")["span"]
    told = [event for event in log.events("log") if event["content"] != "inside"]
    assert len(told) == 7
    assert {event["parent"] for event in told} == {root}
    spans = {event["span"] for event in log.events("metric")}
    assert {event["parent"] for event in log.events("log", content="inside")} == spans
    assert len(spans) == 3
    assert {event["status"] for event in log.events("metric")} == {"ok"}


def test_what_a_consumer_throws_into_a_generator_is_the_generators_to_handle(log: Log) -> None:
    closed = []

    @trace_performance("produce")
    def produce() -> Iterator[str]:
        try:
            while True:
                try:
                    yield "item"
                except KeyError as error:
                    yield f"handled {error}"
        finally:
            closed.append(True)

    with log.session():
        running = produce()
        next(running)
        assert running.throw(KeyError("x")) == "handled 'x'"
        thrown = ValueError("mine")
        with pytest.raises(ValueError, match="mine") as raised:
            running.throw(thrown)
        assert raised.value is thrown
        another = produce()
        next(another)
        another.close()
    assert closed == [True, True]
    failed, stopped = log.events("metric")
    assert (failed["status"], failed["error"]["type"], stopped["status"]) == ("error", "ValueError", "ok")


def test_partials_and_callable_objects(log: Log) -> None:
    class Later:
        async def __call__(self, x: int) -> int:
            return x

    with log.session():
        assert trace_agent_action("partial")(functools.partial(int, base=2))("101") == 5
        assert asyncio.run(trace_agent_action("object")(Later())(3)) == 3
    partial, called = log.events("action")
    assert (partial["arguments"], partial["result"]) == ({"args": ["101"]}, 5)
    assert called["result"] == 3


def test_a_class_is_left_as_it_is(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    @trace_agent_action
    class Thing:
        pass

    assert isinstance(Thing, type)
    assert "a type cannot be traced" in caplog.text


def test_arguments_are_those_before_the_call(log: Log) -> None:
    @trace_agent_action
    def empty(items: list[int]) -> None:
        items.clear()

    with log.session():
        empty([1, 2])
    assert log.one("action")["arguments"] == {"items": [1, 2]}


def test_recursion_and_threads_of_one_function(log: Log) -> None:
    @trace_agent_action
    def down(n: int) -> int:
        return 0 if n == 0 else 1 + down(n - 1)

    with log.session():
        assert down(3) == 3
    events = log.events("action")
    assert [event["arguments"]["n"] for event in events] == [0, 1, 2, 3]
    assert [event["parent"] for event in events[:3]] == [event["span"] for event in events[1:]]
