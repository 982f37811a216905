"""Runs each call of a function in a block: functions, methods, coroutines, generators and asynchronous generators.

What is decorated stays what it was, for callers, for ``inspect`` and for type checkers. A generator is in its block
only while it runs itself: between two items its consumer is where it was before.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Any, ParamSpec, TypeVar

from ag2obs.process import PROCESS
from ag2obs.trace.block import Block

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])

Begin = Callable[[tuple[Any, ...], Mapping[str, Any]], Block | None]
"""Returns the block of one call; None where nothing is to be recorded. Never raises."""


def decorated(function: F, begin: Begin) -> F:
    """Return ``function`` with each of its calls in a block."""
    wrapped: Any
    if isinstance(function, staticmethod | classmethod):
        wrapped = type(function)(decorated(function.__func__, begin))
    elif inspect.isasyncgenfunction(function):
        wrapped = _async_generator(function, begin)
    elif _is_coroutine_function(function):
        wrapped = _coroutine(function, begin)
    elif inspect.isgeneratorfunction(function):
        wrapped = _generator(function, begin)
    elif callable(function) and not isinstance(function, type):
        wrapped = _function(function, begin)
    else:
        PROCESS.guard.tell_once(
            f"decorated:{type(function).__name__}",
            f"a {type(function).__name__} cannot be traced; decorate the function in it",
        )
        wrapped = function
    return wrapped  # type: ignore[no-any-return]


def is_idle() -> bool:
    """Whether nothing can be recorded anywhere: then a call costs no more than this question."""
    return not PROCESS.sessions and not PROCESS.trace_fallback


def _is_coroutine_function(function: Any) -> bool:
    return inspect.iscoroutinefunction(function) or (
        not isinstance(function, type) and inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004
    )


def _function(function: Callable[P, R], begin: Begin) -> Callable[P, R]:
    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        block = None if is_idle() else begin(args, kwargs)
        if block is None:
            return function(*args, **kwargs)
        with block:
            result = block.result = function(*args, **kwargs)
        return result

    return wrapper


def _coroutine(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        block = None if is_idle() else begin(args, kwargs)
        if block is None:
            return await function(*args, **kwargs)
        with block:
            result = block.result = await function(*args, **kwargs)
        return result

    return wrapper


def _generator(function: Callable[..., Generator[Any, Any, Any]], begin: Begin) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        block = None if is_idle() else begin(args, kwargs)
        generator = function(*args, **kwargs)
        if block is None:
            return (yield from generator)
        run = _Run(block)
        with run:
            resume, value = generator.send, None
            while True:
                with run.piece:
                    try:
                        item = resume(value)
                    except StopIteration as stop:
                        return stop.value
                    finally:
                        value = None  # no exception is kept in its own traceback
                run.items += 1
                try:
                    resume, value = generator.send, (yield item)
                except GeneratorExit:
                    with run.piece:
                        generator.close()
                    raise
                except BaseException as error:  # noqa: BLE001  # what the consumer throws is the generator's to handle
                    resume, value = generator.throw, error

    return wrapper


def _async_generator(function: Callable[..., AsyncGenerator[Any, Any]], begin: Begin) -> Callable[..., Any]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        block = None if is_idle() else begin(args, kwargs)
        generator = function(*args, **kwargs)
        with _Run(block) as run:
            resume, value = generator.asend, None
            while True:
                with run.piece:
                    try:
                        item = await resume(value)
                    except StopAsyncIteration:
                        return
                    finally:
                        value = None  # no exception is kept in its own traceback
                run.items += 1
                try:
                    resume, value = generator.asend, (yield item)
                except GeneratorExit:
                    with run.piece:
                        await generator.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001  # what the consumer throws is the generator's to handle
                    resume, value = generator.athrow, error

    return wrapper


class _Run:
    """One run of a generator: a block in pieces, whose result is how many items there were."""

    def __init__(self, block: Block | None) -> None:
        self._block = block
        self.piece = _Piece(block)
        self.items = 0

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if self._block is not None:
            self._block.result = {"items": self.items}
            # A consumer that has enough closes its generator: that is no failure and no cancellation.
            self._block.end(None if isinstance(error, GeneratorExit) else error)


class _Piece:
    """What a generator does between two items; entered once for each."""

    def __init__(self, block: Block | None) -> None:
        self._block = block

    def __enter__(self) -> None:
        if self._block is not None:
            self._block.resume()

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        if self._block is not None:
            self._block.pause()
