"""Puts what user code records into the session of the calling context.

An event belongs to the session of the context it is recorded in, and to no other: without one, nothing happens, or
the standard logger ``ag2obs.trace`` gets it (see ``configure``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from ag2obs.events import STATUS_ERROR, ErrorInfo, Event
from ag2obs.failures import was_described
from ag2obs.frames import caller, stack
from ag2obs.process import PROCESS
from ag2obs.routing import CURRENT, Binding, Fields, fields_of
from ag2obs.trace.fallback import LOGGING, failure, log_event
from ag2obs.trace.levels import ERROR, level_name
from ag2obs.trace.values import data, label

if TYPE_CHECKING:
    from ag2obs.session import Session


def is_wanted(level: int, threshold: int | None) -> bool:
    """Whether anything is recorded at ``level``; the cheap question that comes before all work."""
    if not PROCESS.sessions and not PROCESS.trace_fallback:
        return False
    return level >= (PROCESS.trace_level if threshold is None else threshold)


def emit(
    kind: str,
    level: int,
    *,
    threshold: int | None = None,
    agent: object = None,
    name: object = None,
    role: object = None,
    target: object = None,
    extra: Mapping[str, Any] | None = None,
    source: str | None = None,
    skipped: tuple[str, ...] = (),
    error: BaseException | None = None,
    build: Callable[[], Mapping[str, Any]] | None = None,
    **raw: Any,
) -> None:
    """Record one event; ``raw`` are fields of user data, ``build`` returns fields that cost something to make.

    Never raises. ``skipped`` are packages that stand between the user's code and us.
    """
    if not is_wanted(level, threshold):
        return
    with PROCESS.guard.protect(f"recording {kind}"):
        session = PROCESS.of_context() if PROCESS.sessions else None
        if session is None and not PROCESS.trace_fallback:
            return
        binding = binding_in(session)
        event = Event(
            kind=kind,
            agent=label(agent) or (binding.agent if binding is not None else None),
            name=label(name),
            role=label(role) or None,
            target=label(target),
            level=level_name(level),
            source=source or caller(skipped),
            attributes=merged(fields_of(binding), extra),
            **{field: data(value) for field, value in raw.items() if value is not None},
            **(build() if build is not None else {}),
        )
        if binding is not None:
            event.parent = binding.span
        if error is not None:
            event.status = STATUS_ERROR
            tell_failure(session, error, event, operation=event.name)
        record(session, event)


def record(session: Session | None, event: Event) -> None:
    """Write an event to its session, else to the standard logger where that was asked for."""
    if session is not None:
        session.record(event)
    elif PROCESS.trace_fallback:
        log_event(event)


def tell_failure(session: Session | None, error: BaseException, event: Event, *, operation: str | None) -> bool:
    """Note in ``event`` that ``error`` was seen; who sees it first records it as an ``error`` of its own.

    So one exception is one error, however many levels it passes. One that was raised from another tells more, but is
    the same failure: its ``error`` does not count again. Returns whether the failure was seen for the first time.
    """
    is_new = not was_described(error, LOGGING if session is None else session.id)
    info = failure(error) if session is None else session.failure(error)
    event.error = msgspec.structs.replace(info, repeat=True)
    if is_new:
        record(session, _error_event(error, info, event, operation))
    return not info.repeat


def _error_event(error: BaseException, info: ErrorInfo, seen_by: Event, operation: str | None) -> Event:
    """Return the ``error`` of a failure that ``seen_by`` saw first; the two share nothing that is changed later."""
    return Event(
        kind="error",
        parent=seen_by.span or seen_by.parent,
        agent=seen_by.agent,
        name=operation,
        role=seen_by.role,
        status=STATUS_ERROR,
        error=info,
        level=seen_by.level or level_name(ERROR),
        source=seen_by.source,
        attributes=seen_by.attributes,
        tags=seen_by.tags,
        arguments=seen_by.arguments,
        stack=stack(error) or None,
    )


def binding_in(session: Session | None) -> Binding | None:
    """Return the calling context's binding if it is to ``session``, else a fresh one."""
    if session is None:
        return None
    binding = CURRENT.get()
    return binding if binding is not None and binding.session is session else session.binding()


def merged(fields: Fields | None, extra: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the attributes of an event: those of the context, then its own."""
    inherited = fields.attributes if fields is not None else None
    own = data(extra if isinstance(extra, Mapping) else {"extra": extra}) if extra is not None else {}
    if not own:
        return dict(inherited) if inherited else None
    if not isinstance(own, dict):  # a mapping that is no dict, of a type of the user's
        own = {"extra": own}
    return {**inherited, **own} if inherited else own


def emit_failure(
    error: BaseException,
    *,
    threshold: int | None,
    agent: object,
    name: object,
    role: object = None,
    arguments: object = None,
) -> None:
    """Record an exception that user code reports: as an ``error``, or as a message where it is on record already."""
    if not is_wanted(ERROR, threshold):
        return
    with PROCESS.guard.protect("recording error"):
        session = PROCESS.of_context() if PROCESS.sessions else None
        if session is None and not PROCESS.trace_fallback:
            return
        binding = binding_in(session)
        event = Event(
            kind="log",
            parent=binding.span if binding is not None else "",
            agent=label(agent) or (binding.agent if binding is not None else None),
            name=label(name),
            role=label(role) or None,
            status=STATUS_ERROR,
            level=level_name(ERROR),
            source=caller(),
            attributes=merged(fields_of(binding), None),
            arguments=data(arguments) if arguments is not None else None,
        )
        if not tell_failure(session, error, event, operation=event.name):
            assert event.error is not None
            event.content = event.error.message
            record(session, event)
