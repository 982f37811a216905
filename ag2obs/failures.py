"""Describes exceptions, and recognises one that an earlier event has told about."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from ag2obs.events import STATUS_CANCELLED, STATUS_ERROR, ErrorInfo
from ag2obs.frames import innermost

_MARK = "__ag2obs_failure__"
"""Attribute that an exception carries after it was recorded: session id and failure id. An exception cannot be
weakly referenced, and remembering it would keep every frame it passed alive."""

_MOST_LOOKED_AT = 1_000
"""Exceptions: causes, members of groups."""


def is_control_flow(error: BaseException) -> bool:
    """Tell an exception by which a program goes on or ends as it wants to: the end of an iteration, ``sys.exit(0)``."""
    if isinstance(error, SystemExit):
        return error.code in (None, 0)
    return isinstance(error, StopIteration | StopAsyncIteration)


def was_described(error: BaseException, session_id: str) -> bool:
    """Tell whether this very exception was described in the session, not only one that it was raised from."""
    return _mark_of(error, session_id) is not None


def describe(error: BaseException, session_id: str, next_id: Callable[[], str]) -> ErrorInfo:
    """Return type, text, codes and place of ``error``; the same failure in the same session keeps its id.

    An exception raised ``from`` a recorded one is that failure told again. Never raises, whatever the
    exception's class does.
    """
    known = _known_id(error, session_id)
    frame, line = innermost(error)
    info = ErrorInfo(
        id=known or next_id(),
        type=type_name(type(error)),
        message=_text(error),
        repeat=known is not None,
        status_code=_integer(_attribute(error, "status_code")),
        code=_code(_attribute(error, "code")),
        frame=frame,
        line=line,
    )
    # A __setattr__ of the class's own may do anything, such as refuse. What is no attribute of a class with slots alone
    # is told again where it is seen again.
    with suppress(Exception):
        BaseException.__setattr__(error, _MARK, (session_id, info.id))
    return info


def status_of(error: BaseException) -> str:
    """Return ``cancelled`` for what the user or the event loop stopped, else ``error``."""
    stopped = isinstance(error, asyncio.CancelledError | KeyboardInterrupt | GeneratorExit)
    return STATUS_CANCELLED if stopped else STATUS_ERROR


def type_name(kind: type) -> str:
    """Return a class's name with its module, built-in ones without."""
    module = getattr(kind, "__module__", "")
    name = getattr(kind, "__qualname__", "Exception")
    return name if module == "builtins" else f"{module}.{name}"


def _known_id(error: BaseException, session_id: str) -> str | None:
    """Return the id of a failure that was described: this exception, one it was raised from, all of a group."""
    return _Lookup(session_id).known(error)


class _Lookup:
    """Looks for a failure among what an exception was raised from; each exception is looked at once."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._seen: dict[int, str | None] = {}

    def known(self, error: BaseException) -> str | None:
        known: str | None = None
        walked: list[int] = []
        cause: BaseException | None = error
        while cause is not None and known is None and len(self._seen) < _MOST_LOOKED_AT:
            if id(cause) in self._seen:
                known = self._seen[id(cause)]
                break
            walked.append(id(cause))
            self._seen[id(cause)] = None  # a member may have been raised from its own group
            known = _mark_of(cause, self._session_id) or self._known_members(cause)
            cause = cause.__cause__
        self._seen.update(dict.fromkeys(walked, known))
        return known

    def _known_members(self, error: BaseException) -> str | None:
        """Return the id of the first exception in a group, if all that are looked at were described."""
        if not isinstance(error, BaseExceptionGroup):
            return None
        first: str | None = None
        for member in error.exceptions:
            if len(self._seen) >= _MOST_LOOKED_AT:
                break
            known = self.known(member)
            if known is None:
                return None
            first = first or known
        return first


def _mark_of(error: BaseException, session_id: str) -> str | None:
    mark = _attribute(error, _MARK)
    return str(mark[1]) if isinstance(mark, tuple) and mark[0] == session_id else None


def _attribute(error: BaseException, name: str) -> object:
    try:
        return getattr(error, name, None)
    except Exception:  # noqa: BLE001  # a user's property may raise anything
        return None


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001  # a user's __str__ may raise anything
        return "<no text>"


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _code(code: object) -> str | None:
    return str(code) if isinstance(code, str | int) and not isinstance(code, bool) else None
