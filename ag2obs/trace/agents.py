"""Whose method a decorated function is: the agent and role that its object tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ag2obs.trace.trace_logger import TraceLogger
from ag2obs.trace.values import label


class CallShape:
    """What is known of a function's calls when it is decorated: names of its parameters, and whether it is a method."""

    __slots__ = ("_names", "is_method")

    def __init__(self, function: Any) -> None:
        code = getattr(function, "__code__", None)
        self._names: tuple[str, ...] = code.co_varnames[: code.co_argcount] if code is not None else ()
        self.is_method = self._names[:1] in (("self",), ("cls",))

    def owner(self, args: tuple[Any, ...]) -> Any:
        """Return the object whose method is called, or None."""
        return args[0] if self.is_method and args else None

    def arguments(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the arguments of a call by their names, without the object whose method it is."""
        first = 1 if self.is_method else 0
        named = dict(zip(self._names[first:], args[first:], strict=False))
        if len(args) > len(self._names):
            named["args"] = list(args[len(self._names) :])
        named.update(kwargs)
        return named or None


def agent_of(owner: Any) -> str | None:
    """Return ``agent_id`` of an object, of its agent logger, or its ``name`` (as agents of AG2 have it)."""
    if owner is None:
        return None
    for holder, attribute in ((owner, "agent_id"), (_told(owner, "logger"), "agent_id"), (owner, "name")):
        agent = _told(holder, attribute)
        if isinstance(agent, str | int):
            return label(agent)
    return None


def role_of(owner: Any) -> str | None:
    """Return ``agent_role`` or ``role`` of an object, or the role of its agent logger."""
    if owner is None:
        return None
    for holder, attribute in ((owner, "agent_role"), (_told(owner, "logger"), "agent_role"), (owner, "role")):
        role = _told(holder, attribute)
        if isinstance(role, str) and role:
            return label(role)
    return None


def threshold_of(owner: Any) -> int | None:
    """Return the least level that the agent logger of an object records."""
    logger = _told(owner, "logger")
    return logger.threshold if isinstance(logger, TraceLogger) else None


def _told(owner: Any, attribute: str) -> Any:
    if owner is None:
        return None
    try:
        return getattr(owner, attribute, None)
    except Exception:  # noqa: BLE001  # a property of the user's may raise anything
        return None
