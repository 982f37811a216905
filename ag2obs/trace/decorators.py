"""The decorators: each call of a function is an action, a learning update, a measurement, or told when it fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast, overload

from ag2obs.events import Event
from ag2obs.frames import definition
from ag2obs.trace.agents import CallShape, code_of, identity_of
from ag2obs.trace.block import Block, Finish, begin
from ag2obs.trace.decorating import decorated
from ag2obs.trace.levels import ERROR, INFO, threshold
from ag2obs.trace.values import glimpse, label

F = TypeVar("F", bound=Callable[..., Any])


@overload
def trace_agent_action(action_type: F, /) -> F: ...
@overload
def trace_agent_action(
    action_type: str | None = None, *, agent_id: str | None = None, level: str | int = INFO
) -> Callable[[F], F]: ...
def trace_agent_action(action_type: Any = None, *, agent_id: str | None = None, level: str | int = INFO) -> Any:
    """Record each call as an ``action``, with its arguments, its result and how long it took.

    The action is named ``action_type``, else as the function is; the agent is ``agent_id``, else what the object whose
    method it is says: ``agent_id``, its ``logger``, or its ``name``.
    """
    return _decorator("action", action_type, agent_id, level, finish=_tell_result)


@overload
def trace_learning_update(update_type: F, /) -> F: ...
@overload
def trace_learning_update(
    update_type: str | None = None, *, agent_id: str | None = None, level: str | int = INFO
) -> Callable[[F], F]: ...
def trace_learning_update(update_type: Any = None, *, agent_id: str | None = None, level: str | int = INFO) -> Any:
    """Record each call as a ``learning`` update named ``update_type``, with its arguments and how long it took."""
    return _decorator("learning", update_type, agent_id, level)


@overload
def trace_performance(operation: F, /) -> F: ...
@overload
def trace_performance(
    operation: str | None = None, *, agent_id: str | None = None, level: str | int = INFO
) -> Callable[[F], F]: ...
def trace_performance(operation: Any = None, *, agent_id: str | None = None, level: str | int = INFO) -> Any:
    """Record how long each call took as a ``metric``; of a generator, the time in which it ran itself."""
    return _decorator("metric", operation, agent_id, level, has_arguments=False)


@overload
def trace_errors(operation: F, /) -> F: ...
@overload
def trace_errors(operation: str | None = None, *, agent_id: str | None = None) -> Callable[[F], F]: ...
def trace_errors(operation: Any = None, *, agent_id: str | None = None) -> Any:
    """Record an exception that leaves the function, with its stack and the arguments; it passes through unchanged.

    One that was recorded before, by a call inside or by AG2, is not recorded again.
    """
    return _decorator("error", operation, agent_id, ERROR, is_silent=True)


def performance_decorator(
    operation: str | None, agent_id: str | None, own_threshold: int | None, level: int
) -> Callable[[F], F]:
    """Return ``trace_performance`` with the threshold of a performance logger."""
    return cast(
        Callable[[F], F],
        _decorator("metric", operation, agent_id, level, has_arguments=False, own_threshold=own_threshold),
    )


def _decorator(
    kind: str,
    name: Any,
    agent_id: str | None,
    level: str | int,
    *,
    finish: Finish | None = None,
    has_arguments: bool = True,
    is_silent: bool = False,
    own_threshold: int | None = None,
) -> Any:
    number = threshold(level) or 0

    def decorate(function: F) -> F:
        inner = function.__func__ if isinstance(function, staticmethod | classmethod) else function
        shape = CallShape(inner)
        named = label(name) if name is not None else label(getattr(inner, "__name__", None) or type(inner).__name__)
        code = code_of(inner)
        source = definition(code) if code is not None else None
        agent = label(agent_id)

        def begin_call(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Block | None:
            identity = identity_of(shape.owner(args))
            if identity is None:
                return None
            return begin(
                kind,
                number,
                threshold=identity.threshold if own_threshold is None else own_threshold,
                agent=agent or identity.agent,
                name=named,
                role=identity.role if kind == "action" else None,
                source=source,
                arguments=(lambda: glimpse(shape.arguments(args, kwargs))) if has_arguments else None,
                finish=finish,
                is_silent=is_silent,
            )

        return decorated(function, begin_call)

    if not isinstance(name, str) and (callable(name) or hasattr(name, "__get__")):
        function, name = name, None
        return decorate(function)
    return decorate


def _tell_result(event: Event, result: Any, seconds: float) -> None:
    event.result = glimpse(result)
