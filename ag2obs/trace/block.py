"""A timed block of user code: the one context manager under ``with`` blocks and decorators.

What runs inside has the block's span as parent, its agent and its fields. Nothing in here raises into the program, and
what the program raises passes through unchanged.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ag2obs.events import STATUS_ERROR, STATUS_OK, Event, new_span_id
from ag2obs.failures import is_control_flow, status_of
from ag2obs.frames import caller
from ag2obs.process import PROCESS
from ag2obs.routing import CURRENT, UNBOUND_FIELDS, Binding, Fields, fields_of, narrowed
from ag2obs.trace.levels import ERROR, level_name
from ag2obs.trace.recording import binding_in, is_wanted, merged, record, tell_failure

if TYPE_CHECKING:
    from ag2obs.session import Session

Finish = Callable[[Event, Any, float], None]
"""Adds to the event of a block what its result and its seconds tell."""


UNBOUND_BLOCK: ContextVar[Block | None] = ContextVar("ag2obs_block", default=None)
"""The innermost block of a context that belongs to no session."""


class Block:
    """One run of a block. A silent one leaves no event unless it fails, and then that of its failure alone.

    A ``with`` statement enters and leaves it once; a generator, which runs in pieces, calls ``resume`` and
    ``pause`` around each of them, and ``end`` after the last.
    """

    __slots__ = (
        "_describe", "_elapsed", "_finish", "_inner", "_outer", "_outer_block", "_outer_fields", "_resumed",
        "event", "fields", "has_ended", "is_silent", "result", "session",
    )  # fmt: skip

    def __init__(
        self,
        session: Session | None,
        event: Event,
        binding: Binding | None,
        *,
        fields: Fields | None = None,
        finish: Finish | None = None,
        describe: Callable[[Event], None] | None = None,
        is_silent: bool = False,
    ) -> None:
        self.session = session
        self.event = event
        self.fields = fields
        self.is_silent = is_silent
        self.result: Any = None
        self._finish = finish
        self._describe = describe
        self.has_ended = False
        self._elapsed = 0.0
        self._resumed = 0.0
        self._outer: Binding | None = None
        self._outer_fields: Fields | None = None
        self._outer_block: Block | None = None
        self._inner: Binding | None = None
        if binding is None:
            return
        event.parent = binding.span
        event.agent = event.agent or binding.agent
        if not is_silent:
            event.span = new_span_id()
        if not is_silent or fields is not None:
            span = event.span or binding.span
            self._inner = narrowed(binding, span=span, agent=event.agent, fields=fields, block=self)

    def __enter__(self) -> Block:
        self.resume()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.suspend()
        self.end(error)

    def resume(self) -> None:
        """Make the calling context that of the block."""
        if self._inner is not None:
            # What has ended is left out here: a task that starts its own successor would hold all that were before.
            self._outer = _not_ended(CURRENT.get())
            CURRENT.set(self._inner)
        elif self.fields is not None and self.session is None:
            self._outer_fields, self._outer_block = UNBOUND_FIELDS.get(), UNBOUND_BLOCK.get()
            while self._outer_block is not None and self._outer_block.has_ended:  # left in another context
                self._outer_block = self._outer_block._outer_block
            UNBOUND_FIELDS.set(self.fields)
            UNBOUND_BLOCK.set(self)
        self._resumed = time.perf_counter()

    def suspend(self) -> None:
        """Make the calling context what it was. One that something else has taken over since is left alone."""
        self._elapsed += time.perf_counter() - self._resumed
        if self._inner is not None:
            if CURRENT.get() is self._inner:
                CURRENT.set(_not_ended(self._outer))
            self._outer = _not_ended(self._outer)
        elif self.fields is not None and self.session is None and UNBOUND_FIELDS.get() is self.fields:
            UNBOUND_FIELDS.set(self._outer_fields)
            UNBOUND_BLOCK.set(self._outer_block)

    def pause(self) -> None:
        """Suspend the block with whatever the generator itself has entered since; ``resume`` goes on there."""
        self._elapsed += time.perf_counter() - self._resumed
        if self._inner is not None:
            self._inner = CURRENT.get()
            CURRENT.set(self._outer)

    def end(self, error: BaseException | None = None) -> None:
        """Record how the block went."""
        self.has_ended = True
        if error is not None and is_control_flow(error):
            error = None
        if (error is not None or not self.is_silent) and (self.session is not None or PROCESS.trace_fallback):
            with PROCESS.guard.protect(f"recording {self.event.kind}"):
                self._record(self.event, error)
        # A context may hold the block for long; what the call was about is not to live as long.
        self.result = self._describe = self._finish = self._outer_block = None

    def _record(self, event: Event, error: BaseException | None) -> None:
        if error is None:
            event.status = STATUS_OK
        else:
            event.status = status_of(error)
            if event.status == STATUS_ERROR:
                if self._describe is not None:
                    self._describe(event)
                event.level = level_name(ERROR)
                tell_failure(self.session, error, event, operation=event.name)
        if self.is_silent:
            return
        event.ms = round(self._elapsed * 1000, 3)
        if self._finish is not None:
            self._finish(event, self.result, self._elapsed)
        record(self.session, event)


class BlocksInUse:
    """The blocks of one ``with`` object, which threads and tasks may share and a block may enter again in itself."""

    def __init__(self) -> None:
        self._blocks: dict[int, Block] = {}
        self._nothing: list[None] = []
        """One for each use in which nothing is recorded. (What is done to both is one step, which no thread is in.)"""

    def add(self, block: Block | None) -> None:
        """Note a block that was entered; None where nothing is to be recorded."""
        if block is None:
            self._nothing.append(None)
        else:
            self._blocks[id(block)] = block

    def take(self) -> Block | None:
        """Return the block that the calling context leaves: its own; in another context, the one entered last."""
        own = innermost_block()
        if own is not None and self._blocks.pop(id(own), None) is not None:
            return own
        if own is None and self._take_nothing():
            return None
        with suppress(KeyError):
            return self._blocks.popitem()[1]
        self._take_nothing()
        return None

    def _take_nothing(self) -> bool:
        with suppress(IndexError):
            self._nothing.pop()
            return True
        return False


def innermost_block() -> Block | None:
    """Return the block that the calling context is in."""
    binding = CURRENT.get()
    if binding is not None:
        return binding.block if isinstance(binding.block, Block) else None
    return UNBOUND_BLOCK.get()


def _not_ended(binding: Binding | None) -> Binding | None:
    """Return ``binding``, or the nearest around it whose block goes on.

    Blocks in generators whose pieces alternate end in another order than they began: none is to stay behind.
    """
    while binding is not None and binding.block is not None and binding.block.has_ended:
        binding = binding.block._outer
    return binding


def begin(
    kind: str,
    level: int,
    *,
    threshold: int | None = None,
    agent: str | None = None,
    name: str | None = None,
    role: str | None = None,
    source: str | None = None,
    arguments: Callable[[], Any] | None = None,
    extra: Mapping[str, Any] | None = None,
    finish: Finish | None = None,
    is_silent: bool = False,
) -> Block | None:
    """Return a block of the calling context's session; None where nothing is to be recorded. Never raises."""
    with PROCESS.guard.protect(f"starting to record {kind}"):
        session = PROCESS.of_context() if PROCESS.sessions else None
        if (session is None and not PROCESS.trace_fallback) or not is_wanted(max(level, ERROR), threshold):
            return None
        binding = binding_in(session)
        event = Event(
            kind=kind,
            agent=agent,
            name=name,
            role=role,
            level=level_name(level),
            source=source or caller(),
            attributes=merged(fields_of(binding), extra),
        )

        def describe(event: Event) -> None:
            event.arguments = arguments() if arguments is not None else None

        if is_silent or not is_wanted(level, threshold):
            return Block(session, event, binding, describe=describe, is_silent=True)
        describe(event)
        return Block(session, event, binding, finish=finish)
    return None
