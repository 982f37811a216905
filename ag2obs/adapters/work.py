"""A timed piece of work inside a workflow: a reply, a tool, a human answer, a speaker selection.

A wrapper reads the same for plain and for async methods::

    with begin(agent, arguments) as work:
        work.result = original(agent, *arguments)      # or: await original(...)
    return work.result

Nothing in here raises into the workflow, and what the original raises passes through unchanged.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol

from ag2obs.events import STATUS_OK, Event, new_span_id
from ag2obs.failures import status_of
from ag2obs.process import PROCESS
from ag2obs.routing import CURRENT, Binding, narrowed
from ag2obs.session import Session

Record = Callable[["Work"], None]


class ObservedWork(Protocol):
    """What a wrapper needs of its work, recorded or not."""

    result: Any

    def __enter__(self) -> ObservedWork: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class UnrecordedWork:
    """Work that belongs to no session: only carries the result from the original to the caller."""

    __slots__ = ("result",)

    def __init__(self) -> None:
        self.result: Any = None

    def __enter__(self) -> UnrecordedWork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        return None


class Work:
    """Work that belongs to a session; what starts inside it gets its span as parent.

    ``record`` is called with the work when it has ended, its ``event`` timed and its outcome set. Work that
    leaves no event of its own has no span of its own (``own_span``).
    """

    __slots__ = ("_inner", "_outer", "_record", "_started", "event", "result", "session", "subject")

    def __init__(
        self,
        session: Session,
        event: Event,
        record: Record,
        *,
        subject: object = None,
        purpose: str | None = None,
        group: str | None = None,
        own_span: bool = True,
    ) -> None:
        self.session = session
        self.event = event
        self.subject = subject
        self.result: Any = None
        self._record = record
        event.span = new_span_id()
        self._outer = binding_of(session)
        event.parent = self._outer.span if self._outer is not None else session.span
        self._inner: Binding | None = None
        if self._outer is not None:
            self._inner = narrowed(
                self._outer,
                span=event.span if own_span else self._outer.span,
                agent=event.agent,
                purpose=purpose,
                group=group,
                doing=(event.kind, id(subject)),
            )
            CURRENT.set(self._inner)
        self._started = time.perf_counter()

    def __enter__(self) -> Work:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with PROCESS.guard.protect(f"recording {self.event.kind}"):
            self._restore()
            event = self.event
            event.ms = milliseconds_since(self._started)
            event.status = STATUS_OK if error is None else status_of(error)
            if error is not None:
                event.error = self.session.failure(error)
            self._record(self)

    def _restore(self) -> None:
        # A suspended reply that is collected later may end where something else has begun: then that stays.
        if self._inner is not None and CURRENT.get() is self._inner:
            CURRENT.set(self._outer)


def begin(make: Callable[[], Work | None]) -> Work | UnrecordedWork:
    """Return the work that ``make`` builds, or unrecorded work where it has no session or we fail."""
    with PROCESS.guard.protect("starting to observe"):
        if PROCESS.sessions:
            work = make()
            if work is not None:
                return work
    return UnrecordedWork()


def is_nested(kind: str, subject: object) -> bool:
    """Whether the calling context is already inside the same work: an override that calls its base class."""
    binding = CURRENT.get()
    return binding is not None and binding.doing == (kind, id(subject))


def binding_of(session: Session) -> Binding | None:
    """Return the calling context's binding if it is to ``session``, else a fresh one."""
    binding = CURRENT.get()
    if binding is not None and binding.session is session:
        return binding
    return session.binding()


def milliseconds_since(started: float) -> float:
    """Return the time since ``started`` (``time.perf_counter()``), in milliseconds to three places."""
    return round((time.perf_counter() - started) * 1000, 3)
