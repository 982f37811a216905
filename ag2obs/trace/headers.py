"""The W3C ``traceparent`` header of requests: out of a session, and into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, overload

from ag2obs.process import PROCESS
from ag2obs.trace.recording import binding_in
from ag2obs.traceparent import format_traceparent, is_traceparent

_HEADER = "traceparent"
_NAMES = ("traceparent", "http_traceparent")
"""What the header is called in requests, and in the environment of a WSGI application."""

M = MutableMapping[str, str]


@overload
def inject(headers: None = None) -> dict[str, str]: ...
@overload
def inject(headers: M) -> M: ...
def inject(headers: M | None = None) -> M:
    """Set ``traceparent`` in ``headers`` to the span of the calling context, and return them.

    What the called service records is then part of this trace. Outside of sessions nothing is set.
    """
    carrier: M = {} if headers is None else headers
    with PROCESS.guard.protect("setting a traceparent"):
        session = PROCESS.of_context() if PROCESS.sessions else None
        binding = binding_in(session)
        if session is not None:
            span = binding.span if binding is not None else session.span
            for name in [name for name in carrier if name.lower() == _HEADER]:
                del carrier[name]
            carrier[_HEADER] = format_traceparent(session.trace, span)
    return carrier


def extract(headers: Mapping[Any, Any] | Iterable[tuple[Any, Any]] | None) -> str | None:
    """Return the valid ``traceparent`` of a request, for ``ag2_logging_session(..., traceparent=...)``, or None.

    Takes a mapping of headers, the pairs of bytes of an ASGI request, or the environment of a WSGI one.
    """
    with PROCESS.guard.protect("reading a traceparent"):
        # The headers of ``http.server`` and ``email`` are no Mapping, and have its items.
        items = getattr(headers, "items", None)
        pairs: Iterable[tuple[Any, Any]] = items() if callable(items) else headers or ()
        for name, value in pairs:
            if _text(name).lower() in _NAMES and is_traceparent(_text(value)):
                return _text(value).strip()
    return None


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""
