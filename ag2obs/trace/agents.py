"""Whose method a decorated function is: the agent and role that its object tells, and what it is called with."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from types import CodeType
from typing import Any, NamedTuple

from ag2obs.process import PROCESS
from ag2obs.trace.trace_logger import TraceLogger
from ag2obs.trace.values import label

_ASKING: ContextVar[bool] = ContextVar("ag2obs_asking_an_owner", default=False)
"""Whether an object is being asked whose it is. Its properties may be decorated functions themselves."""

_MOST_DECORATORS = 100


class Identity(NamedTuple):
    """What an object tells of its agent."""

    agent: str | None = None
    role: str | None = None
    threshold: int | None = None
    """The least level that its agent logger records."""


NOBODY = Identity()


class CallShape:
    """What is known of a function's calls when it is decorated: names of its parameters, and whether it is a method."""

    __slots__ = ("_names", "is_method")

    def __init__(self, function: Any) -> None:
        code = code_of(function)
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


def code_of(function: Any) -> CodeType | None:
    """Return the code of a function below decorators that take any arguments and pass them on."""
    for _ in range(_MOST_DECORATORS):
        code = getattr(function, "__code__", None)
        wrapped = getattr(function, "__wrapped__", None)
        if wrapped is None or (code is not None and code.co_argcount):
            break
        function = wrapped
    return code if isinstance(code, CodeType) else None


def identity_of(owner: Any) -> Identity | None:
    """Return what an object tells of its agent; None while one is being asked, when nothing is to be recorded.

    ``agent_id``, that of its agent logger, or its ``name`` (as agents of AG2 have it); ``agent_role``, that of its
    logger, or ``role``. Never raises.
    """
    if _ASKING.get():
        return None
    if owner is None:
        return NOBODY
    token = _ASKING.set(True)
    try:
        with PROCESS.guard.protect("finding out whose method it is"):
            logger = _told(owner, "logger")
            return Identity(
                _first_label((str, int), (owner, "agent_id"), (logger, "agent_id"), (owner, "name")),
                _first_label((str,), (owner, "agent_role"), (logger, "agent_role"), (owner, "role")) or None,
                logger.threshold if issubclass(type(logger), TraceLogger) else None,
            )
        return NOBODY
    finally:
        _ASKING.reset(token)


def _first_label(kinds: tuple[type, ...], *places: tuple[Any, str]) -> str | None:
    """Return the first of these attributes that is such a value. (``isinstance`` asks a property of the user's.)"""
    for holder, attribute in places:
        value = _told(holder, attribute)
        if value is not None and issubclass(type(value), kinds) and value != "":
            return label(value)
    return None


def _told(owner: Any, attribute: str) -> Any:
    if owner is None:
        return None
    try:
        return getattr(owner, attribute, None)
    except Exception:  # noqa: BLE001  # a property of the user's may raise anything
        return None
