"""Whose method a decorated function is: objects that answer oddly are asked once, and never hurt the call."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from ag2obs.trace import trace_agent_action, trace_errors, trace_performance
from tests.trace.conftest import Log


def test_a_decorated_property_that_tells_the_agent_runs_once(log: Log) -> None:
    runs = []

    class Worker:
        @property
        @trace_errors()
        def logger(self) -> None:
            runs.append("logger")

        @property
        def agent_id(self) -> str:
            return self.load()

        @trace_performance("load")
        def load(self) -> str:
            runs.append("load")
            return "a1"

    with log.session():
        assert Worker().logger is None
        assert runs.count("logger") <= 2  # the call, and the question whose it is
        runs.clear()
        assert Worker().load() == "a1"
    assert runs.count("load") == 2
    assert log.one("metric")["agent"] == "a1"


@pytest.mark.parametrize("decorator", [trace_agent_action, trace_errors, trace_performance])
def test_an_object_that_lies_about_its_class_is_no_failure(log: Log, decorator: Callable[[Any], Any]) -> None:
    class Proxy:
        @property
        def __class__(self) -> type:  # type: ignore[override]
            raise RuntimeError("working outside of the application's context")

    class Worker:
        agent_id = agent_role = "a1"
        logger = name = role = Proxy()

        @decorator
        def act(self) -> int:
            return 1

    with log.session():
        assert Worker().act() == 1


@pytest.mark.parametrize("decorator", [trace_agent_action, trace_errors, trace_performance("named")])
@pytest.mark.filterwarnings("ignore")
def test_a_property_below_a_decorator_stays_a_property(decorator: Callable[[Any], Any]) -> None:
    class Worker:
        @decorator
        @property
        def plain(self) -> int:
            return 5

        @decorator
        @functools.cached_property
        def cached(self) -> int:
            return 6

    assert (Worker().plain, Worker().cached) == (5, 6)


def test_below_another_decorator_agent_arguments_and_place_are_those_of_the_method(log: Log) -> None:
    def retried(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        return wrapper

    class Worker:
        agent_id = "a1"

        @trace_agent_action("outer")
        @trace_errors()
        @retried
        def act(self, what: int) -> int:
            return what

    with log.session():
        Worker().act(2)
    told = log.one("action")
    assert (told["agent"], told["arguments"]) == ("a1", {"what": 2})
    assert told["source"].startswith("test_owners.py:")
    assert told["source"].endswith(" act")
